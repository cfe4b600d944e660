#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "base/limits.hpp"
#include "control/control.pb.h"
#include "media/engine.hpp"

namespace offhook::media {

// What the engine has to say: datagrams and events, in order. Relayed packets stay where they are;
// what the engine makes itself stands in blocks that are used again once everything is drained, so
// that nothing is allocated a packet.
class Outbox {
 public:
  // Space for one datagram with its trailer, to be filled and given to send(). Valid until the next
  // call of room() that follows a send().
  [[nodiscard]] MutableByteView room();
  // `bytes` is (a part of) what room() gave, or stays valid by itself until it is polled and sent.
  void send(SocketId socket, const Endpoint& remote, MutableByteView bytes);
  void send_copy(SocketId socket, const Endpoint& remote, ByteView bytes);
  void report(control::Event event) { events_.push_back(std::move(event)); }

  [[nodiscard]] std::optional<OutgoingDatagram> poll_datagram();
  [[nodiscard]] std::optional<control::Event> poll_event();

 private:
  static constexpr std::size_t kBlockBytes = 8 * limits::kMediaDatagramBytes;
  using Block = std::array<std::uint8_t, kBlockBytes>;

  std::vector<std::unique_ptr<Block>> blocks_;
  std::size_t block_ = 0;  // the one in use
  std::size_t used_ = 0;   // bytes of it

  std::vector<OutgoingDatagram> datagrams_;
  std::size_t polled_datagrams_ = 0;
  std::vector<control::Event> events_;
  std::size_t polled_events_ = 0;
};

}  // namespace offhook::media
