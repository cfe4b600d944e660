#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/log.hpp"
#include "control/connection.hpp"
#include "control/control.pb.h"
#include "control/listener.hpp"

namespace offhook::media {

// Signal's end of the control socket, as media sees it: one connection at a time, and the newest
// wins, since a signal process that was restarted may be back before the end of the old one is
// seen.
class ControlServer {
 public:
  // Both sockets are watched in `epoll` under these tags.
  ControlServer(control::Listener listener, int epoll, std::uint64_t listener_tag,
                std::uint64_t connection_tag, LogSink log);

  // True: there is a new connection.
  bool handle_listener_ready();
  // When the connection's socket is ready: sends what waits, then call next_command() until
  // nullopt.
  void handle_connection_ready();
  // What is no command is logged and passed over.
  [[nodiscard]] std::optional<control::Command> next_command();
  // Without a connection events go nowhere: a new signal process asks for what it wants to know.
  void send(const control::Event& event);
  [[nodiscard]] bool is_connected() const { return connection_.has_value(); }

 private:
  void disconnect(const std::string& reason);
  void watch(int operation, int fd, std::uint64_t tag, std::uint32_t events) const;
  void watch_writable(bool wanted);

  control::Listener listener_;
  int epoll_;
  std::uint64_t connection_tag_;
  LogSink log_;
  std::optional<control::Connection> connection_;
  bool watching_writable_ = false;
};

}  // namespace offhook::media
