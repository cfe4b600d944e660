#include <array>

#include "base/overloaded.hpp"
#include "call/switchboard_impl.hpp"

// What is counted and traced of all that passes.
namespace offhook::call {

// Whose browser is at the other end; "" for the trunks' side.
std::string_view Switchboard::Impl::user_of(const sip::Flow& flow) const {
  const auto known = flows_.find(flow);
  return known == flows_.end() ? std::string_view() : std::string_view(known->second);
}

void Switchboard::Impl::note_dropped(const sip::Flow& flow, Time now) {
  counters_.count_dropped("unknown_source");
  if (auto event = drop_report_.add(flow.remote, now)) outputs_.emplace_back(std::move(*event));
}

void Switchboard::Impl::note_received(const sip::Flow& flow,
                                      const Result<sip::Message, sip::ParseError>& message,
                                      Time now) {
  if (!message) return counters_.count_parse_error(flow.transport);
  counters_.count_message(false, flow.transport, *message);
  const std::string_view user = user_of(flow);
  if (trace_.begins(user, *message)) trace_.begin(new_call_id(), user, *message, now);
  trace_.add(user, flow, *message, false, now);
}

void Switchboard::Impl::note_sent(const sip::Flow& flow, const sip::Message& message, Time now) {
  counters_.count_message(true, flow.transport, message);
  trace_.add(user_of(flow), flow, message, true, now);
}

CallId Switchboard::Impl::call_id_of(const sip::InviteReceived& invite) {
  const auto id = trace_.undescribed(user_of(invite.flow), invite.request.headers.call_id);
  return id ? *id : new_call_id();
}

void Switchboard::Impl::note_refused(const sip::InviteReceived& invite, CallFailure failure) {
  CallEnded ended{.id = call_id_of(invite),
                  .direction = Direction::Outbound,
                  .user = std::string(user_of(invite.flow)),
                  .trunk = {},
                  .remote_number = sip::safe_text(invite.request.uri.user),
                  .outcome = describe(failure).outcome,
                  .failure = std::string(describe(failure).label),
                  .sip_status = describe(failure).sip_status};
  const bool by_trunk = ended.user.empty();
  if (by_trunk) {
    ended.direction = Direction::Inbound;
    ended.remote_number = sip::safe_text(invite.request.headers.from.uri.user);
  }
  log(LogEvent::Level::Info, "call_refused",
      {{"call", call_text(ended.id)},
       {"from", by_trunk ? "trunk" : "browser"},
       {"failure", ended.failure}});
  counters_.count_call(ended);
  trace_.end(ended);
}

void Switchboard::Impl::note_ended(const CallEnded& ended) {
  counters_.count_call(ended);
  trace_.end(ended);
}

std::string_view Switchboard::Impl::input_of(const sip::UserAgentOutput& event, bool is_trunk) {
  using Names = std::array<std::string_view, 2>;
  const Names names = std::visit(
      Overloaded{
          [](const sip::Progressed& e) {
            return e.response.body.empty() ? Names{"device: 1xx", "trunk: 1xx"}
                                           : Names{"device: 1xx with SDP", "trunk: 1xx with SDP"};
          },
          [](const sip::Accepted&) { return Names{"device: 2xx", "trunk: 2xx"}; },
          [](const sip::Refused& e) {
            return e.local ? Names{"device: silence", "trunk: silence"}
                           : Names{"device: refusal", "trunk: refusal"};
          },
          [](const sip::Confirmed&) { return Names{"device: ACK", "trunk: ACK"}; },
          [](const sip::Cancelled&) { return Names{"device: CANCEL", "trunk: CANCEL"}; },
          [](const sip::Reinvited&) { return Names{"device: re-INVITE", "trunk: re-INVITE"}; },
          [](const sip::Refreshed&) { return Names{"device: refreshed", "trunk: refreshed"}; },
          [](const sip::Ended& e) {
            return e.cause == sip::Ended::Cause::RemoteHangup
                       ? Names{"device: BYE", "trunk: BYE"}
                       : Names{"device: dialog lost", "trunk: dialog lost"};
          },
          [](const sip::InfoReceived&) { return Names{"device: INFO", "trunk: INFO"}; },
          [](const auto&) { return Names{"device: other", "trunk: other"}; },
      },
      event);
  return names.at(is_trunk ? 1 : 0);
}

std::string_view Switchboard::Impl::input_of(const control::Event& event, bool is_trunk) {
  switch (event.kind_case()) {
    case control::Event::kLegAllocated:
      return is_trunk ? "media: trunk's leg" : "media: device's leg";
    case control::Event::kConnected:
      return is_trunk ? "media: trunk connected" : "media: device connected";
    case control::Event::kDisconnected:
      return "media: disconnected";
    case control::Event::kLegStatistics:
      return "media: statistics";
    default:
      return is_trunk ? "media: trunk's leg failed" : "media: device's leg failed";
  }
}

void Switchboard::Impl::drain_records() {
  while (auto record = records_.poll_output()) {
    counters_.count_quality(*record);
    outputs_.emplace_back(std::move(*record));
  }
}

// The first word from the other end: it rings, or it is answered at once.
void Switchboard::Impl::note_progress(Entry& entry, const sip::UserAgentOutput& event, Time now) {
  const bool is_word = std::holds_alternative<sip::Progressed>(event) ||
                       std::holds_alternative<sip::Accepted>(event);
  if (!is_word || !entry.waiting_since) return;
  counters_.observe_setup(now - *entry.waiting_since);
  entry.waiting_since.reset();
}

}  // namespace offhook::call
