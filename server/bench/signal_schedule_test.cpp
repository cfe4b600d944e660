#include "bench/signal_schedule.hpp"

#include <chrono>
#include <cstddef>

#include <gtest/gtest.h>

namespace offhook::bench {
namespace {

using namespace std::chrono_literals;

constexpr Time kStart{1'000s};
constexpr std::uint64_t kSeed = 7;

TEST(SignalScheduleTest, HoldsItsRateOnAverage) {
  SignalSchedule schedule(200, kStart, kSeed);
  std::size_t calls = 0;
  for (; schedule.next() < kStart + 100s; schedule.advance()) ++calls;
  EXPECT_NEAR(static_cast<double>(calls), 20'000, 600);  // more than four standard deviations
}

TEST(SignalScheduleTest, CallsComeInBunchesAndNeverBeforeTheLast) {
  SignalSchedule schedule(10, kStart, kSeed);
  constexpr std::size_t kCalls = 10'000;
  std::size_t within_mean = 0;
  std::size_t after_twice = 0;
  for (std::size_t i = 0; i < kCalls; ++i) {
    const Time before = schedule.next();
    schedule.advance();
    ASSERT_GE(schedule.next(), before);
    within_mean += schedule.next() - before < 100ms ? 1U : 0U;
    after_twice += schedule.next() - before > 200ms ? 1U : 0U;
  }
  EXPECT_NEAR(static_cast<double>(within_mean) / kCalls, 0.632, 0.02);  // 1 - 1/e
  EXPECT_NEAR(static_cast<double>(after_twice) / kCalls, 0.135, 0.02);  // 1/e^2
}

TEST(SignalScheduleTest, ASeedGivesOneSchedule) {
  SignalSchedule one(50, kStart, kSeed);
  SignalSchedule same(50, kStart, kSeed);
  SignalSchedule other(50, kStart, kSeed + 1);
  EXPECT_NE(one.next(), other.next());
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(one.next(), same.next());
    one.advance();
    same.advance();
  }
}

}  // namespace
}  // namespace offhook::bench
