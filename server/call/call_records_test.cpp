#include "call/call_records.hpp"

#include <gtest/gtest.h>

namespace offhook::call {
namespace {

using namespace std::chrono_literals;

class CallRecordsTest : public testing::Test {
 protected:
  void end(std::uint64_t id, const std::string& browser, const std::string& trunk) {
    CallEnded record{};
    record.id = static_cast<CallId>(id);
    record.browser_leg.leg_id = browser;
    record.trunk_leg.leg_id = trunk;
    records_.handle(std::move(record), now_);
  }
  void describe(const std::string& leg_id, std::uint64_t packets = 1) {
    control::LegStatistics statistics;
    statistics.set_leg_id(leg_id);
    statistics.set_packets_received(packets);
    records_.handle(statistics);
  }
  std::vector<CallEnded> take() {
    std::vector<CallEnded> taken;
    while (auto record = records_.poll_output()) taken.push_back(std::move(*record));
    return taken;
  }

  Time now_{1h};
  CallRecords records_;
};

TEST_F(CallRecordsTest, ARecordWithoutLegsGoesOutAtOnce) {
  end(1, "", "");
  EXPECT_EQ(take().size(), 1u);
  EXPECT_FALSE(records_.next_timeout());
}

TEST_F(CallRecordsTest, ARecordWhoseLegsWereAskedWaits) {
  end(1, "b", "t");
  EXPECT_TRUE(take().empty());
  EXPECT_EQ(records_.next_timeout(), now_ + CallRecords::kPatience);
}

TEST_F(CallRecordsTest, KeepsARecordBackUntilItsLegsAreDescribed) {
  end(1, "b", "t");
  describe("t", 7);
  describe("of another process");
  EXPECT_TRUE(take().empty());
  describe("b", 9);
  const auto records = take();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].trunk_leg.statistics->packets_received(), 7u);
  EXPECT_EQ(records[0].browser_leg.statistics->packets_received(), 9u);
  EXPECT_FALSE(records_.next_timeout());
}

TEST_F(CallRecordsTest, ALegThatWasNotThereIsNotWaitedFor) {
  end(1, "", "t");
  describe("t");
  const auto records = take();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_FALSE(records[0].browser_leg.statistics);
}

TEST_F(CallRecordsTest, ARecordDoesNotWaitForMediaThatDoesNotAnswer) {
  end(1, "b1", "t1");
  describe("b1");
  now_ += 100ms;
  end(2, "b2", "t2");
  EXPECT_EQ(records_.next_timeout(), now_ + 400ms);
  records_.handle_timeout(now_ + 399ms);
  EXPECT_TRUE(take().empty());
  records_.handle_timeout(now_ + 400ms);
  const auto records = take();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_TRUE(records[0].browser_leg.statistics);
  EXPECT_FALSE(records[0].trunk_leg.statistics);
  EXPECT_EQ(records_.next_timeout(), now_ + 500ms);
  describe("t1");
  EXPECT_TRUE(take().empty()) << "it comes too late";
}

TEST_F(CallRecordsTest, ARecordDoesNotWaitForMediaThatIsGone) {
  end(1, "b1", "t1");
  end(2, "b2", "t2");
  records_.stop_waiting();
  EXPECT_EQ(take().size(), 2u);
  EXPECT_FALSE(records_.next_timeout());
}

TEST_F(CallRecordsTest, ACallThatIsWholeDoesNotWaitForAnOlderOne) {
  end(1, "b1", "t1");
  end(2, "b2", "t2");
  describe("b2");
  describe("t2");
  const auto records = take();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].id, static_cast<CallId>(2));
  EXPECT_TRUE(records_.next_timeout());
}

}  // namespace
}  // namespace offhook::call
