#pragma once

#include <cstdint>

#include "base/random.hpp"
#include "base/time.hpp"

namespace offhook::bench {

// When calls begin: at random and without regard to each other, as callers do (a Poisson process).
// The same seed gives the same schedule.
class SignalSchedule {
 public:
  // `rate`: calls a second on average, more than 0.
  SignalSchedule(double rate, Time start, std::uint64_t seed);
  [[nodiscard]] Time next() const { return next_; }
  void advance();

 private:
  SeededRandom random_;
  double rate_;
  Time next_;
};

}  // namespace offhook::bench
