#include "provider/read_back.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "rtp/packet.hpp"
#include "rtp/telephone_event.hpp"

namespace offhook::provider {
namespace {

using namespace std::chrono_literals;

class ReadBackTest : public testing::Test {
 protected:
  void press(std::string_view digits) {
    for (const char digit : digits) {
      timestamp_ += 1'600;
      read_back_.handle({.timestamp = timestamp_, .ssrc = 1},
                        rtp::write_telephone_event(
                            {.event = *rtp::event_from_digit(digit), .end = true, .duration = 800}),
                        now_);
      now_ += 200ms;
    }
  }
  // What a listener makes of the next samples.
  std::string listen(Duration duration) {
    std::string digits;
    char before = ' ';
    for (Duration at{}; at < duration; at += rtp::kPacketTime) {
      std::vector<std::int16_t> samples(rtp::kSamplesPerPacket);
      read_back_.fill(samples);
      const char digit = digit_in(samples);
      if (digit != ' ' && digit != before) digits += digit;
      before = digit;
      now_ += rtp::kPacketTime;
      read_back_.handle_timeout(now_);
    }
    return digits;
  }

  ReadBack read_back_;
  Time now_{10s};

 private:
  static double level(const std::vector<std::int16_t>& samples, double hertz) {
    double re = 0;
    double im = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const double angle = 2 * std::numbers::pi * hertz * static_cast<double>(i) / 8'000;
      re += samples[i] * std::cos(angle);
      im += samples[i] * std::sin(angle);
    }
    return std::hypot(re, im);
  }
  static char digit_in(const std::vector<std::int16_t>& samples) {
    if (std::ranges::all_of(samples, [](auto sample) { return sample == 0; })) return ' ';
    char best = ' ';
    double best_level = 0;
    for (const char digit : std::string_view("0123456789*#ABCD")) {
      const auto hertz = rtp::dtmf_frequencies(*rtp::event_from_digit(digit));
      const double sum = level(samples, hertz[0]) + level(samples, hertz[1]);
      if (sum > best_level) {
        best_level = sum;
        best = digit;
      }
    }
    return best;
  }

  std::uint32_t timestamp_ = 0;
};

TEST_F(ReadBackTest, DigitsAreHeardAfterASilenceOfTheCaller) {
  press("1590");
  EXPECT_EQ(listen(900ms), "");
  EXPECT_EQ(listen(2s), "1590");
  EXPECT_EQ(listen(2s), "");
  EXPECT_FALSE(read_back_.next_timeout());
}

TEST_F(ReadBackTest, AHashEndsTheWaitAndIsHeardToo) {
  press("42#");
  EXPECT_EQ(listen(1s), "42#");
}

TEST_F(ReadBackTest, TheSameDigitTwiceIsHeardTwice) {
  press("77#");
  EXPECT_EQ(listen(1s), "77#");
}

TEST_F(ReadBackTest, DigitsPressedWhileOthersAreHeardFollow) {
  press("1#");
  EXPECT_EQ(listen(200ms), "1");
  press("2#");
  EXPECT_EQ(listen(2s), "#2#");
}

TEST_F(ReadBackTest, MoreThanTheLimitIsForgotten) {
  press(std::string(ReadBack::kMaxDigits + 5, '3') + "#");
  const auto heard = listen(60s);
  EXPECT_EQ(heard.size(), ReadBack::kMaxDigits);
}

}  // namespace
}  // namespace offhook::provider
