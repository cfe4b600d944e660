#include "sim/scenario.hpp"

// What breaks, and what is left of it: words for the user, and nothing else.
namespace offhook::sim {
namespace {

using call::Outcome;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using State = Browser::State;

class FailureScenario : public Scenario {
 protected:
  void SetUp() override {
    Scenario::SetUp();
    page = &world().open_page();
    world().run_for(seconds(1));
  }
  void talk() {
    page->dial("4443", world().now());
    ASSERT_TRUE(becomes(*page, State::Talking));
  }
  Browser* page = nullptr;
};

TEST_F(FailureScenario, DeadProviderEndsTheCallInWords) {
  world().set_provider_dead(true);
  page->dial("4443", world().now());
  ASSERT_TRUE(becomes(*page, State::Over, seconds(40)));
  EXPECT_EQ(page->status(), 504);
  EXPECT_THAT(page->reason(), HasSubstr("The provider does not answer"));
  EXPECT_EQ(only_record().outcome, Outcome::Failed);
  world().set_provider_dead(false);  // where it is looked for again and again
}

// An ICMP error towards the trunk (a router that restarts, or a forger) ends no call.
TEST_F(FailureScenario, UnreachableTrunkEndsNeitherARingingCallNorItsCancel) {
  page->dial("5555550101", world().now());  // which rings for ever
  world().run_for(seconds(1));
  world().report_trunk_unreachable();
  world().run_for(seconds(1));
  EXPECT_EQ(page->state(), State::Calling);
  world().set_provider_dead(true);
  page->hang_up(world().now());
  world().run_for(milliseconds(100));
  world().report_trunk_unreachable();
  world().set_provider_dead(false);
  world().run_for(seconds(2));
  EXPECT_EQ(world().provider.call_count(), 0U);
}

TEST_F(FailureScenario, UnreachableTrunkEndsTheCallThatIsBeingMadeAtOnce) {
  world().set_provider_dead(true);
  page->dial("4443", world().now());
  world().run_for(milliseconds(100));
  world().report_trunk_unreachable();
  ASSERT_TRUE(becomes(*page, State::Over, seconds(1)));
  EXPECT_THAT(page->reason(), HasSubstr("provider"));
  world().set_provider_dead(false);
}

TEST_F(FailureScenario, AForgedIcmpErrorDoesNotEndACallThatIsBeingMade) {
  world().set_provider_dead(true);
  page->dial("4443", world().now());
  world().run_for(milliseconds(100));
  world().board.handle_undelivered(World::kTrunk, "INVITE sip:4443@atlanta.voip.ms SIP/2.0\r\n",
                                   world().now());
  world().run_for(seconds(1));
  EXPECT_EQ(page->state(), State::Calling);
  world().set_provider_dead(false);
  ASSERT_TRUE(becomes(*page, State::Talking));
  page->hang_up(world().now());
}

TEST_F(FailureScenario, UnreachableTrunkStillGetsTheBye) {
  talk();
  world().set_provider_dead(true);
  page->hang_up(world().now());
  world().run_for(milliseconds(100));
  world().report_trunk_unreachable();
  world().set_provider_dead(false);
  world().run_for(seconds(2));
  EXPECT_EQ(world().provider.call_count(), 0U);
}

TEST_F(FailureScenario, KeepAlivesPassSilentlyAndTheTrunkStaysRegistered) {
  const auto count = [&](std::string_view line) {
    const std::string story = world().story();
    std::size_t found = 0;
    for (auto at = story.find(line); at != std::string::npos; at = story.find(line, at + 1)) {
      ++found;
    }
    return found;
  };
  const std::size_t answers = count("trunk -> gateway");
  world().run_for(seconds(150));  // the registration is refreshed later
  EXPECT_EQ(count("gateway -> trunk    keep-alive"), 6U);
  EXPECT_EQ(count("trunk -> gateway"), answers);
  EXPECT_EQ(world().board.status().trunks.at(0).state, "registered");
}

TEST_F(FailureScenario, CancellingACallToADeadProviderLeavesNothing) {
  world().set_provider_dead(true);
  page->dial("4443", world().now());
  world().run_for(seconds(3));
  page->hang_up(world().now());
  world().run_for(seconds(1));
  EXPECT_EQ(only_record().outcome, Outcome::Cancelled);
}

TEST_F(FailureScenario, ProviderThatDiesInACallDoesNotKeepItUp) {
  talk();
  world().set_provider_dead(true);
  world().run_for(seconds(5));
  page->hang_up(world().now());
  world().run_for(seconds(40));
  EXPECT_EQ(world().board.status().calls, 0U);
  world().set_provider_dead(false);
  world().run_for(std::chrono::minutes(3));  // until it misses our audio
}

TEST_F(FailureScenario, RegistrationComesBackAfterTheProviderDoes) {
  world().set_provider_dead(true);
  ASSERT_TRUE(
      world().run_until([&] { return world().board.status().trunks.at(0).state == "waiting"; },
                        std::chrono::minutes(10)));
  EXPECT_THAT(world().board.status().trunks.at(0).reason, HasSubstr("does not answer"));
  world().set_provider_dead(false);
  EXPECT_TRUE(
      world().run_until([&] { return world().board.status().trunks.at(0).state == "registered"; },
                        std::chrono::minutes(10)));
}

TEST_F(FailureScenario, WebSocketIsLostAndBackInACallAndTheBrowserHangsUp) {
  talk();
  world().lose_connection(*page);
  world().run_for(seconds(5));
  EXPECT_EQ(world().board.status().calls, 1U);
  world().connect(*page);
  ASSERT_TRUE(world().run_until([&] { return page->registered(); }, seconds(2)));
  page->hang_up(world().now());
  world().run_for(seconds(1));
  EXPECT_EQ(only_record().outcome, Outcome::Completed);
}

TEST_F(FailureScenario, WebSocketIsLostAndBackInACallAndTheProviderHangsUp) {
  page->dial("5555550105", world().now());
  ASSERT_TRUE(becomes(*page, State::Talking));
  world().run_for(milliseconds(100));
  world().lose_connection(*page);
  world().run_for(seconds(2));
  world().connect(*page);
  ASSERT_TRUE(becomes(*page, State::Over, seconds(10)));
  EXPECT_EQ(only_record().outcome, Outcome::Completed);
}

// The 200 is sent again until an ACK comes (RFC 3261 13.3.1.4): on the new connection, too.
TEST_F(FailureScenario, AckThatIsLostWithTheWebSocketIsMadeGoodOnTheNextOne) {
  talk();
  world().lose_connection(*page);
  world().run_for(seconds(2));
  world().connect(*page);
  world().run_for(seconds(60));
  EXPECT_EQ(page->state(), State::Talking);
  page->hang_up(world().now());
  world().run_for(seconds(1));
  EXPECT_EQ(only_record().outcome, Outcome::Completed);
}

TEST_F(FailureScenario, WebSocketIsLostWhileItRingsAndBackBeforeTheAnswer) {
  page->dial("5555550104", world().now());
  world().run_for(seconds(1));
  world().lose_connection(*page);
  world().run_for(milliseconds(500));
  world().connect(*page);
  ASSERT_TRUE(becomes(*page, State::Talking));
  world().run_for(seconds(40));
  EXPECT_EQ(page->state(), State::Talking);
  page->hang_up(world().now());
}

TEST_F(FailureScenario, AnswerComesWhileTheWebSocketIsAway) {
  page->dial("5555550104", world().now());
  world().run_for(seconds(1));
  world().lose_connection(*page);
  world().run_for(seconds(5));
  world().connect(*page);
  ASSERT_TRUE(becomes(*page, State::Talking));
  page->hang_up(world().now());
}

TEST_F(FailureScenario, PageIsClosedWhileItRings) {
  page->dial("5555550101", world().now());
  world().run_for(seconds(1));
  world().lose_connection(*page);
  page->hang_up(world().now());  // nobody hears it
  world().run_for(seconds(35));
  EXPECT_EQ(world().board.status().calls, 0U);
  EXPECT_EQ(world().provider.call_count(), 0U);
}

TEST_F(FailureScenario, ProviderHangsUpWhileTheWebSocketIsAway) {
  page->dial("5555550105", world().now());
  ASSERT_TRUE(becomes(*page, State::Talking));
  world().run_for(milliseconds(100));
  world().lose_connection(*page);
  world().run_for(seconds(10));
  EXPECT_EQ(world().board.status().calls, 0U);
  EXPECT_EQ(only_record().outcome, Outcome::Completed);
  world().connect(*page);
  world().run_for(seconds(1));
  page->hang_up(world().now());  // the page still believes in the call: 481 ends that
}

TEST_F(FailureScenario, HangUpThatIsLostWithTheWebSocketEndsTheCallAllTheSame) {
  talk();
  world().run_for(seconds(1));
  page->hang_up(world().now());
  world().run_for(milliseconds(5));
  world().lose_connection(*page);
  world().run_for(seconds(35));
  EXPECT_EQ(world().board.status().calls, 0U);
  EXPECT_EQ(only_record().outcome, Outcome::Failed);
}

TEST_F(FailureScenario, PageThatRingsIsClosed) {
  EXPECT_EQ(world().call_in(), "");
  ASSERT_TRUE(becomes(*page, State::Ringing));
  world().lose_connection(*page);
  world().run_for(seconds(1));
  EXPECT_EQ(world().provider.call_count(), 0U);
  EXPECT_EQ(only_record().outcome, Outcome::NoAnswer);
  page->hang_up(world().now());
}

TEST_F(FailureScenario, CallToNobody) {
  world().lose_connection(*page);
  EXPECT_EQ(world().call_in(), "");
  world().run_for(seconds(1));
  EXPECT_EQ(world().provider.call_count(), 0U);
}

TEST_F(FailureScenario, MediaIsLostInACallAndTheNextCallWorks) {
  talk();
  world().lose_media();
  ASSERT_TRUE(becomes(*page, State::Over));
  EXPECT_THAT(page->reason(), HasSubstr("audio service was restarted"));
  EXPECT_EQ(only_record().outcome, Outcome::Failed);

  page->dial("4443", world().now());
  ASSERT_TRUE(becomes(*page, State::Over));
  EXPECT_EQ(page->status(), 503);
  EXPECT_THAT(page->reason(), HasSubstr("audio service is restarting"));

  world().restore_media();
  world().run_for(milliseconds(10));
  talk();
  page->hang_up(world().now());
}

TEST_F(FailureScenario, MediaHangs) {
  books().hang(true);
  page->dial("4443", world().now());
  ASSERT_TRUE(becomes(*page, State::Over));
  EXPECT_EQ(page->status(), 503);
  world().run_for(seconds(5));
  page->dial("4443", world().now());
  ASSERT_TRUE(becomes(*page, State::Over, milliseconds(100)));
  EXPECT_EQ(page->status(), 503);
  world().lose_media();  // the supervisor's answer to it
  world().restore_media();
  world().run_for(milliseconds(10));
  talk();
  page->hang_up(world().now());
}

TEST_F(FailureScenario, ShutDownEndsEveryCallWithinTwoSeconds) {
  Browser& other = world().open_page("b");
  talk();
  other.dial("5555550101", world().now());
  world().run_for(seconds(2));
  world().board.shut_down(world().now());
  world().run_for(seconds(2));
  EXPECT_TRUE(world().all_calls_ended());
  EXPECT_EQ(page->state(), State::Over);
  EXPECT_EQ(other.state(), State::Over);
  EXPECT_THAT(other.reason(), HasSubstr("restarted"));
  EXPECT_EQ(world().provider.call_count(), 0U);
}

}  // namespace
}  // namespace offhook::sim
