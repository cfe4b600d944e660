#include "srtp/replay_window.hpp"

#include <set>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace offhook::srtp {
namespace {

ReplayWindow window_at(std::uint64_t highest) {
  ReplayWindow window;
  window.mark(highest);
  return window;
}

TEST(ReplayWindowTest, AcceptsEachIndexOnceWithin128) {
  ReplayWindow window = window_at(1000);
  EXPECT_FALSE(window.accepts(1000));
  EXPECT_TRUE(window.accepts(1001));
  EXPECT_TRUE(window.accepts(1000 - 127));
  EXPECT_FALSE(window.accepts(1000 - 128));
  window.mark(1000 - 127);
  EXPECT_FALSE(window.accepts(1000 - 127));
  EXPECT_TRUE(window.accepts(1000 - 126));
  EXPECT_EQ(window.highest(), 1000U);
}

TEST(ReplayWindowTest, ForgetsAllButTheHighestAfterAJump) {
  for (const std::uint64_t jump : {127U, 128U, 129U, 5000U}) {
    ReplayWindow window = window_at(1000);
    window.mark(1000 + jump);
    EXPECT_FALSE(window.accepts(1000 + jump));
    EXPECT_TRUE(window.accepts(1000 + jump - 1));
    EXPECT_FALSE(window.accepts(1000)) << jump;
  }
}

TEST(ReplayWindowTest, AgreesWithASetOverRandomArrivals) {
  SeededRandom random(5);
  ReplayWindow window;
  std::set<std::uint64_t> seen;
  std::uint64_t base = 200;
  for (int i = 0; i < 20'000; ++i) {
    base += random.below(100) == 0 ? random.below(200) : random.below(3);
    const std::uint64_t index = base - random.below(160);
    const std::uint64_t highest = seen.empty() ? 0 : *seen.rbegin();
    const bool expected =
        seen.empty() || (!seen.contains(index) && index + ReplayWindow::kSize > highest);
    ASSERT_EQ(window.accepts(index), expected) << index;
    if (!expected) continue;
    window.mark(index);
    seen.insert(index);
  }
}

TEST(GuessIndexTest, CountsRollOversForwardsAndBackwards) {
  EXPECT_EQ(guess_index({}, 65535), 65535U);
  EXPECT_EQ(guess_index(window_at(65535), 0), 65536U);
  EXPECT_EQ(guess_index(window_at(65536), 65535), 65535U);
  EXPECT_EQ(guess_index(window_at(0x1'0005), 0xFFF0), 0xFFF0U);
  EXPECT_EQ(guess_index(window_at(0x5'FFF0), 0x0005), 0x6'0005U);
  EXPECT_EQ(guess_index(window_at(0x5'8000), 0x7FFF), 0x5'7FFFU);
}

TEST(GuessIndexTest, TakesTheSameSideAsRfc3711AppendixAAtHalfTheRange) {
  EXPECT_EQ(guess_index(window_at(0x2'1000), 0x9000), 0x2'9000U);
  EXPECT_EQ(guess_index(window_at(0x2'1000), 0x9001), 0x1'9001U);
  EXPECT_EQ(guess_index(window_at(0x2'9000), 0x1000), 0x2'1000U);
  EXPECT_EQ(guess_index(window_at(0x2'9000), 0x0FFF), 0x3'0FFFU);
}

TEST(GuessIndexTest, HasNothingBeforeTheFirstAndBehindTheLastIndex) {
  EXPECT_EQ(guess_index(window_at(3), 65530), std::nullopt);
  EXPECT_EQ(guess_index(window_at(0xFFFF'FFFF'FFFF), 0), std::nullopt);
  EXPECT_EQ(guess_index(window_at(0xFFFF'FFFF'FFFE), 0xFFFF), 0xFFFF'FFFF'FFFFU);
}

}  // namespace
}  // namespace offhook::srtp
