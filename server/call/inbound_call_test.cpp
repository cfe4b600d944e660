#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "call/call_test_bench.hpp"

// The rows of call.hpp's table for calls in.
namespace offhook::call {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class InboundCallTest : public testing::Test, protected CallBench {
 protected:
  // One device rings, nothing left to say.
  void ringing() {
    ring_in();
    allocated(kDevice);
    allocated(kTrunk);
    progressed(kDevice, 180);
    (void)said();
  }
  void two_ring() {
    ring_in(sample::trunk(), 2);
    allocated(kDevice);
    allocated(kOther);
    allocated(kTrunk);
    progressed(kDevice, 180);
    progressed(kOther, 180);
    (void)said();
  }
};

TEST_F(InboundCallTest, AllocatesALegForEachDeviceAndTheTrunk) {
  ring_in(sample::trunk(), 2);
  EXPECT_THAT(said(), ElementsAre("AllocateLeg b1", "AllocateLeg b2", "AllocateLeg t"));
}

TEST_F(InboundCallTest, EndsWith488WhenTheOfferCannotBeUsed) {
  for (const std::string& offer :
       {std::string("garbage"), sample::browser(), sample::trunk({.payloads = "18"}),
        sample::trunk({.address = "0.0.0.0"})}) {  // the old way to hold: nowhere to send to
    ring_in(offer);
    EXPECT_THAT(said(), ElementsAre("488 t", "ended failed")) << offer;
  }
}

TEST_F(InboundCallTest, InvitesADeviceWithTheTrunksCodecWhenItsLegIsAllocated) {
  ring_in(sample::trunk({.payloads = "8 101"}));
  (void)said();
  allocated(kDevice);
  EXPECT_THAT(said(), ElementsAre("INVITE b1"));
  EXPECT_THAT(sdp["INVITE b1"], HasSubstr("RTP/SAVPF 8 101\r\n"));
  EXPECT_THAT(sdp["INVITE b1"], HasSubstr("a=setup:actpass"));
}

TEST_F(InboundCallTest, RingsTheTrunkOnceWhenTheFirstDeviceRings) {
  ring_in(sample::trunk(), 2);
  allocated(kDevice);
  allocated(kOther);
  (void)said();
  progressed(kOther, 180);
  EXPECT_THAT(said(), ElementsAre("180 t"));
  EXPECT_EQ(call->state(), Call::State::Ringing);
  progressed(kDevice, 180);
  EXPECT_THAT(said(), IsEmpty());
}

TEST_F(InboundCallTest, WaitsForTheBrowsersMediaWhenADeviceAnswers) {
  ringing();
  accepted(kDevice, sample::browser_answer());
  EXPECT_THAT(said(), ElementsAre("SetRemote b1", "SetRemote t", "Bridge"));
  EXPECT_EQ(call->state(), Call::State::Answering);
  EXPECT_EQ(sent["SetRemote b1"].set_remote().dtls_role(), control::SetRemote::PASSIVE);
}

TEST_F(InboundCallTest, BecomesDtlsActiveWhenTheDeviceAnswersPassive) {
  ringing();
  accepted(kDevice, sample::browser({.setup = "passive", .payloads = "0 126"}));
  (void)said();
  EXPECT_EQ(sent["SetRemote b1"].set_remote().dtls_role(), control::SetRemote::ACTIVE);
}

TEST_F(InboundCallTest, AnswersTheTrunkWhenTheDevicesMediaIsConnected) {
  ringing();
  accepted(kDevice, sample::browser_answer());
  (void)said();
  media_connected(kDevice);
  EXPECT_THAT(said(), ElementsAre("200 t"));
  EXPECT_EQ(call->state(), Call::State::Connected);
  EXPECT_THAT(sdp["200 t"], HasSubstr("m=audio 20000 RTP/AVP 0 101\r\n"));
}

TEST_F(InboundCallTest, AnswersTheTrunkWhenMediaIsNotConnectedInTime) {
  ringing();
  accepted(kDevice, sample::browser_answer());
  (void)said();
  const Time answered = now;
  wait();
  EXPECT_EQ(now - answered, std::chrono::milliseconds(700));
  EXPECT_THAT(said(), ElementsAre("200 t"));
}

TEST_F(InboundCallTest, AnswersTheTrunkOnlyWhenItsOwnLegIsThere) {
  ring_in();
  allocated(kDevice);
  accepted(kDevice, sample::browser_answer());
  media_connected(kDevice);
  (void)said();
  EXPECT_EQ(call->state(), Call::State::Answering);
  allocated(kTrunk);
  EXPECT_THAT(said(), ElementsAre("200 t"));
}

TEST_F(InboundCallTest, CancelsTheOtherDevicesWhenOneAnswers) {
  two_ring();
  accepted(kOther, sample::browser_answer());
  EXPECT_THAT(said(),
              ElementsAre("SetRemote b2", "hang up b1", "Release b1", "SetRemote t", "Bridge"));
  EXPECT_THAT(reason["hang up b1"], HasSubstr("SIP;cause=200;text=\"Call completed elsewhere\""));
}

TEST_F(InboundCallTest, RingsADeviceThatComesWhileOthersRing) {
  ring_in();
  allocated(kDevice);
  allocated(kTrunk);
  progressed(kDevice, 180);
  (void)said();
  ASSERT_TRUE(call->can_ring_device());
  call->ring_device(now);
  EXPECT_THAT(said(), ElementsAre("AllocateLeg b2"));
  allocated(kOther);
  EXPECT_THAT(said(), ElementsAre("INVITE b2"));
  accepted(kOther, sample::browser_answer());
  EXPECT_THAT(said(),
              ElementsAre("SetRemote b2", "hang up b1", "Release b1", "SetRemote t", "Bridge"));
  EXPECT_FALSE(call->can_ring_device());
}

TEST_F(InboundCallTest, ReleasesARefusingDevicesLegWhileOthersRing) {
  two_ring();
  refused(kDevice, 486);
  EXPECT_THAT(said(), ElementsAre("Release b1"));
  EXPECT_EQ(call->state(), Call::State::Ringing);
  accepted(kOther, sample::browser_answer());
  EXPECT_THAT(said(), Contains("SetRemote b2"));
}

TEST_F(InboundCallTest, EndsForAllDevicesWhenOneDeclines) {
  two_ring();
  refused(kDevice, 603);
  EXPECT_THAT(said(), ElementsAre("Release b1", "486 t", "hang up b2", "Release t", "Release b2",
                                  "ended rejected"));
}

TEST_F(InboundCallTest, EndsWithBusyWhenTheLastDeviceRefusesAndOneWasBusy) {
  two_ring();
  refused(kDevice, 486);
  (void)said();
  refused(kOther, 480);
  EXPECT_THAT(said(), ElementsAre("Release b2", "486 t", "Release t", "ended busy"));
}

TEST_F(InboundCallTest, EndsWith480WhenTheOnlyDeviceVanishes) {
  ringing();
  refused(kDevice, 503, true);
  EXPECT_THAT(said(), ElementsAre("Release b1", "480 t", "Release t", "ended no_answer"));
}

TEST_F(InboundCallTest, HangsUpADeviceWhoseAnswerCannotBeUsed) {
  ringing();
  accepted(kDevice, "garbage");
  EXPECT_THAT(said(),
              ElementsAre("hang up b1", "Release b1", "488 t", "Release t", "ended failed"));
}

TEST_F(InboundCallTest, GoesOnWithTheOtherDeviceWhenOneHasNoMedia) {
  ring_in(sample::trunk(), 2);
  allocated(kDevice);
  (void)said();
  media_refused(kOther);
  EXPECT_THAT(said(), ElementsAre("Release b2"));
  media_timed_out(kDevice);
  EXPECT_THAT(said(),
              ElementsAre("hang up b1", "Release b1", "503 t", "Release t", "ended failed"));
}

TEST_F(InboundCallTest, CancelsTheDevicesWhenTheTrunkCancels) {
  two_ring();
  cancelled(kTrunk);
  EXPECT_THAT(said(), ElementsAre("hang up b1", "hang up b2", "Release t", "Release b1",
                                  "Release b2", "ended cancelled"));
}

TEST_F(InboundCallTest, TellsTheDevicesThatTheCallWasAnsweredElsewhere) {
  ringing();
  cancelled(kTrunk, "SIP;cause=200;text=\"Call completed elsewhere\"");
  (void)said();
  EXPECT_THAT(reason["hang up b1"], HasSubstr("SIP;cause=200;"));
}

TEST_F(InboundCallTest, HangsUpTheDeviceWhenTheTrunkCancelsAfterTheAnswer) {
  ringing();
  accepted(kDevice, sample::browser_answer());
  (void)said();
  cancelled(kTrunk);
  EXPECT_THAT(said(),
              ElementsAre("hang up b1", "Unbridge", "Release t", "Release b1", "ended cancelled"));
}

TEST_F(InboundCallTest, Sends480WhenTheDeviceHangsUpBeforeTheTrunkIsAnswered) {
  ringing();
  accepted(kDevice, sample::browser_answer());
  (void)said();
  hung_up(kDevice);
  EXPECT_THAT(said(),
              ElementsAre("480 t", "Unbridge", "Release t", "Release b1", "ended no_answer"));
}

TEST_F(InboundCallTest, Sends480WhenNobodyAnswersInTime) {
  ringing();
  wait();
  EXPECT_THAT(said(),
              ElementsAre("480 t", "hang up b1", "Release t", "Release b1", "ended no_answer"));
}

TEST_F(InboundCallTest, OffersInThe200WhenTheTrunkOfferedNothing) {
  ring_in("");
  allocated(kDevice);
  allocated(kTrunk);
  accepted(kDevice, sample::browser_answer("8 101"));
  media_connected(kDevice);
  (void)said();
  EXPECT_THAT(sdp["200 t"], HasSubstr("RTP/AVP 8 101\r\n"));
  confirmed(kTrunk, sample::trunk({.payloads = "8 101"}));
  EXPECT_THAT(said(), ElementsAre("SetRemote t", "Bridge"));
}

TEST_F(InboundCallTest, EndsWhenTheAckHasNoAnswerToOurOffer) {
  ring_in("");
  allocated(kDevice);
  allocated(kTrunk);
  accepted(kDevice, sample::browser_answer());
  media_connected(kDevice);
  (void)said();
  confirmed(kTrunk, "");
  EXPECT_THAT(said(),
              ElementsAre("hang up t", "hang up b1", "Release t", "Release b1", "ended failed"));
}

}  // namespace
}  // namespace offhook::call
