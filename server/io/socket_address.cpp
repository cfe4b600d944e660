#include "io/socket_address.hpp"

#include <cstring>

namespace offhook::io {

SocketAddress::SocketAddress(const Endpoint& endpoint) {
  if (endpoint.address.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    std::memcpy(&v4.sin_addr, endpoint.address.bytes().data(), 4);
    std::memcpy(&storage_, &v4, sizeof v4);
    size_ = sizeof v4;
    return;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(endpoint.port);
  std::memcpy(&v6.sin6_addr, endpoint.address.bytes().data(), 16);
  std::memcpy(&storage_, &v6, sizeof v6);
  size_ = sizeof v6;
}

Endpoint SocketAddress::endpoint() const {
  if (storage_.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &storage_, sizeof v4);
    return {to_address(v4.sin_addr), ntohs(v4.sin_port)};
  }
  if (storage_.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &storage_, sizeof v6);
    return {to_address(v6.sin6_addr), ntohs(v6.sin6_port)};
  }
  return {};
}

IpAddress to_address(const in_addr& address) {
  return IpAddress::from_bytes({reinterpret_cast<const std::uint8_t*>(&address), 4})
      .value_or(IpAddress{});
}

IpAddress to_address(const in6_addr& address) {
  return IpAddress::from_bytes({reinterpret_cast<const std::uint8_t*>(&address), 16})
      .value_or(IpAddress{});
}

}  // namespace offhook::io
