#include <set>

#include "call/sip_trace.hpp"
#include "sim/scenario.hpp"

// Whole calls whose sound is encrypted on both sides of the gateway.
namespace offhook::sim {
namespace {

using call::Outcome;
using call::SrtpPolicy;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using State = Browser::State;

class SrtpScenario : public Scenario {
 protected:
  void SetUp() override { begin_encrypted({SrtpPolicy::Required, true}); }
  void begin_encrypted(World::Encryption encryption) {
    begin(kSeed, World::Audio::Real, encryption);
    world().on_sent = [this](const call::SendSip& send) { collect_keys(send.bytes); };
    page = &world().open_page();
    world().run_for(seconds(1));
  }
  void collect_keys(std::string_view message) {
    constexpr std::string_view kInline = "inline:";
    for (auto at = message.find(kInline); at != std::string_view::npos;
         at = message.find(kInline, at + 1)) {
      keys.emplace(message.substr(at + kInline.size(), 38));
    }
  }
  WebRtcMedia& ears() { return world().ears(*page); }

  Browser* page = nullptr;
  std::set<std::string> keys;  // ours, as they went over the wire
};

TEST_F(SrtpScenario, EchoComesBackThroughSrtpBothWays) {
  page->dial("4443", world().now());
  ASSERT_TRUE(becomes(*page, State::Talking));
  world().run_for(seconds(3));
  EXPECT_GT(ears().frames_spoken(), 140U);
  EXPECT_GT(ears().frames_echoed(), ears().frames_spoken() - 12);
  EXPECT_EQ(keys.size(), 2U) << "one a suite";
  page->hang_up(world().now());
}

TEST_F(SrtpScenario, AnIncomingCallIsEncryptedAndHeard) {
  EXPECT_EQ(world().call_in(), "");
  ASSERT_TRUE(becomes(*page, State::Ringing));
  page->answer(world().now());
  world().run_for(seconds(3));
  EXPECT_GT(ears().frames_heard(), 100U);
  EXPECT_EQ(keys.size(), 1U);
  page->hang_up(world().now());
}

TEST_F(SrtpScenario, AProviderWithoutSrtpIsCalledAgainInPlain) {
  finish();
  begin_encrypted({SrtpPolicy::Optional, false});
  page->dial("4443", world().now());
  ASSERT_TRUE(becomes(*page, State::Talking));
  world().run_for(seconds(2));
  EXPECT_GT(ears().frames_echoed(), 80U);
  page->hang_up(world().now());
  world().run_for(seconds(1));
  EXPECT_EQ(only_record().outcome, Outcome::Completed);
}

TEST_F(SrtpScenario, AProviderThatWantsSrtpRefusesATrunkWithout) {
  finish();
  begin_encrypted({SrtpPolicy::Off, true});
  page->dial("4443", world().now());
  world().run_for(seconds(2));
  EXPECT_EQ(only_record().sip_status, 488);
}

TEST_F(SrtpScenario, NeitherTraceNorLogHoldsAKey) {
  page->dial("4443", world().now());
  ASSERT_TRUE(becomes(*page, State::Talking));
  world().run_for(seconds(1));
  page->hang_up(world().now());
  world().run_for(seconds(1));
  std::string shown = world().story();
  for (const auto& [id, call] : world().board.trace().calls()) {
    for (const auto& message : call.messages) shown += message.summary + message.text;
  }
  ASSERT_THAT(shown, HasSubstr("RTP/SAVP"));
  ASSERT_FALSE(keys.empty());
  EXPECT_THAT(shown, Not(HasSubstr("inline:")));
  for (const std::string& key : keys) EXPECT_THAT(shown, Not(HasSubstr(key)));
}

}  // namespace
}  // namespace offhook::sim
