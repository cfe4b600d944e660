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
  void run() {
    while (const auto next = sender_.next_timeout()) {
      now_ = std::max(now_, *next);
      sender_.handle_timeout(now_);
      drain();
    }
  }

  DtmfSender sender_;
  Time now_{1s};
  std::vector<Sent> sent_;
};

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
