#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <sys/socket.h>
#include <sys/uio.h>

#include "base/bytes.hpp"
#include "base/endpoint.hpp"
#include "base/limits.hpp"

namespace offhook::media {

// Receives datagrams with few system calls, into slots that are used in turn. A slot keeps its
// bytes until restart().
class ReceiveBatch {
 public:
  static constexpr std::size_t kSlots = 64;

  ReceiveBatch();
  [[nodiscard]] std::size_t free_slots() const { return kSlots - used_; }
  void restart() { used_ = 0; }

  struct Range {
    std::size_t first = 0;
    std::size_t last = 0;  // one behind
  };
  // As many as are there, at most `limit` and free_slots(). A limit of 1 is the cheapest way to one
  // datagram: with more the kernel has to look whether there is a second.
  [[nodiscard]] Range receive(int socket, std::size_t limit);

  [[nodiscard]] Endpoint remote(std::size_t slot) const;
  // Empty for a datagram over limits::kMediaDatagramBytes.
  [[nodiscard]] MutableByteView bytes(std::size_t slot);
  // Whether the bytes lie in a slot.
  [[nodiscard]] bool holds(const std::uint8_t* bytes) const;

 private:
  [[nodiscard]] std::size_t receive_one(int socket);
  [[nodiscard]] std::size_t receive_many(int socket, std::size_t limit);

  std::array<std::array<std::uint8_t, limits::kMediaDatagramBytes>, kSlots> buffers_;
  std::array<sockaddr_storage, kSlots> remotes_;
  std::array<iovec, kSlots> vectors_;
  std::array<mmsghdr, kSlots> messages_;
  std::size_t used_ = 0;
};

// Collects datagrams to be sent, and sends them in order with one system call per run of the same
// socket. The bytes are not copied: they stay where they are, and the sockets open, until flush().
class SendBatch {
 public:
  static constexpr std::size_t kSlots = 64;

  SendBatch();
  [[nodiscard]] bool is_full() const { return used_ == kSlots; }
  // Not when full. Without `remote`: to the peer that the socket is connected to.
  void add(int socket, const Endpoint* remote, MutableByteView bytes);
  void flush();
  // What the kernel would not take: media that waits is no better than media that is lost, so there
  // is no queue behind the socket's own.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  void send_run(std::size_t first, std::size_t last);
  // How many of them, from the first on; -1: not even one, and errno says why. One alone is cheaper
  // without sendmmsg().
  [[nodiscard]] int send_some(std::size_t first, std::size_t last);

  std::array<int, kSlots> sockets_{};
  std::array<sockaddr_storage, kSlots> remotes_{};
  std::array<iovec, kSlots> vectors_{};
  std::array<mmsghdr, kSlots> messages_{};
  std::size_t used_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace offhook::media
