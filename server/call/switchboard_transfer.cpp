#include <utility>

#include "call/number.hpp"
#include "call/switchboard_impl.hpp"

// Who may move a call, and where to: REFER (RFC 3515) and Replaces (RFC 3891) of users' devices.
namespace offhook::call {

void Switchboard::Impl::referred(const sip::ReferReceived& refer, Time now) {
  const auto owner = sessions_.find(refer.session);
  if (owner == sessions_.end()) return answer_refer(refer, {481, {}}, now);
  const LegIndex index = owner->second.leg;
  const auto at = calls_.find(owner->second.call);
  const Call& call = at->second.call;
  // The provider's would make us call on our user's account.
  if (at->second.legs[index].is_trunk) return answer_refer(refer, {403, {}}, now);
  if (!call.is_device_talking(index) || !call.can_change_parties()) {
    return answer_refer(refer, {491, {}}, now);
  }
  const sip::Uri& target = refer.request.headers.refer_to->uri;
  const auto method = target.parameters.get("method");
  if (method && *method != "INVITE") return answer_refer(refer, {501, {}}, now);
  const auto replaces = sip::uri_header(target, "Replaces");
  replaces ? refer_to_call(refer, at, *replaces, now) : refer_to_number(refer, at, target, now);
}

Switchboard::Impl::ReferAnswer Switchboard::Impl::refusal_of(CallFailure failure) {
  return {describe(failure).sip_status, reason_for_browser(failure)};
}

void Switchboard::Impl::answer_refer(const sip::ReferReceived& refer, const ReferAnswer& answer,
                                     Time now) {
  auto response = sip::make_response(refer.request, answer.status, {});
  response.headers.reason = answer.reason;
  agent_.respond(refer.id, std::move(response), now);
}

void Switchboard::Impl::refer_to_number(const sip::ReferReceived& refer, Calls::iterator at,
                                        const sip::Uri& target, Time now) {
  Entry& entry = at->second;
  const auto refuse_refer = [&](CallFailure why) { answer_refer(refer, refusal_of(why), now); };
  auto number = normalise_number(target.user);
  if (!number) return refuse_refer(CallFailure::InvalidNumber);
  if (const auto failure = not_ready(now)) return refuse_refer(*failure);
  if (!entry.trunk->target()) return refuse_refer(CallFailure::TrunkUnresolved);
  auto place = pass_gate({.number = *number,
                          .way = DialWay::Referred,
                          .user = entry.call.user(),
                          .trunk = entry.trunk->config()},
                         now);
  if (!place) return refuse_refer(place.error());
  answer_refer(refer, {202, {}}, now);
  entry.legs.push_back({.is_trunk = true, .number = *number, .place = std::move(*place)});
  take_step(entry.call, "device: REFER to a number",
            [&] { entry.call.transfer(std::move(*number), now); });
  drain_call(at, now);
}

void Switchboard::Impl::refer_to_call(const sip::ReferReceived& refer, Calls::iterator at,
                                      const std::string& text, Time now) {
  const auto replaces = sip::parse_replaces(text);
  if (!replaces) return answer_refer(refer, {400, {}}, now);
  const auto other = find_call(*replaces, at->second.call.user());
  if (other == calls_.end() || other == at) return answer_refer(refer, {481, {}}, now);
  Call& giver = other->second.call;
  if (!giver.can_give_trunk_leg()) return answer_refer(refer, {491, {}}, now);
  if (!giver.has_codec_of(at->second.call)) {
    return answer_refer(refer, refusal_of(CallFailure::NoCommonCodec), now);
  }
  answer_refer(refer, {202, {}}, now);

  Call::GivenLeg given;
  take_step(giver, "device: REFER to this call",
            [&] { given = giver.give_trunk_leg(at->second.call, now); });
  Leg leg = std::exchange(other->second.legs[kTrunkLeg], Leg{.is_trunk = true});
  const LegIndex index = at->second.legs.size();
  media_.give(given.leg.id, {at->first, index});
  drain_call(other, now);
  const auto session = std::exchange(leg.session, std::nullopt);
  at->second.legs.push_back(std::move(leg));
  if (session) bind_session(at, index, *session);
  take_step(at->second.call, "device: REFER to a call",
            [&] { at->second.call.transfer(std::move(given), now); });
  drain_call(at, now);
}

void Switchboard::Impl::replace_device(const sip::InviteReceived& invite, const std::string& user,
                                       const std::string& instance, Time now) {
  const sip::Replaces& replaces = *invite.request.headers.replaces;
  const auto at = find_call(replaces, user);
  const bool found = at != calls_.end();
  // RFC 3891 3: what is answered already is not replaced where only a ringing call should be.
  const std::uint16_t status = !found                                  ? 481
                               : replaces.early_only                   ? 486
                               : !at->second.call.can_change_parties() ? 491
                                                                       : 0;
  if (status != 0) {
    note_refused(invite, CallFailure::Unavailable);
    return agent_.reject(invite.session, status, {}, now);
  }
  const LegIndex index = at->second.legs.size();
  at->second.legs.push_back({.instance = instance});
  bind_session(at, index, invite.session);
  take_step(at->second.call, "device: INVITE with Replaces",
            [&] { at->second.call.replace_device(invite.request.body, now); });
  drain_call(at, now);
}

Switchboard::Impl::Calls::iterator Switchboard::Impl::find_call(const sip::Replaces& replaces,
                                                                std::string_view user) {
  const auto session = agent_.find_session(replaces);
  const auto owner = session ? sessions_.find(*session) : sessions_.end();
  if (owner == sessions_.end()) return calls_.end();
  const auto at = calls_.find(owner->second.call);
  const bool is_users =
      at->second.call.user() == user && !at->second.legs[owner->second.leg].is_trunk;
  return is_users ? at : calls_.end();
}

}  // namespace offhook::call
