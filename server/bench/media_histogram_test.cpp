#include "bench/media_histogram.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace offhook::bench {
namespace {

using namespace std::chrono_literals;

TEST(MediaHistogramTest, OfNothingEveryPercentileIsZero) {
  const MediaHistogram histogram;
  EXPECT_EQ(histogram.percentile(50), 0ns);
  EXPECT_EQ(histogram.percentile(100), 0ns);
  EXPECT_EQ(histogram.max(), 0ns);
}

TEST(MediaHistogramTest, PercentilesOfAnyLengthAreRightWithinThreePercent) {
  for (const MediaHistogram::Nanoseconds unit : {1ns, 1'000ns, 1'000'000ns, 100'000'000ns}) {
    MediaHistogram histogram;
    for (int i = 1; i <= 1'000; ++i) histogram.count(i * unit);
    for (const int percent : {1, 10, 50, 90, 99, 100}) {
      const double expected = percent * 10.0 * static_cast<double>(unit.count());
      EXPECT_NEAR(static_cast<double>(histogram.percentile(percent).count()), expected,
                  0.03 * expected)
          << percent << " % of " << unit.count();
    }
    EXPECT_EQ(histogram.max(), 1'000 * unit);
  }
}

TEST(MediaHistogramTest, OneSlowOneInAHundredIsBeyondThe99thPercentile) {
  MediaHistogram histogram;
  for (int i = 0; i < 99; ++i) histogram.count(10ns);
  histogram.count(1s);
  EXPECT_EQ(histogram.percentile(99), 10ns);
  EXPECT_GT(histogram.percentile(99.5), 900ms);
  EXPECT_EQ(histogram.max(), 1s);
}

TEST(MediaHistogramTest, BelowZeroCountsAsZeroAndHoursAreKept) {
  MediaHistogram histogram;
  histogram.count(-5ns);
  EXPECT_EQ(histogram.percentile(100), 0ns);
  histogram.count(24h);
  EXPECT_EQ(histogram.counted(), 2U);
  EXPECT_EQ(histogram.max(), 24h);
}

}  // namespace
}  // namespace offhook::bench
