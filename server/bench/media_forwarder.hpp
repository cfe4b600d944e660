#pragma once

#include <cstdint>
#include <iosfwd>
#include <vector>

namespace offhook::bench {

// What a relay costs that does nothing: it looks at no byte, and has the sockets that offhook-media
// has. One for all browsers; for each call a pair of RTP and RTCP, or one for all far ends.
struct ForwarderConfig {
  std::uint16_t browser_port = 0;
  std::uint16_t first_trunk_port = 0;
  bool one_trunk_socket = false;
  // Ports on 127.0.0.1, by call.
  std::vector<std::uint16_t> browsers{};
  std::vector<std::uint16_t> far_ends{};
};

std::ostream& operator<<(std::ostream& out, const ForwarderConfig& config);
std::istream& operator>>(std::istream& in, ForwarderConfig& config);

// Until the process is told to end.
[[noreturn]] void forward(const ForwarderConfig& config);

}  // namespace offhook::bench
