#include "rtp/tone.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>
#include <vector>

#include <gtest/gtest.h>

namespace offhook::rtp {
namespace {

using namespace std::chrono_literals;

// The amplitude of one frequency in the samples.
double amplitude(const std::vector<std::int16_t>& samples, double hertz) {
  double re = 0;
  double im = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double angle = 2 * std::numbers::pi * hertz * static_cast<double>(i) / 8'000;
    re += samples[i] * std::cos(angle);
    im += samples[i] * std::sin(angle);
  }
  return 2 * std::hypot(re, im) / static_cast<double>(samples.size());
}

std::vector<std::int16_t> samples_of(ToneGenerator& generator, std::size_t count) {
  std::vector<std::int16_t> samples(count);
  generator.fill(samples);
  return samples;
}

bool is_silent(const std::vector<std::int16_t>& samples) {
  return std::ranges::all_of(samples, [](std::int16_t sample) { return sample == 0; });
}

TEST(ToneTest, AToneHasItsFrequencyAndLevel) {
  ToneGenerator generator({.hertz = {440, 0}, .level_dbm0 = -10});
  const auto samples = samples_of(generator, 8'000);
  EXPECT_NEAR(amplitude(samples, 440), 32'767 * std::pow(10, -13.14 / 20), 50);
  EXPECT_LT(amplitude(samples, 480), 20);
}

TEST(ToneTest, RingbackSoundsTwoSecondsAndIsSilentFor4Seconds) {
  ToneGenerator generator(ringback_tone());
  for (int round = 0; round < 2; ++round) {
    const auto on = samples_of(generator, 16'000);
    EXPECT_NEAR(amplitude(on, 440), amplitude(on, 480), 50);
    EXPECT_GT(amplitude(on, 440), 1'000);
    EXPECT_TRUE(is_silent(samples_of(generator, 32'000)));
  }
}

TEST(ToneTest, TheTonesOfACallHaveTheLevelsAndCadencesOfTheNorthAmericanPlan) {
  struct Case {
    Tone tone;
    double low;
    double high;
    double level_dbm0;
    std::size_t on;
    std::size_t off;
  };
  for (const Case& c : {Case{ringback_tone(), 440, 480, -19, 16'000, 32'000},
                        Case{busy_tone(), 480, 620, -24, 4'000, 4'000},
                        Case{congestion_tone(), 480, 620, -24, 2'000, 2'000}}) {
    ToneGenerator generator(c.tone);
    for (int round = 0; round < 3; ++round) {
      auto on = samples_of(generator, c.on);
      const auto level = [&](double hertz) {
        return 20 * std::log10(amplitude(on, hertz) / 32'767) + 3.14;
      };
      EXPECT_NEAR(level(c.low), c.level_dbm0, 0.3);
      EXPECT_NEAR(level(c.high), c.level_dbm0, 0.3);
      EXPECT_TRUE(is_silent(samples_of(generator, c.off)));
    }
  }
}

TEST(ToneTest, NoStepIsSteeperThanTheTonesOwnSlope) {
  for (const Tone& tone : {ringback_tone(), busy_tone(), congestion_tone()}) {
    ToneGenerator generator(tone);
    const auto samples = samples_of(generator, 48'100);
    const double peak = 32'767 * std::pow(10, (tone.level_dbm0 - 3.14) / 20);
    double steepest = 1;  // rounding
    for (const double hertz : tone.hertz) {
      steepest += peak * 2 * std::sin(std::numbers::pi * hertz / 8'000);
    }
    int before = 0;
    for (const std::int16_t sample : samples) {
      EXPECT_LE(std::abs(sample - before), steepest + peak * 0.02);
      before = sample;
    }
  }
}

TEST(ToneTest, AToneBeginsAndEndsSoftly) {
  ToneGenerator generator(busy_tone());
  const auto samples = samples_of(generator, 4'001);
  for (const std::size_t edge : {0U, 3'999U}) EXPECT_LT(std::abs(samples[edge]), 10);
  const auto loudest = [&](std::size_t first, std::size_t count) {
    return std::ranges::max(std::span(samples).subspan(first, count));
  };
  EXPECT_LT(loudest(0, 10), loudest(30, 40) / 2);
  EXPECT_LT(loudest(3'990, 10), loudest(3'930, 40) / 2);
}

TEST(ToneTest, AToneWithoutAPauseSoundsOnceAndIsSilentAfterwards) {
  ToneGenerator generator({.hertz = {440, 0}, .on = 100ms});
  EXPECT_FALSE(is_silent(samples_of(generator, 800)));
  EXPECT_TRUE(is_silent(samples_of(generator, 1'600)));
}

TEST(ToneTest, TheWaveIsTheSameWhateverTheSizeOfThePieces) {
  ToneGenerator whole(ringback_tone());
  ToneGenerator pieces(ringback_tone());
  const auto expected = samples_of(whole, 1'600);
  std::vector<std::int16_t> got;
  while (got.size() < 1'600) {
    const auto piece = samples_of(pieces, 160);
    got.insert(got.end(), piece.begin(), piece.end());
  }
  EXPECT_EQ(got, expected);
}

}  // namespace
}  // namespace offhook::rtp
