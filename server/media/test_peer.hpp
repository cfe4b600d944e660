#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "media/frame_reader.hpp"
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

// A browser's end of a TCP connection, with packets in frames (RFC 4571).
class TcpPeer {
 public:
  explicit TcpPeer(const Endpoint& to)
      : socket_(::socket(to.address.is_v6() ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_storage address{};
    const socklen_t size = to_socket_address(to, address);
    EXPECT_EQ(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
  }
  [[nodiscard]] Endpoint local() const {
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    return from_socket_address(address);
  }
  void send(ByteView packet) {
    Bytes frame{static_cast<std::uint8_t>(packet.size() >> 8),
                static_cast<std::uint8_t>(packet.size())};
    frame.insert(frame.end(), packet.begin(), packet.end());
    EXPECT_EQ(::send(socket_.get(), frame.data(), frame.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(frame.size()));
  }
  // Without waiting; empty when no whole packet is there.
  Bytes receive() {
    Bytes bytes(2'048);
    const ssize_t size = ::recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    is_closed_ = is_closed_ || size == 0;
    bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    reader_.feed(bytes);
    const auto packet = reader_.next();
    return packet ? Bytes(packet->begin(), packet->end()) : Bytes();
  }
  [[nodiscard]] bool is_closed() {
    (void)receive();
    return is_closed_;
  }

 private:
  control::FileDescriptor socket_;
  FrameReader reader_;
  bool is_closed_ = false;
};

}  // namespace offhook::media
