#include <algorithm>

#include "base/limits.hpp"
#include "base/overloaded.hpp"
#include "call/number.hpp"
#include "call/switchboard_impl.hpp"

// Trunks: their servers, their flows, and an INVITE's way through them (RFC 3263 4.3).
namespace offhook::call {
namespace {

// For the first word of a server where another one can be asked: four retransmissions over UDP.
// Whoever waits for a call hears nothing until then.
constexpr Duration kPatience = std::chrono::seconds(6);

}  // namespace

void Switchboard::Impl::start(Time now) {
  for (const auto& trunk : trunks_) trunk->start(now);
  run(now);
}

void Switchboard::Impl::handle_looked_up(std::string_view name, const DnsQuestion& question,
                                         const DnsAnswer& answer, Time now) {
  if (Trunk* trunk = find_trunk(name)) trunk->handle_looked_up(question, answer, now);
  run(now);
}

void Switchboard::Impl::handle_trunk_flow(std::string_view name, const sip::Target& target,
                                          const Result<sip::Flow>& flow, Time now) {
  if (Trunk* trunk = find_trunk(name)) trunk->handle_flow(target, flow, now);
  run(now);
}

void Switchboard::Impl::drain_trunks(Time now) {
  for (const auto& trunk : trunks_) {
    while (auto output = trunk->poll_output()) execute(*trunk, *output, now);
  }
}

void Switchboard::Impl::execute(Trunk& trunk, Trunk::Output& output, Time now) {
  std::visit(
      Overloaded{
          [&](Trunk::LookUp& o) {
            outputs_.emplace_back(LookUp{trunk.config().name, std::move(o.question)});
          },
          [&](TrunkFlows::Open& o) {
            outputs_.emplace_back(OpenFlow{trunk.config().name, std::move(o.target), o.connection});
          },
          [&](Trunk::SendRequest& o) { send_for_trunk(trunk, o, now); },
          [&](const Trunk::SendKeepAlive& o) {
            outputs_.emplace_back(SendSip{o.flow, std::string(kKeepAlive)});
          },
          [&](const Trunk::FlowOpened& o) { flow_opened(trunk, o.target, o.flow, now); },
          [&](const Trunk::FlowFailed& o) { flow_failed(trunk, o.target, now); },
          [&](LogEvent& o) { outputs_.emplace_back(std::move(o)); },
      },
      output);
}

void Switchboard::Impl::send_for_trunk(Trunk& trunk, Trunk::SendRequest& send, Time now) {
  const bool is_register = send.request.method == sip::Method::Register;
  // Only the answer to the latest is of interest.
  std::erase_if(trunk_requests_, [&](const auto& known) {
    return known.second.trunk == &trunk && known.second.is_register == is_register;
  });
  if (is_register) {
    trace_.follow_registration(trunk.config().name, send.request.headers.call_id);
  }
  const auto id = agent_.send_request(send.flow, std::move(send.request), now);
  trunk_requests_.emplace(id, TrunkRequest{&trunk, std::move(send.target), is_register});
}

void Switchboard::Impl::trunk_answered(const sip::ResponseArrived& arrived, Time now) {
  const auto found = trunk_requests_.extract(arrived.id);
  if (!found) return;
  const TrunkRequest& sent = found.mapped();
  if (sent.is_register) {
    sent.trunk->handle_registered(arrived.response, arrived.local, now);
  } else {
    sent.trunk->handle_options(sent.target, arrived.local, now);
  }
}

// ---- an INVITE's way ----

void Switchboard::Impl::invite_trunk(Calls::iterator at, LegIndex index, Time now) {
  Trunk& trunk = *at->second.trunk;
  Leg& leg = at->second.legs[index];
  Attempt& attempt = *leg.attempt;
  const auto flow = trunk.flows().open(attempt.target);
  attempt.waiting = !flow;
  if (!flow) return;
  leg.flow = *flow;
  auto request = trunk.invite(leg.number, attempt.offer, attempt.target, *flow);
  if (!attempt.any_size) request.max_datagram_bytes = limits::kSipDatagramBytes;
  if (trunk.has_target_after(attempt.target, now)) request.invite_timeout = kPatience;
  bind_session(at, index, agent_.invite(std::move(request), now));
}

// True: the INVITE goes on to another target, and the call need not know.
bool Switchboard::Impl::try_elsewhere(Calls::iterator at, LegIndex leg, const sip::Refused& refused,
                                      Time now) {
  constexpr std::uint16_t kMessageTooLarge = 513;
  Trunk& trunk = *at->second.trunk;
  Attempt& attempt = *at->second.legs[leg].attempt;
  const std::uint16_t status = refused.response.status;
  if (!refused.local && status != 503) return false;
  if (shutting_down_ || ++attempt.tries > limits::kInviteTargets) return false;

  TrunkFlows& flows = trunk.flows();
  if (refused.local && status == kMessageTooLarge) {
    const auto stream = flows.stream_to(attempt.target, now);
    attempt.is_stream_for_size = stream.has_value();
    attempt.any_size = !stream;
    if (stream) attempt.target = *stream;
  } else if (attempt.is_stream_for_size && refused.local) {
    flows.has_no_stream(attempt.target, now);
    attempt.target.transport = sip::Transport::Udp;
    attempt.is_stream_for_size = false;
    attempt.any_size = true;
  } else {
    const auto next = trunk.target_after(attempt.target, refused.local, now);
    if (!next) return false;
    attempt = {.offer = std::move(attempt.offer), .target = *next, .tries = attempt.tries};
  }
  invite_trunk(at, leg, now);
  return true;
}

// RFC 3261 8.1.3.4, once a leg, and only to a number at the same provider: its word for another
// host would make us call there. True: the call is dealt with.
bool Switchboard::Impl::follow_redirect(Calls::iterator at, LegIndex index,
                                        const sip::Refused& refused, Time now) {
  Entry& entry = at->second;
  Leg& leg = entry.legs[index];
  const std::uint16_t status = refused.response.status;
  const auto& contacts = refused.response.headers.contact;
  if ((status != 301 && status != 302) || contacts.empty()) return false;
  if (leg.number.empty() || leg.is_redirected) return false;
  const sip::Uri& target = contacts.front().uri;
  auto number = normalise_number(target.user);
  if (!number || !entry.trunk->is_host(target.host, leg.flow)) return false;
  leg.is_redirected = true;
  leg.attempt.reset();
  const auto passed = pass_gate({.number = *number,
                                 .way = DialWay::Redirected,
                                 .user = entry.call.user(),
                                 .trunk = entry.trunk->config(),
                                 .call = &leg.place},
                                now);
  if (passed) {
    leg.number = std::move(*number);
    entry.call.handle_redirected(index);
  } else {
    entry.call.handle_redirect_refused(index, passed.error(), now);
  }
  drain_call(at, now);
  return true;
}

void Switchboard::Impl::flow_opened(Trunk& trunk, const sip::Target& target, const sip::Flow& flow,
                                    Time now) {
  for (auto at = calls_.begin(); at != calls_.end(); ++at) {
    if (at->second.trunk != &trunk) continue;
    for (LegIndex i = 0; i < at->second.legs.size(); ++i) {
      Leg& leg = at->second.legs[i];
      if (leg.attempt && leg.attempt->waiting && leg.attempt->target == target) {
        invite_trunk(at, i, now);
      } else if (leg.is_trunk && leg.session && leg.flow.remote == target.endpoint &&
                 leg.flow.transport == target.transport) {
        // The connection was lost and is there again: a dialog outlives it (RFC 3261 12).
        leg.flow = flow;
        agent_.update_flow(*leg.session, flow);
      }
    }
  }
  move_texts_on(trunk, target, true, now);
}

void Switchboard::Impl::flow_failed(Trunk& trunk, const sip::Target& target, Time now) {
  move_texts_on(trunk, target, false, now);
  std::vector<LegOwner> waiting;
  for (const auto& [id, entry] : calls_) {
    if (entry.trunk != &trunk) continue;
    for (LegIndex i = 0; i < entry.legs.size(); ++i) {
      const auto& attempt = entry.legs[i].attempt;
      if (attempt && attempt->waiting && attempt->target == target) waiting.push_back({id, i});
    }
  }
  for (const auto& [id, leg] : waiting) {
    const auto at = calls_.find(id);
    if (at == calls_.end()) continue;  // ended by the failure of another of its legs
    const sip::Refused refused{{}, {}, true};
    if (try_elsewhere(at, leg, refused, now)) continue;
    at->second.legs[leg].attempt.reset();
    at->second.call.handle(leg, refused, now);
    drain_call(at, now);
  }
}

Trunk* Switchboard::Impl::find_trunk(std::string_view name) {
  const auto found =
      std::ranges::find_if(trunks_, [&](const auto& t) { return t->config().name == name; });
  return found == trunks_.end() ? nullptr : found->get();
}

}  // namespace offhook::call
