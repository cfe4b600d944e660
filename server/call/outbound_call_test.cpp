#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "call/call_test_bench.hpp"

// The rows of call.hpp's table for calls out.
namespace offhook::call {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class OutboundCallTest : public testing::Test, protected CallBench {
 protected:
  // Both legs allocated, the trunk invited, nothing left to say.
  void connecting() {
    dial();
    allocated(kDevice);
    allocated(kTrunk);
    (void)said();
  }
};

TEST_F(OutboundCallTest, AllocatesBothLegsAtOnceWhenABrowserCalls) {
  dial();
  EXPECT_THAT(said(), ElementsAre("AllocateLeg b1", "AllocateLeg t"));
  EXPECT_EQ(call->state(), Call::State::Connecting);
  EXPECT_EQ(sent["AllocateLeg b1"].allocate_leg().side(), control::AllocateLeg::BROWSER);
  EXPECT_EQ(sent["AllocateLeg t"].allocate_leg().side(), control::AllocateLeg::TRUNK);
}

TEST_F(OutboundCallTest, EndsWith488WhenTheOfferCannotBeUsed) {
  for (const std::string& offer : {std::string(), std::string("garbage"), sample::trunk()}) {
    dial(offer);
    EXPECT_THAT(said(), ElementsAre("488 b1", "ended failed")) << offer;
    EXPECT_EQ(ended->sip_status, 488);
  }
}

TEST_F(OutboundCallTest, EndsWith488WhenTheBrowserHasNoCodecOfTheTrunk) {
  dial(sample::browser({.payloads = "111 0 126"}), {sdp::Codec::Pcma});
  EXPECT_THAT(said(), ElementsAre("488 b1", "ended failed"));
  EXPECT_THAT(reason["488 b1"], HasSubstr("no audio format in common"));
}

TEST_F(OutboundCallTest, Sends183WithTheAnswerAsSoonAsTheBrowsersLegIsAllocated) {
  dial();
  (void)said();
  allocated(kDevice);
  EXPECT_THAT(said(), ElementsAre("SetRemote b1", "183 b1"));
  const auto& remote = sent["SetRemote b1"].set_remote();
  EXPECT_EQ(remote.ice_ufrag(), "Fr4g");
  EXPECT_EQ(remote.dtls_role(), control::SetRemote::PASSIVE);
  EXPECT_EQ(remote.format().codec(), control::AudioFormat::PCMU);
  EXPECT_EQ(remote.format().telephone_event_payload_type(), 126U);
  EXPECT_THAT(sdp["183 b1"], HasSubstr("a=setup:passive"));
  EXPECT_THAT(sdp["183 b1"], HasSubstr("RTP/SAVPF 0 126\r\n"));
}

TEST_F(OutboundCallTest, InvitesTheTrunkWithTheBrowsersCodecAsSoonAsItsLegIsAllocated) {
  dial(sample::browser({.payloads = "111 8 126"}));
  (void)said();
  allocated(kTrunk);
  EXPECT_THAT(said(), ElementsAre("INVITE t"));
  EXPECT_THAT(sdp["INVITE t"], HasSubstr("m=audio 20000 RTP/AVP 8 101\r\n"));
}

TEST_F(OutboundCallTest, PlaysRingbackOn180WithoutSdp) {
  connecting();
  progressed(kTrunk, 180);
  EXPECT_THAT(said(), ElementsAre("Play b1", "180 b1"));
  EXPECT_EQ(call->state(), Call::State::Ringing);
  progressed(kTrunk, 180);
  EXPECT_THAT(said(), IsEmpty());
}

TEST_F(OutboundCallTest, PlaysRingbackOnceTheBrowsersLegIsThere) {
  dial();
  allocated(kTrunk);
  progressed(kTrunk, 180);
  EXPECT_THAT(said(), Not(Contains("Play b1")));
  allocated(kDevice);
  EXPECT_THAT(said(), ElementsAre("SetRemote b1", "183 b1", "Play b1"));
}

TEST_F(OutboundCallTest, BridgesEarlyMediaOn183WithSdp) {
  connecting();
  progressed(kTrunk, 183, sample::trunk());
  EXPECT_THAT(said(), ElementsAre("SetRemote t", "Bridge", "180 b1"));
  EXPECT_EQ(call->state(), Call::State::Ringing);
  const auto& remote = sent["SetRemote t"].set_remote();
  EXPECT_EQ(remote.rtp().ip(), "198.51.100.20");
  EXPECT_EQ(remote.rtp().port(), 10'002U);
  EXPECT_EQ(remote.rtcp().port(), 10'003U);
  EXPECT_TRUE(remote.send());
}

TEST_F(OutboundCallTest, TakesUnreadableEarlySdpForNoEarlyMedia) {
  connecting();
  progressed(kTrunk, 183, "garbage");
  EXPECT_THAT(said(), IsEmpty());
  EXPECT_EQ(call->state(), Call::State::Connecting);
}

TEST_F(OutboundCallTest, AnswersTheBrowserWithTheSdpOfThe183WhenTheTrunkAccepts) {
  dial();
  allocated(kDevice);
  allocated(kTrunk);
  (void)said();
  accepted(kTrunk, sample::trunk());
  EXPECT_THAT(said(), ElementsAre("SetRemote t", "Bridge", "200 b1"));
  EXPECT_EQ(sdp["200 b1"], sdp["183 b1"]);
  EXPECT_EQ(call->state(), Call::State::Connected);
}

TEST_F(OutboundCallTest, StopsRingbackWhenTheTrunkAccepts) {
  connecting();
  progressed(kTrunk, 180);
  (void)said();
  accepted(kTrunk, sample::trunk());
  EXPECT_THAT(said(), ElementsAre("SetRemote t", "Bridge", "StopPlaying b1", "200 b1"));
}

TEST_F(OutboundCallTest, KeepsTheEarlySdpWhenThe200HasNone) {
  connecting();
  progressed(kTrunk, 183, sample::trunk());
  (void)said();
  accepted(kTrunk, "");
  EXPECT_THAT(said(), ElementsAre("200 b1"));
}

TEST_F(OutboundCallTest, MovesToTheAddressOfThe200WhenItDiffersFromTheEarlyOne) {
  connecting();
  progressed(kTrunk, 183, sample::trunk());
  (void)said();
  accepted(kTrunk, sample::trunk({.port = "10400"}));
  EXPECT_THAT(said(), ElementsAre("SetRemote t", "200 b1"));
  EXPECT_EQ(sent["SetRemote t"].set_remote().rtp().port(), 10'400U);
}

TEST_F(OutboundCallTest, HoldsTheAnswerUntilTheBrowsersLegIsThere) {
  dial();
  allocated(kTrunk);
  accepted(kTrunk, sample::trunk());
  EXPECT_THAT(said(), Not(Contains("200 b1")));
  allocated(kDevice);
  EXPECT_THAT(said(), ElementsAre("SetRemote b1", "183 b1", "Bridge", "200 b1"));
  EXPECT_EQ(call->state(), Call::State::Connected);
}

TEST_F(OutboundCallTest, EndsWhenTheTrunkAcceptsWithoutUsableSdp) {
  for (const std::string& answer :
       {std::string(), std::string("garbage"), sample::trunk({.payloads = "18"}),
        sample::trunk({.payloads = "8 101"}), sample::trunk({.address = "0.0.0.0"})}) {
    connecting();
    accepted(kTrunk, answer);
    EXPECT_THAT(said(),
                ElementsAre("hang up t", "488 b1", "Release t", "Release b1", "ended failed"))
        << answer;
  }
}

TEST_F(OutboundCallTest, InvitesTheTrunkAgainWithoutSrtpWhereItMayBe) {
  srtp = SrtpPolicy::Optional;
  for (const std::uint16_t status : {std::uint16_t{488}, std::uint16_t{606}}) {
    connecting();
    EXPECT_THAT(sdp["INVITE t"], HasSubstr("m=audio 20000 RTP/SAVP 0 101\r\n"));
    EXPECT_THAT(sdp["INVITE t"], HasSubstr("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"));
    refused(kTrunk, status);
    EXPECT_THAT(said(), ElementsAre("INVITE t"));
    EXPECT_THAT(sdp["INVITE t"], HasSubstr("m=audio 20000 RTP/AVP 0 101\r\n"));
    EXPECT_THAT(sdp["INVITE t"], Not(HasSubstr("crypto")));
    EXPECT_EQ(call->state(), Call::State::Connecting);
    accepted(kTrunk, sample::trunk());
    EXPECT_THAT(said(), ElementsAre("SetRemote t", "Bridge", "200 b1"));
    EXPECT_FALSE(sent["SetRemote t"].set_remote().has_sdes());
  }
}

TEST_F(OutboundCallTest, InvitesTheTrunkAgainWhereItSendsTheCallElsewhere) {
  connecting();
  const std::string offer = sdp["INVITE t"];
  call->handle_redirected(kTrunk);
  EXPECT_THAT(said(), ElementsAre("INVITE t"));
  EXPECT_EQ(sdp["INVITE t"], offer);
  EXPECT_EQ(call->state(), Call::State::Connecting);
  accepted(kTrunk, sample::trunk());
  EXPECT_THAT(said(), ElementsAre("SetRemote t", "Bridge", "200 b1"));
}

TEST_F(OutboundCallTest, TellsTheBrowserWhatTheTrunksRefusalMeans) {
  struct Row {
    std::uint16_t status;
    bool local;
    std::string answer;
    std::string outcome;
  };
  for (const Row& row :
       {Row{486, false, "486 b1", "ended busy"}, Row{404, false, "404 b1", "ended failed"},
        Row{603, false, "603 b1", "ended rejected"}, Row{401, false, "502 b1", "ended failed"},
        Row{302, false, "502 b1", "ended failed"}, Row{480, false, "480 b1", "ended no_answer"},
        Row{503, false, "503 b1", "ended failed"}, Row{408, true, "504 b1", "ended failed"}}) {
    connecting();
    refused(kTrunk, row.status, row.local);
    EXPECT_THAT(said(), ElementsAre(row.answer, "Release t", "Release b1", row.outcome))
        << row.status;
    EXPECT_THAT(reason[row.answer], HasSubstr("text=\""));
  }
}

TEST_F(OutboundCallTest, CancelsTheTrunkWhenTheBrowserCancels) {
  connecting();
  progressed(kTrunk, 180);
  (void)said();
  cancelled(kDevice);
  EXPECT_THAT(said(), ElementsAre("hang up t", "Release t", "Release b1", "ended cancelled"));
  EXPECT_EQ(reason["hang up t"], kNormalReason);
}

TEST_F(OutboundCallTest, ReleasesWhatIsAllocatedWhenTheBrowserCancelsBeforeTheTrunkIsInvited) {
  dial();
  (void)said();
  cancelled(kDevice);
  EXPECT_THAT(said(), ElementsAre("Release t", "Release b1", "ended cancelled"));
}

TEST_F(OutboundCallTest, CancelsTheTrunkWhenNobodyAnswersInTime) {
  connecting();
  progressed(kTrunk, 180);
  (void)said();
  const Time start = now;
  wait();
  EXPECT_EQ(now - start, std::chrono::seconds(180));
  EXPECT_THAT(said(),
              ElementsAre("hang up t", "480 b1", "Release t", "Release b1", "ended no_answer"));
}

TEST_F(OutboundCallTest, EndsWhenMediaDoesNotAnswer) {
  dial();
  (void)said();
  wait();
  EXPECT_THAT(said(), ElementsAre("503 b1", "Release t", "Release b1", "ended failed"));
}

TEST_F(OutboundCallTest, EndsWhenMediaHasNoRoom) {
  dial();
  (void)said();
  media_refused(kTrunk);
  EXPECT_THAT(said(), ElementsAre("503 b1", "Release t", "Release b1", "ended failed"));
}

TEST_F(OutboundCallTest, EndsWhenMediaAllocatesNonsense) {
  dial();
  (void)said();
  control::Event event;
  event.mutable_leg_allocated()->mutable_rtp()->set_ip("nowhere");
  call->handle_media(kTrunk, event, false, now);
  EXPECT_THAT(said(), ElementsAre("500 b1", "Release t", "Release b1", "ended failed"));
}

TEST_F(OutboundCallTest, CountsRingingAndTalkingForTheRecord) {
  connecting();
  now += std::chrono::seconds(5);
  accepted(kTrunk, sample::trunk());
  now += std::chrono::seconds(60);
  hung_up(kDevice);
  (void)said();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->ringing, std::chrono::seconds(5));
  EXPECT_EQ(ended->talking, std::chrono::seconds(60));
  EXPECT_EQ(ended->outcome, Outcome::Completed);
  EXPECT_EQ(ended->sip_status, 0);
  EXPECT_EQ(ended->remote_number, "4443");
}

}  // namespace
}  // namespace offhook::call
