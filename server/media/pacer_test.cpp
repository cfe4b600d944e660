#include "media/pacer.hpp"

#include <gtest/gtest.h>

namespace offhook::media {
namespace {

using namespace std::chrono_literals;

Pacer::Waiting packet(std::uint16_t sequence, Time since) {
  return {{}, {.sequence = sequence}, Bytes(160), since};
}

TEST(PacerTest, FivePacketsLeaveBackToBackAndLaterOnesSpaced) {
  Pacer pacer;
  const Time start{1h};
  for (int i = 0; i < Pacer::kBurst; ++i) EXPECT_TRUE(pacer.admit(start));
  for (std::uint16_t i = 0; i < 10; ++i) {
    EXPECT_FALSE(pacer.admit(start));
    pacer.hold(packet(i, start));
  }
  EXPECT_FALSE(pacer.poll(start));
  Time now = start;
  for (std::uint16_t i = 0; i < 10; ++i) {
    ASSERT_EQ(pacer.next_timeout(), now + Pacer::kSpacing);
    now += Pacer::kSpacing;
    const auto waiting = pacer.poll(now);
    ASSERT_TRUE(waiting);
    EXPECT_EQ(waiting->header.sequence, i);
    EXPECT_FALSE(pacer.poll(now));
  }
  EXPECT_FALSE(pacer.next_timeout());
}

TEST(PacerTest, AStreamOfTwentyMillisecondsIsNeverHeldUp) {
  Pacer pacer;
  Time now{1h};
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_TRUE(pacer.admit(now));
    now += 20ms;
  }
}

TEST(PacerTest, NothingOvertakesWhatWaits) {
  Pacer pacer;
  const Time start{1h};
  for (int i = 0; i < Pacer::kBurst; ++i) (void)pacer.admit(start);
  pacer.hold(packet(1, start));
  EXPECT_FALSE(pacer.admit(start + 1s));
}

TEST(PacerTest, WhatWaitedOver300MillisecondsIsDroppedAndCounted) {
  Pacer pacer;
  const Time start{1h};
  for (int i = 0; i < Pacer::kBurst; ++i) (void)pacer.admit(start);
  pacer.hold(packet(1, start));
  pacer.hold(packet(2, start + 100ms));
  const auto waiting = pacer.poll(start + 301ms);
  ASSERT_TRUE(waiting);
  EXPECT_EQ(waiting->header.sequence, 2);
  EXPECT_EQ(pacer.dropped(), 1U);
}

TEST(PacerTest, TheOldestGoesWhenTheQueueIsFull) {
  Pacer pacer;
  const Time start{1h};
  for (int i = 0; i < Pacer::kBurst; ++i) (void)pacer.admit(start);
  for (std::size_t i = 0; i <= Pacer::kMaxWaiting; ++i) {
    pacer.hold(packet(static_cast<std::uint16_t>(i), start));
  }
  EXPECT_EQ(pacer.dropped(), 1U);
  EXPECT_EQ(pacer.poll(start + Pacer::kSpacing)->header.sequence, 1);
}

}  // namespace
}  // namespace offhook::media
