#include "call/call.hpp"
#include "call/dtmf_info.hpp"
#include "call/media_commands.hpp"

// What either side may ask while a call stands: the last part of call.hpp's table.
namespace offhook::call {

void Call::handle_reinvite(LegIndex leg, const std::string& offer) {
  const bool answered =
      leg == kTrunkLeg ? reinvited_by_trunk(offer) : reinvited_by_browser(leg, offer);
  if (answered) return;
  const CallFailure why = CallFailure::FormatRefused;
  outputs_.emplace_back(
      RefuseOffer{leg, 488, leg == kTrunkLeg ? reason_for_trunk(why) : reason_for_browser(why)});
}

// Hold is local: the trunk hears music and no re-INVITE, the browser, which wants nothing meanwhile
// (RFC 3264 8.4), nothing. New ICE credentials or a new address (an ICE restart) go on to media.
bool Call::reinvited_by_browser(LegIndex index, const std::string& offer) {
  Leg& leg = legs_[index];
  const auto session = sdp::parse(offer);
  if (!session || leg.media != Leg::Media::Allocated) return false;
  const auto remote = sdp::read_browser(*session);
  const auto format = sdp::choose_format(*session, codecs());
  if (!remote || !format || !read_browser_remote(index, *session)) return false;

  ++leg.browser.session_version;
  leg.browser.setup = leg.dtls_active ? sdp::Setup::Active : sdp::Setup::Passive;
  outputs_.emplace_back(
      Accept{index, sdp::write(sdp::answer_browser(*session, *format, leg.browser))});

  hold(remote->direction == sdp::Direction::SendOnly ||
       remote->direction == sdp::Direction::Inactive);
  return true;
}

void Call::hold(bool on_hold) {
  if (on_hold == on_hold_) return;
  on_hold_ = on_hold;
  if (on_hold) {
    unbridge();
    command(kTrunkLeg, play_hold_music(trunk_leg().id));
  } else {
    command(kTrunkLeg, stop_playing(trunk_leg().id));
    bridge_when_ready();
  }
}

bool Call::reinvited_by_trunk(const std::string& offer) {
  Leg& leg = trunk_leg();
  if (leg.media != Leg::Media::Allocated) return false;
  ++leg.trunk.session_version;
  if (offer.empty()) {
    keys_.write_late_offer(leg.trunk);
    outputs_.emplace_back(Accept{kTrunkLeg, sdp::write(sdp::offer_trunk(codecs(), leg.trunk))});
    return true;
  }
  const auto session = sdp::parse(offer);
  if (!session) return false;
  const auto format = sdp::choose_format(*session, codecs());
  if (!format || !read_trunk_remote(*session, Role::Offer)) return false;
  keys_.write_answer(leg.trunk);
  outputs_.emplace_back(
      Accept{kTrunkLeg, sdp::write(sdp::answer_trunk(*session, *format, leg.trunk))});
  return true;
}

void Call::handle_info(const sip::InfoReceived& info) {
  const auto key = read_dtmf_info(info.content_type, info.body);
  if (!key || state_ != State::Connected) return;
  command(kTrunkLeg, send_digit(trunk_leg().id, key->digit,
                                static_cast<std::uint32_t>(key->duration.count())));
}

}  // namespace offhook::call
