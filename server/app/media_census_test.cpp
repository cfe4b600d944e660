#include "app/media_census.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace offhook::app {
namespace {

using namespace std::chrono_literals;

class MediaCensusTest : public testing::Test {
 protected:
  void ask() {
    census_.ask([this](const MediaCensus::Answer& answer) { answers_.push_back(answer); }, now_);
  }
  bool reply(const control::Command& command, std::uint32_t legs) {
    control::Event event;
    event.set_in_reply_to(command.sequence());
    event.mutable_engine_statistics()->set_trunk_legs(legs);
    return census_.handle(event, now_);
  }

  Time now_{1h};
  std::vector<control::Command> commands_;
  std::vector<MediaCensus::Answer> answers_;
  MediaCensus census_{[this](const control::Command& command) { commands_.push_back(command); }};
};

TEST_F(MediaCensusTest, AnswersWithWhatMediaSays) {
  census_.handle_connected();
  ask();
  ASSERT_EQ(commands_.size(), 1U);
  EXPECT_TRUE(commands_[0].has_get_engine_statistics());
  EXPECT_TRUE(answers_.empty());
  EXPECT_TRUE(reply(commands_[0], 4));
  ASSERT_EQ(answers_.size(), 1U);
  ASSERT_TRUE(answers_[0]);
  EXPECT_EQ(answers_[0]->trunk_legs(), 4U);
  EXPECT_EQ(census_.next_timeout(), std::nullopt);
}

TEST_F(MediaCensusTest, AMediaProcessOfAnotherVersionIsThereAndSaysNothing) {
  census_.handle_connected();
  ask();
  control::Event event;
  event.set_in_reply_to(commands_.at(0).sequence());
  event.mutable_command_failed()->set_code(control::CommandFailed::INVALID);
  EXPECT_TRUE(census_.handle(event, now_));
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_TRUE(answers_[0]);
}

TEST_F(MediaCensusTest, AnswersAtOnceWithoutAConnection) {
  ask();
  EXPECT_TRUE(commands_.empty());
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_FALSE(answers_[0]);
}

TEST_F(MediaCensusTest, LeavesTheRepliesToOthersAlone) {
  census_.handle_connected();
  control::Event event;
  event.set_in_reply_to(1);
  event.mutable_engine_statistics();
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
  EXPECT_EQ(answers_[2]->trunk_legs(), 0U);
}

TEST_F(MediaCensusTest, DoesNotWaitForAMediaProcessThatHangs) {
  census_.handle_connected();
  ask();
  now_ += MediaCensus::kPatience;
  EXPECT_EQ(census_.next_timeout(), now_);
  census_.handle_timeout(now_);
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_FALSE(answers_[0]);
  ask();
  EXPECT_TRUE(reply(commands_[0], 9)) << "the late reply to the first question";
  EXPECT_EQ(answers_.size(), 1U);
  EXPECT_TRUE(reply(commands_[1], 1));
  EXPECT_EQ(answers_.back()->trunk_legs(), 1U);
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
