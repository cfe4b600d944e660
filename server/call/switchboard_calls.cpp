#include <algorithm>

#include "base/overloaded.hpp"
#include "call/caller.hpp"
#include "call/number.hpp"
#include "call/switchboard_impl.hpp"

// Calls: who may have one, and what they ask of the other machines.
namespace offhook::call {

void Switchboard::Impl::call_from_browser(const sip::InviteReceived& invite,
                                          const std::string& user, Time now) {
  const auto device = registrar_.device(invite.flow);
  if (!device) return refuse(invite, false, CallFailure::NotRegistered, now);
  if (invite.request.headers.replaces) {
    return replace_device(invite, user, device->instance, now);
  }
  auto number = normalise_number(invite.request.uri.user);
  if (!number) return refuse(invite, false, CallFailure::InvalidNumber, now);
  if (const auto failure = not_ready(now)) return refuse(invite, false, *failure, now);
  const auto trunk =
      std::ranges::find_if(trunks_, [&](const auto& t) { return t->config().user == user; });
  if (trunk == trunks_.end()) return refuse(invite, false, CallFailure::NoTrunk, now);
  if (!(*trunk)->target()) return refuse(invite, false, CallFailure::TrunkUnresolved, now);
  auto place = pass_gate({.number = *number, .user = user, .trunk = (*trunk)->config()}, now);
  if (!place) return refuse(invite, false, place.error(), now);

  Call::Setup call = setup(Direction::Outbound, (*trunk)->config(), invite);
  call.remote_number = *number;
  const auto entry = add_call(std::move(call), **trunk, std::move(*place), now);
  entry->second.legs[kTrunkLeg].number = std::move(*number);
  entry->second.legs[kFirstDevice].instance = device->instance;
  bind_session(entry, kFirstDevice, invite.session);
  drain_call(entry, now);
}

void Switchboard::Impl::call_from_trunk(const sip::InviteReceived& invite, Time now) {
  Trunk* trunk = called_trunk(invite.flow, invite.request);
  // A provider has no say in who talks here.
  if (trunk == nullptr || invite.request.headers.replaces) {
    return refuse(invite, true, CallFailure::UnknownUser, now);
  }
  const std::string& user = trunk->config().user;
  if (const auto failure = not_ready(now)) return refuse(invite, true, *failure, now);
  const auto devices = registrar_.bindings(user);
  if (devices.empty()) return refuse(invite, true, CallFailure::NoDevice, now);
  auto place = gate_.admit(user, trunk->config());
  if (!place) return refuse(invite, true, place.error(), now);

  Call::Setup call = setup(Direction::Inbound, trunk->config(), invite);
  call.devices = devices.size();
  auto caller = caller_of(invite.request, config_.sip_domain);
  call.remote_number = caller.uri.user;
  const auto entry = add_call(std::move(call), *trunk, std::move(*place), now);
  entry->second.caller = std::move(caller);
  entry->second.legs[kTrunkLeg].flow = invite.flow;
  for (LegIndex i = 0; i < devices.size(); ++i) {
    entry->second.legs[kFirstDevice + i].instance = devices[i].instance;
  }
  bind_session(entry, kTrunkLeg, invite.session);
  drain_call(entry, now);
}

// By the account in the Request-URI; where that is a DID, by the source, if only one trunk has it.
Trunk* Switchboard::Impl::called_trunk(const sip::Flow& flow, const sip::Request& request) {
  Trunk* only = nullptr;
  std::size_t candidates = 0;
  for (const auto& trunk : trunks_) {
    if (!trunk->is_source(flow)) continue;
    if (trunk->config().account.username == request.uri.user) return trunk.get();
    only = trunk.get();
    ++candidates;
  }
  return candidates == 1 ? only : nullptr;
}

std::optional<CallFailure> Switchboard::Impl::not_ready(Time now) const {
  if (shutting_down_) return CallFailure::ShuttingDown;
  if (!media_.ready(now)) return CallFailure::MediaAway;
  return std::nullopt;
}

Result<DialGate::Place, CallFailure> Switchboard::Impl::pass_gate(const DialGate::Request& request,
                                                                  Time now) {
  auto place = gate_.pass(request, now);
  const std::string_view way = to_string(request.way);
  if (place) {
    counters_.count_dial(way, place->is_emergency() ? "emergency" : "allowed");
    return place;
  }
  const std::string_view failure = describe(place.error()).label;
  counters_.count_dial(way, failure);
  log(LogEvent::Level::Warning, "dial_refused",
      {{"way", std::string(way)},
       {"user", std::string(request.user)},
       {"trunk", request.trunk.name},
       {"failure", std::string(failure)}});
  return place;
}

Call::Setup Switchboard::Impl::setup(Direction direction, const TrunkConfig& trunk,
                                     const sip::InviteReceived& invite) {
  Call::Setup setup;
  setup.id = call_id_of(invite);
  setup.direction = direction;
  setup.user = trunk.user;
  setup.trunk = trunk.name;
  setup.media_prefix = media_prefix_;
  setup.codecs = trunk.codecs;
  setup.srtp = trunk.srtp;
  setup.offer = invite.request.body;
  setup.no_answer_timeout = config_.no_answer_timeout;
  setup.media_ready_timeout = config_.media_ready_timeout;
  return setup;
}

Switchboard::Impl::Calls::iterator Switchboard::Impl::add_call(Call::Setup&& setup, Trunk& trunk,
                                                               DialGate::Place place, Time now) {
  const CallId id = setup.id;
  setup.longest_call = place.longest_call();
  const std::size_t legs = kFirstDevice + setup.devices;
  trace_.describe(id, setup.user, setup.trunk, setup.remote_number);
  const auto [entry, added] = calls_.try_emplace(id, std::move(setup), random_, now);
  entry->second.trunk = &trunk;
  entry->second.waiting_since = now;
  entry->second.legs.resize(legs);
  entry->second.legs[kTrunkLeg].is_trunk = true;
  entry->second.legs[kTrunkLeg].place = std::move(place);
  return entry;
}

void Switchboard::Impl::refuse(const sip::InviteReceived& invite, bool by_trunk,
                               CallFailure failure, Time now) {
  note_refused(invite, failure);
  by_trunk
      ? agent_.reject(invite.session, status_for_trunk(failure), reason_for_trunk(failure), now)
      : agent_.reject(invite.session, describe(failure).sip_status, reason_for_browser(failure),
                      now);
}

void Switchboard::Impl::bind_session(Calls::iterator entry, LegIndex index,
                                     sip::SessionId session) {
  Leg& leg = entry->second.legs[index];
  leg.session = session;
  sessions_.insert_or_assign(session, LegOwner{entry->first, index});
  const std::string user = leg.is_trunk ? std::string() : entry->second.call.user();
  trace_.join(entry->first, user, agent_.call_id(session));
}

void Switchboard::Impl::forget_session(Leg& leg) {
  if (leg.session) sessions_.erase(*leg.session);
  leg.session.reset();
}

void Switchboard::Impl::drain_call(Calls::iterator entry, Time now) {
  while (auto output = entry->second.call.poll_output()) execute(entry, *output, now);
  auto& deadline = entry->second.deadline;
  if (deadline) deadlines_.erase({*deadline, entry->first});
  if (entry->second.call.state() == Call::State::Ended) {
    for (Leg& leg : entry->second.legs) forget_session(leg);
    calls_.erase(entry);
    return;
  }
  deadline = entry->second.call.next_timeout();
  if (deadline) deadlines_.emplace(*deadline, entry->first);
}

void Switchboard::Impl::execute(Calls::iterator at, CallOutput& output, Time now) {
  Entry& entry = at->second;
  const auto session = [&](LegIndex leg) { return *entry.legs[leg].session; };
  std::visit(
      Overloaded{
          [&](SendInvite& o) { send_invite(at, o, now); },
          [&](const SendRinging& o) { agent_.ring(session(o.leg), identity(entry, o.leg), now); },
          [&](SendProgress& o) {
            agent_.progress(session(o.leg), identity(entry, o.leg), std::move(o.sdp), now);
          },
          [&](Accept& o) {
            agent_.accept(session(o.leg), identity(entry, o.leg), std::move(o.sdp), now);
          },
          [&](RefuseOffer& o) {
            agent_.reject(session(o.leg), o.status, std::move(o.reason), now);
          },
          [&](Reject& o) {
            agent_.reject(session(o.leg), o.status, std::move(o.reason), now);
            forget_session(entry.legs[o.leg]);
          },
          [&](HangUp& o) {
            Leg& leg = entry.legs[o.leg];
            if (!leg.session) return leg.attempt.reset();  // not sent yet
            agent_.hang_up(session(o.leg), std::move(o.reason), now);
            forget_session(entry.legs[o.leg]);
          },
          [&](NotifyTransfer& o) {
            agent_.notify_refer(session(o.leg), o.status, o.reason, o.is_final, now);
          },
          [&](LegCommand& o) {
            if (o.command.has_release()) entry.legs[o.leg].place = {};
            media_.send(std::move(o.command), LegOwner{at->first, o.leg}, now);
          },
          [&](LogEvent& o) { outputs_.emplace_back(std::move(o)); },
          [&](CallEnded& o) {
            note_ended(o);
            records_.handle(std::move(o), now);
            if (!media_.connected()) records_.stop_waiting();
          },
      },
      output);
}

void Switchboard::Impl::send_invite(Calls::iterator at, SendInvite& invite, Time now) {
  Entry& entry = at->second;
  Leg& leg = entry.legs[invite.leg];
  if (leg.is_trunk) {
    leg.attempt = {.offer = std::move(invite.offer), .target = *entry.trunk->target()};
    return invite_trunk(at, invite.leg, now);
  }
  const auto device = registrar_.device(entry.call.user(), leg.instance);
  if (!device) {  // gone while media allocated its leg
    return entry.call.handle(invite.leg, sip::Refused{{}, {}, true}, now);
  }
  sip::InviteRequest request;
  request.flow = device->flow;
  request.target = device->contact.uri;
  request.identity = identity(entry, invite.leg);
  request.remote.uri = user_uri(entry.call.user());
  request.offer = std::move(invite.offer);
  bind_session(at, invite.leg, agent_.invite(std::move(request), now));
}

sip::Identity Switchboard::Impl::identity(const Entry& entry, LegIndex leg) const {
  if (entry.legs[leg].is_trunk) return entry.trunk->identity(entry.legs[leg].flow);
  sip::Identity identity;
  identity.local = entry.caller;
  identity.contact.uri = user_uri(entry.call.user());
  identity.contact.uri.parameters.set("transport", "ws");
  identity.via_host = config_.sip_domain;
  identity.user_agent = config_.software;
  return identity;
}

sip::Uri Switchboard::Impl::user_uri(const std::string& user) const {
  sip::Uri uri;
  uri.user = user;
  uri.host = config_.sip_domain;
  return uri;
}

}  // namespace offhook::call
