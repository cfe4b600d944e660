#include <algorithm>

#include "base/assert.hpp"
#include "call/call.hpp"
#include "call/media_commands.hpp"

// The trunk calls: the second half of call.hpp's table.
namespace offhook::call {

void Call::start_inbound(Time now) {
  trunk_leg().session = Leg::Session::Incoming;
  if (!setup_.offer.empty()) {
    auto offer = sdp::parse(setup_.offer);
    if (!offer) return end(CallFailure::UnreadableOffer, now);
    offer_ = std::move(*offer);
    const auto remote = sdp::read_trunk(offer_);
    if (!remote) return end(CallFailure::UnreadableOffer, now);
    const auto format = sdp::choose_format(offer_, setup_.codecs);
    if (!format) return end(CallFailure::NoCommonCodec, now);
    codec_ = format->codec;
    // Found out at the answer, this would be a call that rings everybody and then fails.
    if (!set_trunk_remote(trunk_leg().id, *format, *remote, nullptr)) {
      return end(CallFailure::UnreadableOffer, now);
    }
    if (!trunk_leg().keys->read_offer(*remote)) return end(CallFailure::FormatRefused, now);
  }
  for (LegIndex i = kFirstDevice; i < legs_.size(); ++i) allocate(i, now);
  allocate(kTrunkLeg, now);
}

void Call::ring_device(Time now) {
  OFFHOOK_ASSERT(can_ring_device());
  allocate(add_device(), now);
}

LegIndex Call::add_device() {
  const LegIndex index = legs_.size();
  legs_.emplace_back().id = bridge_id_ + "-b" + std::to_string(index);
  return index;
}

void Call::inbound_allocated(LegIndex index, Time now) {
  if (index == kTrunkLeg) {
    if (state_ == State::Answering) answer_trunk_when_ready(now);
    return;
  }
  Leg& leg = legs_[index];
  leg.session = Leg::Session::Outgoing;
  outputs_.emplace_back(SendInvite{index, sdp::write(sdp::offer_browser(codecs(), leg.browser))});
}

void Call::device_progressed(const sip::Response& response) {
  // 100 never gets here; 183 of a device is as good as 180, its SDP is not used.
  if (state_ != State::Connecting || response.status < 180) return;
  state_ = State::Ringing;
  outputs_.emplace_back(SendRinging{kTrunkLeg});
  log(LogEvent::Level::Info, "call_ringing");
}

void Call::device_accepted(LegIndex index, const sip::Response& response, Time now) {
  const auto answer = sdp::parse(response.body);
  if (!answer || !read_browser_remote(index, *answer)) {
    end_session(index, CallFailure::NoCommonCodec);
    return device_refused(index, CallFailure::NoCommonCodec, now);
  }
  device_ = index;
  partner_ = index;
  state_ = State::Answering;
  deadline_ = now + setup_.media_ready_timeout;
  drop_other_devices(CallFailure::AnsweredElsewhere);
  if (!setup_.offer.empty() && !read_trunk_remote(kTrunkLeg, offer_, Role::Offer)) {
    return end(CallFailure::UnreadableOffer, now);
  }
  bridge_when_ready();
  answer_trunk_when_ready(now);
}

void Call::drop_other_devices(CallFailure failure) {
  for (LegIndex i = kFirstDevice; i < legs_.size(); ++i) {
    if (i == device_) continue;
    end_session(i, failure);
    release(i);
  }
}

// The device's session is over.
void Call::device_refused(LegIndex index, CallFailure failure, Time now) {
  release(index);
  // RFC 3261 16.7 step 5: a 6xx speaks for all devices of the user.
  if (failure == CallFailure::Declined) return end(failure, now);
  if (!last_refusal_ || failure == CallFailure::Busy) last_refusal_ = failure;
  const auto devices = std::ranges::subrange(legs_.begin() + kFirstDevice, legs_.end());
  const bool all_gone = std::ranges::none_of(devices, [](const Leg& leg) {
    return leg.media == Leg::Media::Allocating || leg.media == Leg::Media::Allocated;
  });
  if (all_gone) end(last_refusal_, now);
}

void Call::answer_trunk_when_ready(Time now) {
  if (!browser_leg().media_connected && !media_wait_over_) return;
  if (trunk_leg().media != Leg::Media::Allocated) return;
  sdp::TrunkLocal& local = trunk_leg().trunk;
  TrunkKeys& keys = *trunk_leg().keys;
  setup_.offer.empty() ? keys.write_late_offer(local) : keys.write_answer(local);
  const sdp::Session sdp =
      setup_.offer.empty()
          ? sdp::offer_trunk(codecs(), local)
          : sdp::answer_trunk(offer_, *sdp::choose_format(offer_, codecs()), local);
  trunk_leg().session = Leg::Session::Established;
  outputs_.emplace_back(Accept{kTrunkLeg, sdp::write(sdp)});
  connect(now);
}

// RFC 3261 13.2.1: the answer to an offer in our 200 comes in the ACK.
bool Call::late_offer_confirmed(const std::string& answer) {
  const auto session = sdp::parse(answer);
  if (!answer.empty() && session && read_trunk_remote(kTrunkLeg, *session, Role::Answer))
    bridge_when_ready();
  return trunk_leg().remote.has_value();
}

}  // namespace offhook::call
