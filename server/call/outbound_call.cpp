#include "call/call.hpp"
#include "call/media_commands.hpp"

// A browser calls: the first half of call.hpp's table.
namespace offhook::call {

void Call::start_outbound(Time now) {
  browser_leg().session = Leg::Session::Incoming;
  auto offer = sdp::parse(setup_.offer);
  if (!offer || !sdp::read_browser(*offer)) return end(CallFailure::UnreadableOffer, now);
  offer_ = std::move(*offer);
  const auto format = sdp::choose_format(offer_, setup_.codecs);
  if (!format) return end(CallFailure::NoCommonCodec, now);
  codec_ = format->codec;
  allocate(kFirstDevice, now);
  allocate(kTrunkLeg, now);
}

void Call::outbound_allocated(LegIndex index, Time now) {
  if (index == kTrunkLeg) {
    trunk_leg().session = Leg::Session::Outgoing;
    return invite_trunk(index);
  }
  // 183 at once, so that ICE and DTLS run while the trunk connects. What it says is final.
  Leg& leg = browser_leg();
  if (!read_browser_remote(index, offer_)) return end(CallFailure::UnreadableOffer, now);
  leg.answer =
      sdp::write(sdp::answer_browser(offer_, *sdp::choose_format(offer_, codecs()), leg.browser));
  outputs_.emplace_back(SendProgress{index, leg.answer});
  bridge_when_ready();
  play_ringback_when_ready();
  if (trunk_answered_) answer_caller(now);
}

void Call::invite_trunk(LegIndex index) {
  Leg& leg = legs_[index];
  leg.keys->write_offer(leg.trunk);
  outputs_.emplace_back(SendInvite{index, sdp::write(sdp::offer_trunk({*codec_}, leg.trunk))});
}

// 488 is what RFC 3261 21.4.26 has for it, 606 the same from everywhere (21.6.4).
bool Call::takes_plain_instead(LegIndex leg, const sip::Refused& refused) {
  const bool for_its_media = refused.response.status == 488 || refused.response.status == 606;
  return legs_[leg].session == Leg::Session::Outgoing && !refused.local && for_its_media &&
         legs_[leg].keys->give_way();
}

void Call::trunk_progressed(const sip::Response& response) {
  // What cannot be used of a provisional answer is no early media; the final one decides.
  const auto answer = sdp::parse(response.body);
  const bool early_media = answer && read_trunk_remote(kTrunkLeg, *answer, Role::Answer);
  if (early_media) bridge_when_ready();
  if (response.status == 180 && !early_media && ringback_ == Ringback::None) {
    ringback_ = Ringback::Wanted;
    play_ringback_when_ready();
  }
  if (state_ == State::Connecting && (early_media || response.status == 180)) {
    state_ = State::Ringing;
    outputs_.emplace_back(SendRinging{device_});
    log(LogEvent::Level::Info, "call_ringing", {{"early_media", early_media ? "true" : "false"}});
  }
}

void Call::trunk_accepted(const sip::Response& response, Time now) {
  if (!response.body.empty()) {
    const auto answer = sdp::parse(response.body);
    if (!answer || !read_trunk_remote(kTrunkLeg, *answer, Role::Answer))
      return end(CallFailure::FormatRefused, now);
  }
  if (!trunk_leg().remote) return end(CallFailure::FormatRefused, now);  // no SDP at all
  trunk_answered_ = true;
  bridge_when_ready();
  if (browser_leg().media == Leg::Media::Allocated) answer_caller(now);
}

void Call::answer_caller(Time now) {
  if (ringback_ == Ringback::Playing) command(device_, stop_playing(browser_leg().id));
  ringback_ = Ringback::None;
  browser_leg().session = Leg::Session::Established;
  outputs_.emplace_back(Accept{device_, browser_leg().answer});
  connect(now);
}

void Call::play_ringback_when_ready() {
  if (ringback_ != Ringback::Wanted || browser_leg().media != Leg::Media::Allocated) return;
  ringback_ = Ringback::Playing;
  command(device_, play_ringback(browser_leg().id));
}

}  // namespace offhook::call
