#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "control/connection.hpp"
#include "control/control.pb.h"
#include "io/back_off.hpp"
#include "io/event_loop.hpp"

namespace offhook::app {

// Signal's end of the control socket: connects until media listens, and again whenever the
// connection is lost.
class ControlLink {
 public:
  struct Handlers {
    std::function<void()> on_connected;
    std::function<void(const control::Event& event)> on_event;
    std::function<void(const std::string& reason)> on_lost;  // only after on_connected
  };

  // The first try is in the next turn of the loop. Must not be destroyed from within a handler.
  ControlLink(io::EventLoop& loop, std::string path, Handlers handlers);

  // Without a connection nothing happens. Where the connection turns out to be broken, on_lost
  // follows in a later turn.
  void send(const control::Command& command);
  [[nodiscard]] bool is_connected() const { return connection_.has_value(); }

 private:
  void connect();
  void receive();
  void flush();
  void lose(std::string_view reason);
  void lose_later(std::string reason);

  io::EventLoop& loop_;
  std::string path_;
  Handlers handlers_;
  io::BackOff back_off_;
  std::optional<control::Connection> connection_;
  std::unique_ptr<io::DescriptorWatch> watch_;
  std::string broken_;  // why the connection is given up in the next turn
  io::Timer timer_;
};

}  // namespace offhook::app
