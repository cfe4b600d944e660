#pragma once

#include <cstdint>
#include <iosfwd>
#include <vector>

namespace offhook::bench {

// Towards the far ends.
enum class TrunkSockets : std::uint8_t {
  Connected,    // for each call a pair of RTP and RTCP, that of RTP connected: as offhook-media
  Unconnected,  // the same pairs
  One,          // one socket for all calls
};

// What a relay costs that does nothing: it looks at no byte, and has the sockets that offhook-media
// has, one for all browsers among them.
struct ForwarderConfig {
  std::uint16_t browser_port = 0;
  std::uint16_t first_trunk_port = 0;
  TrunkSockets trunk_sockets = TrunkSockets::Connected;
  // Ports on 127.0.0.1, by call.
  std::vector<std::uint16_t> browsers{};
  std::vector<std::uint16_t> far_ends{};
};

std::ostream& operator<<(std::ostream& out, const ForwarderConfig& config);
std::istream& operator>>(std::istream& in, ForwarderConfig& config);

// Until the process is told to end.
[[noreturn]] void forward(const ForwarderConfig& config);

}  // namespace offhook::bench
