#include "bench/media_socket.hpp"

#include <cerrno>
#include <cstring>

#include <time.h>

#include "bench/process.hpp"
#include "io/socket_address.hpp"
#include "io/system_error.hpp"

namespace offhook::bench {
namespace {

WallTime arrival_of(const msghdr& message) {
  for (const cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr;) {
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
      timespec stamp{};
      std::memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
      return std::chrono::seconds(stamp.tv_sec) + std::chrono::nanoseconds(stamp.tv_nsec);
    }
    c = CMSG_NXTHDR(const_cast<msghdr*>(&message), const_cast<cmsghdr*>(c));
  }
  return wall_time();
}

}  // namespace

MediaSocket::MediaSocket() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  io::SocketAddress ours({*IpAddress::parse("127.0.0.1"), 0});
  const int on = 1;
  if (!fd_ || ::bind(fd_.get(), ours.data(), ours.size()) != 0 ||
      ::setsockopt(fd_.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0 ||
      ::getsockname(fd_.get(), ours.data(), ours.size_pointer()) != 0) {
    give_up("cannot open a UDP socket: " + io::describe_errno(errno));
  }
  local_ = ours.endpoint();
}

void MediaSocket::connect(const Endpoint& remote) const {
  io::SocketAddress theirs(remote);
  if (::connect(fd_.get(), theirs.data(), theirs.size()) != 0) {
    give_up("cannot send to " + remote.to_string() + ": " + io::describe_errno(errno));
  }
}

bool MediaSocket::send(ByteView bytes) const {
  return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes.size());
}

MediaInbox::MediaInbox() {
  for (std::size_t i = 0; i < kSlots; ++i) vectors_[i] = {buffers_[i].data(), kSlotBytes};
}

std::span<const MediaInbox::Datagram> MediaInbox::receive(const MediaSocket& socket) {
  for (std::size_t i = 0; i < kSlots; ++i) {
    msghdr& header = messages_[i].msg_hdr;
    header = {};
    header.msg_iov = &vectors_[i];
    header.msg_iovlen = 1;
    header.msg_control = controls_[i].data();
    header.msg_controllen = controls_[i].size();
  }
  const int count = ::recvmmsg(socket.fd(), messages_.data(), kSlots, MSG_DONTWAIT, nullptr);
  const auto received = static_cast<std::size_t>(count > 0 ? count : 0);
  for (std::size_t i = 0; i < received; ++i) {
    received_[i] = {MutableByteView(buffers_[i]).first(messages_[i].msg_len),
                    arrival_of(messages_[i].msg_hdr)};
  }
  return std::span(received_).first(received);
}

}  // namespace offhook::bench
