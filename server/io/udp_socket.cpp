#include "io/udp_socket.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/limits.hpp"
#include "io/socket_address.hpp"
#include "io/system_error.hpp"

namespace offhook::io {

namespace {

// So that one busy socket does not keep the loop from its timers and other sockets.
constexpr int kDatagramsPerTurn = 64;

// Room for the control messages that we ask for: the local address, or an error with the address
// behind it.
using ControlBuffer = std::array<char, 512>;

bool enable(int fd, int level, int option) {
  const int on = 1;
  return ::setsockopt(fd, level, option, &on, sizeof on) == 0;
}

bool set_udp_options(int fd, bool v6) {
  // Less than that (net.core.rmem_max) is no reason to give up.
  const int wanted = limits::kUdpReceiveBytes;
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted);
  if (v6) {
    return enable(fd, IPPROTO_IPV6, IPV6_V6ONLY) && enable(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO) &&
           enable(fd, IPPROTO_IPV6, IPV6_RECVERR);
  }
  return enable(fd, IPPROTO_IP, IP_PKTINFO) && enable(fd, IPPROTO_IP, IP_RECVERR);
}

std::optional<IpAddress> destination_of(msghdr& message) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      in_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      return to_address(info.ipi_addr);
    }
    if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      return to_address(info.ipi6_addr);
    }
  }
  return std::nullopt;
}

bool is_from_icmp(msghdr& message) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    const bool is_error = (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
                          (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR);
    if (!is_error) continue;
    sock_extended_err error{};
    std::memcpy(&error, CMSG_DATA(c), sizeof error);
    return error.ee_origin == SO_EE_ORIGIN_ICMP || error.ee_origin == SO_EE_ORIGIN_ICMP6;
  }
  return false;
}

template <typename Info>
void attach_source(msghdr& message, ControlBuffer& buffer, int level, int type, const Info& info) {
  message.msg_control = buffer.data();
  message.msg_controllen = CMSG_SPACE(sizeof info);
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = level;
  header->cmsg_type = type;
  header->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(header), &info, sizeof info);
}

void attach_source(msghdr& message, ControlBuffer& buffer, const IpAddress& source) {
  if (source.is_v4()) {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, source.bytes().data(), 4);
    attach_source(message, buffer, IPPROTO_IP, IP_PKTINFO, info);
  } else {
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, source.bytes().data(), 16);
    attach_source(message, buffer, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
}

}  // namespace

Result<FileDescriptor> UdpSocket::open(const Endpoint& local) {
  const bool v6 = local.address.is_v6();
  FileDescriptor fd(
      ::socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const SocketAddress wanted(local);
  if (fd && set_udp_options(fd.get(), v6) && ::bind(fd.get(), wanted.data(), wanted.size()) == 0) {
    return fd;
  }
  return failure("cannot use UDP " + local.to_string() + ": " + describe_errno(errno));
}

std::unique_ptr<UdpSocket> UdpSocket::adopt(EventLoop& loop, FileDescriptor fd, Handlers handlers) {
  SocketAddress bound;
  ::getsockname(fd.get(), bound.data(), bound.size_pointer());
  return std::unique_ptr<UdpSocket>(
      new UdpSocket(loop, std::move(fd), bound.endpoint(), std::move(handlers)));
}

Result<std::unique_ptr<UdpSocket>> UdpSocket::bind(EventLoop& loop, const Endpoint& local,
                                                   Handlers handlers) {
  Result<FileDescriptor> fd = open(local);
  if (!fd) return std::unexpected(fd.error());
  return adopt(loop, std::move(*fd), std::move(handlers));
}

UdpSocket::UdpSocket(EventLoop& loop, FileDescriptor fd, const Endpoint& local, Handlers handlers)
    : fd_(std::move(fd)),
      local_(local),
      handlers_(std::move(handlers)),
      watch_(loop, fd_.get(), [this] { receive(); }) {}

void UdpSocket::send(ByteView bytes, const Endpoint& remote, const IpAddress& source) {
  SocketAddress to(remote);
  iovec data{const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_name = to.data();
  message.msg_namelen = to.size();
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  alignas(cmsghdr) ControlBuffer control{};
  if (!source.is_unspecified() && source.is_v6() == remote.address.is_v6()) {
    attach_source(message, control, source);
  }
  // An ICMP error of an earlier datagram, perhaps to somebody else, is reported here once: then
  // this one was not sent.
  constexpr int kSendTries = 3;
  for (int i = 0; i < kSendTries && ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL) < 0; ++i) {
    if (errno != ECONNREFUSED && errno != EHOSTUNREACH && errno != ENETUNREACH && errno != EINTR) {
      return;
    }
  }
}

void UdpSocket::receive() {
  receive_errors();
  for (int i = 0; i < kDatagramsPerTurn && receive_one(); ++i) {
  }
}

bool UdpSocket::receive_one() {
  static std::array<std::uint8_t, limits::kSipMessageBytes> buffer;
  SocketAddress from;
  iovec data{buffer.data(), buffer.size()};
  alignas(cmsghdr) ControlBuffer control{};
  msghdr message{};
  message.msg_name = from.data();
  message.msg_namelen = from.size();
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t count = ::recvmsg(fd_.get(), &message, 0);
  if (count < 0) return errno == EINTR || errno == ECONNREFUSED || errno == EHOSTUNREACH;
  const Endpoint remote = from.endpoint();
  if (remote.port == 0) return true;  // nobody could answer it
  const Endpoint local{destination_of(message).value_or(local_.address), local_.port};
  handlers_.on_datagram({buffer.data(), static_cast<std::size_t>(count)}, local, remote);
  return true;
}

void UdpSocket::receive_errors() {
  for (int i = 0; i < kDatagramsPerTurn; ++i) {
    SocketAddress destination;
    // As much as an error quotes: RFC 1812 4.3.2.3, RFC 4443 2.4 (c).
    std::array<std::uint8_t, 1'280> quoted{};
    iovec data{quoted.data(), quoted.size()};
    alignas(cmsghdr) ControlBuffer control{};
    msghdr message{};
    message.msg_name = destination.data();
    message.msg_namelen = destination.size();
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t count = ::recvmsg(fd_.get(), &message, MSG_ERRQUEUE);
    if (count < 0) return;
    if (is_from_icmp(message) && handlers_.on_unreachable) {
      handlers_.on_unreachable(destination.endpoint(),
                               {quoted.data(), static_cast<std::size_t>(count)});
    }
  }
}

}  // namespace offhook::io
