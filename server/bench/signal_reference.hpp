#pragma once

#include <chrono>
#include <cstddef>

namespace offhook::bench {

struct SignalReference {
  double rate = 0;
  std::size_t calls = 0;
  bool all_succeeded = false;
  double us_a_call = 0;  // CPU of Kamailio, less what it takes when idle
};

// The same number of calls from SIPp through Kamailio to SIPp: a stateful proxy that only passes on.
// No WebSocket, no digest, no media: a lower bound, not the same work.
[[nodiscard]] SignalReference run_reference(double rate, std::chrono::seconds length,
                                            std::chrono::milliseconds hold);

}  // namespace offhook::bench
