#include "call/counters.hpp"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offhook::call {
namespace {

using std::chrono::milliseconds;
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

}  // namespace
}  // namespace offhook::call
