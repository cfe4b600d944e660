#include "app/supervision.hpp"

#include <chrono>

#include <gtest/gtest.h>

#include "base/overloaded.hpp"

namespace offhook::app {
namespace {

using namespace std::chrono_literals;

// 0: signal (first stage), 1: media, 2: provider.
class SupervisionTest : public testing::Test {
 protected:
  std::string outputs() {
    std::string all;
    while (const auto output = supervision_.poll_output()) {
      if (!all.empty()) all += ' ';
      all += std::visit(
          Overloaded{
              [](const Supervision::Start& start) { return "start" + std::to_string(start.child); },
              [](const Supervision::RestartScheduled& restart) {
                const auto delay =
                    std::chrono::duration_cast<std::chrono::milliseconds>(restart.delay);
                return "restart" + std::to_string(restart.child) + "@" +
                       std::to_string(delay.count());
              },
              [](const Supervision::AskToEnd& ask) { return "ask" + std::to_string(ask.child); },
              [](const Supervision::Kill& kill) { return "kill" + std::to_string(kill.child); },
              [](const Supervision::AllEnded&) { return std::string("all_ended"); }},
          *output);
    }
    return all;
  }
  // Jumps to the next deadline.
  std::string step() {
    const auto next = supervision_.next_timeout();
    if (!next) return "no deadline";
    now_ = *next;
    supervision_.handle_timeout(now_);
    return outputs();
  }
  void exit(std::size_t child, Supervision::Exit how = Supervision::Exit::Failed) {
    supervision_.handle_exited(child, how, now_);
  }

  const Time start_{1h};
  Time now_ = start_;
  Supervision supervision_{{0, 1, 1}, now_};
};

TEST_F(SupervisionTest, StartsEveryChildAtOnce) {
  EXPECT_EQ(supervision_.next_timeout(), start_);
  EXPECT_EQ(step(), "start0 start1 start2");
  EXPECT_EQ(supervision_.next_timeout(), std::nullopt);
}

TEST_F(SupervisionTest, RestartsWithDelaysThatDoubleUpToFiveSeconds) {
  step();
  for (const char* delay : {"100", "200", "400", "800", "1600", "3200", "5000", "5000"}) {
    exit(1);
    EXPECT_EQ(outputs(), "restart1@" + std::string(delay));
    EXPECT_EQ(step(), "start1");
  }
}

TEST_F(SupervisionTest, StartsAgainWithShortDelaysAfterTenSecondsOfHealth) {
  step();
  for (int i = 0; i < 5; ++i) {
    exit(0);
    step();
  }
  now_ += 9'999ms;
  exit(0);
  EXPECT_EQ(outputs(), "restart0@3200");
  step();
  now_ += 10s;
  exit(0);
  EXPECT_EQ(outputs(), "restart0@100");
}

TEST_F(SupervisionTest, EndsEverythingWhenAChildIsMisconfigured) {
  step();
  exit(0, Supervision::Exit::Misconfigured);
  EXPECT_EQ(outputs(), "ask1 ask2");
  exit(1);
  exit(2);
  EXPECT_EQ(outputs(), "all_ended");
}

TEST_F(SupervisionTest, EndsSignalFirstThenTheOthers) {
  step();
  supervision_.stop(now_);
  EXPECT_EQ(outputs(), "ask0");
  now_ += 20ms;
  exit(0);
  EXPECT_EQ(outputs(), "ask1 ask2");
  exit(2);
  EXPECT_EQ(outputs(), "");
  exit(1);
  EXPECT_EQ(outputs(), "all_ended");
  EXPECT_EQ(supervision_.next_timeout(), std::nullopt);
}

TEST_F(SupervisionTest, EndsTheOthersWhenSignalTakesTooLongAndKillsWhatIsLeft) {
  step();
  supervision_.stop(now_);
  EXPECT_EQ(outputs(), "ask0");
  EXPECT_EQ(step(), "ask1 ask2");
  EXPECT_EQ(now_, start_ + 1'500ms);
  exit(2);
  EXPECT_EQ(step(), "kill0 kill1");
  EXPECT_EQ(now_, start_ + 1'850ms);
  EXPECT_EQ(supervision_.next_timeout(), std::nullopt);
  exit(0);
  exit(1);
  EXPECT_EQ(outputs(), "all_ended");
}

TEST_F(SupervisionTest, DoesNotRestartWhatExitsDuringTheStop) {
  step();
  supervision_.stop(now_);
  outputs();
  exit(1);
  EXPECT_EQ(outputs(), "");
  exit(0);
  EXPECT_EQ(outputs(), "ask2");
}

TEST_F(SupervisionTest, ForgetsARestartThatWaitsWhenStopped) {
  step();
  exit(0);
  outputs();
  supervision_.stop(now_);
  EXPECT_EQ(outputs(), "ask1 ask2");
  exit(1);
  exit(2);
  EXPECT_EQ(outputs(), "all_ended");
  EXPECT_EQ(supervision_.next_timeout(), std::nullopt);
}

TEST_F(SupervisionTest, IsEndedAtOnceWhereNothingRuns) {
  supervision_.stop(now_);
  EXPECT_EQ(outputs(), "all_ended");
  supervision_.stop(now_);
  EXPECT_EQ(outputs(), "");
}

}  // namespace
}  // namespace offhook::app
