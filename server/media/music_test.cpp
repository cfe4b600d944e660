#include "media/music.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtp/g711.hpp"
#include "rtp/packet.hpp"
#include "rtp/tone.hpp"

namespace offhook::media {
namespace {

using testing::HasSubstr;

std::vector<std::int16_t> read(const Music& music, std::size_t at, std::size_t count) {
  std::vector<std::int16_t> samples(count);
  (void)music.read(at, samples);
  return samples;
}

double dbm0_of(const std::vector<std::int16_t>& samples) {
  double sum = 0;
  for (const double sample : samples) sum += sample * sample;
  const double level = std::sqrt(sum / static_cast<double>(samples.size()));
  return 20 * std::log10(level * std::numbers::sqrt2 / rtp::peak_of_sine(0));
}

int loudest(const std::vector<std::int16_t>& samples) {
  int peak = 0;
  for (const int sample : samples) peak = std::max(peak, std::abs(sample));
  return peak;
}

int steepest(const std::vector<std::int16_t>& samples) {
  int step = 0;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    step = std::max(step, std::abs(samples[i] - samples[i - 1]));
  }
  return step;
}

// A WAV file of 16 bits, one channel, 48 kHz.
Bytes wav_of(const std::vector<std::int16_t>& samples) {
  Bytes file = to_bytes("RIFF....WAVEfmt ");
  const auto append = [&file](std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) file.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  };
  append(16, 4);
  append(1, 2);
  append(1, 2);
  append(48'000, 4);
  append(96'000, 4);
  append(2, 2);
  append(16, 2);
  for (const char c : {'d', 'a', 't', 'a'}) file.push_back(static_cast<std::uint8_t>(c));
  append(static_cast<std::uint32_t>(2 * samples.size()), 4);
  for (const std::int16_t sample : samples) append(static_cast<std::uint16_t>(sample), 2);
  return file;
}

std::vector<std::int16_t> sine(double hertz, double peak, double offset = 0) {
  std::vector<std::int16_t> samples(2 * 48'000);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double angle = 2 * std::numbers::pi * hertz * static_cast<double>(i) / 48'000;
    samples[i] = static_cast<std::int16_t>(offset + peak * std::sin(angle));
  }
  return samples;
}

TEST(MusicTest, TheBuiltInIsMadeOnceIsSmallAndLastsAWhile) {
  const Music& music = Music::built_in();
  EXPECT_EQ(&music, &Music::built_in());
  EXPECT_GT(music.size(), 20 * rtp::kClockRate);
  EXPECT_LE(music.size(), 30 * rtp::kClockRate);
}

TEST(MusicTest, TheBuiltInIsAsLoudAsSpeechAllTheWayAndDoesNotClip) {
  const Music& music = Music::built_in();
  EXPECT_NEAR(dbm0_of(read(music, 0, music.size())), Music::kLevelDbm0, 1);
  EXPECT_LT(loudest(read(music, 0, music.size())), 20'000);
  for (std::size_t at = 0; at + 16'000 <= music.size(); at += 16'000) {
    EXPECT_NEAR(dbm0_of(read(music, at, 16'000)), Music::kLevelDbm0, 3) << at;
  }
}

TEST(MusicTest, TheBuiltInBeginsWhereItEnds) {
  const Music& music = Music::built_in();
  const auto around_the_seam = read(music, music.size() - 400, 800);
  EXPECT_LE(steepest(around_the_seam), steepest(read(music, 0, music.size())));
  EXPECT_GT(loudest({around_the_seam.begin(), around_the_seam.begin() + 400}), 200)
      << "a pause would hide a seam";
}

TEST(MusicTest, ReadingGoesRoundAndRoundInPiecesOfAnySize) {
  std::vector<float> ramp(1'000);
  for (std::size_t i = 0; i < ramp.size(); ++i) ramp[i] = static_cast<float>(i) - 500;
  const Music music(std::move(ramp));
  const auto whole = read(music, 900, 2'300);
  std::vector<std::int16_t> pieces;
  std::size_t at = 900;
  while (pieces.size() < whole.size()) {
    std::vector<std::int16_t> piece(100);
    at = music.read(at, piece);
    pieces.insert(pieces.end(), piece.begin(), piece.end());
  }
  EXPECT_EQ(pieces, whole);
  EXPECT_EQ(at, 200U);
  EXPECT_EQ(whole[0], whole[1'000]);
}

TEST(MusicTest, AFileIsBroughtToTelephoneRateAndLevelWithoutItsOffset) {
  for (const double peak : {300.0, 3'000.0, 30'000.0}) {
    const auto music = Music::from_wav(wav_of(sine(1'000, peak, peak / 20)));
    ASSERT_TRUE(music);
    EXPECT_EQ(music->size(), 16'000U);
    const auto samples = read(*music, 0, music->size());
    EXPECT_NEAR(dbm0_of(samples), Music::kLevelDbm0, 0.3);
    EXPECT_NEAR(loudest(samples), rtp::peak_of_sine(Music::kLevelDbm0), 70);
  }
}

TEST(MusicTest, PausesDoNotMakeTheRestLouder) {
  auto samples = sine(1'000, 3'000);
  std::fill(samples.begin() + 24'000, samples.end(), std::int16_t{0});
  const auto music = Music::from_wav(wav_of(samples));
  ASSERT_TRUE(music);
  EXPECT_NEAR(dbm0_of(read(*music, 100, 3'800)), Music::kLevelDbm0, 0.5);
}

TEST(MusicTest, AFewLoudPeaksKeepTheRestQuietInsteadOfClipping) {
  auto samples = sine(400, 10);
  for (std::size_t i = 0; i < samples.size(); i += 4'800) {
    std::fill_n(samples.begin() + static_cast<std::ptrdiff_t>(i), 12, std::int16_t{32'000});
  }
  const auto music = Music::from_wav(wav_of(samples));
  ASSERT_TRUE(music);
  EXPECT_LT(loudest(read(*music, 0, music->size())), 32'200);
  EXPECT_LT(dbm0_of(read(*music, 0, music->size())), Music::kLevelDbm0 + 0.5);
}

TEST(MusicTest, AFileWhoseEndDoesNotFitItsBeginningRepeatsWithoutAStep) {
  auto samples = sine(250, 8'000);
  samples.resize(samples.size() - 48);  // ends at a peak
  const auto music = Music::from_wav(wav_of(samples));
  ASSERT_TRUE(music);
  EXPECT_LT(steepest(read(*music, music->size() - 100, 200)), 800);
}

TEST(MusicTest, WhatIsWrongWithAFileIsSaid) {
  EXPECT_THAT(Music::from_wav(to_bytes("no music")).error().message, HasSubstr("is no WAV file"));
  EXPECT_THAT(Music::from_wav(wav_of(std::vector<std::int16_t>(4'800, 1'000))).error().message,
              HasSubstr("holds nothing but silence; choose another file"));
}

}  // namespace
}  // namespace offhook::media
