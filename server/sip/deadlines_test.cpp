#include "sip/deadlines.hpp"

#include <gtest/gtest.h>

namespace offhook::sip {
namespace {

using std::chrono::seconds;

TEST(DeadlinesTest, TheEarliestComesFirstAndOnlyWhenItIsDue) {
  Deadlines<int> deadlines;
  EXPECT_FALSE(deadlines.next());
  deadlines.set(1, Time{} + seconds(3));
  deadlines.set(2, Time{} + seconds(2));
  EXPECT_EQ(deadlines.next(), Time{} + seconds(2));
  EXPECT_FALSE(deadlines.take_due(Time{} + seconds(1)));
  EXPECT_EQ(deadlines.take_due(Time{} + seconds(3)), 2);
  EXPECT_EQ(deadlines.take_due(Time{} + seconds(3)), 1);
  EXPECT_FALSE(deadlines.take_due(Time{} + seconds(3)));
}

TEST(DeadlinesTest, ADeadlineIsReplacedAndRemoved) {
  Deadlines<int> deadlines;
  deadlines.set(1, Time{} + seconds(3));
  deadlines.set(1, Time{} + seconds(5));
  EXPECT_EQ(deadlines.next(), Time{} + seconds(5));
  deadlines.set(1, std::nullopt);
  EXPECT_FALSE(deadlines.next());
}

}  // namespace
}  // namespace offhook::sip
