#include "rtp/tone_detector.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "rtp/dtmf_tone.hpp"
#include "rtp/telephone_event.hpp"

namespace offhook::rtp {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kDigits = "0123456789*#ABCD";
constexpr double kFullScale = 32'767;

double amplitude(double dbm0) { return kFullScale * std::pow(10, (dbm0 - 3.14) / 20); }

// Audio that is put together, and what is found in it.
class ToneDetectorTest : public testing::Test {
 protected:
  struct Level {
    double low = -12;  // dBm0
    double high = -12;
    double low_factor = 1;  // of the frequency
    double high_factor = 1;
  };

  void tone(char digit, Duration duration, const Level& level) {
    const auto hertz = dtmf_frequencies(*event_from_digit(digit));
    for (std::uint32_t i = 0; i < to_ticks(duration); ++i) {
      const double at = 2 * std::numbers::pi * i / kClockRate;
      add(amplitude(level.low) * std::sin(at * hertz[0] * level.low_factor + 1) +
          amplitude(level.high) * std::sin(at * hertz[1] * level.high_factor));
    }
  }
  void tone(char digit, Duration duration) { tone(digit, duration, {}); }
  void pause(Duration duration) {
    for (std::uint32_t i = 0; i < to_ticks(duration); ++i) add(0);
  }
  void add(double sample) { audio_.push_back(sample); }
  // Gaussian, near enough.
  double noise(double dbm0) {
    double sum = 0;
    for (int i = 0; i < 12; ++i) sum += static_cast<double>(random_.next_u32()) / 4294967296.0;
    return (sum - 6) * amplitude(dbm0) / std::numbers::sqrt2;
  }
  void add_noise(double dbm0) {
    for (double& sample : audio_) sample += noise(dbm0);
  }
  // Forgets the audio. `lost`: every so manieth packet, from the one of this number on.
  std::string detect(Law law = Law::Mu, std::size_t lost_every = 0, std::size_t lost_first = 0) {
    pause(100ms);
    durations_.clear();
    std::string digits;
    std::size_t number = 0;
    for (std::size_t at = 0; at + 160 <= audio_.size(); at += 160, ++number) {
      const std::uint32_t timestamp = timestamp_;
      timestamp_ += 160;
      if (lost_every != 0 && number % lost_every == lost_first) continue;
      Bytes payload;
      for (std::size_t i = at; i < at + 160; ++i) {
        payload.push_back(encode_sample(
            law, static_cast<std::int16_t>(std::lround(std::clamp(audio_[i], -32768.0, 32767.0)))));
      }
      detector_.handle({.timestamp = timestamp, .ssrc = 7}, payload, law);
      while (const auto digit = detector_.poll_digit()) {
        digits += digit->digit;
        durations_.push_back(digit->duration);
      }
    }
    audio_.clear();
    return digits;
  }

  SeededRandom random_{7};
  std::vector<double> audio_;
  std::uint32_t timestamp_ = 0xFFFFF000;  // it wraps on the way
  ToneDetector detector_;
  std::vector<Duration> durations_;
};

// ---- ITU-T Q.24: what is a digit ----

TEST_F(ToneDetectorTest, FindsEveryDigitAtEveryLevel) {
  for (const Law law : {Law::Mu, Law::A}) {
    for (const char digit : kDigits) {
      for (const double level : {-3, -10, -20, -25}) {
        pause(33ms);
        tone(digit, 50ms, {.low = level, .high = level});
        EXPECT_EQ(detect(law), std::string(1, digit)) << level;
      }
    }
  }
}

TEST_F(ToneDetectorTest, FindsDigitsAtTheLimitsOfTwist) {
  for (const char digit : kDigits) {
    tone(digit, 50ms, {.low = -14, .high = -10});
    EXPECT_EQ(detect(), std::string(1, digit));
    tone(digit, 50ms, {.low = -10, .high = -18});
    EXPECT_EQ(detect(), std::string(1, digit));
  }
}

TEST_F(ToneDetectorTest, RefusesMoreTwist) {
  for (const char digit : kDigits) {
    tone(digit, 50ms, {.low = -17, .high = -10});
    tone(digit, 50ms, {.low = -10, .high = -22});
    EXPECT_EQ(detect(), "") << digit;
  }
}

TEST_F(ToneDetectorTest, FindsDigitsWhoseFrequenciesAreOnePointFivePercentBeside) {
  for (const char digit : kDigits) {
    for (const double low : {0.985, 1.0, 1.015}) {
      for (const double high : {0.985, 1.0, 1.015}) {
        for (const double twist : {0, -8, 4}) {
          pause(17ms);
          tone(digit, 50ms, {.high = -12 + twist, .low_factor = low, .high_factor = high});
          EXPECT_EQ(detect(), std::string(1, digit)) << low << " " << high << " " << twist;
        }
      }
    }
  }
}

TEST_F(ToneDetectorTest, RefusesTonesWithOneFrequencyThreePointFivePercentBeside) {
  for (const char digit : kDigits) {
    for (const double factor : {0.965, 1.035}) {
      for (const double twist : {0, -8, 4}) {
        tone(digit, 100ms, {.high = -12 + twist, .low_factor = factor});
        pause(40ms);
        tone(digit, 100ms, {.high = -12 + twist, .high_factor = factor});
        EXPECT_EQ(detect(), "") << digit << factor << " " << twist;
      }
    }
  }
}

TEST_F(ToneDetectorTest, FindsToneOf40MsAndRefusesOneOf23Ms) {
  for (const char digit : kDigits) {
    for (int offset = 0; offset < 40; ++offset) {
      pause(20ms + offset * 125us);
      tone(digit, 40ms);
      EXPECT_EQ(detect(), std::string(1, digit)) << offset;
      pause(20ms + offset * 125us);
      tone(digit, 23ms);
      EXPECT_EQ(detect(), "") << digit << offset;
    }
  }
}

TEST_F(ToneDetectorTest, PartsDigitsByAPauseOf40Ms) {
  for (const char digit : kDigits) {
    tone(digit, 50ms);
    pause(40ms);
    tone(digit, 50ms);
    pause(40ms);
    tone('5', 50ms);
    EXPECT_EQ(detect(), std::string(2, digit) + "5");
  }
}

TEST_F(ToneDetectorTest, ADropOutOf10MsIsNoPause) {
  for (int offset = 0; offset < 40; ++offset) {
    pause(offset * 125us);
    tone('7', 50ms);
    pause(10ms);
    tone('7', 50ms);
    ASSERT_EQ(detect(), "7") << offset;
    EXPECT_NEAR(static_cast<double>(durations_[0] / 1us), 110'000, 3'000);
  }
}

TEST_F(ToneDetectorTest, ADigitThatBecomesAnotherIsTwo) {
  tone('7', 60ms);
  tone('9', 60ms);
  EXPECT_EQ(detect(), "79");
}

TEST_F(ToneDetectorTest, TellsHowLongADigitLasted) {
  for (const char digit : kDigits) {
    for (const auto duration : {40ms, 47ms, 80ms, 100ms, 163ms, 1'000ms}) {
      for (int offset = 0; offset < 40; offset += 7) {
        pause(30ms + offset * 125us);
        tone(digit, duration, {.low = -14, .high = -10});
        ASSERT_EQ(detect(), std::string(1, digit));
        EXPECT_NEAR(static_cast<double>(durations_[0] / 1us),
                    static_cast<double>(std::chrono::microseconds(duration).count()), 2'000)
            << digit << offset;
      }
    }
  }
}

// ---- what disturbs ----

TEST_F(ToneDetectorTest, FindsDigitsInNoise) {
  for (int round = 0; round < 10; ++round) {
    for (const char digit : kDigits) {
      pause(50ms);
      tone(digit, 50ms);
      pause(50ms);
    }
    add_noise(-24);  // 15 dB below the two tones
    EXPECT_EQ(detect(), kDigits);
  }
}

TEST_F(ToneDetectorTest, FindsNothingInNoise) {
  for (const double level : {-30, -20, -10, 0}) {
    pause(20s);
    add_noise(level);
    EXPECT_EQ(detect(), "") << level;
  }
}

TEST_F(ToneDetectorTest, FindsNothingInSingleTones) {
  for (double hertz = 300; hertz < 3'400; hertz += 7) {
    for (int i = 0; i < 800; ++i) {
      add(amplitude(-6) * std::sin(2 * std::numbers::pi * hertz * i / kClockRate));
    }
  }
  EXPECT_EQ(detect(), "");
}

TEST_F(ToneDetectorTest, FindsNothingInDialToneRingbackAndBusy) {
  for (const auto& [a, b] : {std::pair{350.0, 440.0}, {440.0, 480.0}, {480.0, 620.0}}) {
    for (int i = 0; i < 16'000; ++i) {
      add(amplitude(-10) * (std::sin(2 * std::numbers::pi * a * i / kClockRate) +
                            std::sin(2 * std::numbers::pi * b * i / kClockRate)));
    }
  }
  EXPECT_EQ(detect(), "");
}

// Vowels: pulses of a wandering pitch through three resonances that wander, too, in syllables. There
// is nothing of noise in it, nor of a consonant: it is more like tones than speech is.
TEST_F(ToneDetectorTest, FindsNothingInFiveMinutesOfSomethingLikeSpeech) {
  const auto between = [&](double from, double to) {
    return from + (to - from) * static_cast<double>(random_.next_u32()) / 4294967296.0;
  };
  struct Resonance {
    double hertz, before, beforethat;
  };
  std::array<Resonance, 3> resonances{{{500, 0, 0}, {1'500, 0, 0}, {2'500, 0, 0}}};
  double pitch = 120;
  double phase = 0;
  while (audio_.size() < 300UL * kClockRate) {
    const double target_pitch = between(80, 350);
    const std::array targets{between(250, 1'000), between(900, 2'300), between(2'200, 3'000)};
    const int length = static_cast<int>(between(800, 2'400));
    for (int i = 0; i < length; ++i) {
      pitch += (target_pitch - pitch) / 600;
      phase += pitch / kClockRate;
      double value = phase >= 1 ? 1 : 0;
      phase -= std::floor(phase);
      for (std::size_t f = 0; f < 3; ++f) {
        Resonance& of = resonances[f];
        of.hertz += (targets[f] - of.hertz) / 400;
        const double decay =
            std::exp(-std::numbers::pi * (40 + 20 * static_cast<double>(f)) / kClockRate);
        const double angle = 2 * std::numbers::pi * of.hertz / kClockRate;
        value += 2 * decay * std::cos(angle) * of.before - decay * decay * of.beforethat;
        of.beforethat = std::exchange(of.before, value);
      }
      add(std::clamp(value * 400 * std::sin(std::numbers::pi * i / length), -25'000.0, 25'000.0));
    }
  }
  EXPECT_EQ(detect(), "");
}

// Two pure tones that belong to a pair, and a third: what the share of all power is for.
TEST_F(ToneDetectorTest, FindsNoDigitBesideAStrongThirdTone) {
  for (const double hertz : {1'500.0, 2'418.0, 600.0}) {
    tone('1', 100ms);
    double at = 0;
    for (double& sample : audio_) {
      sample += amplitude(-10) * std::sin(2 * std::numbers::pi * hertz * at++ / kClockRate);
    }
    EXPECT_EQ(detect(), "") << hertz;
  }
}

// ---- packets ----

TEST_F(ToneDetectorTest, ALostPacketDoesNotMakeTwoDigitsOfOne) {
  for (std::size_t first = 0; first < 7; ++first) {
    for (int i = 0; i < 100; ++i) {
      pause(70ms);
      tone('4', 100ms);
    }
    EXPECT_EQ(detect(Law::Mu, 7, first), std::string(100, '4')) << first;
  }
}

TEST_F(ToneDetectorTest, ALostPacketInTheMiddleDoesNotShortenADigit) {
  pause(20ms);
  tone('4', 100ms);
  ASSERT_EQ(detect(Law::Mu, 100, 3), "4");
  EXPECT_NEAR(static_cast<double>(durations_[0] / 1us), 100'000, 2'000);
}

TEST_F(ToneDetectorTest, ALatePacketIsIgnored) {
  tone('4', 100ms);
  const Bytes late(160, 0x12);
  EXPECT_EQ(detect(), "4");
  tone('4', 60ms);
  EXPECT_EQ(detect(), "4");
  detector_.handle({.timestamp = timestamp_ - 160, .ssrc = 7}, late, Law::Mu);
  tone('4', 60ms);
  EXPECT_EQ(detect(), "4");
}

TEST_F(ToneDetectorTest, AnotherStreamEndsADigit) {
  const auto play = [&](std::uint32_t ssrc) {
    DtmfTone made(5, 480);
    std::vector<std::int16_t> samples(480);
    made.fill(samples);
    Bytes payload(480);
    encode(Law::Mu, samples, payload);
    detector_.handle({.timestamp = 0, .ssrc = ssrc}, payload, Law::Mu);
  };
  play(1);
  EXPECT_FALSE(detector_.poll_digit());
  play(2);
  const auto digit = detector_.poll_digit();
  ASSERT_TRUE(digit);
  EXPECT_EQ(digit->digit, '5');
  EXPECT_NEAR(static_cast<double>(digit->duration / 1us), 60'000, 3'000)
      << "it rises and falls slowly";
}

TEST_F(ToneDetectorTest, AWholeDatagramOfDigitsIsTold) {
  Bytes payload;
  std::string expected;
  while (payload.size() + 640 < 2'036) {
    DtmfTone made(5, 320);
    std::vector<std::int16_t> samples(640);
    made.fill(samples);
    for (const std::int16_t sample : samples) payload.push_back(encode_sample(Law::Mu, sample));
    expected += '5';
  }
  detector_.handle({.ssrc = 7}, payload, Law::Mu);
  std::string digits;
  while (const auto digit = detector_.poll_digit()) digits += digit->digit;
  EXPECT_EQ(digits, expected);
}

}  // namespace
}  // namespace offhook::rtp
