#include "media/digit_player.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "rtp/telephone_event.hpp"

namespace offhook::media {
namespace {

using namespace std::chrono_literals;

constexpr DigitPlayer::SourceId kLeg = 16;

struct Sent {
  Duration at;
  DigitPlayer::EventPacket packet;
  rtp::TelephoneEvent event;
};

class DigitPlayerTest : public testing::Test {
 protected:
  // ---- as events ----
  void drain() {
    while (const auto packet = player_.poll_event(now_)) {
      sent_.push_back({now_ - Time{}, *packet, *rtp::parse_telephone_event(packet->payload)});
    }
  }
  bool press(char digit, Duration duration = 100ms) {
    const bool taken = player_.press(digit, duration, now_);
    drain();
    return taken;
  }
  void hear(char digit, std::uint32_t timestamp, Duration duration, bool over = false,
            DigitPlayer::SourceId source = kLeg) {
    player_.relay(source,
                  {.digit = digit,
                   .over = over,
                   .duration = duration,
                   .volume = 13,
                   .ssrc = 7,
                   .timestamp = timestamp},
                  ++sequence_, now_);
    drain();
  }
  void run_until(Time end) {
    while (is_due(player_.next_timeout(), end)) {
      now_ = std::max(now_, *player_.next_timeout());
      drain();
    }
    now_ = end;
  }
  void run_for(Duration duration) { run_until(now_ + duration); }
  // The digits in the order in which they ended, once each.
  [[nodiscard]] std::string digits() const {
    std::string all;
    std::uint32_t last = 0;
    for (const Sent& sent : sent_) {
      if (!sent.event.end || (!all.empty() && sent.packet.timestamp == last)) continue;
      all += *rtp::digit_from_event(sent.event.event);
      last = sent.packet.timestamp;
    }
    return all;
  }

  // ---- as tones ----
  struct Heard {
    std::size_t start;  // samples from the beginning
    std::size_t length;
  };
  void play_for(Duration duration) {
    const Time end = now_ + duration;
    while (now_ < end) {
      std::array<std::int16_t, 160> frame{};
      if (player_.sounds(now_)) player_.fill(frame, now_);
      audio_.insert(audio_.end(), frame.begin(), frame.end());
      now_ += 20ms;
    }
  }
  // A tone passes through zero, but never stays there; it may end there.
  [[nodiscard]] std::vector<Heard> heard() const {
    std::vector<Heard> tones;
    std::size_t silent = 100;
    for (std::size_t i = 0; i < audio_.size(); ++i) {
      silent = audio_[i] == 0 ? silent + 1 : 0;
      if (silent > 0) continue;
      if (tones.empty() || i - tones.back().start - tones.back().length > 20) {
        tones.push_back({i, 0});
      }
      tones.back().length = i + 1 - tones.back().start;
    }
    return tones;
  }

  DigitPlayer player_;
  Time now_{1s};
  std::uint16_t sequence_ = 100;
  std::vector<Sent> sent_;
  std::vector<std::int16_t> audio_;
};

// ---- pressed, as events ----

TEST_F(DigitPlayerTest, PressedDigitsQueueAndKeepAPauseBetweenThem) {
  ASSERT_TRUE(press('1', 100ms));
  ASSERT_TRUE(press('#', 40ms));
  run_for(1s);
  ASSERT_EQ(sent_.size(), 7U + 4U);
  EXPECT_EQ(sent_[7].at, 1s + 100ms + DigitPlayer::kPause);
  EXPECT_TRUE(sent_[7].packet.marker);
  EXPECT_EQ(sent_[7].packet.timestamp, 8'000U + 8 * 170);
  EXPECT_EQ(digits(), "1#");
  EXPECT_FALSE(player_.busy(now_));
  EXPECT_FALSE(player_.next_timeout());
}

TEST_F(DigitPlayerTest, APauseIsKeptBeforeADigitThatComesLater) {
  ASSERT_TRUE(press('1', 100ms));
  run_for(145ms);
  EXPECT_FALSE(player_.busy(now_)) << "audio may pass";
  ASSERT_TRUE(press('2'));
  EXPECT_EQ(sent_.size(), 7U);
  run_for(1s);
  EXPECT_EQ(sent_[7].at, 1s + 170ms);
}

TEST_F(DigitPlayerTest, DurationsAreBroughtIntoTheirRange) {
  for (const auto& [asked, sent] :
       {std::pair<Duration, int>{1ms, 320}, {60s, 48'000}, {0ms, 800}}) {
    ASSERT_TRUE(press('1', asked));
    run_for(10s);
    EXPECT_EQ(sent_.back().event.duration, sent);
  }
}

TEST_F(DigitPlayerTest, WhatIsNoDigitIsRefused) {
  EXPECT_FALSE(press('x'));
  EXPECT_FALSE(player_.busy(now_));
  EXPECT_FALSE(player_.next_timeout());
}

TEST_F(DigitPlayerTest, TheQueueIsBounded) {
  ASSERT_TRUE(press('0'));  // being sent, no longer queued
  for (std::size_t i = 0; i < DigitPlayer::kMaxQueued; ++i) ASSERT_TRUE(press('1'));
  EXPECT_FALSE(press('2'));
  hear('3', 5'000, 100ms, true);  // nor is it passed on
  run_for(10s);
  EXPECT_EQ(digits(), "0" + std::string(DigitPlayer::kMaxQueued, '1'));
  EXPECT_TRUE(press('2'));
}

TEST_F(DigitPlayerTest, ClearingStopsAtOnce) {
  ASSERT_TRUE(press('1'));
  ASSERT_TRUE(press('2'));
  player_.clear();
  EXPECT_FALSE(player_.busy(now_));
  run_for(1s);
  EXPECT_EQ(sent_.size(), 1U);
}

// ---- received, as events ----

TEST_F(DigitPlayerTest, AReceivedDigitIsSentAsItComesOnItsOwnTimeline) {
  hear('5', 5'000, 20ms);
  run_for(19ms);
  for (const auto duration : {40ms, 60ms, 80ms}) {
    hear('5', 5'000, duration);
    run_for(20ms);
  }
  hear('5', 5'000, 90ms, true);
  run_for(1s);
  ASSERT_EQ(sent_.size(), 7U);
  EXPECT_EQ(sent_[0].at, 1s);
  EXPECT_TRUE(sent_[0].packet.marker);
  for (std::size_t i = 0; i < sent_.size(); ++i) {
    EXPECT_EQ(sent_[i].packet.source, kLeg);
    EXPECT_EQ(sent_[i].packet.ssrc, 7U);
    EXPECT_EQ(sent_[i].packet.timestamp, 5'000U);
    EXPECT_EQ(sent_[i].event.volume, 13);
    EXPECT_EQ(sent_[i].event.end, i >= 4);
    EXPECT_EQ(sent_[i].event.duration, std::min<std::size_t>(160 * (i + 1), 720));
  }
}

TEST_F(DigitPlayerTest, AReceivedDigitOfWhichOnlyTheEndIsHeardIsSentThreeTimes) {
  hear('5', 5'000, 100ms, true);
  run_for(1s);
  ASSERT_EQ(sent_.size(), 3U);
  EXPECT_TRUE(sent_[0].packet.marker);
  for (const Sent& sent : sent_) {
    EXPECT_TRUE(sent.event.end);
    EXPECT_EQ(sent.event.duration, 800);
  }
}

TEST_F(DigitPlayerTest, AReceivedDigitWhoseEndIsLostEndsWithWhatIsKnown) {
  hear('5', 5'000, 20ms);
  run_for(20ms);
  hear('5', 5'000, 40ms);
  run_for(1s);
  EXPECT_EQ(digits(), "5");
  EXPECT_EQ(sent_.back().event.duration, 320);
  hear('5', 5'000, 100ms, true);  // too late
  run_for(1s);
  EXPECT_EQ(digits(), "5");
  EXPECT_EQ(sent_.back().event.duration, 320);
}

TEST_F(DigitPlayerTest, ReceivedDigitsThatFollowCloselyKeepTheirTimes) {
  hear('5', 5'000, 40ms);
  run_for(20ms);
  hear('5', 5'000, 50ms, true);
  run_for(30ms);  // two of its end packets are still to come
  hear('6', 5'640, 20ms);
  run_for(20ms);
  hear('6', 5'640, 40ms, true);
  run_for(1s);
  EXPECT_EQ(digits(), "56");
  EXPECT_TRUE(std::ranges::is_sorted(sent_, {}, [](const Sent& s) { return s.packet.timestamp; }))
      << "never one within the other";
  const auto ends = [&](std::uint8_t event) {
    return std::ranges::count_if(
        sent_, [&](const Sent& s) { return s.event.event == event && s.event.end; });
  };
  EXPECT_EQ(ends(5), 3);
  EXPECT_EQ(ends(6), 3);
  const auto next =
      std::ranges::find(sent_, 5'640U, [](const Sent& s) { return s.packet.timestamp; });
  EXPECT_EQ(next->at, 1s + 50ms);
  EXPECT_TRUE(next->packet.marker);
}

TEST_F(DigitPlayerTest, ADigitThatReplacesAnotherEndsItFirst) {
  hear('5', 5'000, 40ms);
  run_for(20ms);
  hear('6', 9'000, 40ms, true, kLeg + 1);
  run_for(1s);
  EXPECT_EQ(digits(), "56");
}

TEST_F(DigitPlayerTest, ALongReceivedDigitGoesOnInSegments) {
  for (auto duration = 20ms; duration <= 9'000ms; duration += 20ms) {
    hear('5', 5'000, duration, duration == 9'000ms);
    run_for(20ms);
  }
  run_for(1s);
  EXPECT_EQ(sent_.back().packet.timestamp, 5'000U + 0xFFFF);
  EXPECT_EQ(sent_.back().event.duration, 72'000 - 0xFFFF);
  EXPECT_EQ(digits(), "5");
}

// ---- pressed and received at once ----

TEST_F(DigitPlayerTest, AReceivedDigitWaitsForAPressedOne) {
  ASSERT_TRUE(press('1', 100ms));
  for (const auto duration : {20ms, 40ms, 60ms}) {
    hear('5', 5'000, duration);
    run_for(20ms);
  }
  hear('5', 5'000, 80ms, true);
  ASSERT_TRUE(press('2', 100ms));
  run_for(2s);
  EXPECT_EQ(digits(), "152");
  const auto five = std::ranges::find(sent_, 5, [](const Sent& s) { return s.event.event; });
  EXPECT_EQ(five->at, 1s + 170ms);
  EXPECT_FALSE(five->packet.source) << "not on a timeline that has passed";
  for (const Sent& sent : sent_) {
    if (sent.event.event == 5 && sent.event.end) EXPECT_EQ(sent.event.duration, 640);
  }
}

TEST_F(DigitPlayerTest, APressedDigitWaitsForAReceivedOne) {
  hear('5', 5'000, 20ms);
  ASSERT_TRUE(press('1', 40ms));
  run_for(20ms);
  hear('5', 5'000, 60ms, true);
  run_for(1s);
  EXPECT_EQ(digits(), "51");
  const auto one = std::ranges::find(sent_, 1, [](const Sent& s) { return s.event.event; });
  EXPECT_EQ(one->at, 1s - 20ms + 60ms + DigitPlayer::kPause);
}

TEST_F(DigitPlayerTest, AnOpenDigitInTheQueueLearnsItsEndThoughOthersQueueBehindIt) {
  ASSERT_TRUE(press('1', 100ms));
  hear('5', 5'000, 20ms);
  ASSERT_TRUE(press('2', 40ms));
  hear('5', 5'000, 120ms, true);
  run_for(2s);
  EXPECT_EQ(digits(), "152");
  const auto end =
      std::ranges::find_if(sent_, [](const Sent& s) { return s.event.event == 5 && s.event.end; });
  EXPECT_EQ(end->event.duration, 960);
}

// ---- as tones ----

class DigitPlayerTonesTest : public DigitPlayerTest {
 protected:
  void SetUp() override { player_.set_tones(true); }
};

TEST_F(DigitPlayerTonesTest, PressedDigitsLastAndPauseToTheSample) {
  ASSERT_TRUE(press('1', 81ms));
  ASSERT_TRUE(press('#', 53ms));
  ASSERT_TRUE(press('9', 100ms));
  play_for(1s);
  const auto tones = heard();
  ASSERT_EQ(tones.size(), 3U);
  EXPECT_EQ(tones[0].start, 0U);
  EXPECT_NEAR(static_cast<double>(tones[0].length), 648U, 1);
  EXPECT_EQ(tones[1].start, 648U + 560);
  EXPECT_NEAR(static_cast<double>(tones[1].length), 424U, 1);
  EXPECT_EQ(tones[2].start, 648U + 560 + 424 + 560);
  EXPECT_NEAR(static_cast<double>(tones[2].length), 800U, 1);
  EXPECT_TRUE(sent_.empty());
}

TEST_F(DigitPlayerTonesTest, SilenceIsKeptForThePauseAfterTheLast) {
  ASSERT_TRUE(press('1', 80ms));
  play_for(140ms);
  EXPECT_TRUE(player_.busy(now_));
  play_for(20ms);
  EXPECT_FALSE(player_.busy(now_));
  ASSERT_TRUE(press('2', 80ms));
  play_for(1s);
  EXPECT_EQ(heard().at(1).start, 1'280U) << "the pause was over";
}

TEST_F(DigitPlayerTonesTest, AReceivedDigitSoundsWhenItsEndIsKnownInTime) {
  for (const auto duration : {20ms, 40ms, 60ms}) {
    hear('5', 5'000, duration);
    play_for(20ms);
  }
  hear('5', 5'000, 71ms, true);
  play_for(1s);
  const auto tones = heard();
  ASSERT_EQ(tones.size(), 1U);
  EXPECT_EQ(tones[0].start, 800U);
  EXPECT_NEAR(static_cast<double>(tones[0].length), 568U, 1);
}

TEST_F(DigitPlayerTonesTest, ALongReceivedDigitSoundsWhileItIsHeldAndEndsToTheSample) {
  for (auto duration = 20ms; duration <= 1'000ms; duration += 20ms) {
    if (duration % 100 != 60ms) hear('5', 5'000, duration);  // some are lost
    play_for(20ms);
  }
  hear('5', 5'000, 1'003ms, true);
  play_for(1s);
  const auto tones = heard();
  ASSERT_EQ(tones.size(), 1U);
  EXPECT_EQ(tones[0].start, 800U);
  EXPECT_NEAR(static_cast<double>(tones[0].length), 8'024U, 1);
}

TEST_F(DigitPlayerTonesTest, PausesOfReceivedDigitsAreKeptToTheSampleThoughPacketsCameUnevenly) {
  hear('5', 5'000, 80ms, true);
  play_for(160ms);
  hear('6', 5'000 + 640 + 500, 60ms, true);  // 17.5 ms later than it began
  play_for(120ms);
  hear('7', 5'000 + 640 + 500 + 480 + 333, 60ms, true);  // and this one earlier
  play_for(1s);
  const auto tones = heard();
  ASSERT_EQ(tones.size(), 3U);
  EXPECT_EQ(tones[1].start, tones[0].start + 640 + 500);
  EXPECT_NEAR(static_cast<double>(tones[1].length), 480U, 1);
  EXPECT_EQ(tones[2].start, tones[1].start + 480 + 333);
}

TEST_F(DigitPlayerTonesTest, AReceivedDigitNeverSoundsLongerThanIsKnown) {
  hear('5', 5'000, 40ms);
  play_for(60ms);
  hear('5', 5'000, 100ms);
  play_for(400ms);
  hear('5', 5'000, 300ms, true);  // too late
  play_for(500ms);
  const auto tones = heard();
  ASSERT_EQ(tones.size(), 1U);
  EXPECT_NEAR(static_cast<double>(tones[0].length), 800U, 1);
}

TEST_F(DigitPlayerTonesTest, AReceivedDigitSoundsForFortyMillisecondsAtLeast) {
  hear('5', 5'000, 10ms, true);
  play_for(1s);
  ASSERT_EQ(heard().size(), 1U);
  EXPECT_NEAR(static_cast<double>(heard()[0].length), 320, 1);
}

TEST_F(DigitPlayerTonesTest, PressedAndReceivedDigitsTakeTurns) {
  ASSERT_TRUE(press('1', 200ms));
  hear('5', 5'000, 80ms, true);
  ASSERT_TRUE(press('2', 40ms));
  play_for(1s);
  const auto tones = heard();
  ASSERT_EQ(tones.size(), 3U);
  EXPECT_NEAR(static_cast<double>(tones[0].length), 1'600U, 1);
  EXPECT_EQ(tones[1].start, 1'600U + 560);
  EXPECT_NEAR(static_cast<double>(tones[1].length), 640U, 1);
  EXPECT_EQ(tones[2].start, 1'600U + 560 + 640 + 560);
}

TEST_F(DigitPlayerTonesTest, AChangeToEventsForgetsWhatSounds) {
  ASSERT_TRUE(press('1', 200ms));
  play_for(40ms);
  player_.set_tones(false);
  EXPECT_FALSE(player_.busy(now_));
  ASSERT_TRUE(press('2', 40ms));
  run_for(1s);
  EXPECT_EQ(digits(), "2");
}

}  // namespace
}  // namespace offhook::media
