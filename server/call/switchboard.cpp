#include "call/switchboard.hpp"

#include <algorithm>

#include "call/switchboard_impl.hpp"

namespace offhook::call {
namespace {

// Whoever stops the program waits 2 s.
constexpr Duration kShutDown = std::chrono::milliseconds(1'500);

// More than by default where a user may begin more calls than that has room for, by the same measure: two and a half
// requests for each, and those of five seconds at once.
sip::Admission::Budget budget_for(const DialRules& user) {
  sip::Admission::Budget budget;
  const std::size_t requests_a_minute = user.calls_a_minute.value_or(0) * 5 / 2;
  budget.requests_per_second = std::max(budget.requests_per_second, requests_a_minute / 60);
  budget.requests_at_once = std::max(budget.requests_at_once, 5 * budget.requests_per_second);
  return budget;
}

}  // namespace

Switchboard::Impl::Impl(Config config, Random& random)
    : config_(std::move(config)),
      random_(random),
      agent_({.timers = config_.timers,
              .user_agent = config_.software,
              .supported = {"replaces", "100rel"},
              .refer = true,
              .message = true,
              .session_timer = sip::SessionTimerPolicy{},
              .per_source = budget_for(config_.dial.user)},
             random),
      registrar_(sip::Registrar::Config{}),
      media_(config_.software),
      gate_(config_.dial),
      media_prefix_(random.hex(4)) {
  for (const TrunkConfig& trunk : config_.trunks) {
    trunks_.push_back(std::make_unique<Trunk>(trunk, config_.software, random));
  }
}

void Switchboard::Impl::handle_media_connected(Time now) {
  media_.handle_connected(now);
  run(now);
}

void Switchboard::Impl::handle_media_lost(Time now) {
  media_.handle_lost();
  records_.stop_waiting();
  log(LogEvent::Level::Warning, "media_lost", {{"calls", std::to_string(calls_.size())}});
  while (!calls_.empty()) {
    Call& call = calls_.begin()->second.call;
    take_step(call, "media lost", [&] { call.fail(CallFailure::MediaLost, now); });
    drain_call(calls_.begin(), now);
  }
  run(now);
}

void Switchboard::Impl::handle_media_event(const control::Event& event, Time now) {
  if (event.has_leg_statistics()) records_.handle(event.leg_statistics());
  if (const auto delivery = media_.handle(event, now)) {
    const auto entry = calls_.find(delivery->owner.call);
    if (entry != calls_.end()) {
      const LegIndex leg = delivery->owner.leg;
      Call& call = entry->second.call;
      take_step(call, input_of(event, entry->second.legs[leg].is_trunk),
                [&] { call.handle_media(leg, event, delivery->fatal, now); });
      drain_call(entry, now);
    }
  }
  run(now);
}

void Switchboard::Impl::shut_down(Time now) {
  if (shutting_down_) return;
  shutting_down_ = true;
  had_calls_ = !calls_.empty();
  stop_at_ = now + kShutDown;
  while (!calls_.empty()) {
    calls_.begin()->second.call.fail(CallFailure::ShuttingDown, now);
    drain_call(calls_.begin(), now);
  }
  while (!texts_.empty()) refuse_text(texts_.begin(), text_failure(CallFailure::ShuttingDown), now);
  for (const auto& trunk : trunks_) trunk->stop(now);
  run(now);
}

void Switchboard::Impl::handle_timeout(Time now) {
  agent_.handle_timeout(now);
  registrar_.handle_timeout(now);
  media_.handle_timeout(now);
  records_.handle_timeout(now);
  if (auto event = drop_report_.handle_timeout(now)) outputs_.emplace_back(std::move(*event));
  for (const auto& trunk : trunks_) trunk->handle_timeout(now);
  give_up_texts(now);
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const auto entry = calls_.find(deadlines_.begin()->second);
    Call& call = entry->second.call;
    take_step(call, "time", [&] { call.handle_timeout(now); });
    drain_call(entry, now);
  }
  run(now);
}

// Every input ends here: what one machine says is carried to the others until all are quiet.
void Switchboard::Impl::run(Time now) {
  drain_trunks(now);
  while (auto output = agent_.poll_output()) {
    dispatch(*output, now);
    drain_trunks(now);
  }
  while (auto output = media_.poll_output()) {
    std::visit([&](auto& o) { outputs_.emplace_back(std::move(o)); }, *output);
  }
  drain_records();
  stop_when_quiet(now);
}

void Switchboard::Impl::stop_when_quiet(Time now) {
  if (!stop_at_) return;
  const bool unregistered =
      std::ranges::all_of(trunks_, [](const auto& t) { return t->stopped(); });
  const bool wire_quiet = !had_calls_ || agent_.transaction_count() == 0;
  const bool media_quiet = !media_.connected() || media_.leg_count() == 0;
  if (!is_due(stop_at_, now) && !(unregistered && wire_quiet && media_quiet)) return;
  stop_at_.reset();
  records_.stop_waiting();
  drain_records();
  outputs_.emplace_back(AllCallsEnded{});
}

std::optional<Output> Switchboard::Impl::poll_output() {
  if (outputs_.empty()) return std::nullopt;
  Output output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

std::optional<Time> Switchboard::Impl::next_timeout() const {
  auto next = earliest(agent_.next_timeout(), registrar_.next_timeout());
  next = earliest(next, media_.next_timeout());
  next = earliest(next, records_.next_timeout());
  next = earliest(next, stop_at_);
  next = earliest(next, text_deadlines_.next());
  next = earliest(next, drop_report_.next_timeout());
  for (const auto& trunk : trunks_) next = earliest(next, trunk->next_timeout());
  if (!deadlines_.empty()) next = earliest(next, deadlines_.begin()->first);
  return next;
}

Status Switchboard::Impl::status() const {
  Status status;
  status.calls = calls_.size();
  for (const auto& [id, entry] : calls_) {
    const Call::State state = entry.call.state();
    ++(state == Call::State::Connecting  ? status.connecting
       : state == Call::State::Connected ? status.connected
                                         : status.ringing);
  }
  status.legs = media_.leg_count();
  status.sessions = agent_.session_count();
  status.devices = registrar_.size();
  status.web_sockets = flows_.size();
  status.transactions = agent_.transaction_count();
  status.retransmissions = agent_.retransmissions();
  status.shed = agent_.shed();
  status.dropped = counters_.dropped_in_all();
  status.media_connected = media_.connected();
  for (const auto& trunk : trunks_) {
    status.trunks.push_back(trunk->status());
    const auto mailbox = mailboxes_.find(trunk.get());
    if (mailbox != mailboxes_.end()) status.trunks.back().mailbox = mailbox->second.summary;
  }
  return status;
}

void Switchboard::Impl::log(LogEvent::Level level, std::string event,
                            std::vector<std::pair<std::string, std::string>> fields) {
  outputs_.emplace_back(LogEvent{level, std::move(event), std::move(fields)});
}

// ---- the public face ----

Switchboard::Switchboard(Config config, Random& random)
    : impl_(std::make_unique<Impl>(std::move(config), random)) {}
Switchboard::~Switchboard() = default;

void Switchboard::start(Time now) { impl_->start(now); }
void Switchboard::handle_looked_up(std::string_view trunk, const DnsQuestion& question,
                                   const DnsAnswer& answer, Time now) {
  impl_->handle_looked_up(trunk, question, answer, now);
}
void Switchboard::handle_trunk_flow(std::string_view trunk, const sip::Target& target,
                                    const Result<sip::Flow>& flow, Time now) {
  impl_->handle_trunk_flow(trunk, target, flow, now);
}
void Switchboard::handle_flow_opened(const sip::Flow& flow, std::string_view user, Time) {
  impl_->handle_flow_opened(flow, user);
}
void Switchboard::handle_flow_lost(const sip::Flow& flow, const std::string& reason, Time now) {
  impl_->handle_flow_lost(flow, reason, now);
}
void Switchboard::handle_undelivered(const sip::Flow& flow, std::string_view quoted, Time now) {
  impl_->handle_undelivered(flow, quoted, now);
}
void Switchboard::handle_sip(const sip::Flow& flow, std::string_view bytes, Time now) {
  impl_->handle_sip(flow, bytes, now);
}
void Switchboard::handle_media_connected(Time now) { impl_->handle_media_connected(now); }
void Switchboard::handle_media_lost(Time now) { impl_->handle_media_lost(now); }
void Switchboard::handle_media_event(const control::Event& event, Time now) {
  impl_->handle_media_event(event, now);
}
void Switchboard::shut_down(Time now) { impl_->shut_down(now); }
void Switchboard::handle_timeout(Time now) { impl_->handle_timeout(now); }
std::optional<Output> Switchboard::poll_output() { return impl_->poll_output(); }
std::optional<Time> Switchboard::next_timeout() const { return impl_->next_timeout(); }
Status Switchboard::status() const { return impl_->status(); }
const Counters& Switchboard::counters() const { return impl_->counters(); }
const SipTrace& Switchboard::trace() const { return impl_->trace(); }

}  // namespace offhook::call
