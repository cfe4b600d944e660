#pragma once

#include <cstddef>

#include "base/bytes.hpp"

namespace offhook::media {

// A packet and the room behind it, in which SRTP puts its tag.
struct PacketBuffer {
  MutableByteView buffer;  // begins with the packet
  std::size_t size = 0;    // of the packet

  [[nodiscard]] MutableByteView packet() const { return buffer.first(size); }
  // The part of packet() given by `bytes`, with all the room that is behind it.
  [[nodiscard]] PacketBuffer narrowed_to(MutableByteView bytes) const {
    return {buffer.subspan(static_cast<std::size_t>(bytes.data() - buffer.data())), bytes.size()};
  }
};

}  // namespace offhook::media
