#include "rtp/dtmf_receiver.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "rtp/telephone_event.hpp"

namespace offhook::rtp {
namespace {

// A timestamp this far behind the current event's is a straggler of an older event; further back it
// is a new timeline.
constexpr std::int32_t kLateTicks = 10 * kClockRate;
constexpr std::uint32_t kLongestTicks = to_ticks(DtmfReceiver::kLongest);

}  // namespace

bool DtmfReceiver::is_late(const Header& header) const {
  if (!current_ || current_->digit.ssrc != header.ssrc) return false;
  const std::int32_t behind = timestamp_distance(header.timestamp, current_->timestamp);
  return behind > 0 && behind < kLateTicks;
}

// RFC 4733 2.5.1.3: a tone longer than the duration field goes on under a later timestamp.
bool DtmfReceiver::continues(const Header& header, char digit) const {
  return current_ && !current_->ended && !header.marker && current_->digit.ssrc == header.ssrc &&
         current_->digit.digit == digit &&
         header.timestamp == current_->timestamp + kTelephoneEventSegment;
}

void DtmfReceiver::handle(const Header& header, ByteView payload, Time now) {
  const auto packet = parse_telephone_event(payload);
  const auto digit = packet ? digit_from_event(packet->event) : std::nullopt;
  if (!digit || is_late(header)) return;

  if (continues(header, *digit)) {
    current_->earlier_ticks =
        std::min(current_->earlier_ticks + kTelephoneEventSegment, kLongestTicks);
    current_->timestamp = header.timestamp;
    current_->ticks = 0;
  } else if (!current_ || current_->digit.ssrc != header.ssrc ||
             current_->timestamp != header.timestamp) {
    give_up();
    current_ = Event{.digit = {.digit = *digit,
                               .volume = packet->volume,
                               .ssrc = header.ssrc,
                               .timestamp = header.timestamp},
                     .timestamp = header.timestamp};
  }
  if (packet->end) current_->ended = true;
  if (current_->digit.over) return;
  current_->ticks = std::max<std::uint32_t>(current_->ticks, packet->duration);
  deadline_ = now + kGivenUpAfter;
  tell(packet->end);
}

void DtmfReceiver::handle_timeout(Time now) {
  if (is_due(deadline_, now)) give_up();
}

std::optional<DtmfReceiver::Digit> DtmfReceiver::poll_digit() {
  if (output_count_ == 0) return std::nullopt;
  const Digit digit = outputs_[0];
  outputs_[0] = outputs_[1];
  --output_count_;
  return digit;
}

void DtmfReceiver::tell(bool over) {
  current_->digit.over = over;
  current_->digit.duration =
      from_ticks(std::min(current_->earlier_ticks + current_->ticks, kLongestTicks));
  if (over) deadline_.reset();
  OFFHOOK_ASSERT(output_count_ < outputs_.size());
  outputs_[output_count_++] = current_->digit;
}

void DtmfReceiver::give_up() {
  if (current_ && !current_->digit.over) tell(true);
}

}  // namespace offhook::rtp
