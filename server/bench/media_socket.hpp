#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <sys/socket.h>
#include <sys/uio.h>

#include "base/bytes.hpp"
#include "base/endpoint.hpp"
#include "bench/media_stream.hpp"
#include "io/file_descriptor.hpp"

namespace offhook::bench {

// A non-blocking UDP socket on 127.0.0.1 that knows when the kernel got each datagram.
class MediaSocket {
 public:
  MediaSocket();
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] const Endpoint& local() const { return local_; }
  void connect(const Endpoint& remote) const;
  // Only once connected.
  [[nodiscard]] bool send(ByteView bytes) const;

 private:
  io::FileDescriptor fd_;
  Endpoint local_;
};

// Datagrams of one socket, with one system call. They stay until the next one.
class MediaInbox {
 public:
  struct Datagram {
    MutableByteView bytes;
    WallTime arrived{};
  };
  static constexpr std::size_t kSlots = 16;

  MediaInbox();
  // Fewer than kSlots: that was all.
  [[nodiscard]] std::span<const Datagram> receive(const MediaSocket& socket);

 private:
  static constexpr std::size_t kSlotBytes = 2'048;

  std::array<std::array<std::uint8_t, kSlotBytes>, kSlots> buffers_;
  std::array<std::array<std::uint8_t, 64>, kSlots> controls_;
  std::array<iovec, kSlots> vectors_;
  std::array<mmsghdr, kSlots> messages_;
  std::array<Datagram, kSlots> received_;
};

}  // namespace offhook::bench
