#include "media/udp_socket.hpp"

#include <cerrno>
#include <cstring>

#include <netinet/in.h>

namespace offhook::media {

Endpoint from_socket_address(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof(v6));
    const ByteView bytes(v6.sin6_addr.s6_addr, sizeof(v6.sin6_addr.s6_addr));
    return {IpAddress::from_bytes(bytes).value_or(IpAddress()), ntohs(v6.sin6_port)};
  }
  sockaddr_in v4{};
  std::memcpy(&v4, &address, sizeof(v4));
  const ByteView bytes(reinterpret_cast<const std::uint8_t*>(&v4.sin_addr), sizeof(v4.sin_addr));
  return {IpAddress::from_bytes(bytes).value_or(IpAddress()), ntohs(v4.sin_port)};
}

socklen_t to_socket_address(const Endpoint& endpoint, sockaddr_storage& address) {
  const ByteView bytes = endpoint.address.bytes();
  if (endpoint.address.is_v6()) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    std::memcpy(&v6.sin6_addr, bytes.data(), bytes.size());
    std::memcpy(&address, &v6, sizeof(v6));
    return sizeof(v6);
  }
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(endpoint.port);
  std::memcpy(&v4.sin_addr, bytes.data(), bytes.size());
  std::memcpy(&address, &v4, sizeof(v4));
  return sizeof(v4);
}

std::expected<UdpSocket, std::error_code> UdpSocket::bind(const Endpoint& local) {
  sockaddr_storage address{};
  const socklen_t size = to_socket_address(local, address);
  UdpSocket made{control::FileDescriptor(
      ::socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))};
  const int only_v6 = 1;
  const bool ready = made.socket_.is_open() &&
                     (local.address.is_v4() || ::setsockopt(made.fd(), IPPROTO_IPV6, IPV6_V6ONLY,
                                                            &only_v6, sizeof(only_v6)) == 0) &&
                     ::bind(made.fd(), reinterpret_cast<const sockaddr*>(&address), size) == 0;
  if (!ready) return std::unexpected(std::error_code(errno, std::system_category()));
  return made;
}

Endpoint UdpSocket::local() const {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  ::getsockname(fd(), reinterpret_cast<sockaddr*>(&address), &size);
  return from_socket_address(address);
}

bool UdpSocket::connect(const std::optional<Endpoint>& peer) {
  sockaddr_storage address{};
  address.ss_family = AF_UNSPEC;
  const socklen_t size = peer ? to_socket_address(*peer, address) : sizeof(address);
  return ::connect(fd(), reinterpret_cast<const sockaddr*>(&address), size) == 0;
}

void UdpSocket::set_receive_buffer(int bytes) {
  ::setsockopt(fd(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

}  // namespace offhook::media
