#include "rtp/dtmf_tone.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

namespace offhook::rtp {
namespace {

std::vector<std::int16_t> samples_of(std::uint8_t event, std::uint32_t count) {
  DtmfTone tone(event, count);
  std::vector<std::int16_t> samples(count);
  EXPECT_EQ(tone.fill(samples), count);
  EXPECT_TRUE(tone.finished());
  return samples;
}

// The level of one frequency in the samples, in dBm0.
double level(const std::vector<std::int16_t>& samples, double hertz) {
  double re = 0;
  double im = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double angle = 2 * std::numbers::pi * hertz * static_cast<double>(i) / 8'000;
    re += samples[i] * std::cos(angle);
    im += samples[i] * std::sin(angle);
  }
  return 20 * std::log10(2 * std::hypot(re, im) / static_cast<double>(samples.size()) / 32'767) +
         3.14;
}

TEST(DtmfToneTest, EveryDigitHasItsTwoFrequenciesAtTheirLevels) {
  const std::vector<double> rows{697, 770, 852, 941};
  const std::vector<double> columns{1'209, 1'336, 1'477, 1'633};
  const std::vector<std::uint8_t> keys{1, 2, 3, 12, 4, 5, 6, 13, 7, 8, 9, 14, 10, 0, 11, 15};
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto samples = samples_of(keys[i], 8'000);
    for (const double row : rows) {
      if (row == rows[i / 4]) EXPECT_NEAR(level(samples, row), -9, 0.1) << int{keys[i]};
      if (row != rows[i / 4]) EXPECT_LT(level(samples, row), -50) << int{keys[i]};
    }
    for (const double column : columns) {
      if (column == columns[i % 4]) EXPECT_NEAR(level(samples, column), -7, 0.1) << int{keys[i]};
      if (column != columns[i % 4]) EXPECT_LT(level(samples, column), -50) << int{keys[i]};
    }
  }
}

TEST(DtmfToneTest, ALongToneKeepsItsLevel) {
  const auto samples = samples_of(5, 80'000);
  const std::vector<std::int16_t> last(samples.end() - 8'000, samples.end());
  EXPECT_NEAR(level(last, 770), -9, 0.1);
}

TEST(DtmfToneTest, ItLastsToTheSample) {
  DtmfTone tone(5, 333);
  std::vector<std::int16_t> samples(160);
  EXPECT_EQ(tone.fill(samples), 160U);
  EXPECT_FALSE(tone.finished());
  EXPECT_EQ(tone.fill(samples), 160U);
  EXPECT_EQ(tone.fill(samples), 13U);
  EXPECT_TRUE(tone.finished());
  EXPECT_EQ(tone.fill(samples), 0U);
}

TEST(DtmfToneTest, ItRisesAndFallsWithoutAClick) {
  const auto samples = samples_of(15, 640);
  // Steps at the edges stay far below those inside.
  EXPECT_LT(std::abs(samples.front()), 200);
  EXPECT_LT(std::abs(samples.back()), 200);
  for (std::size_t i = 0; i < 16; ++i) {
    const double gain = 0.5 - 0.5 * std::cos(std::numbers::pi * (static_cast<double>(i) + 1) / 16);
    EXPECT_LE(std::abs(samples[i]), 18'300 * gain + 1) << i;
    EXPECT_LE(std::abs(samples[639 - i]), 18'300 * gain + 1) << i;
  }
}

TEST(DtmfToneTest, AToneOfWhichMoreBecomesKnownGoesOn) {
  DtmfTone tone(5, 160);
  std::vector<std::int16_t> samples(800);
  EXPECT_EQ(tone.fill(std::span(samples).first(80)), 80U);
  tone.extend(640);
  tone.extend(320);
  EXPECT_EQ(tone.fill(std::span(samples).subspan(80)), 560U);
  EXPECT_EQ(samples, [] {
    auto whole = samples_of(5, 640);
    whole.resize(800);
    return whole;
  }());
}

TEST(DtmfToneTest, BothFrequenciesTogetherDoNotOverflow) {
  const auto samples = samples_of(15, 8'000);
  EXPECT_LT(*std::ranges::max_element(samples), 20'000);
  EXPECT_GT(*std::ranges::max_element(samples), 10'000);
}

}  // namespace
}  // namespace offhook::rtp
