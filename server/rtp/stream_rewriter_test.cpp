#include "rtp/stream_rewriter.hpp"

#include <set>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace offhook::rtp {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kSsrc = 0xCAFE;

class StreamRewriterTest : public testing::Test {
 protected:
  std::optional<Header> relay(std::uint64_t source, std::uint16_t sequence, std::uint32_t timestamp,
                              std::uint32_t ssrc = 1) {
    const auto header = rewriter_.relay(
        source, {.payload_type = 0, .sequence = sequence, .timestamp = timestamp, .ssrc = ssrc},
        now_, samples_);
    now_ += 20ms;
    return header;
  }

  StreamRewriter rewriter_{kSsrc, 500, 90'000};
  Time now_{10s};
  std::uint32_t samples_ = 160;
};

TEST_F(StreamRewriterTest, TheFirstPacketGetsTheStartValuesAndTheMarker) {
  EXPECT_FALSE(rewriter_.started());
  EXPECT_EQ(relay(1, 7, 1'234),
            (Header{.marker = true, .sequence = 500, .timestamp = 90'000, .ssrc = kSsrc}));
  EXPECT_TRUE(rewriter_.started());
}

TEST_F(StreamRewriterTest, TheFirstSequenceIsBelowHalfTheRange) {
  StreamRewriter rewriter(kSsrc, 0xFFFF, 0);
  EXPECT_EQ(rewriter.relay(1, {}, now_, 160)->sequence, 0x7FFF);
}

TEST_F(StreamRewriterTest, WithinASourceGapsReorderingAndTimestampsAreKept) {
  (void)relay(1, 10, 1'000);
  EXPECT_EQ(relay(1, 13, 1'480), (Header{.sequence = 503, .timestamp = 90'480, .ssrc = kSsrc}));
  EXPECT_EQ(relay(1, 12, 1'320), (Header{.sequence = 502, .timestamp = 90'320, .ssrc = kSsrc}));
  EXPECT_EQ(relay(1, 14, 1'640)->sequence, 504);
}

TEST_F(StreamRewriterTest, SequenceAndTimestampOfTheSourceMayWrap) {
  (void)relay(1, 65535, 0xFFFFFFF0);
  EXPECT_EQ(relay(1, 0, 0x90), (Header{.sequence = 501, .timestamp = 90'160, .ssrc = kSsrc}));
}

TEST_F(StreamRewriterTest, ASwitchContinuesTheSequenceAndTheTimeAndSetsTheMarker) {
  (void)relay(1, 10, 1'000);
  now_ += 80ms;  // 100 ms since the last one
  EXPECT_EQ(relay(2, 4'000, 777'777),
            (Header{.marker = true, .sequence = 501, .timestamp = 90'800, .ssrc = kSsrc}));
  EXPECT_EQ(relay(2, 4'001, 777'937),
            (Header{.sequence = 502, .timestamp = 90'960, .ssrc = kSsrc}));
}

TEST_F(StreamRewriterTest, AQuickSwitchMovesTheTimestampByOnePacketAtLeast) {
  (void)relay(1, 10, 1'000);
  now_ -= 19ms;
  EXPECT_EQ(relay(2, 1, 5)->timestamp, 90'160u);
}

TEST_F(StreamRewriterTest, ASwitchLessThanAPacketLateFollowsWithoutAGap) {
  (void)relay(1, 10, 1'000);
  now_ += 19ms;
  EXPECT_EQ(relay(2, 1, 5)->timestamp, 90'160u);
  now_ += 20ms;
  EXPECT_EQ(relay(1, 12, 1'320)->timestamp, 90'160u + 320u) << "a packet is missing";
}

TEST_F(StreamRewriterTest, ASwitchFollowsTheLastPacketWhateverItsLength) {
  for (const std::uint32_t samples : {80U, 240U, 480U}) {
    samples_ = samples;
    const std::uint32_t first = relay(1, 10, 1'000)->timestamp;
    now_ += from_ticks(samples) - 25ms;  // 5 ms before its end
    EXPECT_EQ(relay(2, 1, 5)->timestamp, first + samples);
    now_ += from_ticks(samples) - 15ms;
    EXPECT_EQ(rewriter_.produce(9, 0, false, 555, now_, 160).timestamp, first + 2 * samples);
  }
}

TEST_F(StreamRewriterTest, AnotherSsrcOfTheSameSourceIsASwitch) {
  (void)relay(1, 10, 1'000, 1);
  EXPECT_EQ(relay(1, 11, 1'160, 2),
            (Header{.marker = true, .sequence = 501, .timestamp = 90'160, .ssrc = kSsrc}));
}

TEST_F(StreamRewriterTest, DuplicatesAreRefused) {
  (void)relay(1, 10, 1'000);
  (void)relay(1, 11, 1'160);
  EXPECT_FALSE(relay(1, 11, 1'160));
  EXPECT_FALSE(relay(1, 10, 1'000));
}

TEST_F(StreamRewriterTest, StragglersFromBeforeASwitchAreRefused) {
  (void)relay(1, 10, 1'000);
  (void)relay(1, 14, 1'640);  // 11 to 13 are open
  (void)relay(2, 100, 0);
  EXPECT_FALSE(relay(2, 99, 0));
  EXPECT_FALSE(relay(2, 98, 0));
}

TEST_F(StreamRewriterTest, PacketsOlderThanTheWindowAreRefused) {
  (void)relay(1, 10, 1'000);
  now_ += 289 * 20ms;
  (void)relay(1, 300, 47'400);
  EXPECT_FALSE(relay(1, 300 - StreamRewriter::kWindow, 0));
  EXPECT_TRUE(relay(1, 300 - StreamRewriter::kWindow + 1, 0));
}

TEST_F(StreamRewriterTest, ASourceThatBeginsAgainIsASwitch) {
  (void)relay(1, 10'000, 1'000);
  EXPECT_EQ(relay(1, 20, 5)->sequence, 501);
  EXPECT_EQ(relay(1, 21, 165)->sequence, 502);
  EXPECT_EQ(relay(1, 21 + StreamRewriter::kMaxStepForward + 1, 9)->sequence, 503);
  EXPECT_EQ(
      relay(1, 22 + StreamRewriter::kMaxStepForward + StreamRewriter::kMaxStepForward, 9)->sequence,
      503 + StreamRewriter::kMaxStepForward);
}

TEST_F(StreamRewriterTest, ASourceThatStepsBackALittleIsHeardAgainAfterAFewPackets) {
  for (const int step : {10, 64, 200, 500}) {
    StreamRewriter rewriter(kSsrc, 500, 90'000);
    (void)rewriter.relay(1, {.sequence = 1'000, .timestamp = 160'000, .ssrc = 1}, now_, 160);
    for (unsigned i = 0; i <= StreamRewriter::kStepBackProof; ++i) {
      now_ += 20ms;
      const auto sequence = static_cast<std::uint16_t>(1'000 - step + static_cast<int>(i));
      const auto header =
          rewriter.relay(1, {.sequence = sequence, .timestamp = i * 160, .ssrc = 1}, now_, 160);
      if (i + 1 < StreamRewriter::kStepBackProof) {
        EXPECT_FALSE(header) << step;
      } else {
        const unsigned heard = i + 1 - StreamRewriter::kStepBackProof;
        ASSERT_TRUE(header) << step;
        EXPECT_EQ(header->sequence, 501 + heard);
        EXPECT_EQ(header->timestamp, 90'000 + (i + 1) * 160);
        EXPECT_EQ(header->marker, heard == 0);
      }
    }
  }
}

TEST_F(StreamRewriterTest, StragglersOutOfOrderOrAmongOthersAreNoStepBack) {
  (void)relay(1, 1'000, 0);
  for (std::uint16_t i = 0; i < 50; ++i) EXPECT_FALSE(relay(1, 800 - i, 0));
  for (std::uint16_t i = 1; i < 50; ++i) {
    EXPECT_FALSE(relay(1, 800 + i, 0));
    EXPECT_EQ(relay(1, 1'000 + i, 0)->sequence, 500 + i);
  }
}

TEST_F(StreamRewriterTest, SoundsOfOurOwnGoOnByOne) {
  (void)relay(1, 10, 1'000);
  const Header first = rewriter_.produce(9, 0, false, 555, now_);
  EXPECT_EQ(first, (Header{.marker = true, .sequence = 501, .timestamp = 90'160, .ssrc = kSsrc}));
  EXPECT_EQ(rewriter_.produce(9, 0, false, 715, now_ + 20ms),
            (Header{.sequence = 502, .timestamp = 90'320, .ssrc = kSsrc}));
}

TEST_F(StreamRewriterTest, AfterAnEventTheTimestampHasMovedByItsWholeDuration) {
  (void)relay(1, 10, 1'000);
  const Time start = now_;
  for (int i = 0; i < 7; ++i) {
    const Header event = rewriter_.produce(9, 101, i == 0, local_timestamp(start), now_);
    EXPECT_EQ(event.timestamp, 90'160u);
    EXPECT_EQ(event.sequence, 501 + i);
    EXPECT_EQ(event.marker, i == 0);
    now_ += 20ms;
  }
  EXPECT_EQ(
      relay(1, 18, 2'280),
      (Header{.marker = true, .sequence = 508, .timestamp = 90'160 + 7 * 160, .ssrc = kSsrc}));
}

TEST_F(StreamRewriterTest, TheTimestampForReportsMovesWithTheClock) {
  (void)relay(1, 10, 1'000);
  EXPECT_EQ(rewriter_.timestamp_at(now_ + 80ms), 90'800u);
}

TEST_F(StreamRewriterTest, ALossOfALongTimeIsNoLeap) {
  (void)relay(1, 10, 1'000);
  now_ += 30s;
  EXPECT_EQ(relay(1, 1'511, 241'160),
            (Header{.sequence = 2'001, .timestamp = 330'160, .ssrc = kSsrc}));
}

TEST_F(StreamRewriterTest, ATimestampThatStandsStillForAPauseIsNoLeap) {
  (void)relay(1, 10, 1'000);
  now_ += 60s;
  EXPECT_EQ(relay(1, 11, 1'160), (Header{.sequence = 501, .timestamp = 90'160, .ssrc = kSsrc}));
}

TEST_F(StreamRewriterTest, ATimestampThatLeapsAheadOfTheTimeIsASwitch) {
  (void)relay(1, 10, 1'000);
  EXPECT_EQ(relay(1, 11, 1'000 + 160 + 8'001),
            (Header{.marker = true, .sequence = 501, .timestamp = 90'160, .ssrc = kSsrc}));
  EXPECT_EQ(relay(1, 12, 0x80000000),
            (Header{.marker = true, .sequence = 502, .timestamp = 90'320, .ssrc = kSsrc}));
  EXPECT_EQ(relay(1, 13, 0x800000A0),
            (Header{.sequence = 503, .timestamp = 90'480, .ssrc = kSsrc}));
}

TEST_F(StreamRewriterTest, JitterOfASecondIsNoLeap) {
  (void)relay(1, 10, 1'000);
  now_ += 960ms;  // held up
  (void)relay(1, 11, 1'160);
  now_ -= 20ms;  // and what is behind it comes at once
  EXPECT_EQ(relay(1, 60, 9'000)->timestamp, 98'000u);
}

TEST_F(StreamRewriterTest, ATimestampThatLeapsFarBackIsASwitchAndThatOfAnEventIsNot) {
  (void)relay(1, 10, 1'000'000);
  EXPECT_EQ(relay(1, 11, 1'000'000 - 65'535)->timestamp, 90'000u - 65'535u);
  EXPECT_EQ(relay(1, 12, 1'000'160)->timestamp, 90'160u);
  EXPECT_EQ(relay(1, 13, 1'000'160 - 90'000),
            (Header{.marker = true, .sequence = 503, .timestamp = 90'320, .ssrc = kSsrc}));
}

TEST_F(StreamRewriterTest, AnOldStragglerIsNoLeap) {
  (void)relay(1, 1'000, 1'000'000);
  EXPECT_FALSE(relay(1, 800, 1'000'000 - 200 * 480));
  EXPECT_EQ(relay(1, 1'001, 1'000'160)->sequence, 501);
}

TEST_F(StreamRewriterTest, AfterAnInterruptionTheSourceGoesOnWithoutAGap) {
  (void)relay(1, 10, 1'000);
  rewriter_.interrupt();
  now_ += 980ms;
  EXPECT_EQ(relay(1, 60, 9'000),
            (Header{.marker = true, .sequence = 501, .timestamp = 98'000, .ssrc = kSsrc}));
  EXPECT_EQ(relay(1, 62, 9'320), (Header{.sequence = 503, .timestamp = 98'320, .ssrc = kSsrc}))
      << "from there on gaps are losses again";
}

TEST_F(StreamRewriterTest, ASwitchLeavesRoomForTheLongPacketBeforeIt) {
  for (const std::uint32_t samples : {80u, 160u, 240u, 320u, 480u}) {
    StreamRewriter rewriter(kSsrc, 500, 90'000);
    (void)rewriter.relay(1, {.sequence = 10, .timestamp = 1'000, .ssrc = 1}, now_, samples);
    const auto next = rewriter.relay(2, {.sequence = 1, .ssrc = 1}, now_ + 1ms, samples);
    EXPECT_EQ(next->timestamp, 90'000 + samples);
  }
}

TEST_F(StreamRewriterTest, WhoIsAheadOfTheTimeLosesItWithTheNextPause) {
  for (std::uint16_t i = 0; i < 10; ++i) {
    (void)relay(1, i, i * 160u);
    now_ -= 20ms;  // all at once
  }
  EXPECT_EQ(rewriter_.lead(), 180ms);
  now_ += 100ms;
  EXPECT_EQ(rewriter_.produce(9, 0, false, 0, now_, 160).timestamp, 90'000u + 10 * 160)
      << "the listener has more than the pause in its buffer";
  EXPECT_LT(rewriter_.lead(), 101ms);
  EXPECT_GT(rewriter_.lead(), 99ms);
  now_ += 300ms;
  EXPECT_NEAR(relay(2, 0, 0)->timestamp, 90'000u + 10 * 160 + 8 * 200, 2);
  EXPECT_EQ(rewriter_.lead(), 0ms);
}

TEST_F(StreamRewriterTest, ALeadShortensNoEventAndNoPauseBeforeOne) {
  for (std::uint16_t i = 0; i < 10; ++i) {
    (void)relay(1, i, i * 160u);
    now_ -= 20ms;
  }
  now_ += 100ms;
  const std::uint32_t event = rewriter_.produce(9, 101, true, 0, now_).timestamp;
  EXPECT_EQ(event, 90'000u + 9 * 160 + 800);
  now_ += 80ms;
  EXPECT_EQ(relay(1, 15, 15 * 160)->timestamp, event + 640);
}

TEST_F(StreamRewriterTest, ALeadIsBoundedAndDwindles) {
  for (std::uint16_t i = 0; i < 100; ++i) {
    (void)relay(1, i, i * 160u);
    now_ -= 20ms;
  }
  EXPECT_EQ(rewriter_.lead(), StreamRewriter::kMaxLead);
  for (std::uint16_t i = 100; i < 60'000; ++i) {
    now_ += 20ms;
    (void)relay(1, i, i * 160u);
    now_ -= 20ms;
  }
  EXPECT_LT(rewriter_.lead(), 5ms) << "after twenty minutes";
}

TEST_F(StreamRewriterTest, NoSequenceNumberIsEverGivenTwiceWhateverTheSourcesDo) {
  SeededRandom random(1);
  std::set<std::uint16_t> used;
  std::uint16_t before = 499;
  for (int i = 0; i < 20'000; ++i) {
    std::optional<Header> header;
    if (random.below(10) == 0) {
      header = rewriter_.produce(9, 101, false, random.next_u32(), now_);
    } else {
      const auto sequence = static_cast<std::uint16_t>(
          random.below(20) == 0 ? random.next_u32()
                                : static_cast<std::uint32_t>(i) + random.below(100));
      header = relay(random.below(2), sequence, random.next_u32(),
                     static_cast<std::uint32_t>(random.below(2)));
    }
    if (!header) continue;
    // Within half the range back every number is new.
    while (sequence_distance(before, header->sequence) > 0)
      used.erase(static_cast<std::uint16_t>(++before + 0x8000));
    ASSERT_TRUE(used.insert(header->sequence).second) << i;
  }
}

// ---- packets in the place of others ----

TEST_F(StreamRewriterTest, WhatIsAbsorbedLeavesNoGap) {
  (void)relay(1, 10, 1'000);
  rewriter_.absorb(1, {.sequence = 11, .timestamp = 1'160, .ssrc = 1});
  rewriter_.absorb(1, {.sequence = 13, .timestamp = 1'480, .ssrc = 1});  // one was lost
  EXPECT_EQ(relay(1, 14, 1'640), (Header{.sequence = 501, .timestamp = 90'640, .ssrc = kSsrc}));
}

TEST_F(StreamRewriterTest, AStragglerAmongWhatWasAbsorbedIsRefused) {
  (void)relay(1, 10, 1'000);
  rewriter_.absorb(1, {.sequence = 14, .timestamp = 1'640, .ssrc = 1});
  rewriter_.absorb(1, {.sequence = 13, .timestamp = 1'480, .ssrc = 1});
  EXPECT_FALSE(relay(1, 12, 1'320));
  EXPECT_EQ(relay(1, 15, 1'800)->sequence, 501);
}

TEST_F(StreamRewriterTest, AnotherSourceOrStreamIsNotAbsorbed) {
  (void)relay(1, 10, 1'000);
  rewriter_.absorb(2, {.sequence = 11, .timestamp = 1'160, .ssrc = 1});
  rewriter_.absorb(1, {.sequence = 11, .timestamp = 1'160, .ssrc = 9});
  EXPECT_EQ(relay(1, 12, 1'320)->sequence, 502);
}

TEST_F(StreamRewriterTest, InsertedPacketsStandBetweenThoseOfTheirSourceOnItsTimeline) {
  (void)relay(1, 10, 1'000);
  const Header event{.payload_type = 101, .sequence = 11, .timestamp = 1'160, .ssrc = 1};
  rewriter_.absorb(1, event);
  for (std::uint16_t i = 0; i < 5; ++i) {
    EXPECT_EQ(rewriter_.insert(1, event, now_ += 20ms),
              (Header{.payload_type = 101,
                      .sequence = static_cast<std::uint16_t>(501 + i),
                      .timestamp = 90'160,
                      .ssrc = kSsrc}));
  }
  rewriter_.absorb(1, {.sequence = 12, .timestamp = 1'160, .ssrc = 1});
  EXPECT_EQ(relay(1, 13, 2'000), (Header{.sequence = 506, .timestamp = 91'000, .ssrc = kSsrc}));
}

TEST_F(StreamRewriterTest, AnInsertedPacketMayBeTheFirstOfItsSource) {
  (void)relay(2, 10, 1'000);
  const Header event{.payload_type = 101, .sequence = 4'000, .timestamp = 77'000, .ssrc = 1};
  EXPECT_EQ(rewriter_.insert(1, event, now_), (Header{.marker = true,
                                                      .payload_type = 101,
                                                      .sequence = 501,
                                                      .timestamp = 90'160,
                                                      .ssrc = kSsrc}));
  EXPECT_EQ(relay(1, 4'001, 77'800), (Header{.sequence = 502, .timestamp = 90'960, .ssrc = kSsrc}));
}

}  // namespace
}  // namespace offhook::rtp
