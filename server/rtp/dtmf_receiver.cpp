#include "rtp/dtmf_receiver.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "rtp/telephone_event.hpp"

namespace offhook::rtp {
namespace {

// A timestamp this far behind the current event's is a straggler of an older event; further back it
// is a new timeline.
constexpr std::int32_t kLateTicks = 10 * kClockRate;
constexpr std::uint32_t kSegmentTicks = 0xFFFF;

}  // namespace

bool DtmfReceiver::is_late(const Header& header) const {
  if (!current_ || current_->ssrc != header.ssrc) return false;
  const std::int32_t behind = timestamp_distance(header.timestamp, current_->timestamp);
  return behind > 0 && behind < kLateTicks;
}

void DtmfReceiver::handle(const Header& header, ByteView payload, Time now) {
  const auto packet = parse_telephone_event(payload);
  if (!packet || !digit_from_event(packet->event) || is_late(header)) return;

  const bool same_stream = current_ && current_->ssrc == header.ssrc;
  if (!same_stream || current_->timestamp != header.timestamp) {
    // RFC 4733 2.5.1.3: a tone longer than the duration field goes on under a later timestamp.
    const bool continues = same_stream && !current_->reported && !header.marker &&
                           current_->event == packet->event &&
                           header.timestamp == current_->timestamp + kSegmentTicks;
    if (continues) {
      current_->earlier_ticks += kSegmentTicks;
      current_->timestamp = header.timestamp;
      current_->ticks = 0;
    } else {
      report();
      current_ = Event{.ssrc = header.ssrc, .timestamp = header.timestamp, .event = packet->event};
    }
  }
  if (current_->reported) return;
  current_->ticks = std::max<std::uint32_t>(current_->ticks, packet->duration);
  deadline_ = now + kGivenUpAfter;
  if (packet->end) report();
}

void DtmfReceiver::handle_timeout(Time now) {
  if (is_due(deadline_, now)) report();
}

std::optional<DtmfReceiver::Digit> DtmfReceiver::poll_digit() {
  if (output_count_ == 0) return std::nullopt;
  const Digit digit = outputs_[0];
  outputs_[0] = outputs_[1];
  --output_count_;
  return digit;
}

void DtmfReceiver::report() {
  deadline_.reset();
  if (!current_ || current_->reported) return;
  current_->reported = true;
  OFFHOOK_ASSERT(output_count_ < outputs_.size());
  outputs_[output_count_++] = {.digit = *digit_from_event(current_->event),
                               .duration = from_ticks(current_->earlier_ticks + current_->ticks)};
}

}  // namespace offhook::rtp
