#include "bench/media_stream.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

namespace offhook::bench {
namespace {

constexpr std::uint32_t kMagic = 0x0FF4'00C1;
constexpr std::size_t kHeadBytes = 4 + 4 + 4 + 4 + 8;
constexpr std::uint32_t kSsrcOfFirstCall = 0x1000;

// Of a sender; less than the 100 ms after which the media engine sends silence in its stead.
constexpr WallTime kPause = std::chrono::milliseconds(80);

// No two bytes alike that follow each other, so that a shifted payload is a damaged one.
constexpr auto kFiller = [] {
  std::array<std::uint8_t, kProbePayloadBytes - kHeadBytes> filler{};
  for (std::size_t i = 0; i < filler.size(); ++i) filler[i] = static_cast<std::uint8_t>(i * 37);
  return filler;
}();

}  // namespace

WallTime wall_time() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

ProbeSender::ProbeSender(std::uint32_t call, Direction direction)
    : call_(call), direction_(direction) {}

void ProbeSender::write(MutableByteView packet, WallTime now) {
  const auto direction = static_cast<std::uint32_t>(direction_);
  rtp::write_header({.marker = next_ == 0,
                     .payload_type = 0,
                     .sequence = static_cast<std::uint16_t>(next_),
                     .timestamp = next_ * rtp::kSamplesPerPacket,
                     .ssrc = kSsrcOfFirstCall + 2 * call_ + direction},
                    packet.first<rtp::kHeaderBytes>());
  std::uint8_t* at = packet.data() + rtp::kHeaderBytes;
  const auto stamp = static_cast<std::uint64_t>(now.count());
  store_u32(at, kMagic);
  store_u32(at + 4, call_);
  store_u32(at + 8, direction);
  store_u32(at + 12, next_++);
  store_u32(at + 16, static_cast<std::uint32_t>(stamp >> 32U));
  store_u32(at + 20, static_cast<std::uint32_t>(stamp));
  std::ranges::copy(kFiller, at + kHeadBytes);
}

std::optional<Probe> read_probe(ByteView payload) {
  if (payload.size() != kProbePayloadBytes || load_u32(payload.data()) != kMagic) return {};
  if (!std::ranges::equal(payload.subspan(kHeadBytes), kFiller)) return {};
  const std::uint8_t* at = payload.data();
  const std::uint64_t stamp = std::uint64_t{load_u32(at + 16)} << 32U | load_u32(at + 20);
  return Probe{.call = load_u32(at + 4),
               .direction = static_cast<Direction>(load_u32(at + 8)),
               .counter = load_u32(at + 12),
               .sent_at = WallTime(static_cast<std::int64_t>(stamp))};
}

void ProbeReceiver::open_window(std::uint32_t first_counter) {
  first_ = first_counter;
  end_.reset();
  highest_ = first_counter;
  seen_ = 0;
  received_ = 0;
  offset_.reset();
  last_sent_at_.reset();
  transit_.reset();
  jitter_ns_ = 0;
}

void ProbeReceiver::take(const Probe& probe, const rtp::Header& header, WallTime arrived,
                         StreamFigures& figures) {
  if (probe.counter < first_ || (end_ && probe.counter >= *end_)) return;
  if (seen_ == 0 || probe.counter > highest_) {
    const std::uint32_t ahead = probe.counter - highest_;
    seen_ = (ahead >= kRemembered ? 0 : seen_ << ahead) | 1U;
    highest_ = probe.counter;
  } else {
    const std::uint32_t behind = highest_ - probe.counter;
    const std::uint64_t bit = behind < kRemembered ? std::uint64_t{1} << behind : 0;
    if ((seen_ & bit) != 0) {
      ++figures.duplicates;
      return;
    }
    seen_ |= bit;
    ++figures.reordered;
  }
  ++received_;
  ++figures.received;
  const Offset offset{static_cast<std::uint16_t>(header.sequence - probe.counter),
                      header.timestamp - probe.counter * rtp::kSamplesPerPacket};
  const bool sender_paused = last_sent_at_ && probe.sent_at - *last_sent_at_ >= kPause;
  if (offset_ && *offset_ != offset && !sender_paused) ++figures.slips;
  offset_ = offset;
  last_sent_at_ = probe.sent_at;
  const WallTime transit = arrived - probe.sent_at;
  figures.latency.count(transit);
  if (transit_) {
    const double change = std::abs(static_cast<double>((transit - *transit_).count()));
    jitter_ns_ += (change - jitter_ns_) / 16;
  }
  transit_ = transit;
}

std::uint64_t ProbeReceiver::missing() const {
  if (seen_ == 0) return 0;
  return highest_ - first_ + 1 - received_;
}

void ProbeReceiver::settle(StreamFigures& figures) const {
  const std::uint64_t sent = end_ ? *end_ - first_ : 0;
  figures.sent += sent;
  figures.lost += sent - std::min(received_, sent);
  if (transit_) figures.jitter.count(WallTime(static_cast<std::int64_t>(jitter_ns_)));
}

}  // namespace offhook::bench
