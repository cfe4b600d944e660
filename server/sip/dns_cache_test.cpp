#include "sip/dns_cache.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "sip/zone_fixture.hpp"

namespace offhook::sip {
namespace {

using namespace std::chrono_literals;
using Outcome = DnsAnswer::Outcome;

class DnsCacheTest : public testing::Test {
 protected:
  DnsCacheTest() { zone_.add_address("pbx.example.com", "192.0.2.1"); }

  const DnsAnswer* find() { return cache_.find(question_, now_); }
  // Questions that were asked, answered from the zone.
  int serve() {
    int questions = 0;
    while (const auto question = cache_.poll_output()) {
      ++questions;
      cache_.handle_answer(*question, zone_.answer(*question), now_);
    }
    return questions;
  }
  void advance() {
    ASSERT_TRUE(cache_.next_timeout());
    now_ = *cache_.next_timeout();
    cache_.handle_timeout(now_);
  }
  Duration until_next() const { return *cache_.next_timeout() - now_; }

  Time now_{};
  Zone zone_;
  SeededRandom random_{1};
  DnsCache cache_{random_};
  DnsQuestion question_{DnsType::A, "pbx.example.com"};
};

TEST_F(DnsCacheTest, FindUnknownAsksAtOnceAndOnlyOnce) {
  EXPECT_EQ(find(), nullptr);
  EXPECT_EQ(find(), nullptr);
  EXPECT_EQ(cache_.poll_output(), question_);
  EXPECT_FALSE(cache_.poll_output());
  EXPECT_FALSE(cache_.next_timeout());
}

TEST_F(DnsCacheTest, FoundIsAskedAgainBeforeItsTtlEnds) {
  find();
  EXPECT_EQ(serve(), 1);
  EXPECT_EQ(find()->addresses.size(), 1U);
  EXPECT_EQ(until_next(), 270s);
  advance();
  EXPECT_NE(find(), nullptr);
  EXPECT_EQ(serve(), 1);
  EXPECT_EQ(until_next(), 270s);
}

TEST_F(DnsCacheTest, FoundWithATtlOutOfBoundsCountsAsTheBound) {
  zone_.set_ttl(0s);
  find();
  serve();
  EXPECT_EQ(until_next(), 4500ms);
  zone_.set_ttl(std::chrono::seconds(UINT32_MAX));
  advance();
  serve();
  EXPECT_EQ(until_next(), 54min);
}

TEST_F(DnsCacheTest, FoundTheSameAgainKeepsItsOrder) {
  zone_.add_address("pbx.example.com", "192.0.2.2");
  find();
  serve();
  const auto before = find()->addresses;
  for (const auto& addresses : {std::vector{before[1], before[0]}, before}) {
    advance();
    static_cast<void>(cache_.poll_output());
    DnsAnswer shuffled = zone_.answer(question_);
    shuffled.addresses = addresses;
    EXPECT_FALSE(cache_.handle_answer(question_, shuffled, now_));
    EXPECT_EQ(find()->addresses, before);
  }
}

TEST_F(DnsCacheTest, FoundServicesKeepTheOrderOnceDrawn) {
  question_ = {DnsType::Srv, "_sip._udp.example.com"};
  for (const char* target : {"a", "b", "c", "d"}) {
    zone_.add_srv(question_.name, {10, 10, 5060, target});
  }
  find();
  serve();
  const auto before = find()->srv;
  for (int round = 0; round < 20; ++round) {
    advance();
    serve();
    EXPECT_EQ(find()->srv, before);
  }
}

TEST_F(DnsCacheTest, NoSuchRecordIsAskedAgainAfter30Seconds) {
  zone_.remove(question_);
  find();
  serve();
  EXPECT_EQ(find()->outcome, Outcome::NoSuchRecord);
  EXPECT_EQ(until_next(), 30s);
}

TEST_F(DnsCacheTest, NoSuchRecordReplacesWhatWasFound) {
  find();
  serve();
  zone_.remove(question_);
  advance();
  serve();
  EXPECT_EQ(find()->outcome, Outcome::NoSuchRecord);
}

TEST_F(DnsCacheTest, FailedKeepsWhatIsKnownForUpToAWeek) {
  find();
  serve();
  const Time found_at = now_;
  zone_.set_down(true);
  while (now_ - found_at < 7 * 24h) {
    advance();
    EXPECT_EQ(find()->outcome, Outcome::Found);
    serve();
  }
  advance();
  serve();
  EXPECT_EQ(find()->outcome, Outcome::Failed);
  EXPECT_EQ(find()->reason, "the name servers fail");
  zone_.set_down(false);
  advance();
  serve();
  EXPECT_EQ(find()->outcome, Outcome::Found);
}

TEST_F(DnsCacheTest, FailedIsAskedAgainAfter2SecondsDoublingUpTo60) {
  zone_.set_down(true);
  find();
  serve();
  EXPECT_EQ(find()->outcome, Outcome::Failed);
  for (const auto delay : {2s, 4s, 8s, 16s, 32s, 60s, 60s, 60s}) {
    EXPECT_EQ(until_next(), delay);
    advance();
    serve();
  }
  zone_.set_down(false);
  advance();
  serve();
  zone_.set_down(true);
  advance();
  serve();
  EXPECT_EQ(until_next(), 2s);
}

TEST_F(DnsCacheTest, RefreshAsksWhatWasAskedLongerAgoThan5Seconds) {
  find();
  serve();
  now_ += 4999ms;
  cache_.refresh(now_);
  EXPECT_EQ(serve(), 0);
  now_ += 1ms;
  cache_.refresh(now_);
  cache_.refresh(now_);
  EXPECT_EQ(serve(), 1);
}

TEST_F(DnsCacheTest, APassWithoutFindForgets) {
  cache_.begin_pass();
  find();
  cache_.end_pass();
  serve();
  EXPECT_TRUE(cache_.next_timeout());
  cache_.begin_pass();
  cache_.end_pass();
  EXPECT_FALSE(cache_.next_timeout());
  EXPECT_FALSE(cache_.handle_answer(question_, zone_.answer(question_), now_));
}

TEST_F(DnsCacheTest, IgnoresAnswersThatItDidNotAskFor) {
  find();
  serve();
  DnsAnswer other = zone_.answer(question_);
  other.addresses = {*IpAddress::parse("198.51.100.66")};
  EXPECT_FALSE(cache_.handle_answer(question_, other, now_));
  EXPECT_FALSE(cache_.handle_answer({DnsType::A, "other.example.com"}, other, now_));
  EXPECT_EQ(find()->addresses, zone_.answer(question_).addresses);
}

TEST_F(DnsCacheTest, KeepsABoundedNumberOfRecords) {
  for (std::size_t i = 0; i <= limits::kDnsRecords; ++i) {
    zone_.add_address("pbx.example.com", "198.51.100." + std::to_string(i));
  }
  find();
  serve();
  EXPECT_EQ(find()->addresses.size(), limits::kDnsRecords);
}

}  // namespace
}  // namespace offhook::sip
