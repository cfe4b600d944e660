#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "call/call_test_bench.hpp"

// SRTP towards the trunk, in whole calls.
namespace offhook::call {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class SrtpCallTest : public testing::Test, protected CallBench {
 protected:
  void connecting(SrtpPolicy policy) {
    srtp = policy;
    dial();
    allocated(kDevice);
    allocated(kTrunk);
    (void)said();
  }
  void ring_in_secure(SrtpPolicy policy, const std::string& offer) {
    srtp = policy;
    ring_in(offer);
    allocated(kDevice);
    allocated(kTrunk);
    (void)said();
  }
  const control::SetRemote& trunk_remote() { return sent["SetRemote t"].set_remote(); }
};

TEST_F(SrtpCallTest, TellsMediaBothKeys) {
  connecting(SrtpPolicy::Required);
  accepted(kTrunk, sample::secure_trunk());
  EXPECT_THAT(said(), ElementsAre("SetRemote t", "Bridge", "200 b1"));
  EXPECT_EQ(trunk_remote().sdes().srtp_profile(), 1U);
  EXPECT_EQ(trunk_remote().sdes().local_key_and_salt().size(), 30U);
  EXPECT_EQ(trunk_remote().sdes().remote_key_and_salt().size(), 30U);
  EXPECT_NE(trunk_remote().sdes().local_key_and_salt(),
            trunk_remote().sdes().remote_key_and_salt());
}

TEST_F(SrtpCallTest, TakesPlainRtpForAnAnswerOnlyWhereItMay) {
  connecting(SrtpPolicy::Optional);
  accepted(kTrunk, sample::trunk());
  EXPECT_THAT(said(), ElementsAre("SetRemote t", "Bridge", "200 b1"));
  EXPECT_FALSE(trunk_remote().has_sdes());

  for (const std::string& answer :
       {sample::trunk(), sample::secure_trunk("9"),
        sample::secure_trunk("2")}) {  // the second line is another suite
    connecting(SrtpPolicy::Required);
    accepted(kTrunk, answer);
    EXPECT_THAT(said(),
                ElementsAre("hang up t", "488 b1", "Release t", "Release b1", "ended failed"));
  }
}

TEST_F(SrtpCallTest, GivesNotWayWhereSrtpIsRequiredOrWasNotTheReason) {
  connecting(SrtpPolicy::Required);
  refused(kTrunk, 488);
  EXPECT_THAT(said(), ElementsAre("488 b1", "Release t", "Release b1", "ended failed"));
  connecting(SrtpPolicy::Optional);
  refused(kTrunk, 486);
  EXPECT_THAT(said(), ElementsAre("486 b1", "Release t", "Release b1", "ended busy"));
  connecting(SrtpPolicy::Optional);
  refused(kTrunk, 488);
  EXPECT_THAT(said(), ElementsAre("INVITE t"));
  refused(kTrunk, 488);
  EXPECT_THAT(said(), ElementsAre("488 b1", "Release t", "Release b1", "ended failed"));
}

TEST_F(SrtpCallTest, AnswersAnOfferWithOneLineOfItsTag) {
  ring_in_secure(SrtpPolicy::Optional, sample::secure_trunk("7"));
  accepted(kDevice, sample::browser_answer());
  media_connected(kDevice);
  EXPECT_THAT(said(), ElementsAre("SetRemote b1", "SetRemote t", "Bridge", "200 t"));
  EXPECT_THAT(sdp["200 t"], HasSubstr("m=audio 20000 RTP/SAVP 0 101\r\n"));
  EXPECT_THAT(sdp["200 t"], HasSubstr("a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:"));
  EXPECT_TRUE(trunk_remote().has_sdes());
}

TEST_F(SrtpCallTest, RefusesAnOfferThatThePolicyForbidsBeforeAnybodyRings) {
  srtp = SrtpPolicy::Required;
  ring_in(sample::trunk());
  EXPECT_THAT(said(), ElementsAre("488 t", "ended failed"));
  srtp = SrtpPolicy::Off;
  ring_in(sample::secure_trunk());
  EXPECT_THAT(said(), ElementsAre("488 t", "ended failed"));
  srtp = SrtpPolicy::Optional;
  ring_in(sample::trunk({.protocol = "RTP/SAVP"}));  // without a key
  EXPECT_THAT(said(), ElementsAre("488 t", "ended failed"));
}

TEST_F(SrtpCallTest, OffersKeysInA200WhereTheInviteHadNoOffer) {
  ring_in_secure(SrtpPolicy::Optional, "");
  accepted(kDevice, sample::browser_answer());
  media_connected(kDevice);
  (void)said();
  EXPECT_THAT(sdp["200 t"], HasSubstr("RTP/AVP"));
  EXPECT_THAT(sdp["200 t"], HasSubstr("a=crypto:2 AEAD_AES_128_GCM inline:"));
  confirmed(kTrunk, sample::trunk({.crypto = "1 " + sample::kTrunkKey}));
  EXPECT_THAT(said(), ElementsAre("SetRemote t", "Bridge"));
  EXPECT_TRUE(trunk_remote().has_sdes());
}

TEST_F(SrtpCallTest, ARefreshWithTheSameKeysLeavesMediaAlone) {
  connecting(SrtpPolicy::Required);
  accepted(kTrunk, sample::secure_trunk());
  (void)said();
  const std::string ours = trunk_remote().sdes().local_key_and_salt();
  reinvited(kTrunk, sample::secure_trunk("3"));
  EXPECT_THAT(said(), ElementsAre("200 t"));
  EXPECT_THAT(sdp["200 t"], HasSubstr("a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:"));

  const std::string other = "AES_CM_128_HMAC_SHA1_80 inline:" + std::string(40, 'z');
  reinvited(kTrunk, sample::secure_trunk("1", other));
  EXPECT_THAT(said(), ElementsAre("SetRemote t", "200 t"));
  EXPECT_EQ(trunk_remote().sdes().local_key_and_salt(), ours);
  EXPECT_NE(trunk_remote().sdes().remote_key_and_salt(), ours);
}

TEST_F(SrtpCallTest, ARefreshOfOursKeepsTheKeysThatOurLastSdpHad) {
  connecting(SrtpPolicy::Optional);
  accepted(kTrunk, sample::secure_trunk());
  refreshed(kTrunk, sample::secure_trunk());
  (void)said();
  reinvited(kTrunk, sample::secure_trunk("3"));
  EXPECT_THAT(said(), ElementsAre("200 t"));
  refreshed(kTrunk, sample::secure_trunk("3"));
  refreshed(kTrunk, sample::secure_trunk("1"));  // that was the offer before
  EXPECT_THAT(said(), ElementsAre());
}

TEST_F(SrtpCallTest, RefusesAReofferInPlainWhereSrtpIsRequiredAndGoesOn) {
  connecting(SrtpPolicy::Required);
  accepted(kTrunk, sample::secure_trunk());
  (void)said();
  reinvited(kTrunk, sample::trunk());
  EXPECT_THAT(said(), ElementsAre("refuse offer t"));
  EXPECT_EQ(call->state(), Call::State::Connected);
  reinvited(kTrunk, "");
  EXPECT_THAT(said(), ElementsAre("200 t"));
  EXPECT_THAT(sdp["200 t"], HasSubstr("RTP/SAVP"));
}

TEST_F(SrtpCallTest, TheLogHasNoKeys) {
  connecting(SrtpPolicy::Required);
  accepted(kTrunk, sample::secure_trunk());
  (void)said();
  EXPECT_THAT(events, Not(IsEmpty()));
  for (const std::string& event : events) EXPECT_THAT(event, Not(HasSubstr("inline")));
}

}  // namespace
}  // namespace offhook::call
