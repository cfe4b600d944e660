#include "media/outbox.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace offhook::media {

MutableByteView Outbox::room() {
  if (datagrams_.empty()) {
    block_ = 0;
    used_ = 0;
  } else if (used_ + limits::kMediaDatagramBytes > kBlockBytes) {
    ++block_;
    used_ = 0;
  }
  if (block_ == blocks_.size()) blocks_.push_back(std::make_unique<Block>());
  return MutableByteView(*blocks_[block_]).subspan(used_, limits::kMediaDatagramBytes);
}

void Outbox::send(SocketId socket, const Endpoint& remote, MutableByteView bytes) {
  if (block_ < blocks_.size()) {
    const std::uint8_t* free = blocks_[block_]->data() + used_;
    const std::uint8_t* end = blocks_[block_]->data() + kBlockBytes;
    if (bytes.data() >= free && bytes.data() < end) {
      used_ += static_cast<std::size_t>(bytes.data() + bytes.size() - free);
    }
  }
  datagrams_.push_back({socket, remote, bytes});
}

void Outbox::send_copy(SocketId socket, const Endpoint& remote, ByteView bytes) {
  const MutableByteView copy = room();
  OFFHOOK_ASSERT(bytes.size() <= copy.size());
  std::ranges::copy(bytes, copy.begin());
  send(socket, remote, copy.first(bytes.size()));
}

std::optional<OutgoingDatagram> Outbox::poll_datagram() {
  if (polled_datagrams_ == datagrams_.size()) {
    datagrams_.clear();
    polled_datagrams_ = 0;
    return std::nullopt;
  }
  return datagrams_[polled_datagrams_++];
}

std::optional<control::Event> Outbox::poll_event() {
  if (polled_events_ == events_.size()) {
    events_.clear();
    polled_events_ = 0;
    return std::nullopt;
  }
  return std::move(events_[polled_events_++]);
}

}  // namespace offhook::media
