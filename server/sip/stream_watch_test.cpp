#include "sip/stream_watch.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace offhook::sip {
namespace {

using namespace std::chrono_literals;

class StreamWatchTest : public testing::Test {
 protected:
  // What came out in this time: "ping", "gave up: ..." each with the second in which it came.
  std::string run_for(Duration duration) {
    std::string seen;
    const Time end = now + duration;
    while (true) {
      const auto next = watch.next_timeout();
      if (!next || *next > end) break;
      now = *next;
      watch.handle_timeout(now);
      while (const auto output = watch.poll_output()) {
        if (!seen.empty()) seen += ", ";
        seen += std::to_string((now - start) / 1s) + " ";
        const auto* end_of_it = std::get_if<StreamWatch::GiveUp>(&*output);
        seen += end_of_it == nullptr ? "ping" : end_of_it->reason;
      }
    }
    now = end;
    return seen;
  }
  void pong() {
    watch.handle_bytes(false, false, now);
    watch.handle_pong();
  }

  const Time start{1'000s};
  Time now = start;
  StreamWatch watch{{.ping_every = 25s, .pong_time = 10s, .message_time = 32s}, now};
};

TEST_F(StreamWatchTest, QuietPingIsDue) { EXPECT_EQ(run_for(60s), "25 ping, 50 ping"); }

TEST_F(StreamWatchTest, PingedBytes) {
  EXPECT_EQ(run_for(26s), "25 ping");
  pong();
  EXPECT_EQ(run_for(25s), "50 ping");
  watch.handle_bytes(true, false, now);  // any byte says that the peer lives
  EXPECT_EQ(run_for(20s), "");
}

TEST_F(StreamWatchTest, PingedPingIsDue) {
  watch = StreamWatch({.ping_every = 4s, .pong_time = 10s, .message_time = 32s}, now);
  EXPECT_EQ(run_for(4s), "4 ping");
  pong();
  EXPECT_EQ(run_for(14s), "8 ping, 12 ping, 16 ping, 18 did not answer a keep-alive in 10 s");
}

TEST_F(StreamWatchTest, PingedPongIsLate) {
  EXPECT_EQ(run_for(26s), "25 ping");
  pong();
  EXPECT_EQ(run_for(34s), "50 ping, 60 did not answer a keep-alive in 10 s");
}

TEST_F(StreamWatchTest, AMissingPongOfAPeerThatNeverSentOneMeansNothing) {
  watch.handle_bytes(true, false, now);
  EXPECT_EQ(run_for(60s), "25 ping, 50 ping");
}

TEST_F(StreamWatchTest, IdleTooLong) {
  watch = StreamWatch({.idle_time = 600s, .message_time = 32s}, now);
  EXPECT_EQ(run_for(599s), "");
  watch.handle_bytes(true, false, now);
  EXPECT_EQ(run_for(599s), "");
  EXPECT_EQ(run_for(1s), "1199 said nothing for 600 s");
}

TEST_F(StreamWatchTest, MessageIsLate) {
  watch = StreamWatch({.message_time = 32s}, now);
  watch.handle_bytes(false, true, now);
  EXPECT_EQ(run_for(31s), "");
  watch.handle_bytes(false, true, now);  // a byte at a time does not help
  EXPECT_EQ(run_for(1s), "32 did not finish a message in 32 s");
}

TEST_F(StreamWatchTest, AMessageThatEndsWhileTheNextBeginsIsNotLate) {
  watch = StreamWatch({.message_time = 32s}, now);
  for (int i = 0; i < 10; ++i) {
    watch.handle_bytes(i > 0, true, now);
    EXPECT_EQ(run_for(20s), "");
  }
  watch.handle_bytes(true, false, now);
  EXPECT_EQ(watch.next_timeout(), std::nullopt);
}

}  // namespace
}  // namespace offhook::sip
