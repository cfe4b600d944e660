#include "call/trunk.hpp"

#include <algorithm>
#include <utility>

#include "base/overloaded.hpp"
#include "base/text.hpp"

namespace offhook::call {
namespace {

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

// A host as URIs write it: an IPv6 address in brackets (RFC 3261 25.1).
std::string host_of(const std::string& host) {
  const auto address = IpAddress::parse(host);
  return address ? host_of(*address) : host;
}

std::string describe(const sip::Target& target) {
  return target.host + " (" + target.endpoint.to_string() + ", " +
         std::string(sip::to_string(target.transport)) + ")";
}

}  // namespace

Trunk::Trunk(TrunkConfig config, std::string software, Random& random)
    : config_(std::move(config)),
      software_(std::move(software)),
      random_(random),
      selection_({.servers = config_.servers, .abilities = config_.abilities, .probes = true},
                 random),
      flows_(random) {}

// ---- where the provider is ----

void Trunk::start(Time now) {
  selection_.start(now);
  drain(now);
}

void Trunk::handle_looked_up(const DnsQuestion& question, const DnsAnswer& answer, Time now) {
  selection_.handle_answer(question, answer, now);
  sources_.renew(selection_.addresses(), now);
  drain(now);
}

void Trunk::drain_selection(Time now) {
  while (auto output = selection_.poll_output()) {
    std::visit(Overloaded{
                   [&](sip::ServerSelection::Ask& ask) {
                     outputs_.emplace_back(LookUp{std::move(ask.question)});
                   },
                   [&](const sip::ServerSelection::Chosen& chosen) { use(chosen.target, now); },
                   [&](const sip::ServerSelection::Probe& probe) {
                     wanted_probe_ = probe.target;
                     if (const auto flow = flows_.open(probe.target)) {
                       send_options(probe.target, *flow);
                     }
                   },
                   [&](sip::ServerSelection::NoneLeft& none) {
                     reason_ = sip::safe_text(none.reason);
                     log(LogEvent::Level::Warning, "trunk_unreachable", reason_);
                     if (registration_) registration_->handle_no_server(reason_, now);
                   },
               },
               *output);
  }
}

void Trunk::use(const sip::Target& target, Time now) {
  if (stopping_) return;
  sources_.renew(selection_.addresses(), now);
  target_ = target;
  answers_probes_ = false;
  log(LogEvent::Level::Info, "trunk_target", describe(target));
  reason_ = "connecting to " + describe(target);
  if (const auto flow = flows_.open(target)) register_over(*flow, now);
}

// ---- the way there ----

void Trunk::handle_flow(const sip::Target& target, const Result<sip::Flow>& flow, Time now) {
  if (!flows_.handle_opened(target, flow, now)) return;
  if (flow) {
    outputs_.emplace_back(FlowOpened{target, *flow});
    if (target == selection_.current()) register_over(*flow, now);
    if (target == wanted_probe_) send_options(target, *flow);
  } else {
    outputs_.emplace_back(FlowFailed{target});
    selection_.handle_failed(target, flow.error().message, std::nullopt, now);
  }
  drain(now);
}

void Trunk::handle_flow_lost(const sip::Flow& flow, const std::string& reason, Time now) {
  const auto lost = flows_.handle_lost(flow, now);
  if (!lost || stopping_) return;
  log(LogEvent::Level::Warning, "trunk_connection_lost", sip::safe_text(reason));
  if (lost->target == selection_.current() && lost->was_good) {
    use(lost->target, now);
  } else {
    selection_.handle_failed(lost->target, reason, std::nullopt, now);
  }
  drain(now);
}

void Trunk::handle_heard(const sip::Flow& flow, Time now) {
  flows_.handle_heard(flow);
  if (probe_at_ && target_ && flows_.find(*target_) == flow) {
    probe_at_ = now + config_.probe_interval;
  }
}

bool Trunk::is_source(const sip::Flow& flow) const {
  return flows_.holds(flow) || sources_.contains(flow.remote.address);
}

// ---- registration and signs of life ----

void Trunk::register_over(const sip::Flow& flow, Time now) {
  reason_.clear();
  public_address_.reset();
  if (config_.probe_interval > Duration::zero()) probe_at_ = now + config_.probe_interval;
  if (!config_.registers) return;
  keep_alive_at_.reset();  // connections have their own
  if (config_.keep_alive_interval > Duration::zero() && !sip::is_reliable(flow.transport)) {
    keep_alive_at_ = now + config_.keep_alive_interval;
  }
  const sip::Identity us = identity(flow);
  if (!registration_) {
    sip::Registration::Config registration;
    registration.registrar = server_uri(*target_);
    registration.aor = us.local;
    registration.contact = us.contact;
    registration.account = config_.account;
    registration.expires = config_.expires;
    registration.user_agent = software_;
    registration.call_id = random_.hex(16);
    registration_ = std::make_unique<sip::Registration>(std::move(registration), random_);
    registration_->start(now);
  } else {
    registration_->handle_moved(server_uri(*target_), us.local, us.contact, now);
  }
}

void Trunk::handle_registered(sip::Response response, bool local, Time now) {
  if (!registration_) return;
  if (local) response.status = 408;  // a 503 of our own is no word of the provider's
  registration_->handle(response, now);
  drain(now);
}

// A server that has never answered one does not know OPTIONS; one that did and is silent now is
// gone. One that is asked whether it is up again has to answer.
void Trunk::handle_options(const sip::Target& target, bool local, Time now) {
  if (stopping_) return;
  if (!local) {
    if (target == target_) answers_probes_ = true;
    selection_.handle_succeeded(target, now);
  } else if (target != target_ || answers_probes_) {
    selection_.handle_failed(target, "does not answer", std::nullopt, now);
  }
  drain(now);
}

void Trunk::send_options(const sip::Target& target, const sip::Flow& flow) {
  if (target == wanted_probe_) wanted_probe_.reset();
  sip::Request request;
  request.method = sip::Method::Options;
  request.uri = server_uri(target);
  request.headers.from = identity(flow).local;
  request.headers.from.set_tag(random_.hex(8));
  request.headers.to.uri = request.uri;
  request.headers.call_id = random_.hex(16);
  request.headers.cseq = {1, sip::Method::Options, {}};
  request.headers.contact = {identity(flow).contact};
  request.headers.user_agent = software_;
  outputs_.emplace_back(SendRequest{target, flow, std::move(request)});
}

void Trunk::drain_registration(Time now) {
  while (auto output = registration_ ? registration_->poll_output() : std::nullopt) {
    std::visit(Overloaded{
                   [&](sip::Registration::SendRegister& send) {
                     registered_at_ = target_;
                     if (const auto flow = flows_.find(*target_)) {
                       outputs_.emplace_back(SendRequest{*target_, *flow, std::move(send.request)});
                     } else if (stopping_) {  // else it goes out anew when the flow is open
                       registration_->handle_no_server("the connection is closed", now);
                     }
                   },
                   [&](const sip::Registration::AddressLearned& learned) {
                     public_address_ = learned.address;
                     log(LogEvent::Level::Info, "trunk_public_address",
                         learned.address.to_string());
                   },
                   [&](sip::Registration::ServerFailed& failed) {
                     selection_.handle_failed(*registered_at_, std::move(failed.reason),
                                              failed.retry_after, now);
                   },
                   [&](const sip::Registration::ServerAnswered&) {
                     selection_.handle_succeeded(*registered_at_, now);
                   },
                   [&](const sip::Registration::StateChanged& changed) {
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

// ---- the machine ----

void Trunk::stop(Time now) {
  stopping_ = true;
  keep_alive_at_.reset();
  probe_at_.reset();
  if (registration_) registration_->stop(now);
  drain(now);
}

bool Trunk::stopped() const {
  return !registration_ || registration_->state() == sip::Registration::State::Stopped;
}

void Trunk::handle_timeout(Time now) {
  if (!stopping_) selection_.handle_timeout(now);
  if (registration_) registration_->handle_timeout(now);
  if (is_due(keep_alive_at_, now)) {
    keep_alive_at_ = now + config_.keep_alive_interval;
    if (const auto flow = flows_.find(*target_)) outputs_.emplace_back(SendKeepAlive{*flow});
  }
  if (is_due(probe_at_, now)) {
    probe_at_ = now + config_.probe_interval;
    if (const auto flow = flows_.find(*target_)) send_options(*target_, *flow);
  }
  drain(now);
}

void Trunk::drain(Time now) {
  drain_registration(now);
  drain_selection(now);
  drain_registration(now);  // which hears of another server, or of none
  while (auto open = flows_.poll_output()) outputs_.emplace_back(std::move(*open));
}

std::optional<Trunk::Output> Trunk::poll_output() {
  while (auto open = flows_.poll_output()) outputs_.emplace_back(std::move(*open));
  if (outputs_.empty()) return std::nullopt;
  Output output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

std::optional<Time> Trunk::next_timeout() const {
  auto next = earliest(keep_alive_at_, probe_at_);
  if (!stopping_) next = earliest(next, selection_.next_timeout());
  return registration_ ? earliest(next, registration_->next_timeout()) : next;
}

// ---- for calls ----

std::optional<sip::Target> Trunk::target_after(const sip::Target& target, bool silent, Time now) {
  const auto next = selection_.after(target, now);
  if (silent && !stopping_) {
    selection_.handle_failed(target, "no answer to INVITE", std::nullopt, now);
    drain(now);
  }
  return next;
}

sip::Uri Trunk::server_uri(const sip::Target& target) const {
  sip::Uri uri;
  uri.host = host_of(target.host);
  for (const sip::Server& server : config_.servers) {
    constexpr std::uint16_t kSipPort = 5060;
    if (server.host == target.host && server.port != kSipPort) uri.port = server.port;
  }
  return uri;
}

bool Trunk::is_host(std::string_view host, const sip::Flow& flow) const {
  return host == host_of(flow.remote.address) ||
         std::ranges::any_of(config_.servers, [&](const sip::Server& server) {
           return equals_ignoring_case(host, host_of(server.host));
         });
}

sip::Identity Trunk::identity(const sip::Flow& flow) const {
  const Endpoint& ours =
      public_address_ && target_ && flows_.find(*target_) == flow ? *public_address_ : flow.local;
  sip::Identity identity;
  identity.local.uri.user = config_.account.username;
  identity.local.uri.host = host_of(target_ ? target_->host : config_.servers.front().host);
  identity.contact.uri.user = config_.account.username;
  identity.contact.uri.host = host_of(ours.address);
  identity.contact.uri.port = ours.port;
  if (flow.transport == sip::Transport::Tcp)
    identity.contact.uri.parameters.set("transport", "tcp");
  if (flow.transport == sip::Transport::Tls)
    identity.contact.uri.parameters.set("transport", "tls");
  identity.via_host = host_of(flow.local.address);
  identity.via_port = flow.local.port;
  identity.user_agent = software_;
  return identity;
}

sip::InviteRequest Trunk::invite(const std::string& number, std::string offer,
                                 const sip::Target& target, const sip::Flow& flow) const {
  sip::InviteRequest request;
  request.flow = flow;
  request.identity = identity(flow);
  request.identity.local.uri.host = host_of(target.host);
  request.target = server_uri(target);
  request.target.user = number;
  request.remote.uri = request.target;
  request.remote.uri.port.reset();
  request.offer = std::move(offer);
  request.reliable_provisional = true;
  request.account = config_.account;
  if (registration_) {
    request.realm = registration_->digest().realm();
    request.least_algorithm = registration_->digest().least_algorithm();
  }
  if (!config_.caller_id.empty()) {
    sip::NameAddress caller;
    caller.uri.user = config_.caller_id;
    caller.uri.host = host_of(target.host);
    caller.parameters.set("party", "calling");
    caller.parameters.set("privacy", "off");
    caller.parameters.set("screen", "no");
    request.remote_party_id = std::move(caller);
  }
  return request;
}

TrunkStatus Trunk::status() const {
  std::string state = "unresolved";
  if (registration_) {
    state = to_string(registration_->state());
  } else if (target_) {
    state = !flows_.find(*target_) ? "connecting" : config_.registers ? "registering" : "ready";
  }
  return {config_.name, std::move(state), reason_};
}

void Trunk::log(LogEvent::Level level, std::string event, std::string reason) {
  LogEvent entry{level, std::move(event), {{"trunk", config_.name}}};
  if (!reason.empty()) entry.fields.emplace_back("reason", std::move(reason));
  outputs_.emplace_back(std::move(entry));
}

}  // namespace offhook::call
