#include "rtp/dtmf_sender.hpp"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "rtp/packet.hpp"

namespace offhook::rtp {
namespace {

using namespace std::chrono_literals;

struct Sent {
  Duration at;
  bool marker;
  std::uint32_t offset;
  TelephoneEvent event;
};

class DtmfSenderTest : public testing::Test {
 protected:
  void drain() {
    while (const auto packet = sender_.poll_packet(now_)) {
      sent_.push_back(
          {now_ - Time{}, packet->marker, packet->offset, *parse_telephone_event(packet->payload)});
    }
  }
  void start(Duration duration, bool over = true, Duration elapsed = 0ms) {
    sender_.start({.event = 5, .volume = 7, .over = over, .ticks = to_ticks(duration)},
                  to_ticks(elapsed), now_);
    drain();
  }
  void extend(Duration duration, bool over = false) {
    sender_.extend(to_ticks(duration), over, now_);
    drain();
  }
  bool step() {
    const auto next = sender_.next_timeout();
    if (!next) return false;
    now_ = std::max(now_, *next);
    drain();
    return true;
  }
  void run() {
    while (step()) {
    }
  }

  DtmfSender sender_;
  Time now_{1s};
  std::vector<Sent> sent_;
};

// ---- the rows of the table ----

TEST_F(DtmfSenderTest, AStartSendsTheFirstPacketWithItsMarker) {
  start(100ms);
  ASSERT_EQ(sent_.size(), 1U);
  EXPECT_TRUE(sent_[0].marker);
  EXPECT_FALSE(sent_[0].event.end);
  EXPECT_EQ(sent_[0].event.duration, 160);
  EXPECT_EQ(sent_[0].event.volume, 7);
  EXPECT_EQ(sender_.next_timeout(), now_ + 20ms);
}

TEST_F(DtmfSenderTest, AToneGoesOnEvery20MsWithGrowingDuration) {
  start(100ms);
  ASSERT_TRUE(step());
  ASSERT_EQ(sent_.size(), 2U);
  EXPECT_FALSE(sent_[1].marker);
  EXPECT_FALSE(sent_[1].event.end);
  EXPECT_EQ(sent_[1].event.duration, 320);
  EXPECT_EQ(sent_[1].at - sent_[0].at, 20ms);
}

TEST_F(DtmfSenderTest, ADigitOfWhichNothingNewIsKnownKeepsItsDuration) {
  start(30ms, false);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(step());
  EXPECT_EQ(sent_.back().event.duration, 240);
  extend(100ms);
  ASSERT_TRUE(step());
  EXPECT_EQ(sent_.back().event.duration, 400);
  EXPECT_FALSE(sent_.back().event.end);
}

TEST_F(DtmfSenderTest, ADigitWithoutNewsIsOver) {
  start(20ms, false);
  extend(60ms);
  run();
  EXPECT_EQ(sent_.back().event.duration, 480);
  EXPECT_TRUE(sent_.back().event.end);
  EXPECT_EQ(sent_.back().at, 1s + DtmfSender::kGivenUpAfter + 40ms);
  EXPECT_FALSE(sender_.busy());
}

TEST_F(DtmfSenderTest, AToneThatIsOverSendsItsEndPacket) {
  start(40ms);
  ASSERT_TRUE(step());
  EXPECT_TRUE(sent_.back().event.end);
  EXPECT_EQ(sent_.back().event.duration, 320);
}

TEST_F(DtmfSenderTest, ALongDigitGoesOnInSegments) {
  start(20s);
  run();
  std::vector<Sent> last;  // of each segment
  for (const Sent& sent : sent_) {
    if (sent.event.duration == 0xFFFF) last.push_back(sent);
    EXPECT_EQ(sent.marker, &sent == &sent_.front());
    EXPECT_EQ(sent.event.end, sent.offset == 2 * 0xFFFF && sent.event.duration == 160'000 % 0xFFFF);
  }
  ASSERT_EQ(last.size(), 6U) << "two segments, three times each";
  for (std::size_t i = 0; i < last.size(); ++i) EXPECT_EQ(last[i].offset, i / 3 * 0xFFFF);
  EXPECT_TRUE(std::ranges::is_sorted(
      sent_, {}, [](const Sent& sent) { return sent.offset + sent.event.duration; }));
  EXPECT_EQ(sent_.back().offset + sent_.back().event.duration, to_ticks(20s));
  EXPECT_EQ(sent_.back().at, 1s + 20s - 20ms + 40ms);
}

TEST_F(DtmfSenderTest, AToneThatMustFinishSendsItsEndPacketsAtOnce) {
  start(60ms, false);
  sender_.finish();
  drain();
  ASSERT_EQ(sent_.size(), 4U);
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_TRUE(sent_[i].event.end);
    EXPECT_EQ(sent_[i].event.duration, 480);
    EXPECT_EQ(sent_[i].at, 1s);
  }
  EXPECT_FALSE(sender_.busy());
}

TEST_F(DtmfSenderTest, TheEndPacketIsSentThreeTimes) {
  start(40ms);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(step());
  ASSERT_EQ(sent_.size(), 4U);
  for (std::size_t i = 1; i < sent_.size(); ++i) EXPECT_TRUE(sent_[i].event.end);
  EXPECT_FALSE(sender_.busy());
  EXPECT_FALSE(sender_.next_timeout());
}

TEST_F(DtmfSenderTest, EndPacketsThatAreLeftGoOutAtOnce) {
  start(40ms);
  ASSERT_TRUE(step());
  sender_.finish();
  drain();
  EXPECT_EQ(sent_.size(), 4U);
  EXPECT_FALSE(sender_.busy());
}

// ---- durations and times ----

TEST_F(DtmfSenderTest, ADigitIsSentEvery20MsWithGrowingDurationAndThreeEndPackets) {
  start(100ms);
  run();
  ASSERT_EQ(sent_.size(), 7U);
  for (std::size_t i = 0; i < sent_.size(); ++i) {
    EXPECT_EQ(sent_[i].at, 1s + i * 20ms);
    EXPECT_EQ(sent_[i].marker, i == 0);
    EXPECT_EQ(sent_[i].offset, 0U);
    EXPECT_EQ(sent_[i].event.event, 5);
    EXPECT_EQ(sent_[i].event.end, i >= 4);
    EXPECT_EQ(sent_[i].event.duration, std::min<std::size_t>(160 * (i + 1), 800));
  }
}

TEST_F(DtmfSenderTest, AnUnevenDurationEndsWithExactlyIt) {
  start(50ms);
  run();
  EXPECT_EQ(sent_.back().event.duration, 400);
  EXPECT_EQ(sent_.size(), 5U);
}

TEST_F(DtmfSenderTest, ADigitThatIsJoinedLateBeginsWithWhatHasPassed) {
  start(60ms, false, 60ms);
  EXPECT_EQ(sent_.back().event.duration, 480);
  EXPECT_TRUE(sent_.back().marker);
}

TEST_F(DtmfSenderTest, NothingOfADigitThatIsOverChanges) {
  start(40ms);
  extend(100ms, true);
  run();
  EXPECT_EQ(sent_.back().event.duration, 320);
}

TEST_F(DtmfSenderTest, ADurationDoesNotShrink) {
  start(60ms, false, 60ms);
  extend(40ms, true);
  run();
  EXPECT_EQ(sent_.back().event.duration, 480);
}

TEST_F(DtmfSenderTest, ADigitThatIsSaidToLastNothingLastsOnePacket) {
  start(0ms);
  EXPECT_EQ(sent_.back().event.duration, 160);
  EXPECT_TRUE(sent_.back().event.end);
}

TEST_F(DtmfSenderTest, ClearingStopsAtOnce) {
  start(100ms);
  sender_.clear();
  EXPECT_FALSE(sender_.busy());
  EXPECT_FALSE(sender_.next_timeout());
  run();
  EXPECT_EQ(sent_.size(), 1U);
}

TEST_F(DtmfSenderTest, ALateWakeUpDoesNotStretchTheTone) {
  start(100ms);
  now_ += 75ms;
  run();
  EXPECT_EQ(sent_.back().at, 1s + 120ms);
}

TEST_F(DtmfSenderTest, NothingHappensBeforeTheDeadline) {
  start(100ms);
  now_ += 19ms;
  drain();
  EXPECT_EQ(sent_.size(), 1U);
}

}  // namespace
}  // namespace offhook::rtp
