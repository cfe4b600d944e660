#include "call/trunk.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "base/overloaded.hpp"

namespace offhook::call {
namespace {

constexpr std::uint16_t kSipPort = 5060;

std::string_view to_string(sip::Registration::State state) {
  using State = sip::Registration::State;
  switch (state) {
    case State::Idle:
    case State::Registering:
      return "registering";
    case State::Registered:
      return "registered";
    case State::Waiting:
      return "waiting";
    case State::Unregistering:
      return "unregistering";
    case State::Stopped:
      return "stopped";
  }
  return "stopped";
}

std::string host_of(const IpAddress& address) {
  return address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
}

}  // namespace

Trunk::Trunk(TrunkConfig config, std::string software, Random& random)
    : config_(std::move(config)), software_(std::move(software)), random_(random) {}

void Trunk::handle_resolved(const sip::Flow& flow, std::vector<IpAddress> sources, Time now) {
  replace_sources(std::move(sources), now);
  reason_.clear();
  if (flow_ == flow) return;
  flow_ = flow;
  log(LogEvent::Level::Info, "trunk_resolved");
  if (!config_.registers) return;
  // A new Contact makes a new registration; at the provider the newest one wins.
  sip::Registration::Config registration;
  registration.registrar.host = config_.host;
  if (config_.port != kSipPort) registration.registrar.port = config_.port;
  registration.aor.uri = account_uri();
  registration.contact = identity().contact;
  registration.account = config_.account;
  registration.expires = config_.expires;
  registration.user_agent = software_;
  registration.call_id = random_.hex(16);
  registration_ = std::make_unique<sip::Registration>(std::move(registration), random_);
  registration_->start(now);
  keep_alive_at_ = now + kKeepAliveInterval;
  drain_registration();
}

// Calls stay where they were begun: their BYE comes from there, whatever the name says by then.
void Trunk::replace_sources(std::vector<IpAddress> sources, Time now) {
  std::vector<IpAddress> former = std::exchange(sources_, std::move(sources));
  if (flow_) former.push_back(flow_->remote.address);
  for (const IpAddress& address : former) {
    std::erase_if(former_sources_, [&](const auto& known) { return known.address == address; });
    former_sources_.push_back({address, now + limits::kCallLength});
  }
  std::erase_if(former_sources_, [&](const FormerSource& known) {
    return known.until <= now || std::ranges::count(sources_, known.address) > 0;
  });
  if (former_sources_.size() > limits::kTrunkFormerSources) {
    former_sources_.erase(former_sources_.begin(),
                          former_sources_.end() - limits::kTrunkFormerSources);
  }
}

void Trunk::handle_unresolved(std::string reason) {
  reason_ = std::move(reason);
  log(LogEvent::Level::Warning, "trunk_unresolved", reason_);
}

void Trunk::handle_registered(const sip::Response& response, Time now) {
  if (!registration_) return;
  registration_->handle(response, now);
  drain_registration();
}

void Trunk::stop(Time now) {
  if (!registration_) return;
  keep_alive_at_.reset();
  registration_->stop(now);
  drain_registration();
}

void Trunk::handle_timeout(Time now) {
  if (!registration_) return;
  if (is_due(keep_alive_at_, now)) {
    outputs_.emplace_back(SendKeepAlive{*flow_});
    keep_alive_at_ = now + kKeepAliveInterval;
  }
  registration_->handle_timeout(now);
  drain_registration();
}

void Trunk::drain_registration() {
  while (auto output = registration_->poll_output()) {
    std::visit(Overloaded{
                   [&](sip::Registration::SendRegister& send) {
                     outputs_.emplace_back(SendRegister{*flow_, std::move(send.request)});
                   },
                   [&](sip::Registration::StateChanged& changed) {
                     reason_ = sip::safe_text(changed.reason);
                     const bool bad = changed.state == sip::Registration::State::Waiting;
                     log(bad ? LogEvent::Level::Warning : LogEvent::Level::Info,
                         "trunk_" + std::string(to_string(changed.state)), reason_);
                   },
                   [](const auto&) {},
               },
               *output);
  }
}

std::optional<Trunk::Output> Trunk::poll_output() {
  if (outputs_.empty()) return std::nullopt;
  Output output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

std::optional<Time> Trunk::next_timeout() const {
  return registration_ ? earliest(registration_->next_timeout(), keep_alive_at_) : std::nullopt;
}

bool Trunk::stopped() const {
  return !registration_ || registration_->state() == sip::Registration::State::Stopped;
}

bool Trunk::is_source(const IpAddress& address) const {
  if (!flow_) return false;
  return flow_->remote.address == address || std::ranges::count(sources_, address) > 0 ||
         std::ranges::count(former_sources_, address, &FormerSource::address) > 0;
}

sip::Uri Trunk::account_uri() const {
  sip::Uri uri;
  uri.user = config_.account.username;
  uri.host = config_.host;
  return uri;
}

sip::Identity Trunk::identity() const {
  OFFHOOK_ASSERT(flow_);
  sip::Identity identity;
  identity.local.uri = account_uri();
  identity.contact.uri.user = config_.account.username;
  identity.contact.uri.host = host_of(flow_->local.address);
  identity.contact.uri.port = flow_->local.port;
  identity.via_host = identity.contact.uri.host;
  identity.via_port = flow_->local.port;
  identity.user_agent = software_;
  return identity;
}

sip::InviteRequest Trunk::invite(const std::string& number, std::string offer) const {
  OFFHOOK_ASSERT(flow_);
  sip::InviteRequest request;
  request.flow = *flow_;
  request.identity = identity();
  request.target.user = number;
  request.target.host = config_.host;
  if (config_.port != kSipPort) request.target.port = config_.port;
  request.remote.uri = request.target;
  request.remote.uri.port.reset();
  request.offer = std::move(offer);
  request.account = config_.account;
  if (!config_.caller_id.empty()) {
    sip::NameAddress caller;
    caller.uri.user = config_.caller_id;
    caller.uri.host = config_.host;
    caller.parameters.set("party", "calling");
    caller.parameters.set("privacy", "off");
    caller.parameters.set("screen", "no");
    request.remote_party_id = std::move(caller);
  }
  return request;
}

TrunkStatus Trunk::status() const {
  std::string state = "ready";  // resolved, does not register
  if (!flow_) {
    state = "unresolved";
  } else if (registration_) {
    state = to_string(registration_->state());
  }
  return {config_.name, std::move(state), reason_};
}

void Trunk::log(LogEvent::Level level, std::string event, std::string reason) {
  LogEvent entry{level, std::move(event), {{"trunk", config_.name}}};
  if (!reason.empty()) entry.fields.emplace_back("reason", std::move(reason));
  outputs_.emplace_back(std::move(entry));
}

}  // namespace offhook::call
