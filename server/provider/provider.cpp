#include "provider/provider.hpp"

#include <utility>

#include "base/overloaded.hpp"
#include "provider/provider_impl.hpp"

namespace offhook::provider {
namespace {

// Many more than there are test accounts and media ports; keeps a flood of INVITEs in bounds.
constexpr std::size_t kMaxSessions = 500;

}  // namespace

Provider::Impl::Impl(Config config, Random& random)
    : config_(std::move(config)),
      random_(random),
      authenticator_(config_.realm, config_.accounts, random),
      agent_({.timers = config_.timers,
              .user_agent = "voip.ms",
              .max_sessions = kMaxSessions,
              // chan_sip's session-timers=accept, its default.
              .session_timer = sip::SessionTimerPolicy{.asks = false},
              // One gateway is all its world.
              .per_source = std::nullopt},
             random) {
  for (std::size_t i = 0; i < config_.media_ports.size(); ++i) free_ports_.push_back(i);
}

void Provider::Impl::handle_sip(const sip::Flow& flow, std::string_view bytes, Time now) {
  agent_.handle(flow, bytes, now);
  drain(now);
}

void Provider::Impl::handle_flow_lost(const sip::Flow& flow, Time now) {
  bindings_.handle_flow_lost(flow);
  agent_.handle_flow_lost(flow, now);
  drain(now);
}

void Provider::Impl::handle_rtp(std::size_t port, const Endpoint& remote, ByteView packet,
                                Time now) {
  for (auto& [session, call] : calls_) {
    if (call.port == port && call.media) call.media->handle_packet(remote, packet, now);
  }
  drain(now);
}

void Provider::Impl::hang_up_all(std::string_view why, Time now) {
  call_backs_.clear();
  while (!calls_.empty()) hang_up(calls_.begin(), why, now);
  drain(now);
}

void Provider::Impl::shut_down(Time now) {
  shutting_down_ = true;
  hang_up_all("the provider is shut down", now);
}

void Provider::Impl::handle_timeout(Time now) {
  agent_.handle_timeout(now);
  drain(now);
  bindings_.handle_timeout(now);
  for (auto call = calls_.begin(); call != calls_.end();) {
    const auto current = call++;
    advance(current, now);
  }
  while (!call_backs_.empty() && call_backs_.begin()->first <= now) {
    const CallBack due = std::move(call_backs_.extract(call_backs_.begin()).mapped());
    const std::string why = call_account(due.account, due.caller_number, now);
    if (!why.empty()) log("cannot call " + due.account + " back: " + why);
  }
  drain(now);
}

std::optional<Output> Provider::Impl::poll_output() {
  if (outputs_.empty()) return std::nullopt;
  Output output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

std::optional<Time> Provider::Impl::next_timeout() const {
  auto next = earliest(agent_.next_timeout(), bindings_.next_timeout());
  for (const auto& [session, call] : calls_) next = earliest(next, deadline(call));
  if (!call_backs_.empty()) next = earliest(next, call_backs_.begin()->first);
  return next;
}

void Provider::Impl::drain(Time now) {
  while (auto output = agent_.poll_output()) {
    std::visit(Overloaded{
                   [&](sip::SendMessage& send) {
                     outputs_.push_back(SendSip{send.flow, std::move(send.bytes)});
                   },
                   [&](const sip::InviteReceived& invite) { on_invite(invite, now); },
                   [&](const sip::Reinvited& reinvite) { on_reinvite(reinvite, now); },
                   [&](const sip::Accepted& accepted) { on_accepted(accepted, now); },
                   [&](const sip::RequestArrived& arrived) { on_request(arrived, now); },
                   [&](const sip::Cancelled& gone) { end(calls_.find(gone.session), "cancelled"); },
                   [&](const sip::Ended& gone) { end(calls_.find(gone.session), "ended"); },
                   [&](const sip::Refused& gone) { end(calls_.find(gone.session), "refused"); },
                   [](const auto&) {},
               },
               *output);
  }
  for (auto& [session, call] : calls_) {
    if (!call.media) continue;
    while (auto datagram = call.media->poll_datagram()) {
      outputs_.push_back(SendRtp{*call.port, datagram->remote, std::move(datagram->packet)});
    }
  }
}

// ---- the public face ----

Provider::Provider(Config config, Random& random)
    : impl_(std::make_unique<Impl>(std::move(config), random)) {}
Provider::~Provider() = default;

void Provider::handle_sip(const sip::Flow& flow, std::string_view bytes, Time now) {
  impl_->handle_sip(flow, bytes, now);
}
void Provider::handle_flow_lost(const sip::Flow& flow, Time now) {
  impl_->handle_flow_lost(flow, now);
}
void Provider::handle_rtp(std::size_t port, const Endpoint& remote, ByteView packet, Time now) {
  impl_->handle_rtp(port, remote, packet, now);
}
std::string Provider::call_account(std::string_view username, std::string_view caller_number,
                                   Time now) {
  return impl_->call_account(username, caller_number, now);
}
void Provider::hang_up_all(Time now) { impl_->hang_up_all("everybody hangs up", now); }
void Provider::shut_down(Time now) { impl_->shut_down(now); }
void Provider::handle_timeout(Time now) { impl_->handle_timeout(now); }
std::optional<Output> Provider::poll_output() { return impl_->poll_output(); }
std::optional<Time> Provider::next_timeout() const { return impl_->next_timeout(); }
std::size_t Provider::call_count() const { return impl_->call_count(); }

}  // namespace offhook::provider
