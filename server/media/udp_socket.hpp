#pragma once

#include <expected>
#include <optional>

#include <sys/socket.h>
#include <system_error>

#include "base/endpoint.hpp"
#include "control/file_descriptor.hpp"

namespace offhook::media {

// Of the kernel's form of an endpoint, which must be IPv4 or IPv6.
[[nodiscard]] Endpoint from_socket_address(const sockaddr_storage& address);
// Returns the length.
socklen_t to_socket_address(const Endpoint& endpoint, sockaddr_storage& address);

// A bound, non-blocking UDP socket.
class UdpSocket {
 public:
  // Port 0: any free one. The address is ours alone: no SO_REUSEADDR, so that a second process is
  // told.
  [[nodiscard]] static std::expected<UdpSocket, std::error_code> bind(const Endpoint& local);

  [[nodiscard]] int fd() const { return socket_.get(); }
  [[nodiscard]] Endpoint local() const;
  // Only this peer's datagrams come in from now on, and what is sent need not name it; nullopt:
  // everybody's again. False: the kernel knows no way there. For sockets that were bound to a port by
  // its number.
  bool connect(const std::optional<Endpoint>& peer);
  // The kernel gives what its limits allow.
  void set_receive_buffer(int bytes);

 private:
  explicit UdpSocket(control::FileDescriptor socket) : socket_(std::move(socket)) {}
  control::FileDescriptor socket_;
};

}  // namespace offhook::media
