#include "media/datagram_batch.hpp"

#include <algorithm>
#include <cerrno>

#include "base/assert.hpp"
#include "media/udp_socket.hpp"

namespace offhook::media {

ReceiveBatch::ReceiveBatch() {
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    vectors_[slot] = {buffers_[slot].data(), buffers_[slot].size()};
    messages_[slot] = {};
    messages_[slot].msg_hdr.msg_name = &remotes_[slot];
    messages_[slot].msg_hdr.msg_iov = &vectors_[slot];
    messages_[slot].msg_hdr.msg_iovlen = 1;
  }
}

ReceiveBatch::Range ReceiveBatch::receive(int socket, std::size_t limit) {
  const std::size_t first = used_;
  const std::size_t count = std::min(limit, free_slots());
  used_ += count == 1 ? receive_one(socket) : receive_many(socket, count);
  return {first, used_};
}

std::size_t ReceiveBatch::receive_one(int socket) {
  msghdr& message = messages_[used_].msg_hdr;
  socklen_t address_bytes = sizeof(sockaddr_storage);
  // With MSG_TRUNC the result is the datagram's own size, also where it does not fit.
  const ssize_t size =
      ::recvfrom(socket, buffers_[used_].data(), buffers_[used_].size(), MSG_DONTWAIT | MSG_TRUNC,
                 reinterpret_cast<sockaddr*>(&remotes_[used_]), &address_bytes);
  if (size < 0) return 0;
  const bool fits = static_cast<std::size_t>(size) <= buffers_[used_].size();
  message.msg_flags = fits ? 0 : MSG_TRUNC;
  messages_[used_].msg_len = static_cast<unsigned>(size);
  return 1;
}

std::size_t ReceiveBatch::receive_many(int socket, std::size_t limit) {
  for (std::size_t slot = used_; slot < used_ + limit; ++slot) {
    messages_[slot].msg_hdr.msg_namelen = sizeof(sockaddr_storage);
  }
  const int received =
      ::recvmmsg(socket, &messages_[used_], static_cast<unsigned>(limit), MSG_DONTWAIT, nullptr);
  return received > 0 ? static_cast<std::size_t>(received) : 0;
}

Endpoint ReceiveBatch::remote(std::size_t slot) const {
  return from_socket_address(remotes_[slot]);
}

MutableByteView ReceiveBatch::bytes(std::size_t slot) {
  if ((messages_[slot].msg_hdr.msg_flags & MSG_TRUNC) != 0) return {};
  return MutableByteView(buffers_[slot]).first(messages_[slot].msg_len);
}

bool ReceiveBatch::holds(const std::uint8_t* bytes) const {
  return bytes >= buffers_.front().data() &&
         bytes < buffers_.back().data() + buffers_.back().size();
}

SendBatch::SendBatch() {
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    messages_[slot].msg_hdr.msg_iov = &vectors_[slot];
    messages_[slot].msg_hdr.msg_iovlen = 1;
  }
}

void SendBatch::add(int socket, const Endpoint* remote, MutableByteView bytes) {
  OFFHOOK_ASSERT(!is_full());
  sockets_[used_] = socket;
  msghdr& message = messages_[used_].msg_hdr;
  message.msg_name = remote == nullptr ? nullptr : &remotes_[used_];
  message.msg_namelen = remote == nullptr ? 0 : to_socket_address(*remote, remotes_[used_]);
  vectors_[used_] = {bytes.data(), bytes.size()};
  ++used_;
}

void SendBatch::flush() {
  std::size_t first = 0;
  while (first < used_) {
    std::size_t last = first + 1;
    while (last < used_ && sockets_[last] == sockets_[first]) ++last;
    send_run(first, last);
    first = last;
  }
  used_ = 0;
}

int SendBatch::send_some(std::size_t first, std::size_t last) {
  if (last - first > 1) {
    return ::sendmmsg(sockets_[first], &messages_[first], static_cast<unsigned>(last - first), 0);
  }
  const msghdr& message = messages_[first].msg_hdr;
  const ssize_t sent =
      ::sendto(sockets_[first], vectors_[first].iov_base, vectors_[first].iov_len, 0,
               static_cast<const sockaddr*>(message.msg_name), message.msg_namelen);
  return sent < 0 ? -1 : 1;
}

void SendBatch::send_run(std::size_t first, std::size_t last) {
  while (first < last) {
    const int sent = send_some(first, last);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) {  // the first of them cannot be sent
      ++dropped_;
      ++first;
    } else {
      first += static_cast<std::size_t>(sent);
    }
  }
}

}  // namespace offhook::media
