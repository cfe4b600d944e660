#include "rtp/dtmf_sender.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "rtp/packet.hpp"

namespace offhook::rtp {
namespace {

using namespace std::chrono_literals;

struct Sent {
  Duration at;
  bool marker;
  std::uint32_t timestamp;
  TelephoneEvent event;
};

class DtmfSenderTest : public testing::Test {
 protected:
  void drain() {
    while (const auto packet = sender_.poll_packet()) {
      sent_.push_back({now_ - Time{}, packet->marker, packet->timestamp,
                       *parse_telephone_event(packet->payload)});
    }
  }
  bool press(char digit, Duration duration = 0ms) {
    const bool accepted = sender_.press(digit, duration, now_);
    drain();
    return accepted;
  }
  bool step() {
    const auto next = sender_.next_timeout();
    if (!next) return false;
    now_ = std::max(now_, *next);
    sender_.handle_timeout(now_);
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

TEST_F(DtmfSenderTest, APressSendsTheFirstPacketWithItsMarker) {
  ASSERT_TRUE(press('5', 100ms));
  ASSERT_EQ(sent_.size(), 1U);
  EXPECT_TRUE(sent_[0].marker);
  EXPECT_FALSE(sent_[0].event.end);
  EXPECT_EQ(sent_[0].event.duration, 160);
  EXPECT_EQ(sender_.next_timeout(), now_ + 20ms);
}

TEST_F(DtmfSenderTest, AToneGoesOnEvery20MsWithGrowingDuration) {
  ASSERT_TRUE(press('5', 100ms));
  ASSERT_TRUE(step());
  ASSERT_EQ(sent_.size(), 2U);
  EXPECT_FALSE(sent_[1].marker);
  EXPECT_FALSE(sent_[1].event.end);
  EXPECT_EQ(sent_[1].event.duration, 320);
  EXPECT_EQ(sent_[1].at - sent_[0].at, 20ms);
}

TEST_F(DtmfSenderTest, AToneThatIsOverSendsItsEndPacket) {
  ASSERT_TRUE(press('5', 40ms));
  ASSERT_TRUE(step());
  EXPECT_TRUE(sent_.back().event.end);
  EXPECT_EQ(sent_.back().event.duration, 320);
}

TEST_F(DtmfSenderTest, TheEndPacketIsSentThreeTimes) {
  ASSERT_TRUE(press('5', 40ms));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(step());
  ASSERT_EQ(sent_.size(), 4U);
  for (std::size_t i = 1; i < sent_.size(); ++i) EXPECT_TRUE(sent_[i].event.end);
  run();
  EXPECT_EQ(sent_.size(), 4U);
}

TEST_F(DtmfSenderTest, ADigitThatWaitsFollowsThePause) {
  ASSERT_TRUE(press('5', 40ms));
  ASSERT_TRUE(press('6', 40ms));
  while (sent_.size() < 5) ASSERT_TRUE(step());
  EXPECT_TRUE(sent_[4].marker);
  EXPECT_EQ(sent_[4].event.event, 6);
  EXPECT_EQ(sent_[4].at - sent_[0].at, 40ms + DtmfSender::kPause);
}

TEST_F(DtmfSenderTest, AfterThePauseNothingIsSent) {
  ASSERT_TRUE(press('5', 40ms));
  run();
  EXPECT_EQ(sent_.size(), 4U);
  EXPECT_FALSE(sender_.busy());
  EXPECT_FALSE(sender_.next_timeout());
}

// ---- several digits, odd ones ----

TEST_F(DtmfSenderTest, ADigitIsSentEvery20MsWithGrowingDurationAndThreeEndPackets) {
  ASSERT_TRUE(press('5', 100ms));
  run();
  ASSERT_EQ(sent_.size(), 7u);
  for (std::size_t i = 0; i < sent_.size(); ++i) {
    EXPECT_EQ(sent_[i].at, 1s + i * 20ms);
    EXPECT_EQ(sent_[i].marker, i == 0);
    EXPECT_EQ(sent_[i].timestamp, 8'000u);
    EXPECT_EQ(sent_[i].event.event, 5);
    EXPECT_EQ(sent_[i].event.end, i >= 4);
    EXPECT_EQ(sent_[i].event.duration, std::min<std::size_t>(160 * (i + 1), 800));
  }
  EXPECT_FALSE(sender_.busy());
}

TEST_F(DtmfSenderTest, DigitsQueueAndKeepAPauseBetweenThem) {
  ASSERT_TRUE(press('1', 100ms));
  ASSERT_TRUE(press('#', 40ms));
  run();
  ASSERT_EQ(sent_.size(), 7u + 4u);
  EXPECT_EQ(sent_[7].at, 1s + 100ms + DtmfSender::kPause);
  EXPECT_TRUE(sent_[7].marker);
  EXPECT_EQ(sent_[7].event.event, 11);
  EXPECT_EQ(sent_[7].timestamp, 8'000u + 8 * 170);
}

TEST_F(DtmfSenderTest, APauseIsKeptBeforeADigitThatComesLater) {
  ASSERT_TRUE(press('1', 100ms));
  while (sent_.size() < 7) {
    now_ = *sender_.next_timeout();
    sender_.handle_timeout(now_);
    drain();
  }
  ASSERT_TRUE(press('2'));
  EXPECT_EQ(sent_.size(), 7u);
  run();
  EXPECT_EQ(sent_[7].at, 1s + 170ms);
}

TEST_F(DtmfSenderTest, AnUnevenDurationEndsWithExactlyIt) {
  ASSERT_TRUE(press('9', 50ms));
  run();
  EXPECT_EQ(sent_.back().event.duration, 400);
  EXPECT_EQ(sent_.size(), 5u);
}

TEST_F(DtmfSenderTest, DurationsAreBroughtIntoTheirRange) {
  ASSERT_TRUE(press('1', 1ms));
  run();
  EXPECT_EQ(sent_.back().event.duration, 320);
  ASSERT_TRUE(press('1', 60s));
  run();
  EXPECT_EQ(sent_.back().event.duration, 48'000);
  ASSERT_TRUE(press('1', 0ms));
  run();
  EXPECT_EQ(sent_.back().event.duration, 800);
}

TEST_F(DtmfSenderTest, WhatIsNoDigitIsRefused) {
  EXPECT_FALSE(press('x'));
  EXPECT_FALSE(sender_.busy());
  EXPECT_FALSE(sender_.next_timeout());
}

TEST_F(DtmfSenderTest, TheQueueIsBounded) {
  ASSERT_TRUE(press('0'));  // being sent, no longer queued
  for (std::size_t i = 0; i < DtmfSender::kMaxQueued; ++i) ASSERT_TRUE(press('1'));
  EXPECT_FALSE(press('2'));
  run();
  EXPECT_EQ(sent_.size(), 7 * (1 + DtmfSender::kMaxQueued));
  EXPECT_TRUE(press('2'));
}

TEST_F(DtmfSenderTest, ClearingStopsAtOnce) {
  ASSERT_TRUE(press('1'));
  ASSERT_TRUE(press('2'));
  sender_.clear();
  EXPECT_FALSE(sender_.busy());
  EXPECT_FALSE(sender_.next_timeout());
  run();
  EXPECT_EQ(sent_.size(), 1u);
}

TEST_F(DtmfSenderTest, ALateWakeUpDoesNotStretchTheTone) {
  ASSERT_TRUE(press('1', 100ms));
  now_ += 75ms;
  run();
  EXPECT_EQ(sent_.back().at, 1s + 120ms);
}

TEST_F(DtmfSenderTest, NothingHappensBeforeTheDeadline) {
  ASSERT_TRUE(press('1'));
  now_ += 19ms;
  sender_.handle_timeout(now_);
  drain();
  EXPECT_EQ(sent_.size(), 1u);
}

}  // namespace
}  // namespace offhook::rtp
