#include "media/alarm_clock.hpp"

#include <ctime>

#include <gtest/gtest.h>
#include <poll.h>

namespace offhook::media {
namespace {

using namespace std::chrono_literals;

Time now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return Time(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

bool goes_off(const AlarmClock& alarm, std::chrono::milliseconds within) {
  pollfd wait{.fd = alarm.fd(), .events = POLLIN, .revents = 0};
  return ::poll(&wait, 1, static_cast<int>(within.count())) == 1;
}

TEST(AlarmClock, GoesOffAtItsTimeAndNotBefore) {
  AlarmClock alarm;
  const Time at = now() + 3ms;
  alarm.wake_at(at);
  ASSERT_TRUE(goes_off(alarm, 10s));
  EXPECT_GE(now(), at);
}

TEST(AlarmClock, GoesOffAtOnceForWhatIsPast) {
  AlarmClock alarm;
  alarm.wake_at(Time{});
  EXPECT_TRUE(goes_off(alarm, 10s));
}

TEST(AlarmClock, IsSilentUntilItIsSetAnew) {
  AlarmClock alarm;
  EXPECT_FALSE(goes_off(alarm, 0ms));
  alarm.wake_at(now());
  ASSERT_TRUE(goes_off(alarm, 10s));
  alarm.acknowledge();
  EXPECT_FALSE(goes_off(alarm, 0ms));
  alarm.wake_at(now());
  EXPECT_TRUE(goes_off(alarm, 10s));
}

TEST(AlarmClock, TheEarliestCounts) {
  AlarmClock alarm;
  alarm.wake_at(now() + 1h);
  alarm.wake_at(now() + 1ms);
  alarm.wake_at(now() + 2h);
  EXPECT_TRUE(goes_off(alarm, 10s));
}

}  // namespace
}  // namespace offhook::media
