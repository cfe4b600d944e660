#include "call/counters.hpp"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offhook::call {
namespace {

using std::chrono::milliseconds;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

sip::Message request(sip::Method method, std::string unknown = {}) {
  sip::Request request;
  request.method = method;
  request.unknown_method = std::move(unknown);
  return request;
}
sip::Message response(std::uint16_t status) {
  sip::Response response;
  response.status = status;
  return response;
}

TEST(HistogramTest, CountsABoundToTheBucketThatItCloses) {
  constexpr std::array kBounds{0.5, 1.0};
  Histogram histogram(kBounds);
  for (const int ms : {0, 500, 501, 1'000, 1'001, 9'000}) histogram.observe(milliseconds(ms));
  EXPECT_THAT(histogram.counts(), ElementsAre(2U, 2U, 2U));
  EXPECT_DOUBLE_EQ(histogram.sum(), 12.002);
}

TEST(CountersTest, CountsMessagesByMethodAndClass) {
  Counters counters;
  counters.count_message(true, sip::Transport::Udp, request(sip::Method::Invite));
  counters.count_message(true, sip::Transport::Udp, request(sip::Method::Invite));
  counters.count_message(false, sip::Transport::Udp, response(200));
  counters.count_message(false, sip::Transport::Udp, response(699));
  EXPECT_THAT(
      counters.messages(),
      ElementsAre(std::pair(Counters::MessageKey(false, sip::Transport::Udp, "2xx"), 1U),
                  std::pair(Counters::MessageKey(false, sip::Transport::Udp, "6xx"), 1U),
                  std::pair(Counters::MessageKey(true, sip::Transport::Udp, "INVITE"), 2U)));
}

TEST(CountersTest, CountsWhatTheDialGateSaidFromNothingOn) {
  Counters counters;
  EXPECT_EQ(counters.dials().at({"dialled", "forbidden_destination"}), 0U);
  counters.count_dial("dialled", "allowed");
  counters.count_dial("dialled", "allowed");
  counters.count_dial("redirected", "forbidden_destination");
  EXPECT_EQ(counters.dials().at({"dialled", "allowed"}), 2U);
  EXPECT_EQ(counters.dials().at({"redirected", "forbidden_destination"}), 1U);
}

TEST(CountersTest, CountsTextMessagesFromNothingOn) {
  Counters counters;
  EXPECT_EQ(counters.texts().at({Direction::Inbound, "delivered"}), 0U);
  EXPECT_EQ(counters.texts().at({Direction::Outbound, "delivered"}), 0U);
  counters.count_text(Direction::Outbound, "delivered");
  counters.count_text(Direction::Outbound, "text_too_long");
  EXPECT_EQ(counters.texts().at({Direction::Outbound, "delivered"}), 1U);
  EXPECT_EQ(counters.texts().at({Direction::Outbound, "text_too_long"}), 1U);
}

TEST(CountersTest, MakesNoKeyOfWhatAStrangerSends) {
  Counters counters;
  for (int i = 0; i < 1'000; ++i) {
    counters.count_message(false, sip::Transport::Ws,
                           request(sip::Method::Unknown, "M" + std::to_string(i)));
  }
  EXPECT_THAT(
      counters.messages(),
      ElementsAre(std::pair(Counters::MessageKey(false, sip::Transport::Ws, "other"), 1'000U)));
}

TEST(CountersTest, MeasuresHowLongAnsweredCallsTalk) {
  Counters counters;
  CallEnded call{};
  call.outcome = Outcome::Busy;
  call.failure = "busy";
  counters.count_call(call);
  EXPECT_DOUBLE_EQ(counters.talking().sum(), 0);
  call.outcome = Outcome::Completed;
  call.failure = "";
  call.talking = milliseconds(2'500);
  counters.count_call(call);
  EXPECT_DOUBLE_EQ(counters.talking().sum(), 2.5);
  EXPECT_THAT(counters.calls(), SizeIs(2));
}

TEST(CountersTest, MeasuresEachSideAsFarAsItIsKnown) {
  Counters counters;
  CallEnded call{};
  counters.count_quality(call);  // media said nothing
  control::LegStatistics& browser = call.browser_leg.statistics.emplace();
  browser.set_packets_received(98);
  browser.set_packets_lost(2);
  browser.set_packets_sent(200);
  browser.set_jitter_us(7'000);
  browser.set_mos_received(432);
  browser.set_far_packets_lost(10);
  browser.set_far_jitter_us(3'000);
  browser.set_round_trip_us(40'000);
  browser.set_mos_sent(350);
  call.trunk_leg.statistics.emplace().set_packets_sent(100);  // it heard nothing, and no reports
  counters.count_quality(call);

  const SideQuality& side = counters.browser_quality();
  EXPECT_DOUBLE_EQ(side.received.loss.sum(), 0.02);
  EXPECT_DOUBLE_EQ(side.received.jitter.sum(), 0.007);
  EXPECT_DOUBLE_EQ(side.received.score.sum(), 4.32);
  EXPECT_DOUBLE_EQ(side.sent.loss.sum(), 0.05);
  EXPECT_DOUBLE_EQ(side.sent.jitter.sum(), 0.003);
  EXPECT_DOUBLE_EQ(side.sent.score.sum(), 3.5);
  EXPECT_DOUBLE_EQ(side.round_trip.sum(), 0.04);
  const SideQuality& trunk = counters.trunk_quality();
  for (const Histogram* histogram :
       {&trunk.received.loss, &trunk.received.jitter, &trunk.received.score, &trunk.sent.loss,
        &trunk.sent.jitter, &trunk.sent.score, &trunk.round_trip}) {
    EXPECT_THAT(histogram->counts(), Each(0U)) << "unknown is not perfect";
  }
}

}  // namespace
}  // namespace offhook::call
