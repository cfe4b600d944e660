#include "sim/scenario.hpp"

// Calls of hours, with session timers (RFC 4028) between the gateway and the provider.
namespace offhook::sim {
namespace {

using call::Outcome;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using State = Browser::State;

class LongCall : public Scenario {
 protected:
  void SetUp() override {
    Scenario::SetUp();
    page = &world().open_page();
    world().on_sent = [this](const call::SendSip& send) {
      const std::string_view bytes = send.bytes;
      if (send.flow != World::kTrunk) {
        timer_at_browser |= bytes.contains("Session-Expires") || bytes.contains("timer");
      } else if (bytes.contains("Session-Expires: 1800;refresher=uac")) {
        // An INVITE that refreshes, or the 200 to one.
        ++(bytes.starts_with("INVITE ") ? refreshes : refreshes_answered);
      }
    };
  }
  void TearDown() override {
    EXPECT_FALSE(timer_at_browser);
    Scenario::TearDown();
  }
  // The stand-in answers as chan_sip does: who is called refreshes.
  void dial() {
    page->dial("4443", world().now());
    ASSERT_TRUE(becomes(*page, State::Talking));
  }
  void be_called() {
    ASSERT_TRUE(world().run_until(
        [&] { return world().board.status().trunks.at(0).state == "registered"; }, seconds(5)));
    ASSERT_EQ(world().call_in(), "");
    ASSERT_TRUE(becomes(*page, State::Ringing));
    page->answer(world().now());
    world().run_for(seconds(1));
  }
  void hang_up_after(Duration talking) {
    world().run_for(talking);
    ASSERT_EQ(page->state(), State::Talking);
    page->hang_up(world().now());
    world().run_for(seconds(40));
    EXPECT_EQ(only_record().outcome, Outcome::Completed);
    EXPECT_GE(only_record().talking, talking);
  }

  Browser* page = nullptr;
  std::size_t refreshes = 0;
  std::size_t refreshes_answered = 0;
  bool timer_at_browser = false;
};

TEST_F(LongCall, TheProviderRefreshesACallOfTwoHoursThatWeMake) {
  dial();
  hang_up_after(hours(2) + minutes(1));
  EXPECT_EQ(refreshes, 0U);
  EXPECT_EQ(refreshes_answered, 8U);
  EXPECT_EQ(books().bridged(), 1U) << "media hears nothing of it";
}

TEST_F(LongCall, WeRefreshACallOfTwoHoursThatTheProviderMakes) {
  be_called();
  hang_up_after(hours(2) + minutes(1));
  EXPECT_EQ(refreshes, 8U);
  EXPECT_EQ(refreshes_answered, 0U);
  EXPECT_EQ(books().bridged(), 1U);
}

TEST_F(LongCall, HoldsAndOutagesOfTheRegistrarAndATransferInTwoHours) {
  be_called();
  for (int i = 0; i < 3; ++i) {
    world().run_for(minutes(20));
    page->hold(true, world().now());
    world().run_for(minutes(10));
    EXPECT_TRUE(page->is_held());
    page->hold(false, world().now());
    world().run_for(seconds(1));
    EXPECT_FALSE(page->is_held());
    if (i == 2) break;
    // Shorter than it takes to miss our audio.
    world().set_provider_dead(true);
    world().run_for(seconds(45));
    world().set_provider_dead(false);
    ASSERT_TRUE(world().run_until(
        [&] { return world().board.status().trunks.at(0).state == "registered"; }, minutes(12)));
  }
  ASSERT_EQ(page->state(), State::Talking);
  page->transfer("4443", world().now());
  ASSERT_TRUE(becomes(*page, State::Over));
  world().run_for(minutes(31));
  EXPECT_EQ(world().board.status().calls, 1U);
  world().hang_up_far_ends();
  world().run_for(seconds(40));
  EXPECT_EQ(only_record().outcome, Outcome::Completed);
  EXPECT_EQ(only_record().transferred_to, "4443");
  EXPECT_GE(only_record().talking, hours(2));
}

TEST_F(LongCall, RefreshesComeThroughALossyNetwork) {
  world().network.conditions = {.latency = milliseconds(30),
                                .jitter = milliseconds(60),
                                .loss_percent = 5,
                                .double_percent = 5};
  dial();
  hang_up_after(hours(2) + minutes(1));
  EXPECT_GE(refreshes_answered, 8U) << "some are said twice";
}

TEST_F(LongCall, AWebSocketThatComesAndGoesDoesNotMatter) {
  be_called();
  for (int i = 0; i < 8; ++i) {
    world().lose_connection(*page);
    world().run_for(minutes(1));
    world().connect(*page);
    world().run_for(minutes(6));
  }
  hang_up_after(minutes(5));
  EXPECT_EQ(refreshes, 4U);
}

TEST_F(LongCall, AProviderThatIsGoneIsNoticedWithinTheInterval) {
  dial();
  world().set_provider_dead(true);
  world().run_for(seconds(1'800 - 33));
  EXPECT_EQ(page->state(), State::Talking);
  ASSERT_TRUE(becomes(*page, State::Over));
  EXPECT_THAT(page->reason(), HasSubstr("The provider no longer confirmed the call"));
  EXPECT_EQ(only_record().outcome, Outcome::Failed);
  EXPECT_EQ(only_record().failure, "session_expired");
  world().run_for(minutes(1));
  world().set_provider_dead(false);
  world().run_for(minutes(3));  // until it misses our audio
}

TEST_F(LongCall, AProviderThatDoesNotAnswerOurRefreshEndsTheCall) {
  be_called();
  world().set_provider_dead(true);
  world().run_for(seconds(900));
  EXPECT_EQ(page->state(), State::Talking);
  ASSERT_TRUE(becomes(*page, State::Over, seconds(40)));
  EXPECT_EQ(only_record().failure, "connection_lost");
  world().run_for(minutes(1));
  world().set_provider_dead(false);
  world().run_for(minutes(3));
}

}  // namespace
}  // namespace offhook::sim
