#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

#include "base/assert.hpp"
#include "base/time.hpp"
#include "fuzz/program.hpp"

namespace offhook::fuzz {

// The time of a program: it jumps, and never goes back. `drain` takes a machine's outputs after
// each deadline.
class VirtualClock {
 public:
  [[nodiscard]] Time now() const { return now_; }

  // Lets time pass as the program says: from deadline to deadline, as a punctual driver does, or
  // all at once, as one that was kept from running does.
  void pass(Program& program, auto& machine, const auto& drain) {
    using namespace std::chrono_literals;
    static constexpr std::array<Duration, 12> kPauses{0ms, 1ms, 100ms, 499ms, 500ms, 1s,
                                                      4s,  5s,  31s,   32s,   60s,   3600s};
    const Time end = now_ + program.one_of(kPauses);
    if (program.flag()) {
      now_ = end;
      expire(machine, drain);
      return;
    }
    while (is_due(machine.next_timeout(), end)) to_next(machine, drain);
    now_ = end;
  }

  // To the next deadline, which there is.
  void to_next(auto& machine, const auto& drain) {
    now_ = std::max(now_, *machine.next_timeout());
    expire(machine, drain);
  }

  // Until no deadline is left, which has to be after `most` of them and within `limit`.
  void run_out(std::size_t most, Duration limit, auto& machine, const auto& drain) {
    const Time end = now_ + limit;
    while (machine.next_timeout()) {
      OFFHOOK_ASSERT(*machine.next_timeout() <= end && most > 0);
      --most;
      to_next(machine, drain);
    }
  }

 private:
  // What was due is dealt with: a driver that sleeps until the next deadline does sleep.
  void expire(auto& machine, const auto& drain) {
    machine.handle_timeout(now_);
    drain();
    OFFHOOK_ASSERT(!is_due(machine.next_timeout(), now_));
  }

  Time now_{};
};

}  // namespace offhook::fuzz
