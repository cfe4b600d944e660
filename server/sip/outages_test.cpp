#include "sip/outages.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace offhook::sip {
namespace {

using namespace std::chrono_literals;

Target target(unsigned number) {
  const auto address = IpAddress::parse("192.0." + std::to_string(number / 256) + "." +
                                        std::to_string(number % 256));
  return {Transport::Udp, {*address, 5060}, "pbx.example.com"};
}

class OutagesTest : public testing::Test {
 protected:
  Duration fail(std::optional<std::chrono::seconds> retry_after = std::nullopt) {
    outages_.begin(target(1), "does not answer", retry_after, now_);
    return outages_.find(target(1))->until - now_;
  }
  void pass() { now_ = outages_.find(target(1))->until; }

  Time now_{};
  SeededRandom random_{1};
  Outages outages_{random_};
};

TEST_F(OutagesTest, LastsAbout30SecondsAtFirst) {
  EXPECT_FALSE(outages_.is_down(target(1), now_));
  const Duration length = fail();
  EXPECT_GE(length, 24s);
  EXPECT_LE(length, 30s);
  EXPECT_TRUE(outages_.is_down(target(1), now_ + length - 1ns));
  EXPECT_FALSE(outages_.is_down(target(1), now_ + length));
  EXPECT_FALSE(outages_.is_down(target(2), now_));
  EXPECT_EQ(outages_.find(target(1))->reason, "does not answer");
}

TEST_F(OutagesTest, DoublesUpToTenMinutesWithEachFailureThatFollows) {
  for (const auto bound : {30s, 60s, 120s, 240s, 480s, 600s, 600s}) {
    const Duration length = fail();
    EXPECT_GE(length, bound * 8 / 10);
    EXPECT_LE(length, bound);
    pass();
  }
}

TEST_F(OutagesTest, DoublesAlsoWhereItWorkedForAWhileInBetween) {
  fail();
  pass();
  outages_.end(target(1), now_);
  now_ += 10min;
  EXPECT_GT(fail(), 30s);
  now_ += Outages::kRemembered + 1ns;
  EXPECT_LE(fail(), 30s);
}

TEST_F(OutagesTest, TakesFailuresThatComeTogetherForOne) {
  const Duration length = fail();
  now_ += 1s;
  EXPECT_EQ(fail(), length - 1s);
  EXPECT_EQ(outages_.find(target(1))->failed_at, Time{});
  pass();
  EXPECT_LE(fail(), 60s);
  now_ += 1s;
  fail();
  pass();
  EXPECT_GT(fail(), 60s);
}

TEST_F(OutagesTest, LastsAsLongAsTheServerAskedForUpToAnHour) {
  EXPECT_EQ(fail(300s), 300s);
  EXPECT_EQ(outages_.find(target(1))->not_before, now_ + 300s);
  EXPECT_EQ(fail(1s), 300s);
  EXPECT_EQ(fail(std::chrono::seconds(INT64_MAX / 2'000'000'000)), 1h);
}

TEST_F(OutagesTest, EndsWhenTheTargetWorks) {
  fail(300s);
  outages_.end(target(1), now_);
  EXPECT_FALSE(outages_.is_down(target(1), now_));
  EXPECT_FALSE(outages_.find(target(1))->not_before);
  outages_.end(target(2), now_);
  EXPECT_EQ(outages_.find(target(2)), nullptr);
}

TEST_F(OutagesTest, CleansAndCutsTheReason) {
  outages_.begin(target(1), "a\r\nb" + std::string(1000, 'x'), std::nullopt, now_);
  EXPECT_EQ(outages_.find(target(1))->reason.size(), 256U);
  EXPECT_TRUE(outages_.find(target(1))->reason.starts_with("abx"));
}

TEST_F(OutagesTest, RemembersABoundedNumberOfTargets) {
  for (unsigned i = 0; i <= limits::kSipOutages; ++i) {
    outages_.begin(target(i), "", std::nullopt, now_);
  }
  EXPECT_EQ(outages_.find(target(0)), nullptr);
  EXPECT_NE(outages_.find(target(1)), nullptr);
}

}  // namespace
}  // namespace offhook::sip
