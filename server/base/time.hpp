#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace offhook {

// The one clock of the core. It is never read there: the shell (or the simulation) passes Time in.
struct MonotonicClock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;
};

using Time = MonotonicClock::time_point;
using Duration = MonotonicClock::duration;

// The earlier of two deadlines, where nullopt means "never".
[[nodiscard]] constexpr std::optional<Time> earliest(std::optional<Time> a, std::optional<Time> b) {
  if (!a) return b;
  if (!b) return a;
  return *a < *b ? a : b;
}

[[nodiscard]] constexpr bool is_due(std::optional<Time> deadline, Time now) {
  return deadline && *deadline <= now;
}

}  // namespace offhook
