#include "rtp/resampler.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

namespace offhook::rtp {
namespace {

// One second of a sine.
std::vector<float> sine(double hertz, std::uint32_t rate) {
  std::vector<float> samples(rate);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i] =
        static_cast<float>(std::sin(2 * std::numbers::pi * hertz * static_cast<double>(i) / rate));
  }
  return samples;
}

std::vector<float> resample(const std::vector<float>& samples, std::uint32_t rate,
                            std::size_t piece = 1'000) {
  Resampler resampler(rate);
  std::vector<float> out;
  for (std::size_t at = 0; at < samples.size(); at += piece) {
    resampler.push(std::span(samples).subspan(at, std::min(piece, samples.size() - at)), out);
  }
  resampler.finish(out);
  return out;
}

// Without the first and last tenth, where the filter sees the edge.
double rms(std::span<const float> samples) {
  samples = samples.subspan(samples.size() / 10, samples.size() * 8 / 10);
  double sum = 0;
  for (const float sample : samples) sum += static_cast<double>(sample * sample);
  return std::sqrt(sum / static_cast<double>(samples.size()));
}

double decibel(double hertz, std::uint32_t rate) {
  return 20 * std::log10(rms(resample(sine(hertz, rate), rate)) * std::numbers::sqrt2);
}

TEST(ResamplerTest, ASecondIsEightThousandSamplesFromEveryRate) {
  for (const std::uint32_t rate :
       {8'000U, 8'001U, 11'025U, 16'000U, 22'050U, 44'100U, 47'999U, 48'000U}) {
    EXPECT_EQ(resample(sine(1'000, rate), rate).size(), 8'000U) << rate;
  }
}

TEST(ResamplerTest, TheTelephonesBandPassesAndWhatWouldFoldBackDoesNot) {
  for (const std::uint32_t rate : {11'025U, 16'000U, 44'100U, 48'000U}) {
    for (const double hertz : {200.0, 1'000.0, 3'200.0}) {
      EXPECT_NEAR(decibel(hertz, rate), 0, 0.2) << hertz << " of " << rate;
    }
    for (const double hertz : {4'100.0, 4'700.0, rate / 2.0 - 100}) {
      EXPECT_LT(decibel(hertz, rate), -70) << hertz << " of " << rate;
    }
  }
}

TEST(ResamplerTest, TheWaveStaysWhereItWas) {
  for (const std::uint32_t rate : {11'025U, 44'100U, 48'000U}) {
    const auto out = resample(sine(440, rate), rate);
    const auto expected = sine(440, 8'000);
    for (std::size_t i = 100; i < 7'900; ++i)
      ASSERT_LT(std::abs(out[i] - expected[i]), 0.01F) << rate;
  }
}

TEST(ResamplerTest, ThePiecesMakeNoDifference) {
  const auto samples = sine(700, 44'100);
  EXPECT_EQ(resample(samples, 44'100, 1), resample(samples, 44'100, 44'100));
}

TEST(ResamplerTest, TelephoneSoundGoesThroughAsItIs) {
  const auto samples = sine(3'900, 8'000);
  EXPECT_EQ(resample(samples, 8'000), samples);
}

}  // namespace
}  // namespace offhook::rtp
