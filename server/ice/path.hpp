#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "base/endpoint.hpp"

namespace offhook::ice {

// How a browser is reached: by a socket of ours, which says the transport as well, and at an
// address of its own. A browser's port may check several sockets of ours: each is a pair of its own
// (RFC 8445 6.1.2.2).
struct Path {
  std::uint32_t socket = 0;  // numbered by whoever owns the sockets
  Endpoint remote;
  bool operator==(const Path&) const = default;
};

}  // namespace offhook::ice

template <>
struct std::hash<offhook::ice::Path> {
  // Only paths that checks authenticated are ever stored: nobody gains by making them collide.
  std::size_t operator()(const offhook::ice::Path& path) const noexcept {
    constexpr std::uint64_t kOddMultiplier = 0x9E37'79B9'7F4A'7C15;
    std::uint64_t mixed = ((std::uint64_t{path.socket} << 16) | path.remote.port) * kOddMultiplier;
    mixed ^= mixed >> 32;  // else the n-th port of the n-th address would be as all the others
    const offhook::ByteView address = path.remote.address.bytes();
    for (std::size_t at = 0; at < address.size(); at += 4) {
      mixed = (mixed ^ offhook::load_u32(address.data() + at)) * kOddMultiplier;
      mixed ^= mixed >> 32;
    }
    return static_cast<std::size_t>(mixed);
  }
};
