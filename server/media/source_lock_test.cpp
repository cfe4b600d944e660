#include "media/source_lock.hpp"

#include <gtest/gtest.h>

namespace offhook::media {
namespace {

Endpoint at(const char* text) { return *Endpoint::parse(text); }
rtp::Header header(std::uint16_t sequence, std::uint32_t ssrc = 1) {
  return {.sequence = sequence, .ssrc = ssrc};
}
// Whether `source` is believed exactly at the end of a probation.
bool is_learned(SourceLock& lock, const Endpoint& source) {
  for (std::uint16_t i = 1; i < SourceLock::kProbation; ++i) {
    if (lock.accept(source, header(i))) return false;
  }
  return lock.accept(source, header(SourceLock::kProbation));
}

TEST(SourceLockTest, NothingIsBelievedBeforeThereIsSdp) {
  SourceLock lock;
  EXPECT_FALSE(lock.is_known());
  EXPECT_FALSE(lock.accept(at("192.0.2.1:1000"), header(1)));
}

TEST(SourceLockTest, TheSdpsEndpointIsAlwaysBelievedAlsoAfterAnotherWasLearned) {
  SourceLock lock;
  lock.expect(at("192.0.2.1:1000"));
  EXPECT_TRUE(is_learned(lock, at("192.0.2.1:2000")));
  EXPECT_EQ(lock.target(), at("192.0.2.1:2000"));
  EXPECT_TRUE(lock.accept(at("192.0.2.1:1000"), header(1)));
  EXPECT_EQ(lock.target(), at("192.0.2.1:1000"));
  EXPECT_FALSE(lock.accept(at("192.0.2.1:2000"), header(2)));
}

TEST(SourceLockTest, IsSettledOnceTheSdpsOwnEndpointWasHeardUntilTheNextSdp) {
  SourceLock lock;
  EXPECT_FALSE(lock.is_settled());
  lock.expect(at("192.0.2.1:1000"));
  EXPECT_FALSE(lock.is_settled());
  EXPECT_TRUE(is_learned(lock, at("192.0.2.1:2000")));
  EXPECT_FALSE(lock.is_settled());
  EXPECT_TRUE(lock.accept(at("192.0.2.1:1000"), header(1)));
  EXPECT_TRUE(lock.is_settled());
  lock.expect(at("192.0.2.1:1000"));
  EXPECT_TRUE(lock.is_settled());
  lock.expect(at("192.0.2.2:1000"));
  EXPECT_FALSE(lock.is_settled());
}

TEST(SourceLockTest, AnotherPortOfTheSameAddressIsLearnedOnceAfterAFewPacketsInSequence) {
  for (const char* address : {"192.0.2.1", "127.0.0.1", "[2001:db8::1]"}) {
    SourceLock lock;
    lock.expect(at((address + std::string(":1000")).c_str()));
    EXPECT_TRUE(is_learned(lock, at((address + std::string(":2000")).c_str()))) << address;
    EXPECT_FALSE(is_learned(lock, at((address + std::string(":3000")).c_str()))) << address;
    EXPECT_EQ(lock.target().port, 2'000);
  }
}

TEST(SourceLockTest, TheSdpsEndpointNeedsNoProbationAndEndsThatOfAnOldCallsStream) {
  SourceLock lock;
  lock.expect(at("192.0.2.1:1000"));
  EXPECT_FALSE(lock.accept(at("192.0.2.1:2000"), header(1)));
  EXPECT_TRUE(lock.accept(at("192.0.2.1:1000"), header(1)));
  EXPECT_FALSE(is_learned(lock, at("192.0.2.1:2000")));
  EXPECT_EQ(lock.target(), at("192.0.2.1:1000"));
}

TEST(SourceLockTest, ASiblingIsLearnedAfterAFewPacketsInSequence) {
  SourceLock lock;
  lock.expect(at("192.0.2.1:1000"));
  EXPECT_TRUE(is_learned(lock, at("192.0.2.9:5000")));
  EXPECT_EQ(lock.target(), at("192.0.2.9:5000"));
}

TEST(SourceLockTest, AGapOrAnotherStreamStartsASiblingsProbationAgain) {
  SourceLock lock;
  lock.expect(at("192.0.2.1:1000"));
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(lock.accept(at("192.0.2.9:5000"), header(static_cast<std::uint16_t>(2 * i))));
  }
  for (std::uint16_t i = 0; i < 20; ++i) {
    EXPECT_FALSE(lock.accept(at("192.0.2.9:5000"), header(i, i)));
  }
}

TEST(SourceLockTest, WhoSentBeforeThereWasSdpNeedsALongerProbationUnlessTheSdpNamesIt) {
  SourceLock lock;
  lock.hear_early(at("192.0.2.1:2000"));
  lock.hear_early(at("192.0.2.9:1000"));
  lock.expect(at("192.0.2.1:1000"));
  std::uint16_t sequence = 1;
  for (; sequence < SourceLock::kLongProbation; ++sequence) {
    EXPECT_FALSE(lock.accept(at("192.0.2.1:2000"), header(sequence)));
  }
  EXPECT_TRUE(lock.accept(at("192.0.2.1:2000"), header(sequence)));
  SourceLock named;
  named.hear_early(at("192.0.2.1:1000"));
  named.expect(at("192.0.2.1:1000"));
  EXPECT_TRUE(named.accept(at("192.0.2.1:1000"), header(1)));
}

TEST(SourceLockTest, AnOldCallsStreamDoesNotKeepTheNewPeerFromBeingLearned) {
  SourceLock lock;
  lock.hear_early(at("192.0.2.1:2000"));
  lock.expect(at("192.0.2.1:1000"));
  for (std::uint16_t i = 1; i < SourceLock::kProbation; ++i) {
    EXPECT_FALSE(lock.accept(at("192.0.2.1:2000"), header(i, 9)));
    EXPECT_FALSE(lock.accept(at("192.0.2.1:3000"), header(i)));
  }
  EXPECT_TRUE(lock.accept(at("192.0.2.1:3000"), header(SourceLock::kProbation)));
}

TEST(SourceLockTest, OfThoseWhoSentBeforeThereWasSdpTheNewestAreRemembered) {
  const auto source = [](std::size_t i) {
    return Endpoint{*IpAddress::parse("192.0.2.1"), static_cast<std::uint16_t>(2'000 + i)};
  };
  for (const std::size_t asked : {std::size_t{0}, std::size_t{1}, SourceLock::kEarlySources}) {
    SourceLock lock;
    for (int again = 0; again < 3; ++again) lock.hear_early(source(0));
    for (std::size_t i = 1; i <= SourceLock::kEarlySources; ++i) lock.hear_early(source(i));
    lock.expect(at("192.0.2.1:1000"));
    EXPECT_EQ(is_learned(lock, source(asked)), asked == 0) << asked;
  }
}

TEST(SourceLockTest, StrangersAreNeverBelieved) {
  SourceLock lock;
  lock.expect(at("192.0.2.1:1000"));
  for (std::uint16_t i = 0; i < 100; ++i) {
    EXPECT_FALSE(lock.accept(at("192.0.3.1:1000"), header(i)));
    EXPECT_FALSE(lock.accept(at("[2001:db8::1]:1000"), header(i)));
  }
}

TEST(SourceLockTest, LoopbackHasNoSiblings) {
  SourceLock lock;
  lock.expect(at("127.0.0.20:1000"));
  for (std::uint16_t i = 0; i < 100; ++i) {
    EXPECT_FALSE(lock.accept(at("127.0.0.66:1000"), header(i)));
  }
  EXPECT_FALSE(lock.is_related(*IpAddress::parse("127.0.0.66")));
  EXPECT_TRUE(lock.is_related(*IpAddress::parse("127.0.0.20")));
}

TEST(SourceLockTest, SiblingsOfIpv6ShareThe64) {
  SourceLock lock;
  lock.expect(at("[2001:db8::1]:1000"));
  EXPECT_TRUE(lock.is_related(*IpAddress::parse("2001:db8::ffff")));
  EXPECT_FALSE(lock.is_related(*IpAddress::parse("2001:db8:0:1::1")));
}

TEST(SourceLockTest, NewSdpUnlocksAndTheSameOrNoneDoesNot) {
  SourceLock lock;
  lock.expect(at("192.0.2.1:1000"));
  EXPECT_TRUE(is_learned(lock, at("192.0.2.1:2000")));
  lock.expect(at("192.0.2.1:1000"));
  lock.expect(at("0.0.0.0:0"));
  EXPECT_EQ(lock.target(), at("192.0.2.1:2000"));
  lock.expect(at("198.51.100.1:7000"));
  EXPECT_EQ(lock.target(), at("198.51.100.1:7000"));
  EXPECT_FALSE(lock.accept(at("192.0.2.1:2000"), header(1)));
}

}  // namespace
}  // namespace offhook::media
