#include "rtp/dtmf_receiver.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "rtp/dtmf_sender.hpp"
#include "rtp/telephone_event.hpp"

namespace offhook::rtp {
namespace {

using namespace std::chrono_literals;

class DtmfReceiverTest : public testing::Test {
 protected:
  struct Options {
    bool end = false;
    bool marker = false;
    std::uint32_t ssrc = 7;
  };
  void receive(char digit, std::uint32_t timestamp, std::uint16_t duration, Options options) {
    const auto payload = write_telephone_event(
        {.event = *event_from_digit(digit), .end = options.end, .duration = duration});
    receiver_.handle({.marker = options.marker,
                      .payload_type = 101,
                      .timestamp = timestamp,
                      .ssrc = options.ssrc},
                     payload, now_);
    drain();
    now_ += 20ms;
  }
  void drain() {
    while (const auto digit = receiver_.poll_digit()) {
      told_.push_back(*digit);
      if (!digit->over) continue;
      digits_ += digit->digit;
      last_duration_ = digit->duration;
    }
  }

  DtmfReceiver receiver_;
  Time now_{1s};
  std::vector<DtmfReceiver::Digit> told_;
  std::string digits_;  // that are over
  Duration last_duration_{};
};

TEST_F(DtmfReceiverTest, ADigitIsReportedOnceWithItsFirstEndPacket) {
  receive('5', 1000, 160, {.marker = true});
  receive('5', 1000, 320, {});
  EXPECT_EQ(digits_, "");
  receive('5', 1000, 800, {.end = true});
  EXPECT_EQ(digits_, "5");
  EXPECT_EQ(last_duration_, 100ms);
  receive('5', 1000, 800, {.end = true});
  receive('5', 1000, 800, {.end = true});
  EXPECT_EQ(digits_, "5");
  EXPECT_FALSE(receiver_.next_timeout());
}

TEST_F(DtmfReceiverTest, OneEndPacketAloneIsEnough) {
  receive('5', 1000, 800, {.end = true});
  EXPECT_EQ(digits_, "5");
}

TEST_F(DtmfReceiverTest, TheSameDigitTwiceIsTwoDigits) {
  receive('5', 1000, 800, {.end = true});
  receive('5', 2600, 800, {.end = true});
  EXPECT_EQ(digits_, "55");
}

TEST_F(DtmfReceiverTest, ADigitWithoutItsEndIsReportedWhenTheNextOneReplacesIt) {
  receive('1', 1000, 160, {.marker = true});
  receive('2', 3000, 160, {.marker = true});
  EXPECT_EQ(digits_, "1");
}

TEST_F(DtmfReceiverTest, OnePacketMayEndTwoDigits) {
  receive('1', 1000, 160, {.marker = true});
  receive('2', 3000, 800, {.end = true});
  EXPECT_EQ(digits_, "12");
}

TEST_F(DtmfReceiverTest, ADigitWithoutItsEndIsReportedAfterASilence) {
  receive('1', 1000, 160, {.marker = true});
  const Time deadline = *receiver_.next_timeout();
  receiver_.handle_timeout(deadline - 1ns);
  drain();
  EXPECT_EQ(digits_, "");
  receiver_.handle_timeout(deadline);
  drain();
  EXPECT_EQ(digits_, "1");
  receive('1', 1000, 800, {.end = true});  // the end comes late
  EXPECT_EQ(digits_, "1");
}

TEST_F(DtmfReceiverTest, StragglersOfAnOlderDigitAreIgnored) {
  receive('1', 1000, 800, {.end = true});
  receive('2', 3000, 160, {.marker = true});
  receive('1', 1000, 800, {.end = true});
  receive('2', 3000, 800, {.end = true});
  EXPECT_EQ(digits_, "12");
}

TEST_F(DtmfReceiverTest, ReorderedPacketsOfOneDigitKeepTheLongestDuration) {
  receive('1', 1000, 640, {});
  receive('1', 1000, 320, {});
  receive('2', 3000, 160, {});
  EXPECT_EQ(last_duration_, 80ms);
}

TEST_F(DtmfReceiverTest, AnotherStreamWithAnEarlierTimestampIsNoStraggler) {
  receive('1', 9000, 800, {.end = true});
  receive('2', 1000, 800, {.end = true, .ssrc = 8});
  EXPECT_EQ(digits_, "12");
}

TEST_F(DtmfReceiverTest, ATimelineThatStartsAgainFarBackIsNoStraggler) {
  receive('1', 1'000'000, 800, {.end = true});
  receive('2', 100, 800, {.end = true});
  EXPECT_EQ(digits_, "12");
}

TEST_F(DtmfReceiverTest, TimestampsMayWrap) {
  receive('1', 0xFFFFFF00, 800, {.end = true});
  receive('2', 0x500, 800, {.end = true});
  receive('1', 0xFFFFFF00, 800, {.end = true});
  EXPECT_EQ(digits_, "12");
}

TEST_F(DtmfReceiverTest, ALongToneInSegmentsIsOneDigit) {
  receive('0', 1000, 0xFFFF, {.marker = true});
  receive('0', 1000 + 0xFFFF, 160, {});
  receive('0', 1000 + 0xFFFF, 800, {.end = true});
  EXPECT_EQ(digits_, "0");
  EXPECT_EQ(last_duration_, from_ticks(0xFFFF + 800));
}

TEST_F(DtmfReceiverTest, NoDigitLastsLongerThanAMinuteWhateverItsPacketsSay) {
  std::uint32_t timestamp = 1000;
  for (int segment = 0; segment < 10; ++segment) {
    receive('0', timestamp, 0xFFFF, {});
    timestamp += 0xFFFF;
  }
  EXPECT_EQ(told_.back().duration, DtmfReceiver::kLongest);
  receive('0', timestamp, 800, {.end = true});
  EXPECT_EQ(digits_, "0");
  EXPECT_EQ(last_duration_, DtmfReceiver::kLongest);
}

TEST_F(DtmfReceiverTest, EventsThatAreNoDigitsAndShortPayloadsAreIgnored) {
  receiver_.handle({.timestamp = 1}, write_telephone_event({.event = 16, .end = true}), now_);
  receiver_.handle({.timestamp = 1}, ByteView{}, now_);
  drain();
  EXPECT_EQ(digits_, "");
  EXPECT_FALSE(receiver_.next_timeout());
}

TEST_F(DtmfReceiverTest, TellsOfADigitWhileItGoesOn) {
  receive('5', 1000, 160, {.marker = true});
  receive('5', 1000, 320, {});
  receive('5', 1000, 800, {.end = true});
  receive('5', 1000, 800, {.end = true});
  ASSERT_EQ(told_.size(), 3U);
  EXPECT_EQ(told_[0].duration, 20ms);
  EXPECT_EQ(told_[1].duration, 40ms);
  EXPECT_FALSE(told_[1].over);
  EXPECT_TRUE(told_[2].over);
  for (const auto& digit : told_) {
    EXPECT_EQ(digit.timestamp, 1000U);
    EXPECT_EQ(digit.ssrc, 7U);
  }
}

TEST_F(DtmfReceiverTest, ALongToneKeepsTheTimestampOfItsStart) {
  receive('0', 1000, 0xFFFF, {.marker = true});
  receive('0', 1000 + 0xFFFF, 160, {});
  EXPECT_EQ(told_.back().timestamp, 1000U);
  EXPECT_EQ(told_.back().duration, from_ticks(0xFFFF + 160));
}

TEST_F(DtmfReceiverTest, ALongToneThatWasGivenUpIsNoSecondDigitWhenItGoesOn) {
  receive('0', 1000, 0xFF00, {.marker = true});
  now_ += DtmfReceiver::kGivenUpAfter;
  receiver_.handle_timeout(now_);
  receive('0', 1000 + 0xFFFF, 160, {});
  receive('0', 1000 + 0xFFFF, 800, {.end = true});
  drain();
  EXPECT_EQ(digits_, "0");
}

TEST_F(DtmfReceiverTest, UnderstandsTheSenderWithAnyTwoOfThreePacketsLost) {
  for (std::size_t kept = 0; kept < 3; ++kept) {
    std::string digits;
    std::size_t count = 0;
    DtmfReceiver receiver;
    Time now = now_;
    for (const char digit : std::string_view("14#*D")) {
      DtmfSender sender;
      sender.start({.event = *event_from_digit(digit), .ticks = 640}, 0, now);
      const std::uint32_t timestamp = local_timestamp(now);
      while (sender.busy()) {
        now = *sender.next_timeout();
        while (const auto packet = sender.poll_packet(now)) {
          if (count++ % 3 == kept) {
            receiver.handle({.timestamp = timestamp, .ssrc = 7}, packet->payload, now);
          }
        }
        while (const auto told = receiver.poll_digit()) {
          if (!told->over) continue;
          digits += told->digit;
          EXPECT_EQ(told->duration, 80ms);
        }
      }
      now += 30ms;
    }
    EXPECT_EQ(digits, "14#*D") << kept;
  }
}

}  // namespace
}  // namespace offhook::rtp
