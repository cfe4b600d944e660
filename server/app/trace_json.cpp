#include "app/trace_json.hpp"

#include <ranges>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "base/text.hpp"
#include "base/utf8.hpp"

namespace offhook::app {

namespace json = boost::json;

namespace {

std::int64_t count_ms(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

json::object call_json(const call::CallTrace& call, const WallClock& clock) {
  json::object object{
      {"id", static_cast<std::uint64_t>(call.id)},
      {"started", clock.text(call.started_at)},
      {"direction", call.direction == call::Direction::Outbound ? "outbound" : "inbound"},
      {"user", printable_utf8(call.user)},
      {"trunk", printable_utf8(call.trunk)},
      {"number", printable_utf8(call.number)},
      {"outcome", nullptr}};
  if (call.ended) {
    object["outcome"] = call::to_string(call.ended->outcome);
    object["failure"] = call.ended->failure;
    object["sip_status"] = call.ended->sip_status;
    object["ringing_ms"] = count_ms(call.ended->ringing);
    object["talking_ms"] = count_ms(call.ended->talking);
  }
  return object;
}

json::object message_json(const call::TracedMessage& message, Time start) {
  return {{"at_ms", count_ms(message.at - start)},
          {"direction", message.sent ? "sent" : "received"},
          {"side", message.browser ? "browser" : "trunk"},
          {"transport", to_lower(sip::to_string(message.flow.transport))},
          {"local", message.flow.local.to_string()},
          {"remote", message.flow.remote.to_string()},
          {"summary", message.summary},
          {"text", message.text}};
}

template <typename Messages>
json::array messages_json(const Messages& messages, Time start) {
  json::array array;
  for (const call::TracedMessage& message : messages) {
    array.push_back(message_json(message, start));
  }
  return array;
}

}  // namespace

std::string calls_json(const call::SipTrace& trace, const WallClock& clock) {
  json::array calls;
  for (const auto& [id, call] : std::views::reverse(trace.calls())) {
    calls.push_back(call_json(call, clock));
  }
  return json::serialize(json::value{{"calls", std::move(calls)}});
}

std::optional<std::string> call_trace_json(const call::SipTrace& trace, std::string_view id,
                                           const WallClock& clock) {
  const auto number = parse_decimal<std::uint64_t>(id);
  const call::CallTrace* call = number ? trace.find(static_cast<call::CallId>(*number)) : nullptr;
  if (call == nullptr) return std::nullopt;
  json::object object = call_json(*call, clock);
  object["left_out"] = call->left_out;
  object["messages"] = messages_json(call->messages, call->started_at);
  return json::serialize(object);
}

std::optional<std::string> trunk_trace_json(const call::SipTrace& trace, std::string_view trunk,
                                            const WallClock& clock) {
  const auto found = trace.registrations().find(trunk);
  if (found == trace.registrations().end() || found->second.empty()) return std::nullopt;
  const Time start = found->second.front().at;
  return json::serialize(json::object{{"trunk", printable_utf8(trunk)},
                                      {"started", clock.text(start)},
                                      {"messages", messages_json(found->second, start)}});
}

}  // namespace offhook::app
