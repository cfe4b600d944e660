#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include <sys/timerfd.h>
#include <unistd.h>

#include "base/time.hpp"
#include "control/file_descriptor.hpp"

namespace offhook::media {

// Makes fd() ready for reading at a time, rounded up to a millisecond so that what is due together
// costs one awakening.
//
// Cheaper than a timeout of epoll_wait: that sets a timer of the kernel for each wait, and where it
// ends within the current tick (as it mostly does with a thousand legs) the processor's own timer is
// set and reset around it, which leaves a virtual machine twice: some 5 us for each packet that is
// waited for. This one is set once for each time that comes.
class AlarmClock {
 public:
  AlarmClock() : timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {}

  [[nodiscard]] int fd() const { return timer_.get(); }

  // Unless it goes off earlier anyway.
  void wake_at(Time at) {
    const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(at.time_since_epoch());
    if (set_to_ && *set_to_ <= rounded) return;
    set_to_ = rounded;
    // A zero would stop it.
    const auto count = std::max(rounded.count(), std::chrono::milliseconds::rep{1});
    itimerspec spec{};
    spec.it_value.tv_sec = count / 1'000;
    spec.it_value.tv_nsec = count % 1'000 * 1'000'000;
    ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
  }

  // It has gone off.
  void acknowledge() {
    std::uint64_t times = 0;
    [[maybe_unused]] const ssize_t got = ::read(timer_.get(), &times, sizeof(times));
    set_to_.reset();
  }

 private:
  control::FileDescriptor timer_;
  std::optional<std::chrono::milliseconds> set_to_;
};

}  // namespace offhook::media
