#include "sim/scenario.hpp"

// Whole calls as users make them, on a good network.
namespace offhook::sim {
namespace {

using call::Outcome;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using State = Browser::State;

class CallScenario : public Scenario {
 protected:
  void SetUp() override {
    Scenario::SetUp();
    page = &world().open_page();
  }
  // The provider's number that answers at once.
  void talk() {
    page->dial("4443", world().now());
    ASSERT_TRUE(becomes(*page, State::Talking));
  }
  Browser* page = nullptr;
};

TEST_F(CallScenario, TrunkRegistersWithAChallenge) {
  EXPECT_TRUE(world().run_until(
      [&] { return world().board.status().trunks.at(0).state == "registered"; }, seconds(2)));
}

TEST_F(CallScenario, SetUpThenTheBrowserHangsUp) {
  talk();
  EXPECT_TRUE(page->early_answer());
  EXPECT_EQ(books().bridge_count(), 1U);
  world().run_for(seconds(30));
  page->hang_up(world().now());
  world().run_for(seconds(1));
  EXPECT_EQ(only_record().outcome, Outcome::Completed);
  EXPECT_GE(only_record().talking, seconds(30));
  EXPECT_EQ(only_record().remote_number, "4443");
}

TEST_F(CallScenario, SetUpIsQuickerThanTwoRoundTripsToTheProviderAndTheBrowser) {
  const Time start = world().now();
  talk();
  // Browser 2 * 15 ms, provider 4 * 10 ms (a challenge), media below a millisecond.
  EXPECT_LT(world().now() - start, milliseconds(72));
  page->hang_up(world().now());
}

TEST_F(CallScenario, SetUpThenTheProviderHangsUp) {
  page->dial("5555550105", world().now());
  ASSERT_TRUE(becomes(*page, State::Talking));
  ASSERT_TRUE(becomes(*page, State::Over, seconds(10)));
  world().run_for(seconds(1));
  EXPECT_EQ(only_record().outcome, Outcome::Completed);
}

TEST_F(CallScenario, CancelledWhileItRings) {
  page->dial("5555550101", world().now());
  world().run_for(seconds(10));
  EXPECT_EQ(page->state(), State::Calling);
  EXPECT_EQ(world().provider.call_count(), 1U);
  page->hang_up(world().now());
  world().run_for(seconds(1));
  EXPECT_EQ(world().provider.call_count(), 0U);
  EXPECT_EQ(only_record().outcome, Outcome::Cancelled);
}

TEST_F(CallScenario, CancelledAtEveryMomentOfTheSetUp) {
  finish();
  for (int i = 0; i < 50; ++i) {
    begin(kSeed + static_cast<std::uint64_t>(i));
    page = &world().open_page();
    page->dial("4443", world().now());
    world().run_for(milliseconds(2 * i));
    page->hang_up(world().now());
    finish();
  }
}

TEST_F(CallScenario, Busy) {
  page->dial("5555550102", world().now());
  ASSERT_TRUE(becomes(*page, State::Over));
  EXPECT_EQ(page->status(), 486);
  EXPECT_THAT(page->reason(), HasSubstr("The line is busy"));
  EXPECT_EQ(only_record().outcome, Outcome::Busy);
}

TEST_F(CallScenario, NumberThatDoesNotExist) {
  page->dial("5555550103", world().now());
  ASSERT_TRUE(becomes(*page, State::Over));
  EXPECT_EQ(page->status(), 404);
  EXPECT_THAT(page->reason(), HasSubstr("does not exist"));
  EXPECT_EQ(only_record().sip_status, 404);
}

TEST_F(CallScenario, Declined) {
  page->dial("5555550107", world().now());
  ASSERT_TRUE(becomes(*page, State::Over));
  EXPECT_EQ(page->status(), 603);
  EXPECT_EQ(only_record().outcome, Outcome::Rejected);
}

TEST_F(CallScenario, NobodyAnswers) {
  page->dial("5555550101", world().now());
  ASSERT_TRUE(becomes(*page, State::Over, seconds(200)));
  EXPECT_EQ(page->status(), 480);
  EXPECT_THAT(page->reason(), HasSubstr("Nobody answered"));
  EXPECT_EQ(only_record().outcome, Outcome::NoAnswer);
}

TEST_F(CallScenario, EarlyMediaThenTheAnswer) {
  page->dial("5555550104", world().now());
  world().run_for(seconds(1));
  EXPECT_EQ(page->state(), State::Calling);
  EXPECT_EQ(books().bridge_count(), 1U);
  ASSERT_TRUE(becomes(*page, State::Talking));
  EXPECT_EQ(books().bridged(), 1U);
  page->hang_up(world().now());
}

TEST_F(CallScenario, IncomingCallIsAnsweredAndTheBrowserHangsUp) {
  ASSERT_TRUE(world().run_until(
      [&] { return world().board.status().trunks.at(0).state == "registered"; }, seconds(2)));
  EXPECT_EQ(world().call_in(), "");
  ASSERT_TRUE(becomes(*page, State::Ringing));
  EXPECT_EQ(page->caller(), "2125550106");
  world().run_for(seconds(3));
  page->answer(world().now());
  world().run_for(seconds(10));
  EXPECT_EQ(world().board.status().calls, 1U);
  EXPECT_EQ(books().bridge_count(), 1U);
  page->hang_up(world().now());
  world().run_for(seconds(1));
  EXPECT_EQ(only_record().outcome, Outcome::Completed);
  EXPECT_EQ(only_record().direction, call::Direction::Inbound);
}

TEST_F(CallScenario, IncomingCallIsDeclined) {
  world().run_for(seconds(1));
  EXPECT_EQ(world().call_in(), "");
  ASSERT_TRUE(becomes(*page, State::Ringing));
  page->decline(603, world().now());
  world().run_for(seconds(1));
  EXPECT_EQ(only_record().outcome, Outcome::Rejected);
  EXPECT_EQ(world().provider.call_count(), 0U);
}

TEST_F(CallScenario, IncomingCallIsGivenUpByTheCaller) {
  world().run_for(seconds(1));
  EXPECT_EQ(world().call_in(), "");
  ASSERT_TRUE(becomes(*page, State::Ringing));
  ASSERT_TRUE(becomes(*page, State::Over, seconds(70)));
  EXPECT_EQ(only_record().outcome, Outcome::Cancelled);
}

TEST_F(CallScenario, IncomingCallRingsTwoPagesAndOneAnswers) {
  Browser& other = world().open_page("b");
  world().run_for(seconds(1));
  EXPECT_EQ(world().call_in(), "");
  ASSERT_TRUE(becomes(*page, State::Ringing));
  ASSERT_TRUE(becomes(other, State::Ringing));
  other.answer(world().now());
  ASSERT_TRUE(becomes(*page, State::Over));
  EXPECT_THAT(page->reason(), HasSubstr("Call completed elsewhere"));
  EXPECT_EQ(other.state(), State::Talking);
  world().run_for(seconds(1));
  other.hang_up(world().now());
}

TEST_F(CallScenario, TwoPagesAnswerAtTheSameMoment) {
  Browser& other = world().open_page("b");
  world().run_for(seconds(1));
  EXPECT_EQ(world().call_in(), "");
  ASSERT_TRUE(becomes(*page, State::Ringing));
  ASSERT_TRUE(becomes(other, State::Ringing));
  page->answer(world().now());
  other.answer(world().now());
  world().run_for(seconds(1));
  const auto talking =
      (page->state() == State::Talking ? 1 : 0) + (other.state() == State::Talking ? 1 : 0);
  EXPECT_EQ(talking, 1);
  page->hang_up(world().now());
  other.hang_up(world().now());
}

TEST_F(CallScenario, TheFarEndCallsBack) {
  page->dial("5555550106", world().now());
  ASSERT_TRUE(becomes(*page, State::Talking));
  ASSERT_TRUE(becomes(*page, State::Over, seconds(5)));
  ASSERT_TRUE(becomes(*page, State::Ringing, seconds(5)));
  EXPECT_EQ(page->caller(), "2125550106");
  page->answer(world().now());
  world().run_for(seconds(5));
  page->hang_up(world().now());
  world().run_for(seconds(1));
  EXPECT_EQ(world().ended().size(), 2U);
}

TEST_F(CallScenario, BothSidesHangUpAtTheSameMoment) {
  page->dial("5555550105", world().now());
  ASSERT_TRUE(becomes(*page, State::Talking));
  world().run_for(seconds(5) - milliseconds(25));
  page->hang_up(world().now());
  world().run_for(seconds(1));
  EXPECT_EQ(only_record().outcome, Outcome::Completed);
}

TEST_F(CallScenario, LongCallKeepsItsLeases) {
  talk();
  world().run_for(std::chrono::minutes(30));
  EXPECT_EQ(page->state(), State::Talking);
  page->hang_up(world().now());
}

}  // namespace
}  // namespace offhook::sim
