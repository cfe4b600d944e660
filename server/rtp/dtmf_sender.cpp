#include "rtp/dtmf_sender.hpp"

#include <algorithm>
#include <utility>

#include "rtp/packet.hpp"

namespace offhook::rtp {
namespace {

constexpr unsigned kEndPackets = 3;  // RFC 4733 2.5.1.4

}  // namespace

bool DtmfSender::press(char digit, Duration duration, Time now) {
  const auto event = event_from_digit(digit);
  if (!event || queued_ == kMaxQueued) return false;
  if (duration == Duration::zero()) duration = kDefaultDuration;
  queue_[(first_ + queued_++) % kMaxQueued] = {
      .event = *event, .ticks = to_ticks(std::clamp(duration, kMinDuration, kMaxDuration))};
  if (state_ == State::Idle) start_next(now);
  return true;
}

void DtmfSender::clear() {
  state_ = State::Idle;
  queued_ = 0;
  deadline_.reset();
  output_.reset();
}

void DtmfSender::handle_timeout(Time now) {
  if (!is_due(deadline_, now)) return;
  switch (state_) {
    case State::Idle:
      return;
    case State::Pause:
      start_next(now);
      return;
    case State::Tone:
    case State::Ending:
      // Deadlines are absolute: a late wake-up does not stretch the tone.
      deadline_ = *deadline_ + kPacketTime;
      emit(false);
      return;
  }
}

std::optional<DtmfSender::Packet> DtmfSender::poll_packet() {
  return std::exchange(output_, std::nullopt);
}

void DtmfSender::start_next(Time now) {
  if (queued_ == 0) {
    state_ = State::Idle;
    deadline_.reset();
    return;
  }
  current_ = queue_[first_];
  first_ = (first_ + 1) % kMaxQueued;
  --queued_;
  state_ = State::Tone;
  started_at_ = now;
  timestamp_ = local_timestamp(now);
  elapsed_ticks_ = 0;
  end_packets_ = 0;
  deadline_ = now + kPacketTime;
  emit(true);
}

void DtmfSender::emit(bool marker) {
  elapsed_ticks_ = std::min(elapsed_ticks_ + kSamplesPerPacket, current_.ticks);
  const bool over = elapsed_ticks_ == current_.ticks;
  output_ = Packet{
      .marker = marker,
      .timestamp = timestamp_,
      .payload = write_telephone_event({.event = current_.event,
                                        .end = over,
                                        .duration = static_cast<std::uint16_t>(elapsed_ticks_)})};
  if (!over) return;
  state_ = State::Ending;
  if (++end_packets_ < kEndPackets) return;
  state_ = State::Pause;
  deadline_ = started_at_ + from_ticks(current_.ticks) + kPause;
}

}  // namespace offhook::rtp
