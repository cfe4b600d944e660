#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "call/call_test_bench.hpp"

// The rows of call.hpp's table for calls that change their parties.
namespace offhook::call {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr LegIndex kTarget = kFirstDevice + 1;

class CallTransferTest : public testing::Test, protected CallBench {
 protected:
  // With the target's INVITE sent, and nothing left to say.
  void call_target() {
    transfer();
    allocated(kTarget);
    (void)said();
  }
  void talk_transferred() {
    talk_outbound();
    call_target();
    accepted(kTarget, sample::trunk());
    (void)said();
  }
  void hold() {
    reinvited(kDevice, sample::browser({.direction = "sendonly"}));
    (void)said();
  }
};

// ---- to a number ----

TEST_F(CallTransferTest, PlaysMusicAndAsksForALegWhenTheBrowserTransfers) {
  talk_inbound();
  transfer();
  EXPECT_THAT(said(), ElementsAre("NOTIFY 100 b1", "Unbridge", "Play t", "AllocateLeg t2"));
  EXPECT_EQ(sent["Play t"].play().sound(), control::Play::HOLD_MUSIC);
  EXPECT_EQ(sent["AllocateLeg t2"].allocate_leg().side(), control::AllocateLeg::TRUNK);
  EXPECT_EQ(sent["AllocateLeg t2"].allocate_leg().leg_id(), "p-c1-t2");
}

TEST_F(CallTransferTest, TheMusicOfAHoldGoesOn) {
  talk_outbound();
  hold();
  transfer();
  EXPECT_THAT(said(), ElementsAre("NOTIFY 100 b1", "AllocateLeg t2"));
}

TEST_F(CallTransferTest, InvitesTheTargetWithTheCodecOfTheCall) {
  talk_outbound();
  transfer();
  (void)said();
  allocated(kTarget);
  EXPECT_THAT(said(), ElementsAre("INVITE t2"));
  EXPECT_THAT(sdp["INVITE t2"], HasSubstr("m=audio 20000 RTP/AVP 0 101"));
}

TEST_F(CallTransferTest, LetsTheTrunkHearThatTheTargetRings) {
  talk_inbound();
  call_target();
  progressed(kTarget, 180);
  EXPECT_THAT(said(), ElementsAre("Play t", "NOTIFY 180 b1"));
  EXPECT_EQ(sent["Play t"].play().sound(), control::Play::RINGBACK);
  progressed(kTarget, 180);
  EXPECT_THAT(said(), IsEmpty());
}

TEST_F(CallTransferTest, LetsTheTrunkHearTheTargetsEarlyMedia) {
  talk_outbound();
  call_target();
  progressed(kTarget, 183, sample::trunk());
  EXPECT_THAT(said(), ElementsAre("SetRemote t2", "StopPlaying t", "NOTIFY 180 b1", "Bridge"));
  EXPECT_EQ(sent["Bridge"].bridge().leg_a(), "p-c1-t");
  EXPECT_EQ(sent["Bridge"].bridge().leg_b(), "p-c1-t2");
}

TEST_F(CallTransferTest, JoinsTheTrunkAndTheTargetWhenItAnswers) {
  talk_outbound();
  call_target();
  progressed(kTarget, 180);
  (void)said();
  accepted(kTarget, sample::trunk());
  EXPECT_THAT(said(), ElementsAre("SetRemote t2", "StopPlaying t", "Bridge", "NOTIFY 200 b1 final",
                                  "hang up b1", "Release b1"));
  EXPECT_EQ(sent["Bridge"].bridge().leg_b(), "p-c1-t2");
  EXPECT_EQ(call->state(), Call::State::Connected);
}

TEST_F(CallTransferTest, JoinsThemAfterAHoldToo) {
  talk_outbound();
  hold();
  call_target();
  accepted(kTarget, sample::trunk());
  EXPECT_THAT(said(), ElementsAre("SetRemote t2", "StopPlaying t", "Bridge", "NOTIFY 200 b1 final",
                                  "hang up b1", "Release b1"));
}

TEST_F(CallTransferTest, ComesBackToTheBrowserWhenTheTargetRefuses) {
  talk_outbound();
  call_target();
  refused(kTarget, 486);
  EXPECT_THAT(said(), ElementsAre("Release t2", "NOTIFY 486 b1 final", "StopPlaying t", "Bridge"));
  EXPECT_THAT(reason["NOTIFY 486 b1 final"], HasSubstr("The line is busy."));
  EXPECT_EQ(sent["Bridge"].bridge().leg_b(), "p-c1-b1");
  EXPECT_TRUE(call->can_change_parties()) << "the next number may be tried";
}

TEST_F(CallTransferTest, AHeldCallIsHeldAgainWhenTheTargetRefuses) {
  talk_inbound();
  hold();
  call_target();
  progressed(kTarget, 183, sample::trunk());
  (void)said();
  refused(kTarget, 404);
  EXPECT_THAT(said(), ElementsAre("Unbridge", "Release t2", "NOTIFY 404 b1 final", "Play t"));
  EXPECT_EQ(sent["Play t"].play().sound(), control::Play::HOLD_MUSIC);
}

TEST_F(CallTransferTest, WhatTheBrowserHoldsMeanwhileIsSeenToAfterwards) {
  talk_outbound();
  call_target();
  reinvited(kDevice, sample::browser({.direction = "sendonly"}));
  EXPECT_THAT(said(), ElementsAre("200 b1"));
  refused(kTarget, 486);
  EXPECT_THAT(said(), ElementsAre("Release t2", "NOTIFY 486 b1 final"));
}

TEST_F(CallTransferTest, ComesBackWhenTheTargetDoesNotAnswerInTime) {
  talk_outbound();
  const Time before = now;
  call_target();
  wait();
  EXPECT_EQ(now - before, seconds(180));
  EXPECT_THAT(said(), ElementsAre("hang up t2", "Release t2", "NOTIFY 480 b1 final",
                                  "StopPlaying t", "Bridge"));
}

TEST_F(CallTransferTest, ComesBackWhenMediaGivesNoLeg) {
  talk_outbound();
  transfer();
  (void)said();
  media_refused(kTarget);
  EXPECT_THAT(said(), ElementsAre("Release t2", "NOTIFY 503 b1 final", "StopPlaying t", "Bridge"));
  transfer();
  targets.insert(kTarget + 1);
  (void)said();
  wait();
  EXPECT_THAT(said(), ElementsAre("Release t3", "NOTIFY 503 b1 final", "StopPlaying t", "Bridge"));
}

TEST_F(CallTransferTest, HangsUpATargetWhoseAnswerCannotBeUsed) {
  talk_outbound();
  call_target();
  accepted(kTarget, "nonsense");
  EXPECT_THAT(said(), ElementsAre("hang up t2", "Release t2", "NOTIFY 488 b1 final",
                                  "StopPlaying t", "Bridge"));
}

TEST_F(CallTransferTest, InvitesTheTargetAgainWithoutSrtpWhereItMayBe) {
  srtp = SrtpPolicy::Optional;
  talk_outbound();
  call_target();
  EXPECT_THAT(sdp["INVITE t2"], HasSubstr("RTP/SAVP"));
  refused(kTarget, 488);
  EXPECT_THAT(said(), ElementsAre("INVITE t2"));
  EXPECT_THAT(sdp["INVITE t2"], HasSubstr("RTP/AVP"));
}

TEST_F(CallTransferTest, GoesOnCallingTheTargetWithoutTheBrowser) {
  talk_inbound();
  call_target();
  hung_up(kDevice);
  EXPECT_THAT(said(), ElementsAre("Release b1"));
  progressed(kTarget, 180);
  EXPECT_THAT(said(), ElementsAre("Play t"));
  accepted(kTarget, sample::trunk());
  EXPECT_THAT(said(), ElementsAre("SetRemote t2", "StopPlaying t", "Bridge"));
}

TEST_F(CallTransferTest, EndsWhenTheTargetRefusesAndTheBrowserIsGone) {
  talk_inbound();
  call_target();
  hung_up(kDevice);
  (void)said();
  refused(kTarget, 486);
  EXPECT_THAT(said(), ElementsAre("Release t2", "hang up t", "Release t", "ended busy"));
}

TEST_F(CallTransferTest, CancelsTheTargetWhenTheTrunkHangsUp) {
  talk_inbound();
  call_target();
  hung_up(kTrunk);
  EXPECT_THAT(said(), ElementsAre("NOTIFY 487 b1 final", "hang up b1", "hang up t2", "Release t",
                                  "Release b1", "Release t2", "ended completed"));
}

TEST_F(CallTransferTest, EndsBothTrunkLegsWhenOneHangsUp) {
  for (const LegIndex leg : {kTrunk, kTarget}) {
    targets.clear();
    talk_transferred();
    hung_up(leg);
    EXPECT_THAT(said(), ElementsAre(leg == kTrunk ? "hang up t2" : "hang up t", "Unbridge",
                                    "Release t", "Release t2", "ended completed"));
    EXPECT_EQ(ended->transferred_to, "2125550123");
  }
}

TEST_F(CallTransferTest, EndsBothTrunkLegsAfterTheLongestTimeOfTheCall) {
  talk_outbound();
  const Time answered = now;
  now += seconds(60);
  call_target();
  accepted(kTarget, sample::trunk());
  (void)said();
  wait();
  EXPECT_EQ(now - answered, limits::kCallLength);
  EXPECT_THAT(said(), ElementsAre("hang up t", "hang up t2", "Unbridge", "Release t", "Release t2",
                                  "ended completed"));
}

TEST_F(CallTransferTest, AnswersReinvitesOfBothTrunkLegs) {
  talk_transferred();
  for (const LegIndex leg : {kTrunk, kTarget}) {
    reinvited(leg, sample::trunk());
    EXPECT_THAT(said(), ElementsAre(leg == kTrunk ? "200 t" : "200 t2"));
  }
}

TEST_F(CallTransferTest, TheRecordKeepsHowTheBrowsersLegFared) {
  talk_outbound();
  call_target();
  accepted(kTarget, sample::trunk());
  control::Event event;
  event.mutable_leg_statistics()->set_leg_id("p-c1-b1");
  event.mutable_leg_statistics()->set_packets_received(42);
  call->handle_media(kDevice, event, false, now);
  hung_up(kTrunk);
  (void)said();
  ASSERT_TRUE(ended->browser_leg.statistics);
  EXPECT_EQ(ended->browser_leg.statistics->packets_received(), 42U);
}

TEST_F(CallTransferTest, KeysOfABrowserGoNowhereWhileATargetIsCalled) {
  talk_outbound();
  call_target();
  key_pressed(kDevice, '5');
  EXPECT_THAT(said(), IsEmpty());
}

TEST_F(CallTransferTest, KeysGoFromOneTrunkLegToTheOther) {
  talk_transferred();
  key_pressed(kTarget, '1');
  EXPECT_THAT(said(), ElementsAre("SendDigit t"));
  key_pressed(kTrunk, '2');
  EXPECT_THAT(said(), ElementsAre("SendDigit t2"));
}

TEST_F(CallTransferTest, HasABoundOnItsLegs) {
  talk_outbound();
  std::size_t transfers = 0;
  for (; call->can_change_parties() && transfers < 1'000; ++transfers) {
    const LegIndex leg = transfer();
    media_refused(leg);
  }
  EXPECT_EQ(transfers, Call::kMaxLegs - 2);
  EXPECT_EQ(call->legs(), Call::kMaxLegs);
}

// ---- to another call ----

class TwoCalls : public CallTransferTest {
 protected:
  // The consultation, with the leg of its trunk given to the first call.
  void join() {
    ASSERT_TRUE(other_.call->can_give_trunk_leg());
    targets.insert(call->legs());
    call->transfer(other_.call->give_trunk_leg(*call, now), now);
  }
  CallBench other_;
};

TEST_F(TwoCalls, JoinsTheTrunksOfTwoCalls) {
  talk_inbound();
  hold();
  other_.talk_outbound();
  join();
  EXPECT_THAT(other_.said(),
              ElementsAre("Unbridge", "hang up b1", "Release b1", "ended completed"));
  EXPECT_THAT(said(), ElementsAre("NOTIFY 100 b1", "StopPlaying t", "Bridge", "NOTIFY 200 b1 final",
                                  "hang up b1", "Release b1"));
  EXPECT_EQ(other_.ended->transferred_to, "4443");
  hung_up(kTarget);
  EXPECT_THAT(said(),
              ElementsAre("hang up t", "Unbridge", "Release t", "Release t2", "ended completed"));
}

TEST_F(TwoCalls, JoinsACallThatIsHeld) {
  talk_outbound();
  other_.talk_inbound();
  other_.reinvited(kDevice, sample::browser({.direction = "sendonly"}));
  (void)other_.said();
  join();
  EXPECT_THAT(other_.said(),
              ElementsAre("StopPlaying t", "hang up b1", "Release b1", "ended completed"));
  EXPECT_THAT(said(), ElementsAre("NOTIFY 100 b1", "Unbridge", "Bridge", "NOTIFY 200 b1 final",
                                  "hang up b1", "Release b1"));
}

TEST_F(TwoCalls, TakesOverATargetThatStillRings) {
  talk_inbound();
  hold();
  other_.dial();
  other_.allocated(kTrunk);
  other_.allocated(kDevice);
  other_.progressed(kTrunk, 180);
  (void)other_.said();
  join();
  EXPECT_THAT(other_.said(), ElementsAre("487 b1", "Release b1", "ended cancelled"));
  EXPECT_THAT(said(), ElementsAre("NOTIFY 100 b1", "Play t", "NOTIFY 180 b1"));
  EXPECT_EQ(sent["Play t"].play().sound(), control::Play::RINGBACK);
  accepted(kTarget, sample::trunk());
  EXPECT_THAT(said(), ElementsAre("SetRemote t2", "StopPlaying t", "Bridge", "NOTIFY 200 b1 final",
                                  "hang up b1", "Release b1"));
}

TEST_F(TwoCalls, ATargetThatStillRangAndRefusesComesBack) {
  talk_outbound();
  other_.dial();
  other_.allocated(kTrunk);
  (void)other_.said();
  join();
  (void)said();
  refused(kTarget, 486);
  EXPECT_THAT(said(), ElementsAre("Release t2", "NOTIFY 486 b1 final", "StopPlaying t", "Bridge"));
}

TEST_F(TwoCalls, ACallGivesNothingBeforeItHasATrunkLegOrWhileItIsTransferred) {
  other_.dial();
  EXPECT_FALSE(other_.call->can_give_trunk_leg()) << "media has not answered";
  other_.ring_in();
  other_.allocated(kDevice);
  other_.allocated(kTrunk);
  EXPECT_FALSE(other_.call->can_give_trunk_leg()) << "it rings here";
  other_.talk_outbound();
  other_.transfer();
  EXPECT_FALSE(other_.call->can_give_trunk_leg()) << "it is being transferred";
  EXPECT_FALSE(other_.call->can_change_parties());
}

// ---- another device ----

TEST_F(CallTransferTest, MovesToTheDeviceThatReplaces) {
  talk_outbound();
  call->replace_device(sample::browser(), now);
  EXPECT_THAT(said(), ElementsAre("AllocateLeg b2"));
  allocated(kOther);
  EXPECT_THAT(said(), ElementsAre("SetRemote b2", "200 b2", "Unbridge", "hang up b1", "Release b1",
                                  "Bridge"));
  EXPECT_EQ(sent["Bridge"].bridge().leg_b(), "p-c1-b2");
  hung_up(kOther);
  EXPECT_THAT(said(),
              ElementsAre("hang up t", "Unbridge", "Release t", "Release b2", "ended completed"));
}

TEST_F(CallTransferTest, ADeviceThatReplacesTalksThoughTheOtherHeld) {
  talk_inbound();
  hold();
  call->replace_device(sample::browser(), now);
  allocated(kOther);
  EXPECT_THAT(said(), ElementsAre("AllocateLeg b2", "SetRemote b2", "200 b2", "hang up b1",
                                  "Release b1", "StopPlaying t", "Bridge"));
}

TEST_F(CallTransferTest, RefusesADeviceThatReplacesWithAnOfferThatCannotBeUsed) {
  talk_outbound();
  call->replace_device("nonsense", now);
  EXPECT_THAT(said(), ElementsAre("488 b2"));
  EXPECT_TRUE(call->can_change_parties());
}

TEST_F(CallTransferTest, TheDeviceStaysWhereTheOneThatReplacesGivesUp) {
  talk_outbound();
  call->replace_device(sample::browser(), now);
  (void)said();
  cancelled(kOther);
  EXPECT_THAT(said(), ElementsAre("Release b2"));
  call->replace_device(sample::browser(), now);
  (void)said();
  wait();
  EXPECT_THAT(said(), ElementsAre("503 b3", "Release b3"));
  EXPECT_EQ(call->state(), Call::State::Connected);
}

TEST_F(CallTransferTest, ADeviceThatReplacesIsRefusedWhenTheCallEndsFirst) {
  talk_outbound();
  call->replace_device(sample::browser(), now);
  (void)said();
  hung_up(kTrunk);
  EXPECT_THAT(said(), ElementsAre("hang up b1", "480 b2", "Unbridge", "Release t", "Release b1",
                                  "Release b2", "ended completed"));
}

}  // namespace
}  // namespace offhook::call
