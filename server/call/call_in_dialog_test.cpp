#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "call/call_test_bench.hpp"

// The rows of call.hpp's table for calls that stand.
namespace offhook::call {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CallInDialogTest : public testing::Test, protected CallBench {};

TEST_F(CallInDialogTest, HangsUpTheTrunkWhenTheBrowserHangsUp) {
  talk_outbound();
  hung_up(kDevice);
  EXPECT_THAT(said(),
              ElementsAre("hang up t", "Unbridge", "Release t", "Release b1", "ended completed"));
  EXPECT_EQ(reason["hang up t"], kNormalReason);
}

TEST_F(CallInDialogTest, HangsUpTheBrowserWhenTheTrunkHangsUp) {
  talk_inbound();
  hung_up(kTrunk);
  EXPECT_THAT(said(),
              ElementsAre("hang up b1", "Unbridge", "Release t", "Release b1", "ended completed"));
}

TEST_F(CallInDialogTest, EndsBothSidesWhenADialogIsLost) {
  talk_outbound();
  lost(kDevice);
  EXPECT_THAT(said(),
              ElementsAre("hang up t", "Unbridge", "Release t", "Release b1", "ended failed"));
}

TEST_F(CallInDialogTest, EndsBothSidesWhenMediaTimesOut) {
  talk_outbound();
  media_timed_out(kDevice);
  EXPECT_THAT(said(), ElementsAre("hang up t", "hang up b1", "Unbridge", "Release t", "Release b1",
                                  "ended failed"));
  EXPECT_THAT(reason["hang up b1"], HasSubstr("The audio connection was lost"));
}

TEST_F(CallInDialogTest, EndsBothSidesWhenMediaIsLost) {
  talk_inbound();
  call->fail(CallFailure::MediaLost, now);
  EXPECT_THAT(said(), ElementsAre("hang up t", "hang up b1", "Unbridge", "Release t", "Release b1",
                                  "ended failed"));
}

TEST_F(CallInDialogTest, TakesNoInputAfterItsEnd) {
  talk_outbound();
  hung_up(kTrunk);
  (void)said();
  hung_up(kDevice);
  media_timed_out(kDevice);
  call->fail(CallFailure::MediaLost, now);
  call->handle_timeout(now + limits::kCallLength * 2);
  EXPECT_THAT(said(), IsEmpty());
  EXPECT_EQ(call->next_timeout(), std::nullopt);
}

TEST_F(CallInDialogTest, EndsWhenTheLongestTimeIsReached) {
  talk_outbound();
  const Time answered = now;
  wait();
  EXPECT_EQ(now - answered, limits::kCallLength);
  EXPECT_THAT(said(), ElementsAre("hang up t", "hang up b1", "Unbridge", "Release t", "Release b1",
                                  "ended completed"));
}

TEST_F(CallInDialogTest, HoldsLocallyWithMusicForTheTrunkWhenTheBrowserHolds) {
  for (const auto& [direction, answer] :
       {std::pair{"sendonly", "a=recvonly"}, {"inactive", "a=inactive"}}) {
    talk_outbound();
    reinvited(kDevice, sample::browser({.direction = direction}));
    EXPECT_THAT(said(), ElementsAre("200 b1", "Unbridge", "Play t"));
    EXPECT_THAT(sdp["200 b1"], HasSubstr(answer));
    EXPECT_EQ(sent["Play t"].play().sound(), control::Play::HOLD_MUSIC);
    EXPECT_TRUE(sent["Play t"].play().instead_of_bridge());
  }
}

TEST_F(CallInDialogTest, StopsTheMusicAndBridgesAgainWhenTheBrowserResumes) {
  talk_inbound();
  reinvited(kDevice, sample::browser({.direction = "sendonly"}));
  (void)said();
  reinvited(kDevice, sample::browser());
  EXPECT_THAT(said(), ElementsAre("200 b1", "StopPlaying t", "Bridge"));
  EXPECT_THAT(sdp["200 b1"], HasSubstr("a=sendrecv"));
}

TEST_F(CallInDialogTest, BeginsNoMusicAnewWhenAHoldIsOfferedAgain) {
  talk_outbound();
  reinvited(kDevice, sample::browser({.direction = "sendonly"}));
  (void)said();
  reinvited(kDevice, sample::browser({.direction = "inactive"}));
  EXPECT_THAT(said(), ElementsAre("200 b1"));
}

TEST_F(CallInDialogTest, EndsACallOnHoldLikeAnyOther) {
  talk_outbound();
  reinvited(kDevice, sample::browser({.direction = "sendonly"}));
  (void)said();
  hung_up(kTrunk);
  EXPECT_THAT(said(), ElementsAre("hang up b1", "Release t", "Release b1", "ended completed"));
}

// Both hold: the far side wants nothing now, and music when it is back.
TEST_F(CallInDialogTest, KeepsItsMusicWhileTheTrunkHoldsToo) {
  talk_outbound();
  reinvited(kDevice, sample::browser({.direction = "sendonly"}));
  (void)said();
  reinvited(kTrunk, sample::trunk({.direction = "sendonly"}));
  EXPECT_THAT(said(), ElementsAre("SetRemote t", "200 t"));
  reinvited(kTrunk, sample::trunk());
  EXPECT_THAT(said(), ElementsAre("SetRemote t", "200 t"));
}

TEST_F(CallInDialogTest, KeepsTheBridgeForABrowserThatOnlyListens) {
  talk_outbound();
  reinvited(kDevice, sample::browser({.direction = "recvonly"}));
  EXPECT_THAT(said(), ElementsAre("200 b1"));
  EXPECT_THAT(sdp["200 b1"], HasSubstr("a=sendonly"));
}

TEST_F(CallInDialogTest, AnswersAnIceRestartWithNewCredentialsOfOurs) {
  talk_outbound();
  reinvited(kDevice, sample::browser({.ufrag = "N3w0"}));
  EXPECT_THAT(said(), ElementsAre("AllocateLeg b1"));
  EXPECT_EQ(sent["AllocateLeg b1"].allocate_leg().ice_generation(), 1U);
  restarted(kDevice, 1);
  EXPECT_THAT(said(), ElementsAre("SetRemote b1", "200 b1"));
  EXPECT_EQ(sent["SetRemote b1"].set_remote().ice_ufrag(), "N3w0");
  EXPECT_THAT(sdp["200 b1"], HasSubstr("a=ice-ufrag:ours1\r\n"));
  EXPECT_THAT(sdp["200 b1"], HasSubstr("a=ice-pwd:restarted56789abcdefghijklmnop\r\n"));
  // They stay, and the next restart is another.
  reinvited(kDevice, sample::browser({.ufrag = "N3w0"}));
  EXPECT_THAT(said(), ElementsAre("200 b1"));
  EXPECT_THAT(sdp["200 b1"], HasSubstr("a=ice-ufrag:ours1\r\n"));
  reinvited(kDevice, sample::browser({.ufrag = "N3w0", .pwd = "otherotherotherotherother"}));
  EXPECT_THAT(said(), ElementsAre("AllocateLeg b1"));
  EXPECT_EQ(sent["AllocateLeg b1"].allocate_leg().ice_generation(), 2U);
}

TEST_F(CallInDialogTest, TakesNoLateReplyForThatOfTheNextIceRestart) {
  talk_outbound();
  reinvited(kDevice, sample::browser({.ufrag = "N3w0"}));  // and cancels it
  reinvited(kDevice, sample::browser({.ufrag = "N3w1"}));
  (void)said();
  restarted(kDevice, 1);
  EXPECT_THAT(said(), IsEmpty());
  restarted(kDevice, 2);
  EXPECT_THAT(said(), ElementsAre("SetRemote b1", "200 b1"));
  EXPECT_THAT(sdp["200 b1"], HasSubstr("a=ice-ufrag:ours2\r\n"));
  restarted(kDevice, 2);
  EXPECT_THAT(said(), IsEmpty());
  EXPECT_GT(*call->next_timeout(), now + Call::kAllocationTimeout);
}

TEST_F(CallInDialogTest, RestartsOneSideOnlyWithMediaThatKnowsNoGenerations) {
  talk_outbound();
  reinvited(kDevice, sample::browser({.ufrag = "N3w0"}));
  (void)said();
  restarted(kDevice, 0);
  EXPECT_THAT(said(), ElementsAre("SetRemote b1", "200 b1"));
}

TEST_F(CallInDialogTest, EndsWhenMediaDoesNotAnswerAnIceRestart) {
  talk_outbound();
  reinvited(kDevice, sample::browser({.ufrag = "N3w0"}));
  (void)said();
  wait();
  EXPECT_EQ(call->state(), Call::State::Ended);
}

TEST_F(CallInDialogTest, HoldsWithTheOfferThatRestartsIce) {
  talk_outbound();
  reinvited(kDevice, sample::browser({.direction = "sendonly", .ufrag = "N3w0"}));
  (void)said();
  restarted(kDevice, 1);
  EXPECT_THAT(said(), ElementsAre("SetRemote b1", "200 b1", "Unbridge", "Play t"));
  EXPECT_THAT(sdp["200 b1"], HasSubstr("a=recvonly"));
}

// RFC 8842 5.5; browsers offer actpass again every time.
TEST_F(CallInDialogTest, KeepsItsDtlsRoleInAReofferWithTheSameFingerprint) {
  ring_in();
  allocated(kDevice);
  allocated(kTrunk);
  accepted(kDevice, sample::browser({.setup = "passive", .payloads = "0 126"}));
  media_connected(kDevice);
  (void)said();
  reinvited(kDevice, sample::browser());
  (void)said();
  EXPECT_THAT(sdp["200 b1"], HasSubstr("a=setup:active"));
}

TEST_F(CallInDialogTest, BecomesPassiveForANewFingerprint) {
  ring_in();
  allocated(kDevice);
  allocated(kTrunk);
  accepted(kDevice, sample::browser({.setup = "passive", .payloads = "0 126"}));
  media_connected(kDevice);
  (void)said();
  std::string other = sample::kFingerprint;
  other.replace(0, 2, "FF");
  reinvited(kDevice, sample::browser({.fingerprint = other}));
  EXPECT_THAT(said(), ElementsAre("SetRemote b1", "200 b1"));
  EXPECT_THAT(sdp["200 b1"], HasSubstr("a=setup:passive"));
  EXPECT_EQ(sent["SetRemote b1"].set_remote().dtls_role(), control::SetRemote::PASSIVE);
}

TEST_F(CallInDialogTest, RefusesAReofferThatItCannotUseAndGoesOn) {
  talk_outbound();
  for (const std::string& offer : {std::string(), std::string("garbage"),
                                   sample::browser({.payloads = "111 8"}), sample::trunk()}) {
    reinvited(kDevice, offer);
    EXPECT_THAT(said(), ElementsAre("refuse offer b1")) << offer;
  }
  EXPECT_EQ(call->state(), Call::State::Connected);
}

TEST_F(CallInDialogTest, StopsSendingWhileTheTrunkHolds) {
  talk_outbound();
  reinvited(kTrunk, sample::trunk({.direction = "sendonly"}));
  EXPECT_THAT(said(), ElementsAre("SetRemote t", "200 t"));
  EXPECT_FALSE(sent["SetRemote t"].set_remote().send());
  EXPECT_THAT(sdp["200 t"], HasSubstr("a=recvonly"));
  reinvited(kTrunk, sample::trunk());
  EXPECT_THAT(said(), ElementsAre("SetRemote t", "200 t"));
  EXPECT_TRUE(sent["SetRemote t"].set_remote().send());
}

// RFC 3264 8.4, the hold of old: nothing may ever go to 0.0.0.0.
TEST_F(CallInDialogTest, KeepsTheAddressWhenTheTrunkHoldsWithZeros) {
  talk_outbound();
  reinvited(kTrunk, sample::trunk({.address = "0.0.0.0"}));
  EXPECT_THAT(said(), ElementsAre("SetRemote t", "200 t"));
  EXPECT_EQ(sent["SetRemote t"].set_remote().rtp().ip(), "198.51.100.20");
  EXPECT_FALSE(sent["SetRemote t"].set_remote().send());
}

TEST_F(CallInDialogTest, AnswersATrunksRefreshWithoutTouchingMedia) {
  talk_inbound();
  reinvited(kTrunk, sample::trunk());
  EXPECT_THAT(said(), ElementsAre("200 t"));
}

TEST_F(CallInDialogTest, AnswersATrunksUpdateAsAReinvite) {
  talk_outbound();
  updated(kTrunk, sample::trunk({.port = "10500"}));
  EXPECT_THAT(said(), ElementsAre("SetRemote t", "200 t"));
  updated(kTrunk, "no SDP");
  EXPECT_THAT(said(), ElementsAre("refuse offer t"));
}

TEST_F(CallInDialogTest, FollowsTheAnswerToARefreshOfOurs) {
  talk_outbound();
  refreshed(kTrunk, sample::trunk());
  EXPECT_THAT(said(), ElementsAre());
  refreshed(kTrunk, sample::trunk({.port = "10500"}));
  EXPECT_THAT(said(), ElementsAre("SetRemote t"));
}

TEST_F(CallInDialogTest, GoesOnWhereTheAnswerToARefreshCannotBeUsed) {
  talk_inbound();
  refreshed(kTrunk, "");
  refreshed(kTrunk, "no SDP");
  EXPECT_THAT(said(), ElementsAre());
  EXPECT_EQ(call->state(), Call::State::Connected);
}

TEST_F(CallInDialogTest, EndsWithWordsWhenTheTrunksSessionExpires) {
  talk_outbound();
  expired(kTrunk);
  EXPECT_THAT(said(),
              ElementsAre("hang up b1", "Unbridge", "Release t", "Release b1", "ended failed"));
  EXPECT_EQ(ended->failure, "session_expired");
  EXPECT_THAT(reason["hang up b1"], HasSubstr("no longer confirmed the call"));
}

TEST_F(CallInDialogTest, OffersTheSameFormatWhenTheTrunkReinvitesWithoutAnOffer) {
  talk_outbound();
  reinvited(kTrunk, "");
  EXPECT_THAT(said(), ElementsAre("200 t"));
  EXPECT_THAT(sdp["200 t"], HasSubstr("RTP/AVP 0 101\r\n"));
  confirmed(kTrunk, sample::trunk({.port = "10500"}));
  EXPECT_THAT(said(), ElementsAre("SetRemote t"));
}

TEST_F(CallInDialogTest, RefusesAnotherCodecFromTheTrunk) {
  talk_outbound();
  reinvited(kTrunk, sample::trunk({.payloads = "8 101"}));
  EXPECT_THAT(said(), ElementsAre("refuse offer t"));
}

TEST_F(CallInDialogTest, SendsAKeyOfTheTrunkToTheBrowser) {
  talk_inbound();
  key_pressed(kTrunk, '7');
  EXPECT_THAT(said(), ElementsAre("SendDigit b1"));
  EXPECT_EQ(sent["SendDigit b1"].send_digit().leg_id(), "p-c1-b1");
  EXPECT_EQ(sent["SendDigit b1"].send_digit().digit(), "7");
}

TEST_F(CallInDialogTest, SendsAKeyOfTheBrowserToTheTrunk) {
  talk_outbound();
  key_pressed(kDevice, '7');
  EXPECT_THAT(said(), ElementsAre("SendDigit t"));
  EXPECT_EQ(sent["SendDigit t"].send_digit().digit(), "7");
}

TEST_F(CallInDialogTest, IgnoresKeysThatMakeNoSense) {
  talk_outbound();
  key_pressed(kDevice, 'x');
  key_pressed(kTrunk, 'x');
  EXPECT_THAT(said(), IsEmpty());
}

}  // namespace
}  // namespace offhook::call
