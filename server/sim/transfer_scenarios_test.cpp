#include "sim/scenario.hpp"

// Calls that change hands, with sound where there are pages with sound.
namespace offhook::sim {
namespace {

using call::Outcome;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using State = Browser::State;

constexpr const char* kEcho = "4443";
constexpr const char* kBusy = "5555550102";
constexpr const char* kHangsUpAfterFiveSeconds = "5555550105";

class TransferScenario : public Scenario {
 protected:
  void SetUp() override {
    begin(kSeed, World::Audio::Real);
    page = &world().open_page("a");
    other = &world().open_page("b");
    world().run_for(seconds(1));
  }
  void talk(Browser& browser, const char* number = kEcho) {
    browser.dial(number, world().now());
    ASSERT_TRUE(becomes(browser, State::Talking));
    world().run_for(seconds(1));
  }
  // Frames that come back while two seconds pass.
  std::size_t echoed(Browser& browser) {
    const std::size_t before = world().ears(browser).frames_echoed();
    world().run_for(seconds(2));
    return world().ears(browser).frames_echoed() - before;
  }
  Browser* page = nullptr;
  Browser* other = nullptr;
};

TEST_F(TransferScenario, ACallerIsConnectedWithTheNumberAndBothHaveSound) {
  ASSERT_EQ(world().call_in(), "");
  ASSERT_TRUE(becomes(*page, State::Ringing));
  page->answer(world().now());
  world().run_for(seconds(1));
  page->transfer(kEcho, world().now());
  ASSERT_TRUE(becomes(*page, State::Over));
  EXPECT_EQ(page->transfer_status(), 202);
  EXPECT_EQ(page->transfer_progress(), "SIP/2.0 200 OK");
  world().run_for(seconds(10));
  EXPECT_EQ(world().board.status().calls, 1U);
  world().hang_up_far_ends();
  world().run_for(seconds(1));
  EXPECT_EQ(only_record().outcome, Outcome::Completed);
  EXPECT_EQ(only_record().transferred_to, kEcho);
  // The caller's tone, and what the number gave back of it.
  EXPECT_GT(only_record().trunk_leg.statistics->packets_received(), 500U);
  EXPECT_GT(only_record().trunk_leg.statistics->packets_sent(), 500U);
  EXPECT_GT(only_record().browser_leg.statistics->packets_received(), 40U);
}

TEST_F(TransferScenario, WhoIsConnectedTalksUntilOneOfThemHangsUp) {
  talk(*page);
  page->transfer(kHangsUpAfterFiveSeconds, world().now());
  ASSERT_TRUE(becomes(*page, State::Over));
  world().run_for(seconds(4));
  EXPECT_EQ(world().board.status().calls, 1U);
  world().run_for(seconds(2));
  EXPECT_EQ(world().board.status().calls, 0U);
  EXPECT_EQ(only_record().transferred_to, kHangsUpAfterFiveSeconds);
}

TEST_F(TransferScenario, ABusyNumberGivesTheCallBack) {
  talk(*page);
  page->transfer(kBusy, world().now());
  world().run_for(seconds(1));
  EXPECT_EQ(page->transfer_progress(), "SIP/2.0 486 Busy Here");
  EXPECT_EQ(page->state(), State::Talking);
  EXPECT_GT(echoed(*page), 90U);
  page->hang_up(world().now());
  world().run_for(seconds(1));
  EXPECT_EQ(only_record().transferred_to, "");
}

TEST_F(TransferScenario, HangingUpDoesNotStopATransfer) {
  talk(*page);
  page->transfer("5555550104", world().now());  // answers after 3 s
  world().run_for(seconds(1));
  page->hang_up(world().now());
  world().run_for(seconds(4));
  EXPECT_EQ(world().board.status().calls, 1U);
  world().hang_up_far_ends();
  world().run_for(seconds(1));
  EXPECT_EQ(only_record().transferred_to, "5555550104");
}

TEST_F(TransferScenario, TwoCallsOfAUserAreConnected) {
  talk(*page);
  talk(*other, kHangsUpAfterFiveSeconds);
  page->transfer(*other, world().now());
  ASSERT_TRUE(becomes(*page, State::Over));
  ASSERT_TRUE(becomes(*other, State::Over));
  EXPECT_EQ(page->transfer_progress(), "SIP/2.0 200 OK");
  EXPECT_EQ(world().board.status().calls, 1U);
  world().run_for(seconds(6));
  EXPECT_EQ(world().board.status().calls, 0U);
  EXPECT_EQ(world().ended().size(), 2U);
}

TEST_F(TransferScenario, ACallMovesToAnotherPageAndSoDoesItsSound) {
  talk(*page);
  other->take_over(*page, world().now());
  ASSERT_TRUE(becomes(*other, State::Talking));
  ASSERT_TRUE(becomes(*page, State::Over));
  EXPECT_THAT(page->reason(), HasSubstr("Call completed elsewhere"));
  world().run_for(seconds(1));
  EXPECT_GT(echoed(*other), 90U);
  other->hang_up(world().now());
  world().run_for(seconds(1));
  EXPECT_EQ(only_record().outcome, Outcome::Completed);
}

TEST_F(TransferScenario, ATransferComesThroughALossyNetwork) {
  world().network.conditions = {.latency = milliseconds(30),
                                .jitter = milliseconds(60),
                                .loss_percent = 10,
                                .double_percent = 5};
  talk(*page);
  page->transfer(kEcho, world().now());
  ASSERT_TRUE(becomes(*page, State::Over, seconds(40)));
  EXPECT_EQ(page->transfer_progress(), "SIP/2.0 200 OK");
  world().hang_up_far_ends();
  world().run_for(minutes(1));
  EXPECT_EQ(only_record().transferred_to, kEcho);
}

TEST_F(TransferScenario, ATransferWhileTheProviderIsGoneGivesTheCallBackInWords) {
  talk(*page);
  world().set_provider_dead(true);
  page->transfer(kEcho, world().now());
  ASSERT_TRUE(world().run_until([&] { return page->transfer_progress().starts_with("SIP/2.0 5"); },
                                seconds(40)));
  EXPECT_EQ(page->state(), State::Talking);
  world().set_provider_dead(false);
  page->hang_up(world().now());
  world().run_for(minutes(3));
}

}  // namespace
}  // namespace offhook::sim
