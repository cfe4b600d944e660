#include "rtp/dtmf_sender.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "rtp/packet.hpp"

namespace offhook::rtp {
namespace {

// RFC 4733 2.5.1.4: of the last packet of each event and of each segment.
constexpr unsigned kLastPackets = 3;

// Of zero it would last for ever (RFC 4733 2.3.5).
std::uint32_t at_least_a_packet(std::uint32_t ticks) {
  return ticks == 0 ? kSamplesPerPacket : ticks;
}

}  // namespace

void DtmfSender::start(const DtmfDigit& digit, std::uint32_t elapsed, Time now) {
  OFFHOOK_ASSERT(!busy() && elapsed <= digit.ticks);
  clear();
  state_ = State::Tone;
  digit_ = digit;
  digit_.ticks = at_least_a_packet(digit.ticks);
  // advance() adds the first packet's.
  elapsed_ = elapsed - std::min(elapsed, kSamplesPerPacket);
  news_at_ = now;
  deadline_ = now;
}

void DtmfSender::extend(std::uint32_t ticks, bool over, Time now) {
  if (state_ != State::Tone || digit_.over) return;
  digit_.ticks = std::max(digit_.ticks, ticks);
  digit_.over = over;
  news_at_ = now;
}

void DtmfSender::finish() {
  digit_.over = true;
  finishing_ = true;
}

void DtmfSender::clear() { *this = {}; }

std::optional<DtmfSender::Packet> DtmfSender::poll_packet(Time now) {
  if (!busy()) return std::nullopt;
  if (!stepping_) {
    if (!finishing_ && !is_due(deadline_, now)) return std::nullopt;
    if (state_ == State::Tone) advance(now);
  }
  // A segment's last packets all stand in front of the next segment's: an older timestamp among
  // newer ones might be taken for a new event.
  stepping_ = elapsed_ - segment_ > kTelephoneEventSegment;
  if (stepping_) {
    const Packet packet = make_packet(kTelephoneEventSegment, false);
    if (++repeats_ == kLastPackets) {
      repeats_ = 0;
      segment_ += kTelephoneEventSegment;
    }
    return packet;
  }
  // Deadlines are absolute: a late wake-up does not stretch the tone.
  deadline_ = *deadline_ + kPacketTime;
  const Packet packet = make_packet(elapsed_ - segment_, state_ == State::Ending);
  if (state_ == State::Ending && ++repeats_ == kLastPackets) clear();
  return packet;
}

void DtmfSender::advance(Time now) {
  if (!digit_.over && now - news_at_ >= kGivenUpAfter) digit_.over = true;
  elapsed_ = finishing_ ? digit_.ticks : std::min(elapsed_ + kSamplesPerPacket, digit_.ticks);
  if (digit_.over && elapsed_ == digit_.ticks) state_ = State::Ending;
}

DtmfSender::Packet DtmfSender::make_packet(std::uint32_t duration, bool end) {
  return {.marker = !std::exchange(marked_, true),
          .offset = segment_,
          .payload = write_telephone_event({.event = digit_.event,
                                            .end = end,
                                            .volume = digit_.volume,
                                            .duration = static_cast<std::uint16_t>(duration)})};
}

}  // namespace offhook::rtp
