#pragma once

#include <chrono>
#include <string>

#include "base/time.hpp"

namespace offhook::app {

// What a clock on the wall showed at a time of ours: they are put side by side once.
struct WallClock {
  Time now;
  std::chrono::system_clock::time_point wall;

  // "2026-11-23T15:04:05.678Z"
  [[nodiscard]] std::string text(Time time) const;
};

}  // namespace offhook::app
