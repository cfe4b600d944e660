#include "media/timer_queue.hpp"

#include <memory>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace offhook::media {
namespace {

using namespace std::chrono_literals;

struct Sleeper {
  std::optional<Time> due;
  TimerQueue<Sleeper>::Timer timer{*this};
};

TEST(TimerQueueTest, WakesInOrderWhateverIsSetMovedAndRemoved) {
  SeededRandom random(3);
  TimerQueue<Sleeper> queue;
  std::vector<std::unique_ptr<Sleeper>> sleepers;
  for (int i = 0; i < 50; ++i) sleepers.push_back(std::make_unique<Sleeper>());
  for (int round = 0; round < 5'000; ++round) {
    Sleeper& sleeper = *sleepers[random.below(sleepers.size())];
    sleeper.due.reset();
    if (random.below(4) != 0) sleeper.due = Time(random.below(1'000) * 1ms);
    queue.set(sleeper.timer, sleeper.due);
    std::optional<Time> expected;
    for (const auto& each : sleepers) expected = earliest(expected, each->due);
    ASSERT_EQ(queue.next(), expected);
  }
  Time last{};
  while (Sleeper* woken = queue.take_due(Time(1s))) {
    EXPECT_GE(*woken->due, last);
    last = *woken->due;
    woken->due.reset();
  }
  for (const auto& each : sleepers) EXPECT_FALSE(each->due);
}

TEST(TimerQueueTest, SetIfEarlierNeverMovesADeadlineAway) {
  TimerQueue<Sleeper> queue;
  Sleeper sleeper;
  queue.set_if_earlier(sleeper.timer, Time(2s));
  queue.set_if_earlier(sleeper.timer, Time(3s));
  queue.set_if_earlier(sleeper.timer, std::nullopt);
  EXPECT_EQ(queue.next(), Time(2s));
  queue.set_if_earlier(sleeper.timer, Time(1s));
  EXPECT_EQ(queue.next(), Time(1s));
  EXPECT_EQ(queue.take_due(Time(1s) - 1ns), nullptr);
  EXPECT_EQ(queue.take_due(Time(1s)), &sleeper);
  EXPECT_FALSE(queue.next());
}

}  // namespace
}  // namespace offhook::media
