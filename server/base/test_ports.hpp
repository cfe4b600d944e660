#pragma once

#include <cstdint>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace offhook {

constexpr std::uint16_t kFreePorts = 32;

// The first of kFreePorts ports in a row that nobody has, for UDP and TCP on every IPv4 address:
// for tests that must name a port before somebody binds it. Below those that the system gives to
// connections (net.ipv4.ip_local_port_range), which may take one at any moment and keep it for a
// minute after they ended. No two calls in a process give the same within a hundred.
inline std::uint16_t free_ports() {
  constexpr int kFirst = 11'000;
  constexpr int kPlaces = 120;
  static int place = ::getpid() % kPlaces;
  const auto is_free = [](int type, std::uint16_t port) {
    const int fd = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return bound;
  };
  while (true) {
    place = (place + 1) % kPlaces;
    const auto first = static_cast<std::uint16_t>(kFirst + place * kFreePorts);
    bool all_free = true;
    for (std::uint16_t i = 0; i < kFreePorts && all_free; ++i) {
      const auto port = static_cast<std::uint16_t>(first + i);
      all_free = is_free(SOCK_STREAM, port) && is_free(SOCK_DGRAM, port);
    }
    if (all_free) return first;
  }
}

}  // namespace offhook
