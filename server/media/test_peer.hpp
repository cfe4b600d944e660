#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "media/udp_socket.hpp"

namespace offhook::media {

inline const IpAddress kLocal = *IpAddress::parse("127.0.0.1");

// A provider's or browser's plain UDP end.
class Peer {
 public:
  Peer() : socket_(*UdpSocket::bind({kLocal, 0})) {}
  [[nodiscard]] Endpoint local() const { return socket_.local(); }
  void send(const Endpoint& to, const Bytes& bytes) {
    sockaddr_storage address{};
    const socklen_t size = to_socket_address(to, address);
    EXPECT_EQ(::sendto(socket_.fd(), bytes.data(), bytes.size(), 0,
                       reinterpret_cast<const sockaddr*>(&address), size),
              static_cast<ssize_t>(bytes.size()));
  }
  // Empty when nothing is there.
  Bytes receive() {
    Bytes bytes(2'048);
    sockaddr_storage address{};
    socklen_t address_size = sizeof(address);
    const ssize_t size = ::recvfrom(socket_.fd(), bytes.data(), bytes.size(), 0,
                                    reinterpret_cast<sockaddr*>(&address), &address_size);
    bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    if (size > 0) sender_ = from_socket_address(address);
    return bytes;
  }
  // Of what was received last.
  [[nodiscard]] const Endpoint& sender() const { return sender_; }

 private:
  UdpSocket socket_;
  Endpoint sender_;
};

}  // namespace offhook::media
