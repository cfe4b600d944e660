#include "rtp/wav.hpp"

#include <bit>
#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace offhook::rtp {
namespace {

using testing::HasSubstr;

std::string little_endian(std::uint32_t value, std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>((value >> (8 * i)) & 0xFF);
  return text;
}

std::string chunk(const std::string& id, const std::string& body) {
  return id + little_endian(static_cast<std::uint32_t>(body.size()), 4) + body +
         std::string(body.size() % 2, '\0');
}

struct Format {
  unsigned tag = 1;
  unsigned channels = 1;
  std::uint32_t rate = 8'000;
  unsigned bits = 16;
  unsigned frame_bytes = 0;  // 0: what follows
};

std::string format_chunk(const Format& format) {
  const unsigned frame_bytes =
      format.frame_bytes == 0 ? format.channels * format.bits / 8 : format.frame_bytes;
  return chunk("fmt ", little_endian(format.tag, 2) + little_endian(format.channels, 2) +
                           little_endian(format.rate, 4) +
                           little_endian(format.rate * frame_bytes, 4) +
                           little_endian(frame_bytes, 2) + little_endian(format.bits, 2));
}

std::string riff(const std::string& chunks) { return chunk("RIFF", "WAVE" + chunks); }

std::string wav(const Format& format, const std::string& data) {
  return riff(format_chunk(format) + chunk("data", data));
}

std::string error_of(const std::string& file) {
  const auto parsed = Wav::parse(as_bytes(file));
  return parsed ? "" : parsed.error().message;
}

TEST(WavTest, EveryEncodingGivesItsSamples) {
  const auto sample = [](const Format& format, const std::string& data) {
    const std::string file = wav(format, data);
    const auto parsed = Wav::parse(as_bytes(file));
    EXPECT_TRUE(parsed) << error_of(file);
    return parsed ? parsed->frame(0) : 0;
  };
  EXPECT_FLOAT_EQ(sample({.bits = 8}, "\x40"), -0.5F);
  EXPECT_FLOAT_EQ(sample({.bits = 16}, std::string("\x00\x40", 2)), 0.5F);
  EXPECT_FLOAT_EQ(sample({.bits = 24}, std::string("\x00\x00\xC0", 3)), -0.5F);
  EXPECT_FLOAT_EQ(
      sample({.tag = 3, .bits = 32}, little_endian(std::bit_cast<std::uint32_t>(0.25F), 4)), 0.25F);
  EXPECT_FLOAT_EQ(sample({.tag = 7, .bits = 8}, std::string("\x00", 1)), -32'124.0F / 32'768);
  EXPECT_FLOAT_EQ(sample({.tag = 6, .bits = 8}, std::string("\xAA", 1)), 32'256.0F / 32'768);
}

TEST(WavTest, TwoChannelsAreMixed) {
  const std::string file =
      wav({.channels = 2}, little_endian(0x4000, 2) + little_endian(0x2000, 2) + "abcd");
  const auto parsed = Wav::parse(as_bytes(file));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->frames(), 2U);
  EXPECT_FLOAT_EQ(parsed->frame(0), 0.375F);
}

TEST(WavTest, NumbersThatAreNoneAreSilentAndOthersAreBounded) {
  const auto bits = [](float value) {
    return little_endian(std::bit_cast<std::uint32_t>(value), 4);
  };
  using Limits = std::numeric_limits<float>;
  const std::string file =
      wav({.tag = 3, .bits = 32}, bits(Limits::quiet_NaN()) + bits(Limits::infinity()) + bits(-7));
  const auto parsed = Wav::parse(as_bytes(file));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->frame(0), 0);
  EXPECT_EQ(parsed->frame(1), 1);
  EXPECT_EQ(parsed->frame(2), -1);
}

TEST(WavTest, OtherChunksAreSkippedAndTheExtensibleFormatIsRead) {
  std::string extensible = format_chunk({.tag = 0xFFFE, .bits = 16}).substr(8);
  extensible += little_endian(22, 2) + little_endian(16, 2) + little_endian(4, 4) +
                little_endian(1, 2) + std::string(14, 'g');
  const std::string file = riff(chunk("LIST", "odd") + chunk("fmt ", extensible) +
                                chunk("fact", "1234") + chunk("data", "aabb") + chunk("id3 ", "x"));
  const auto parsed = Wav::parse(as_bytes(file));
  ASSERT_TRUE(parsed) << error_of(file);
  EXPECT_EQ(parsed->frames(), 2U);
}

TEST(WavTest, AFileThatWasWrittenToAPipeGoesOnToItsEnd) {
  const std::string file = "RIFF" + std::string(4, '\xFF') + "WAVE" + format_chunk({}) + "data" +
                           std::string(4, '\xFF') + "aabbcc";
  const auto parsed = Wav::parse(as_bytes(file));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->frames(), 3U);
}

TEST(WavTest, WhatIsWrongIsSaidWithWhatToDo) {
  const std::string data = chunk("data", "aabb");
  EXPECT_THAT(error_of(""), HasSubstr("is no WAV file (RIFF WAVE); convert it"));
  EXPECT_THAT(error_of("ID3\x04 an MP3 file"), HasSubstr("is no WAV file"));
  EXPECT_THAT(error_of(riff(data)), HasSubstr("does not say how"));
  EXPECT_THAT(error_of(riff(chunk("fmt ", "short") + data)), HasSubstr("does not say how"));
  EXPECT_THAT(error_of(riff(format_chunk({}))), HasSubstr("holds no sound; choose another"));
  EXPECT_THAT(error_of(wav({}, "a")), HasSubstr("holds no sound"));
  EXPECT_THAT(error_of(wav({.tag = 85, .bits = 0}, "aabb")),
              HasSubstr("(format 85, 0 bits); convert it"));
  EXPECT_THAT(error_of(wav({.bits = 12}, "aabb")), HasSubstr("(format 1, 12 bits)"));
  EXPECT_THAT(error_of(wav({.channels = 6}, "aabb")), HasSubstr("6 channels"));
  EXPECT_THAT(error_of(wav({.channels = 0}, "aabb")), HasSubstr("0 channels"));
  EXPECT_THAT(error_of(wav({.rate = 96'000}, "aabb")), HasSubstr("96000 samples a second"));
  EXPECT_THAT(error_of(wav({.rate = 7'999}, "aabb")), HasSubstr("instead of 8000 to 48000"));
  EXPECT_THAT(error_of(wav({.frame_bytes = 3}, "aabbcc")), HasSubstr("contradicts itself"));
  const std::string whole = wav({}, "aabbccdd");
  EXPECT_THAT(error_of(whole.substr(0, whole.size() - 2)), HasSubstr("ends before its sound does"));
}

TEST(WavTest, MoreThanTheLongestMusicIsRefused) {
  const auto seconds = std::chrono::seconds(limits::kMusicLength).count();
  std::string data(static_cast<std::size_t>(seconds) * 8'000, 'a');
  EXPECT_EQ(error_of(wav({.bits = 8}, data)), "");
  data += 'a';
  EXPECT_THAT(error_of(wav({.bits = 8}, data)), HasSubstr("longer than 10 minutes; shorten it"));
}

}  // namespace
}  // namespace offhook::rtp
