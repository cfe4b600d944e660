#pragma once

#include <optional>
#include <string>

#include "base/system_random.hpp"
#include "base/time.hpp"
#include "bench/web_socket.hpp"
#include "sim/browser.hpp"
#include "sim/webrtc_media.hpp"

namespace offhook::bench {

// Somebody who talks through all of it, and a second device of his that registers once a second: a
// simulated browser on real sockets.
class FloodPhone {
 public:
  struct Measured {
    std::size_t frames_spoken = 0;
    std::size_t frames_echoed = 0;
    std::size_t registers_sent = 0;
    std::size_t registers_answered = 0;
    Duration slowest_register{};
  };

  FloodPhone(const Endpoint& gateway, const IpAddress& from);

  // Calls the echo; returns once it answers.
  void call();
  // Lives until then.
  void run_until(Time end);
  // Until what is on the way has come back.
  void stop_talking();
  void hang_up();
  [[nodiscard]] Measured measured() const;
  void forget_slowest() { measured_.slowest_register = {}; }

 private:
  void exchange_messages(Time now);
  void exchange_media(Time now);
  void send_register(Time now);
  void handle_answer(const std::string& message, Time now);

  SystemRandom random_;
  WebSocket::Session session_;
  WebSocket web_socket_;
  WebSocket registering_;
  io::FileDescriptor media_socket_;
  Endpoint media_address_;
  sim::WebRtcMedia media_;
  sim::Browser browser_;
  Time next_register_{};
  std::optional<Time> register_sent_at_;
  Measured measured_;
};

}  // namespace offhook::bench
