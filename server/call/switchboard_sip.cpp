#include <algorithm>
#include <array>

#include "base/overloaded.hpp"
#include "base/text.hpp"
#include "call/switchboard_impl.hpp"

// SIP in: who may speak, and which machine it is for.
namespace offhook::call {
namespace {

constexpr std::array kMethods{sip::Method::Invite, sip::Method::Ack,     sip::Method::Bye,
                              sip::Method::Cancel, sip::Method::Options, sip::Method::Info,
                              sip::Method::Update, sip::Method::Refer,   sip::Method::Notify,
                              sip::Method::Message};

// "ws 192.0.2.1:40000"
std::string in_words(const sip::Flow& flow) {
  return to_lower(sip::to_string(flow.transport)) + " " + flow.remote.to_string();
}

}  // namespace

void Switchboard::Impl::handle_flow_opened(const sip::Flow& flow, std::string_view user) {
  const bool known = std::ranges::count(config_.users, user) > 0;
  log(known ? LogEvent::Level::Info : LogEvent::Level::Warning,
      known ? "flow_opened" : "flow_refused",
      {{"user", sip::safe_text(user)}, {"flow", in_words(flow)}});
  if (known) flows_.insert_or_assign(flow, std::string(user));
}

void Switchboard::Impl::handle_flow_lost(const sip::Flow& flow, const std::string& reason,
                                         Time now) {
  if (const auto browser = flows_.extract(flow)) {
    log(LogEvent::Level::Info, "flow_lost",
        {{"user", browser.mapped()}, {"flow", in_words(flow)}, {"reason", sip::safe_text(reason)}});
  }
  registrar_.handle_flow_lost(flow, now);
  agent_.handle_flow_lost(flow, now);
  for (const auto& trunk : trunks_) trunk->handle_flow_lost(flow, reason, now);
  run(now);
}

void Switchboard::Impl::handle_undelivered(const sip::Flow& flow, std::string_view quoted,
                                           Time now) {
  agent_.handle_undelivered(flow, quoted, now);
  run(now);
}

// Strangers get no answer at all: nothing to amplify, nothing to scan for. A user has one budget for
// all of his WebSockets.
void Switchboard::Impl::handle_sip(const sip::Flow& flow, std::string_view bytes, Time now) {
  const auto user = flows_.find(flow);
  if (user == flows_.end()) {
    Trunk* trunk = trunk_of(flow);
    if (trunk == nullptr) return note_dropped(flow, now);
    trunk->handle_heard(flow, now);
  }
  auto message = sip::parse_message(bytes);
  note_received(flow, message, now);
  agent_.handle(flow, std::move(message), bytes.size(), now,
                user == flows_.end() ? std::string() : "user " + user->second);
  run(now);
}

Trunk* Switchboard::Impl::trunk_of(const sip::Flow& flow) {
  if (flow.transport == sip::Transport::Ws || flow.transport == sip::Transport::Wss) return nullptr;
  const auto found =
      std::ranges::find_if(trunks_, [&](const auto& t) { return t->is_source(flow); });
  return found == trunks_.end() ? nullptr : found->get();
}

void Switchboard::Impl::dispatch(sip::UserAgentOutput& output, Time now) {
  std::visit(Overloaded{
                 [&](sip::SendMessage& send) {
                   note_sent(send.flow, send.message, now);
                   outputs_.emplace_back(SendSip{send.flow, std::move(send.bytes)});
                 },
                 [&](const sip::InviteReceived& e) { invited(e, now); },
                 [&](const sip::RequestArrived& e) { requested(e, now); },
                 [&](const sip::ResponseArrived& e) {
                   if (!text_answered(e, now)) trunk_answered(e, now);
                 },
                 [&](const sip::ReferReceived& e) { referred(e, now); },
                 [&](const auto& e) { deliver(e.session, output, now); },
             },
             output);
}

void Switchboard::Impl::deliver(sip::SessionId session, const sip::UserAgentOutput& event,
                                Time now) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  const LegOwner owner = found->second;
  const auto entry = calls_.find(owner.call);
  Leg& leg = entry->second.legs[owner.leg];
  const bool over = std::holds_alternative<sip::Refused>(event) ||
                    std::holds_alternative<sip::Cancelled>(event) ||
                    std::holds_alternative<sip::Ended>(event);
  if (over) forget_session(leg);
  const auto* refused = std::get_if<sip::Refused>(&event);
  if (leg.is_trunk && refused != nullptr && follow_redirect(entry, owner.leg, *refused, now)) {
    return;
  }
  if (leg.attempt) {
    if (refused != nullptr && try_elsewhere(entry, owner.leg, *refused, now)) return;
    leg.attempt.reset();
  }
  note_progress(entry->second, event, now);
  Call& call = entry->second.call;
  take_step(call, input_of(event, leg.is_trunk), [&] { call.handle(owner.leg, event, now); });
  drain_call(entry, now);
}

void Switchboard::Impl::invited(const sip::InviteReceived& invite, Time now) {
  const auto flow = flows_.find(invite.flow);
  if (flow != flows_.end()) return call_from_browser(invite, flow->second, now);
  call_from_trunk(invite, now);
}

void Switchboard::Impl::requested(const sip::RequestArrived& arrived, Time now) {
  const auto flow = flows_.find(arrived.flow);
  if (flow != flows_.end() && arrived.request.method == sip::Method::Register) {
    return registered(arrived, flow->second, now);
  }
  if (arrived.request.method == sip::Method::Message) return text_arrived(arrived, now);
  if (flow == flows_.end() && sip::is_message_summary(arrived.request)) {
    return mailbox_changed(arrived, now);
  }
  // RFC 6665 4.1.3.2 asks for 489 where the event package is unknown; we know message-summary, and
  // that from trunks only.
  const bool event = arrived.request.method == sip::Method::Subscribe ||
                     arrived.request.method == sip::Method::Notify ||
                     arrived.request.method == sip::Method::Publish;
  auto response = sip::make_response(arrived.request, event ? 489 : 405, random_.hex(8));
  for (const sip::Method method : kMethods) response.headers.allow.emplace_back(to_string(method));
  agent_.respond(arrived.id, std::move(response), now);
}

void Switchboard::Impl::registered(const sip::RequestArrived& arrived, const std::string& user,
                                   Time now) {
  const bool known = registrar_.device(arrived.flow).has_value();
  auto response = registrar_.handle_register(arrived.request, arrived.flow, user, now);
  const auto device = registrar_.device(arrived.flow);
  if (!known && device) log(LogEvent::Level::Info, "device_registered", {{"user", user}});
  if (known && !device) log(LogEvent::Level::Info, "device_unregistered", {{"user", user}});
  if (!response.is_success()) {
    log(LogEvent::Level::Warning, "register_refused",
        {{"user", user}, {"status", std::to_string(response.status)}});
  }
  agent_.respond(arrived.id, std::move(response), now);
  if (!device) return;
  move_sessions(*device);
  if (known) return;
  ring_newcomer(*device, now);
  tell_of_mailbox(*device, now);
}

// A dialog belongs to a device, never to a WebSocket: what we send in it goes to the new one.
void Switchboard::Impl::move_sessions(const sip::Binding& device) {
  for (const auto& [id, entry] : calls_) {
    if (entry.call.user() != device.user) continue;
    for (const Leg& leg : entry.legs) {
      if (!leg.is_trunk && leg.session && leg.instance == device.instance) {
        agent_.update_flow(*leg.session, device.flow);
      }
    }
  }
}

// Who opens the phone because it rings elsewhere can answer here.
void Switchboard::Impl::ring_newcomer(const sip::Binding& device, Time now) {
  for (auto at = calls_.begin(); at != calls_.end(); ++at) {
    Entry& entry = at->second;
    if (entry.call.user() != device.user || !entry.call.can_ring_device()) continue;
    const bool is_ringing = std::ranges::any_of(entry.legs, [&](const Leg& leg) {
      return !leg.is_trunk && leg.session && leg.instance == device.instance;
    });
    if (is_ringing) continue;
    entry.legs.push_back({.instance = device.instance});
    entry.call.ring_device(now);
    drain_call(at, now);
  }
}

}  // namespace offhook::call
