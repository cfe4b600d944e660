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
  for (std::size_t slot = first; slot < first + count; ++slot) {
    messages_[slot].msg_hdr.msg_namelen = sizeof(sockaddr_storage);
  }
  const int received =
      ::recvmmsg(socket, &messages_[first], static_cast<unsigned>(count), MSG_DONTWAIT, nullptr);
  if (received > 0) used_ += static_cast<std::size_t>(received);
  return {first, used_};
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
    messages_[slot].msg_hdr.msg_name = &remotes_[slot];
    messages_[slot].msg_hdr.msg_iov = &vectors_[slot];
    messages_[slot].msg_hdr.msg_iovlen = 1;
  }
}

void SendBatch::add(int socket, const Endpoint& remote, MutableByteView bytes) {
  OFFHOOK_ASSERT(!is_full());
  sockets_[used_] = socket;
  messages_[used_].msg_hdr.msg_namelen = to_socket_address(remote, remotes_[used_]);
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

void SendBatch::send_run(std::size_t first, std::size_t last) {
  while (first < last) {
    const int sent =
        ::sendmmsg(sockets_[first], &messages_[first], static_cast<unsigned>(last - first), 0);
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
