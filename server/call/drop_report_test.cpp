#include "call/drop_report.hpp"

#include <gtest/gtest.h>

namespace offhook::call {
namespace {

using std::chrono::seconds;

class DropReportTest : public testing::Test {
 protected:
  static std::string count_of(const std::optional<LogEvent>& event) {
    return event ? event->fields.at(0).second : "nothing";
  }
  Endpoint source_ = Endpoint::parse("203.0.113.66:5060").value();
  Time now_{std::chrono::hours(1)};
  DropReport report_;
};

TEST_F(DropReportTest, TellsTheFirstAtOnceAndTheRestOnceAMinute) {
  const auto first = report_.add(source_, now_);
  EXPECT_EQ(count_of(first), "1");
  EXPECT_EQ(first->event, "sip_dropped");
  EXPECT_EQ(first->fields.at(2).second, "203.0.113.66:5060");
  for (int i = 0; i < 1'000; ++i) EXPECT_FALSE(report_.add(source_, now_ + seconds(59)));
  EXPECT_FALSE(report_.handle_timeout(now_ + seconds(59)));
  EXPECT_EQ(count_of(report_.handle_timeout(now_ + seconds(60))), "1000");
  EXPECT_EQ(report_.next_timeout(), now_ + seconds(120));
}

TEST_F(DropReportTest, RestsWhenNothingComes) {
  (void)report_.add(source_, now_);
  EXPECT_FALSE(report_.handle_timeout(now_ + seconds(60)));
  EXPECT_FALSE(report_.next_timeout());
  EXPECT_EQ(count_of(report_.add(source_, now_ + seconds(61))), "1");
}

}  // namespace
}  // namespace offhook::call
