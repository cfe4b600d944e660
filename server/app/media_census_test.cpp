#include "app/media_census.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace offhook::app {
namespace {

using namespace std::chrono_literals;

class MediaCensusTest : public testing::Test {
 protected:
  void ask() {
    census_.ask([this](const MediaCensus::Count& count) { answers_.push_back(count); }, now_);
  }
  bool reply(const control::Command& command, std::uint32_t legs, bool more = false) {
    control::Event event;
    event.set_in_reply_to(command.sequence());
    event.mutable_leg_list()->set_total(legs);
    event.mutable_leg_list()->set_bridges(legs / 2);
    event.mutable_leg_list()->set_more(more);
    return census_.handle(event, now_);
  }

  Time now_{1h};
  std::vector<control::Command> commands_;
  std::vector<MediaCensus::Count> answers_;
  MediaCensus census_{[this](const control::Command& command) { commands_.push_back(command); }};
};

TEST_F(MediaCensusTest, CountsWithTheLastPage) {
  census_.handle_connected();
  ask();
  ASSERT_EQ(commands_.size(), 1U);
  EXPECT_TRUE(commands_[0].has_list());
  EXPECT_TRUE(reply(commands_[0], 4, true));
  EXPECT_TRUE(answers_.empty());
  EXPECT_TRUE(reply(commands_[0], 4));
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_TRUE(answers_[0].is_connected);
  EXPECT_EQ(answers_[0].legs, 4U);
  EXPECT_EQ(answers_[0].bridges, 2U);
  EXPECT_EQ(census_.next_timeout(), std::nullopt);
}

TEST_F(MediaCensusTest, AnswersAtOnceWithoutAConnection) {
  ask();
  EXPECT_TRUE(commands_.empty());
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_FALSE(answers_[0].is_connected);
}

TEST_F(MediaCensusTest, LeavesTheRepliesToOthersAlone) {
  census_.handle_connected();
  control::Event event;
  event.set_in_reply_to(1);
  event.mutable_leg_list();
  EXPECT_FALSE(census_.handle(event, now_));
  event.set_in_reply_to(0);
  EXPECT_FALSE(census_.handle(event, now_));
}

TEST_F(MediaCensusTest, AsksAgainForWhoAskedAfterTheQuestionWasPut) {
  census_.handle_connected();
  ask();
  ask();
  ask();
  ASSERT_EQ(commands_.size(), 1U);
  EXPECT_TRUE(reply(commands_[0], 2));
  EXPECT_EQ(answers_.size(), 1U);
  ASSERT_EQ(commands_.size(), 2U);
  EXPECT_TRUE(reply(commands_[1], 0));
  ASSERT_EQ(answers_.size(), 3U);
  EXPECT_EQ(answers_[2].legs, 0U);
}

TEST_F(MediaCensusTest, DoesNotWaitForAMediaProcessThatHangs) {
  census_.handle_connected();
  ask();
  now_ += MediaCensus::kPatience;
  EXPECT_EQ(census_.next_timeout(), now_);
  census_.handle_timeout(now_);
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_FALSE(answers_[0].is_connected);
  ask();
  EXPECT_TRUE(reply(commands_[0], 9)) << "the late reply to the first question";
  EXPECT_EQ(answers_.size(), 1U);
  EXPECT_TRUE(reply(commands_[1], 1));
  EXPECT_EQ(answers_.back().legs, 1U);
}

TEST_F(MediaCensusTest, AnswersEverybodyWhenTheConnectionIsLost) {
  census_.handle_connected();
  ask();
  ask();
  census_.handle_lost();
  EXPECT_EQ(answers_.size(), 2U);
  EXPECT_EQ(census_.next_timeout(), std::nullopt);
}

}  // namespace
}  // namespace offhook::app
