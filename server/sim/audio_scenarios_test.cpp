#include "sim/scenario.hpp"

// Whole calls with sound: SIP.js's half and a WebRTC stack, the switchboard, the media engine, and
// the provider's RTP.
namespace offhook::sim {
namespace {

using call::Outcome;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using State = Browser::State;

class AudioScenario : public Scenario {
 protected:
  void SetUp() override { begin_with_audio(kSeed); }
  void begin_with_audio(std::uint64_t seed) {
    begin(seed, World::Audio::Real);
    page = &world().open_page();
    world().run_for(seconds(1));
  }
  WebRtcMedia& ears() { return world().ears(*page); }
  Browser* page = nullptr;
};

TEST_F(AudioScenario, EchoComesBackFrameByFrame) {
  page->dial("4443", world().now());
  ASSERT_TRUE(becomes(*page, State::Talking));
  world().run_for(seconds(3));
  EXPECT_TRUE(ears().connected());
  EXPECT_GT(ears().frames_spoken(), 140U);
  // What was said before the provider had answered, and what is still on its way.
  EXPECT_GT(ears().frames_echoed(), ears().frames_spoken() - 12);
  page->hang_up(world().now());
}

TEST_F(AudioScenario, EarlyMediaIsHeardBeforeTheAnswer) {
  page->dial("5555550104", world().now());
  world().run_for(seconds(2));
  EXPECT_EQ(page->state(), State::Calling);
  EXPECT_GT(ears().frames_heard(), 80U);
  page->hang_up(world().now());
}

TEST_F(AudioScenario, RingbackIsHeardWhileItRings) {
  page->dial("5555550101", world().now());
  world().run_for(seconds(2));
  EXPECT_EQ(page->state(), State::Calling);
  EXPECT_GT(ears().frames_heard(), 60U);
  page->hang_up(world().now());
}

// ICE, DTLS and the first sound need three round trips to the browser after the 183, and the
// provider's challenge one; a tuned Kamailio with rtpengine took 47 ms on no network at all.
TEST_F(AudioScenario, FirstSoundComesWithinRoundTripsOfDialling) {
  const Time dialled = world().now();
  page->dial("4443", world().now());
  ASSERT_TRUE(world().run_until([&] { return ears().first_heard_at().has_value(); }, seconds(1)));
  EXPECT_LT(*ears().first_heard_at() - dialled, milliseconds(200));
  page->hang_up(world().now());
}

TEST_F(AudioScenario, IncomingCallIsAnsweredWhenItsMediaIsUpAndIsHeard) {
  EXPECT_EQ(world().call_in(), "");
  ASSERT_TRUE(becomes(*page, State::Ringing));
  page->answer(world().now());
  world().run_for(seconds(3));
  EXPECT_GT(ears().frames_heard(), 100U);
  page->hang_up(world().now());
  world().run_for(seconds(1));
  EXPECT_EQ(only_record().outcome, Outcome::Completed);
  EXPECT_LT(only_record().ringing, milliseconds(600));
}

TEST_F(AudioScenario, LaterCallHearsNothingOfEarlierOnes) {
  for (int i = 0; i < 3; ++i) {
    page->dial("4443", world().now());
    ASSERT_TRUE(becomes(*page, State::Talking));
    world().run_for(seconds(1));
    EXPECT_GT(ears().frames_echoed(), 30U);
    EXPECT_EQ(ears().frames_of_earlier_calls(), 0U);
    page->hang_up(world().now());
  }
}

TEST_F(AudioScenario, BrowserWhoseNetworkIsGoneEndsTheCallInWords) {
  page->dial("4443", world().now());
  ASSERT_TRUE(becomes(*page, State::Talking));
  world().run_for(seconds(2));
  world().set_media_path_dead(true);
  ASSERT_TRUE(becomes(*page, State::Over, seconds(40)));
  EXPECT_THAT(page->reason(), HasSubstr("The audio connection was lost"));
  EXPECT_EQ(only_record().outcome, Outcome::Failed);
}

TEST_F(AudioScenario, ShortLossOfTheNetworkEndsNothing) {
  page->dial("4443", world().now());
  ASSERT_TRUE(becomes(*page, State::Talking));
  world().run_for(seconds(2));
  world().set_media_path_dead(true);
  world().run_for(seconds(15));
  world().set_media_path_dead(false);
  world().run_for(seconds(4));
  const std::size_t before = ears().frames_echoed();
  world().run_for(seconds(2));
  EXPECT_GT(ears().frames_echoed(), before + 80);
  page->hang_up(world().now());
}

TEST_F(AudioScenario, MediaIsRestartedAndTheNextCallHasSound) {
  page->dial("4443", world().now());
  ASSERT_TRUE(becomes(*page, State::Talking));
  world().run_for(seconds(1));
  world().lose_media();
  ASSERT_TRUE(becomes(*page, State::Over));
  world().restore_media();
  world().run_for(milliseconds(10));
  page->dial("4443", world().now());
  ASSERT_TRUE(becomes(*page, State::Talking));
  world().run_for(seconds(1));
  EXPECT_GT(ears().frames_echoed(), 30U);
  page->hang_up(world().now());
}

TEST_F(AudioScenario, EchoComesBackOverABadNetwork) {
  finish();
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    begin_with_audio(seed);
    world().network.conditions = {.latency = milliseconds(30),
                                  .jitter = milliseconds(15),
                                  .loss_percent = 10,
                                  .double_percent = 5};
    page->dial("4443", world().now());
    ASSERT_TRUE(becomes(*page, State::Talking, seconds(40)));
    world().run_for(seconds(10));
    EXPECT_TRUE(ears().connected());
    // Four ways, each losing a tenth.
    EXPECT_GT(ears().frames_echoed(), ears().frames_spoken() / 2);
    page->hang_up(world().now());
    finish();
  }
}

}  // namespace
}  // namespace offhook::sim
