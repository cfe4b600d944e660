#pragma once

#include <optional>
#include <string>
#include <variant>

#include "app/settings.hpp"
#include "base/endpoint.hpp"

namespace offhook::app {

// What ties a process to its supervisor; absent where a person or systemd starts it.
struct ChildOptions {
  std::optional<int> lifeline_fd;
  std::optional<int> secret_fd;
  std::optional<int> sip_fd;
};

struct ServeCommand {
  SettingsOptions settings;
};
struct SignalCommand {
  SettingsOptions settings;
  std::string control_path;
  ChildOptions child;
};
struct ProviderCommand {
  Endpoint listen;  // or, with child.sip_fd, where that is bound
  std::optional<Endpoint> tls_listen;
  std::string tls_certificate;
  std::string tls_key;
  bool tls_rsa_only = false;
  bool encrypted = false;
  std::string account;
  std::string caller_id;
  std::string password_file;
  LogSettings log;
  ChildOptions child;
};
struct StatusCommand {
  SettingsOptions settings;
};
struct TraceCommand {
  SettingsOptions settings;
  std::string call;   // "": the list of calls
  std::string trunk;  // its registration instead of a call
  bool show_messages = false;
};
// Nothing to do any more: help or version was shown, or the usage was wrong (and said so).
struct Exit {
  int status;
};
using Command =
    std::variant<ServeCommand, SignalCommand, ProviderCommand, StatusCommand, TraceCommand, Exit>;

[[nodiscard]] Command parse_command_line(int argc, const char* const* argv);

}  // namespace offhook::app
