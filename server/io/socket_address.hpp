#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/endpoint.hpp"

namespace offhook::io {

// An Endpoint as the kernel wants it.
class SocketAddress {
 public:
  SocketAddress() = default;  // for the kernel to fill in
  explicit SocketAddress(const Endpoint& endpoint);

  [[nodiscard]] sockaddr* data() { return reinterpret_cast<sockaddr*>(&storage_); }
  [[nodiscard]] const sockaddr* data() const {
    return reinterpret_cast<const sockaddr*>(&storage_);
  }
  [[nodiscard]] socklen_t size() const { return size_; }
  [[nodiscard]] socklen_t* size_pointer() { return &size_; }
  // 0.0.0.0:0 for a family that is neither IPv4 nor IPv6.
  [[nodiscard]] Endpoint endpoint() const;

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = sizeof(sockaddr_storage);
};

[[nodiscard]] IpAddress to_address(const in_addr& address);
[[nodiscard]] IpAddress to_address(const in6_addr& address);

}  // namespace offhook::io
