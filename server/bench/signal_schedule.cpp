#include "bench/signal_schedule.hpp"

#include <chrono>
#include <cmath>

namespace offhook::bench {

SignalSchedule::SignalSchedule(double rate, Time start, std::uint64_t seed)
    : random_(seed), rate_(rate), next_(start) {
  advance();
}

// The gaps are distributed exponentially.
void SignalSchedule::advance() {
  constexpr unsigned kBits = 53;  // of a double's precision
  const std::uint64_t drawn = (random_.next_u64() >> (64 - kBits)) + 1;
  const double uniform =
      std::ldexp(static_cast<double>(drawn), -static_cast<int>(kBits));  // (0, 1]
  const std::chrono::duration<double> gap(-std::log(uniform) / rate_);
  next_ += std::chrono::duration_cast<Duration>(gap);
}

}  // namespace offhook::bench
