#include "call/trunk_keys.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offhook::call {
namespace {

using sdp::CryptoSuite;
using testing::IsEmpty;
using testing::SizeIs;

sdp::Crypto theirs(std::uint32_t tag, CryptoSuite suite = CryptoSuite::AesCm128HmacSha1_80,
                   std::uint8_t fill = 7) {
  return {.tag = tag, .suite = suite, .key_and_salt = Bytes(key_and_salt_bytes(suite), fill)};
}

sdp::TrunkRemote remote(std::vector<sdp::Crypto> crypto, bool insists) {
  sdp::TrunkRemote made;
  made.crypto = std::move(crypto);
  made.insists_on_crypto = insists;
  return made;
}

const sdp::TrunkRemote kPlain = remote({}, false);

class TrunkKeysTest : public testing::Test {
 protected:
  TrunkKeys& use(SrtpPolicy policy) { return keys_.emplace(policy, random_); }
  sdp::TrunkLocal offer() {
    sdp::TrunkLocal local;
    keys_->write_offer(local);
    return local;
  }
  sdp::TrunkLocal answer() {
    sdp::TrunkLocal local;
    keys_->write_answer(local);
    return local;
  }
  std::string local_key() { return keys_->for_media().value().local_key_and_salt(); }

  SeededRandom random_{1};
  std::optional<TrunkKeys> keys_;
};

TEST_F(TrunkKeysTest, OffAnswersPlainRtpAndRefusesWhoInsists) {
  TrunkKeys& keys = use(SrtpPolicy::Off);
  EXPECT_THAT(offer().crypto, IsEmpty());
  EXPECT_TRUE(keys.read_offer(kPlain));
  EXPECT_TRUE(keys.read_offer(remote({theirs(1)}, false))) << "an invitation may be declined";
  EXPECT_THAT(answer().crypto, IsEmpty());
  EXPECT_FALSE(keys.for_media());
  EXPECT_FALSE(keys.read_offer(remote({theirs(1)}, true)));
  EXPECT_FALSE(keys.give_way());
}

TEST_F(TrunkKeysTest, OptionalInsistsFirstAndGivesWayOnce) {
  TrunkKeys& keys = use(SrtpPolicy::Optional);
  EXPECT_THAT(offer().crypto, SizeIs(2));
  EXPECT_TRUE(offer().insists_on_crypto);
  EXPECT_TRUE(keys.give_way());
  EXPECT_THAT(offer().crypto, IsEmpty());
  EXPECT_FALSE(keys.give_way());
  EXPECT_TRUE(keys.read_answer(kPlain));
  EXPECT_FALSE(keys.for_media());
}

TEST_F(TrunkKeysTest, OptionalTakesWhatTheFarSideOffers) {
  TrunkKeys& keys = use(SrtpPolicy::Optional);
  EXPECT_TRUE(keys.read_offer(kPlain));
  EXPECT_THAT(answer().crypto, IsEmpty());
  EXPECT_TRUE(keys.read_offer(remote({theirs(5)}, false)));
  ASSERT_THAT(answer().crypto, SizeIs(1));
  EXPECT_EQ(answer().crypto[0].tag, 5U);
  EXPECT_TRUE(keys.for_media());
}

TEST_F(TrunkKeysTest, OptionalInvitesToSrtpWhereThereIsNoSecondTry) {
  TrunkKeys& keys = use(SrtpPolicy::Optional);
  sdp::TrunkLocal local;
  keys.write_late_offer(local);
  EXPECT_THAT(local.crypto, SizeIs(2));
  EXPECT_FALSE(local.insists_on_crypto);
  use(SrtpPolicy::Required).write_late_offer(local);
  EXPECT_TRUE(local.insists_on_crypto);
}

TEST_F(TrunkKeysTest, RequiredRefusesPlainRtp) {
  TrunkKeys& keys = use(SrtpPolicy::Required);
  EXPECT_THAT(offer().crypto, SizeIs(2));
  EXPECT_FALSE(keys.give_way());
  EXPECT_FALSE(keys.read_answer(kPlain));
  EXPECT_FALSE(keys.read_offer(kPlain));
  EXPECT_TRUE(keys.read_offer(remote({theirs(1)}, true)));
}

TEST_F(TrunkKeysTest, AnAnswerChoosesByTagAndSuite) {
  TrunkKeys& keys = use(SrtpPolicy::Required);
  const auto offered = offer().crypto;
  EXPECT_FALSE(keys.read_answer(remote({theirs(3)}, true)));
  EXPECT_FALSE(keys.read_answer(remote({theirs(1, CryptoSuite::AeadAes128Gcm)}, true)));
  EXPECT_FALSE(keys.for_media());
  ASSERT_TRUE(keys.read_answer(remote({theirs(2, CryptoSuite::AeadAes128Gcm)}, true)));
  const auto sdes = keys.for_media().value();
  EXPECT_EQ(sdes.srtp_profile(), 7U);
  EXPECT_EQ(to_bytes(sdes.local_key_and_salt()), offered[1].key_and_salt);
  EXPECT_EQ(to_bytes(sdes.remote_key_and_salt()), Bytes(28, 7));
}

TEST_F(TrunkKeysTest, EachOfOurKeysIsAnother) {
  (void)use(SrtpPolicy::Required);
  const auto first = offer().crypto;
  EXPECT_NE(Bytes(first[0].key_and_salt.begin(), first[0].key_and_salt.begin() + 16),
            Bytes(first[1].key_and_salt.begin(), first[1].key_and_salt.begin() + 16));
  (void)use(SrtpPolicy::Required);
  EXPECT_NE(offer().crypto, first);
}

TEST_F(TrunkKeysTest, OurKeyStaysWhileItsSuiteDoes) {
  TrunkKeys& keys = use(SrtpPolicy::Required);
  ASSERT_TRUE(keys.read_offer(remote({theirs(1)}, true)));
  const std::string first = local_key();
  const std::string before = keys.for_media()->SerializeAsString();
  ASSERT_TRUE(keys.read_offer(remote({theirs(1)}, true)));
  EXPECT_EQ(keys.for_media()->SerializeAsString(), before);
  // Another key, another tag, another suite first.
  ASSERT_TRUE(keys.read_offer(remote(
      {theirs(4, CryptoSuite::AeadAes256Gcm), theirs(8, CryptoSuite::AesCm128HmacSha1_80, 9)},
      true)));
  EXPECT_EQ(local_key(), first);
  EXPECT_EQ(answer().crypto[0].tag, 8U);
  EXPECT_EQ(offer().crypto.at(0).key_and_salt, to_bytes(first)) << "and in an offer of ours";
  EXPECT_THAT(offer().crypto, SizeIs(1));
  ASSERT_TRUE(keys.read_offer(remote({theirs(1, CryptoSuite::AeadAes256Gcm)}, true)));
  EXPECT_NE(local_key(), first);
  EXPECT_EQ(local_key().size(), 44U);
}

TEST_F(TrunkKeysTest, AfterPlainRtpOurKeyIsANewOne) {
  TrunkKeys& keys = use(SrtpPolicy::Optional);
  ASSERT_TRUE(keys.read_offer(remote({theirs(1)}, true)));
  const std::string first = local_key();
  ASSERT_TRUE(keys.read_offer(kPlain));
  EXPECT_FALSE(keys.for_media());
  ASSERT_TRUE(keys.read_offer(remote({theirs(1)}, true)));
  EXPECT_NE(local_key(), first);
}

}  // namespace
}  // namespace offhook::call
