#pragma once

#include <string>
#include <vector>

#include "base/endpoint.hpp"
#include "base/time.hpp"

namespace offhook::bench {

struct Attack {
  IpAddress from;
  Endpoint target;
  std::vector<std::string> methods;  // in turn, each message another transaction
  std::size_t per_second;
};

struct AttackResult {
  std::size_t datagrams_sent = 0;
  std::size_t bytes_sent = 0;
  std::size_t datagrams_received = 0;
  std::size_t bytes_received = 0;
};

// Until then; in a process of its own, so that it disturbs nobody's clock.
[[nodiscard]] AttackResult carry_out(const Attack& attack, Time end);

}  // namespace offhook::bench
