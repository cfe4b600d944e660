#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/endpoint.hpp"
#include "io/file_descriptor.hpp"

namespace offhook::bench {

// The page's side of HTTP and of a SIP WebSocket, as little of it as a load needs. Blocks; whatever
// goes wrong ends the program in words.
class WebSocket {
 public:
  // Signs in from this address of ours, as a page on this machine does, and gets tickets.
  class Session {
   public:
    Session(const Endpoint& gateway, const IpAddress& from);
    [[nodiscard]] WebSocket open();

   private:
    std::string post(std::string_view path, std::string_view more);

    Endpoint gateway_;
    IpAddress from_;
    io::FileDescriptor fd_;
    std::string cookie_;
  };

  void send(std::string_view message);
  // The next message that is there already; answers pings on the way.
  [[nodiscard]] std::optional<std::string> poll();
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] bool is_closed() const { return is_closed_; }

 private:
  explicit WebSocket(io::FileDescriptor fd) : fd_(std::move(fd)) {}
  void send_frame(int opcode, std::string_view payload);
  void receive();

  io::FileDescriptor fd_;
  std::string received_;
  bool is_closed_ = false;
};

// What the gateway tells on this machine, such as its /metrics: headers and body.
[[nodiscard]] std::string fetch(const Endpoint& gateway, const IpAddress& from,
                                std::string_view path);

}  // namespace offhook::bench
