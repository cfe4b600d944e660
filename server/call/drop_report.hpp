#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/endpoint.hpp"
#include "base/time.hpp"
#include "call/switchboard.hpp"

namespace offhook::call {

// Tells in the log that messages of strangers were dropped: at once for the first, then at most once
// a minute, whatever comes.
class DropReport {
 public:
  static constexpr Duration kInterval = std::chrono::minutes(1);

  [[nodiscard]] std::optional<LogEvent> add(const Endpoint& source, Time now);
  [[nodiscard]] std::optional<LogEvent> handle_timeout(Time now);
  [[nodiscard]] std::optional<Time> next_timeout() const { return quiet_until_; }

 private:
  [[nodiscard]] LogEvent report();

  std::uint64_t count_ = 0;  // since the last line
  Endpoint latest_;
  std::optional<Time> quiet_until_;
};

}  // namespace offhook::call
