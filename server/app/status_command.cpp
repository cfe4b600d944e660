#include <cstdio>
#include <memory>
#include <string>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "app/commands.hpp"
#include "app/server_query.hpp"

namespace offhook::app {

namespace {

namespace json = boost::json;

// ", 2 new messages"; "" where the provider has said nothing of any.
std::string mailbox_text(const json::object& trunk) {
  const json::value* value = trunk.if_contains("mailbox");
  if (value == nullptr || !value->is_object()) return {};
  const json::object& mailbox = value->get_object();
  if (mailbox.contains("new")) return ", " + text_of(mailbox, "new") + " new voice messages";
  return text_of(mailbox, "waiting") == "true" ? ", messages waiting" : ", no messages waiting";
}

void print(const json::object& status) {
  const auto part = [&](const char* key) {
    const json::value* value = status.if_contains(key);
    return value != nullptr && value->is_object() ? value->get_object() : json::object();
  };
  const json::object signal = part("signal");
  const json::object media = part("media");
  std::printf("Offhook %s\n", text_of(status, "version").c_str());
  std::printf("calls    %s\n", text_of(signal, "calls").c_str());
  std::printf("devices  %s\n", text_of(signal, "devices").c_str());
  std::printf("legs     %s in signal, %s in media, %s bridges\n", text_of(signal, "legs").c_str(),
              text_of(media, "legs").c_str(), text_of(media, "bridges").c_str());
  std::printf("media    %s\n",
              text_of(media, "connected") == "true" ? "connected" : "not connected");
  const json::value* trunks = status.if_contains("trunks");
  if (trunks == nullptr || !trunks->is_array()) return;
  for (const json::value& value : trunks->get_array()) {
    if (!value.is_object()) continue;
    const json::object& trunk = value.get_object();
    const std::string reason = text_of(trunk, "reason");
    std::printf("trunk    %s: %s%s%s\n", text_of(trunk, "name").c_str(),
                text_of(trunk, "state").c_str(),
                reason.empty() ? "" : (" (" + reason + ")").c_str(), mailbox_text(trunk).c_str());
  }
}

}  // namespace

int show_status(const StatusCommand& command) {
  const auto status = ask_server(command.settings, "/api/status");
  if (!status) return status.error();
  print(*status);
  return 0;
}

}  // namespace offhook::app
