#include <utility>

#include "call/call.hpp"
#include "call/dtmf_info.hpp"
#include "call/media_commands.hpp"

// What either side may ask while a call stands: the last part of call.hpp's table.
namespace offhook::call {

void Call::handle_reinvite(LegIndex leg, const std::string& offer, Time now) {
  const bool taken = legs_[leg].is_trunk() ? reinvited_by_trunk(leg, offer)
                                           : reinvited_by_browser(leg, offer, now);
  if (!taken) refuse_reinvite(leg);
}

void Call::refuse_reinvite(LegIndex leg) {
  const CallFailure why = CallFailure::FormatRefused;
  outputs_.emplace_back(RefuseOffer{
      leg, 488, legs_[leg].is_trunk() ? reason_for_trunk(why) : reason_for_browser(why)});
}

bool Call::reinvited_by_browser(LegIndex index, const std::string& offer, Time now) {
  Leg& leg = legs_[index];
  auto session = sdp::parse(offer);
  if (!session || leg.media != Leg::Media::Allocated || !leg.remote) return false;
  const auto remote = sdp::read_browser(*session);
  if (!remote || !sdp::choose_format(*session, codecs())) return false;
  // RFC 8839 4.4.1.1.1. A restart of one side is one of both: our answer needs new credentials too.
  if (remote->ice_ufrag == leg.remote->ice_ufrag() && remote->ice_pwd == leg.remote->ice_pwd()) {
    return answer_reinvite(index, *session);
  }
  leg.restart_offer = std::move(*session);
  allocation_deadline_ = now + kAllocationTimeout;
  command(index, restart_ice(leg.id, setup_.user, ++leg.ice_generation));
  return true;
}

void Call::ice_restarted(LegIndex index, const control::LegAllocated& allocated) {
  Leg& leg = legs_[index];
  // The reply to a restart that was cancelled, and this one's comes after it. Media that knows no
  // generations says 0, and keeps its credentials.
  if (allocated.ice_generation() != 0 && allocated.ice_generation() != leg.ice_generation) return;
  const sdp::Session offer = *std::exchange(leg.restart_offer, std::nullopt);
  settle_allocations();
  const auto local = browser_local(allocated, leg.browser.session_id);
  if (!local) return refuse_reinvite(index);
  leg.browser.ice_ufrag = local->ice_ufrag;
  leg.browser.ice_pwd = local->ice_pwd;
  if (!answer_reinvite(index, offer)) refuse_reinvite(index);
}

// Hold is local: the trunk hears music and no re-INVITE, the browser, which wants nothing meanwhile
// (RFC 3264 8.4), nothing.
bool Call::answer_reinvite(LegIndex index, const sdp::Session& offer) {
  Leg& leg = legs_[index];
  const auto remote = sdp::read_browser(offer);
  const auto format = sdp::choose_format(offer, codecs());
  if (!remote || !format || !read_browser_remote(index, offer)) return false;

  ++leg.browser.session_version;
  leg.browser.setup = leg.dtls_active ? sdp::Setup::Active : sdp::Setup::Passive;
  outputs_.emplace_back(
      Accept{index, sdp::write(sdp::answer_browser(offer, *format, leg.browser))});

  hold(asks_for_hold(*remote));
  return true;
}

bool Call::asks_for_hold(const sdp::BrowserRemote& remote) {
  return remote.direction == sdp::Direction::SendOnly ||
         remote.direction == sdp::Direction::Inactive;
}

void Call::hold(bool on_hold) {
  if (on_hold == on_hold_) return;
  on_hold_ = on_hold;
  if (partner_ != device_) return;  // a target is being called: what is held is seen to afterwards
  if (on_hold) {
    unbridge();
    play_to_trunk(Sound::Music);
  } else {
    play_to_trunk(Sound::None);
    bridge_when_ready();
  }
}

bool Call::reinvited_by_trunk(LegIndex index, const std::string& offer) {
  Leg& leg = legs_[index];
  if (leg.media != Leg::Media::Allocated) return false;
  ++leg.trunk.session_version;
  if (offer.empty()) {
    leg.keys->write_late_offer(leg.trunk);
    outputs_.emplace_back(Accept{index, sdp::write(sdp::offer_trunk(codecs(), leg.trunk))});
    return true;
  }
  const auto session = sdp::parse(offer);
  if (!session) return false;
  const auto format = sdp::choose_format(*session, codecs());
  if (!format || !read_trunk_remote(index, *session, Role::Offer)) return false;
  leg.keys->write_answer(leg.trunk);
  outputs_.emplace_back(Accept{index, sdp::write(sdp::answer_trunk(*session, *format, leg.trunk))});
  return true;
}

// What we have said is as it was; the far side may say something new (RFC 4028 7.4). Where that
// cannot be used, the call goes on as before.
void Call::trunk_refreshed(LegIndex leg, const std::string& answer) {
  const auto session = sdp::parse(answer);
  if (!session || !read_trunk_remote(leg, *session, Role::Answer)) {
    log(LogEvent::Level::Warning, "refresh_answer_unusable");
  }
}

void Call::handle_info(LegIndex from, const sip::InfoReceived& info) {
  if (state_ != State::Connected || transfer_) return;
  if (from != kTrunkLeg && from != partner_) return;
  const auto key = read_dtmf_info(info.content_type, info.body);
  if (!key) return;
  const LegIndex to = from == kTrunkLeg ? partner_ : kTrunkLeg;
  command(to,
          send_digit(legs_[to].id, key->digit, static_cast<std::uint32_t>(key->duration.count())));
}

}  // namespace offhook::call
