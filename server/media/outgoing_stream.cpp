#include "media/outgoing_stream.hpp"

#include <algorithm>
#include <array>

#include "rtp/g711.hpp"

namespace offhook::media {
namespace {

// Sources of our own, next to the legs, whose numbers start above.
constexpr rtp::StreamRewriter::SourceId kSilence = 1;
constexpr rtp::StreamRewriter::SourceId kTone = 2;
constexpr rtp::StreamRewriter::SourceId kDigits = 3;

// 60 ms, the longest packet time.
constexpr std::size_t kMaxSamples = 480;

// PCMU to PCMA and back (ITU-T G.711 leaves both as bytes, so a table does it).
std::array<std::uint8_t, 256> make_translation(rtp::Law from, rtp::Law to) {
  std::array<std::uint8_t, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    table[i] = rtp::encode_sample(to, rtp::decode_sample(from, static_cast<std::uint8_t>(i)));
  }
  return table;
}

void translate(MutableByteView payload, rtp::Law to) {
  static const auto to_mu = make_translation(rtp::Law::A, rtp::Law::Mu);
  static const auto to_a = make_translation(rtp::Law::Mu, rtp::Law::A);
  const auto& table = to == rtp::Law::Mu ? to_mu : to_a;
  for (std::uint8_t& byte : payload) byte = table[byte];
}

// A dynamic payload type that nobody negotiated.
std::uint8_t unused_payload_type(const Format& format) {
  std::uint8_t type = 127;
  while (type == format.payload_type || type == format.telephone_event) --type;
  return type;
}

PacketBuffer write_packet(MutableByteView room, const rtp::Header& header, ByteView payload) {
  rtp::write_header(header, room.first<rtp::kHeaderBytes>());
  std::ranges::copy(payload, room.begin() + rtp::kHeaderBytes);
  return {room, rtp::kHeaderBytes + payload.size()};
}

}  // namespace

OutgoingStream::OutgoingStream(Random& random, bool never_silent)
    : never_silent_(never_silent),
      rewriter_(random.next_u32(), static_cast<std::uint16_t>(random.next_u32()),
                random.next_u32()) {}

void OutgoingStream::set_mode(Mode mode, Time now) {
  if (mode == mode_) return;
  mode_ = mode;
  next_frame_.reset();
  if (mode != Mode::Send) {
    digits_.clear();
    pacer_.clear();
  }
  if (mode == Mode::Send && (never_silent_ || generator_)) next_frame_ = now;
  // The first packet opens the NAT on the way.
  if (mode == Mode::KeepAlive) next_frame_ = rewriter_.started() ? now + kKeepAlive : now;
}

void OutgoingStream::play(const rtp::Tone& tone, Time now) {
  if (tone_ == tone) return;
  tone_ = tone;
  generator_.emplace(tone);
  if (mode_ == Mode::Send) next_frame_ = now;
}

void OutgoingStream::stop_playing() {
  tone_.reset();
  generator_.reset();
  if (mode_ == Mode::Send && !never_silent_) next_frame_.reset();
}

bool OutgoingStream::press(char digit, Duration duration, Time now) {
  return mode_ == Mode::Send && format_.telephone_event && digits_.press(digit, duration, now);
}

std::optional<PacketBuffer> OutgoingStream::relay(const PacketBuffer& received,
                                                  const rtp::PacketView& view, const Origin& origin,
                                                  Time now) {
  if (generator_) stop_playing();
  if (mode_ != Mode::Send || digits_.busy() || !takes(origin)) return std::nullopt;
  if (never_silent_) next_frame_ = now + kSilenceAfter;
  if (!pacer_.admit(now)) {
    const ByteView payload = view.payload();
    pacer_.hold({origin, view.header(), Bytes(payload.begin(), payload.end()), now});
    return std::nullopt;
  }
  const auto header = rewrite(view.header(), origin, now);
  if (!header) return std::nullopt;
  const PacketBuffer packet =
      received.narrowed_to(rtp::rewrite_in_place(received.packet(), view, *header));
  adapt(packet.packet().subspan(rtp::kHeaderBytes), origin);
  return packet;
}

std::optional<PacketBuffer> OutgoingStream::poll(MutableByteView room, Time now) {
  if (mode_ == Mode::Off) return std::nullopt;
  if (auto packet = poll_digit(room, now)) return packet;
  if (auto packet = poll_frame(room, now)) return packet;
  return poll_waiting(room, now);
}

std::optional<PacketBuffer> OutgoingStream::poll_digit(MutableByteView room, Time now) {
  const auto digit = digits_.poll_packet();
  if (!digit || !format_.telephone_event) return std::nullopt;
  const rtp::Header header =
      rewriter_.produce(kDigits, *format_.telephone_event, digit->marker, digit->timestamp, now);
  return write_packet(room, header, digit->payload);
}

std::optional<PacketBuffer> OutgoingStream::poll_frame(MutableByteView room, Time now) {
  while (is_due(next_frame_, now)) {
    if (mode_ == Mode::KeepAlive) {
      next_frame_ = now + kKeepAlive;
      return keep_alive(room, now);
    }
    const Time due = *next_frame_;
    // After a stall of the machine the stream goes on from now, instead of in a burst.
    const bool stalled = now - due > Pacer::kBurst * format_.packet_time;
    next_frame_ = (stalled ? now : due) + format_.packet_time;
    if (!digits_.busy()) return sound(room, stalled ? now : due, now);
  }
  return std::nullopt;
}

std::optional<PacketBuffer> OutgoingStream::poll_waiting(MutableByteView room, Time now) {
  while (const auto waiting = pacer_.poll(now)) {
    if (digits_.busy()) continue;
    const auto header = rewrite(waiting->header, waiting->origin, now);
    if (!header) continue;
    if (never_silent_) next_frame_ = now + kSilenceAfter;
    const PacketBuffer packet = write_packet(room, *header, waiting->payload);
    adapt(packet.packet().subspan(rtp::kHeaderBytes), waiting->origin);
    return packet;
  }
  return std::nullopt;
}

PacketBuffer OutgoingStream::keep_alive(MutableByteView room, Time now) {
  return write_packet(room,
                      rewriter_.produce(kSilence, unused_payload_type(format_), false,
                                        rtp::local_timestamp(now), now),
                      {});
}

PacketBuffer OutgoingStream::sound(MutableByteView room, Time due, Time now) {
  const std::size_t samples =
      std::min<std::size_t>(rtp::to_ticks(format_.packet_time), kMaxSamples);
  const MutableByteView payload = room.subspan(rtp::kHeaderBytes, samples);
  if (generator_) {
    std::array<std::int16_t, kMaxSamples> linear{};
    generator_->fill(std::span(linear).first(samples));
    rtp::encode(format_.law, std::span(linear).first(samples), payload);
  } else {
    std::ranges::fill(payload, rtp::silence(format_.law));
  }
  const rtp::Header header = rewriter_.produce(generator_ ? kTone : kSilence, format_.payload_type,
                                               false, rtp::local_timestamp(due), now);
  rtp::write_header(header, room.first<rtp::kHeaderBytes>());
  return {room, rtp::kHeaderBytes + samples};
}

bool OutgoingStream::takes(const Origin& origin) const {
  return origin.kind == MediaKind::Audio || format_.telephone_event.has_value();
}

std::optional<rtp::Header> OutgoingStream::rewrite(const rtp::Header& received,
                                                   const Origin& origin, Time now) {
  if (!takes(origin)) return std::nullopt;
  auto header = rewriter_.relay(origin.source, received, now);
  if (header) {
    header->payload_type =
        origin.kind == MediaKind::Audio ? format_.payload_type : *format_.telephone_event;
  }
  return header;
}

void OutgoingStream::adapt(MutableByteView payload, const Origin& origin) const {
  if (origin.kind == MediaKind::Audio && origin.law != format_.law) translate(payload, format_.law);
}

std::optional<Time> OutgoingStream::next_timeout() const {
  if (mode_ == Mode::Off) return std::nullopt;
  if (mode_ == Mode::KeepAlive) return next_frame_;
  return earliest(earliest(digits_.next_timeout(), pacer_.next_timeout()), next_frame_);
}

}  // namespace offhook::media
