#include "app/trace_text.hpp"

#include <string_view>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include "app/server_query.hpp"
#include "base/text.hpp"

namespace offhook::app {

namespace json = boost::json;

namespace {

// The objects of an array; none where there is no array.
std::vector<json::object> objects_of(const json::object& object, const char* key) {
  std::vector<json::object> objects;
  const json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_array()) return objects;
  for (const json::value& item : value->get_array()) {
    if (item.is_object()) objects.push_back(item.get_object());
  }
  return objects;
}

double seconds_of(const json::object& object, const char* key) {
  return static_cast<double>(parse_decimal<std::uint64_t>(text_of(object, key)).value_or(0)) / 1e3;
}

std::string outcome_of(const json::object& call) {
  std::string text = text_of(call, "outcome");
  if (text == "null") return "under way";
  if (text == "completed")
    return fmt::format("completed, {:.1f} s", seconds_of(call, "talking_ms"));
  const std::string failure = text_of(call, "failure");
  if (!failure.empty() && failure != text) text += ", " + failure;
  return text + " (" + text_of(call, "sip_status") + ")";
}

// "2026-11-23 15:04:05"
std::string date_of(const json::object& object) {
  std::string text = text_of(object, "started").substr(0, 19);
  if (text.size() > 10) text[10] = ' ';
  return text;
}

void add_indented(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = take_until(text, '\n');
    out += line.empty() ? "\n" : fmt::format("    {}\n", line);
  }
  out += "\n";
}

void add_message(std::string& out, const json::object& message, bool show_text) {
  const bool sent = text_of(message, "direction") == "sent";
  const bool browser = text_of(message, "side") == "browser";
  const std::string_view path =
      browser ? (sent ? "browser <-- offhook          " : "browser --> offhook          ")
              : (sent ? "            offhook --> trunk" : "            offhook <-- trunk");
  out += fmt::format("{:9.3f}  {}  {}  [{} {}]\n", seconds_of(message, "at_ms"), path,
                     text_of(message, "summary"), text_of(message, "transport"),
                     text_of(message, "remote"));
  if (show_text) add_indented(out, text_of(message, "text"));
}

}  // namespace

std::string calls_text(const json::object& answer) {
  std::string out = fmt::format("{:>6}  {:<19}  {:<9}  {:<20}  {}\n", "call", "began (UTC)",
                                "direction", "number", "outcome");
  for (const json::object& call : objects_of(answer, "calls")) {
    out += fmt::format("{:>6}  {:<19}  {:<9}  {:<20}  {}\n", text_of(call, "id"), date_of(call),
                       text_of(call, "direction"), text_of(call, "number"), outcome_of(call));
  }
  return out;
}

std::string trace_text(const json::object& answer, bool show_messages) {
  std::string out;
  if (answer.contains("trunk") && !answer.contains("id")) {
    out = fmt::format("registration of {}, from {} UTC\n\n", text_of(answer, "trunk"),
                      date_of(answer));
  } else {
    out = fmt::format("call {}, {}, {}: {}\nbegan {} UTC, user {}, trunk {}\n\n",
                      text_of(answer, "id"), text_of(answer, "direction"),
                      text_of(answer, "number"), outcome_of(answer), date_of(answer),
                      text_of(answer, "user"), text_of(answer, "trunk"));
  }
  const auto messages = objects_of(answer, "messages");
  const auto left_out = parse_decimal<std::uint64_t>(text_of(answer, "left_out")).value_or(0);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (left_out > 0 && i == messages.size() / 2) {
      out += fmt::format("{:>9}  {} messages not kept\n", "...", left_out);
    }
    add_message(out, messages[i], show_messages);
  }
  return out;
}

}  // namespace offhook::app
