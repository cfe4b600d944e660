#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "io/event_loop.hpp"
#include "io/stream_connection.hpp"
#include "sip/stream_framing.hpp"
#include "sip/stream_watch.hpp"

namespace offhook::app {

// A TCP or TLS connection as SIP sees it: whole messages in, whole messages out, pings answered, a dead peer found.
class SipConnection {
 public:
  struct Handlers {
    std::function<void(std::string_view message)> on_message;
    // Once, with nothing after it; may destroy the connection. `reason` as io::StreamConnection says
    // it, or what is wrong with what the peer sent.
    std::function<void(const std::string& reason)> on_gone;
  };

  // `open` makes the stream that this then owns.
  using Open =
      std::function<std::unique_ptr<io::StreamConnection>(io::StreamConnection::Handlers handlers)>;
  // `name` stands for the peer in reasons.
  SipConnection(io::EventLoop& loop, std::string name, const sip::StreamWatch::Config& watch,
                Handlers handlers, const Open& open);

  void send(std::string_view message);
  [[nodiscard]] bool is_closing() const { return is_closing_; }

 private:
  void handle_bytes(std::string_view bytes);
  void close_in_order();
  void handle_timeout();

  std::string name_;
  Handlers handlers_;
  sip::StreamFraming framing_;
  sip::StreamWatch watch_;
  io::Timer timer_;
  std::string reason_;  // why we close, where the stream is the peer's fault
  bool is_closing_ = false;
  std::unique_ptr<io::StreamConnection> stream_;
};

}  // namespace offhook::app
