#include "rtp/g711.hpp"

#include <cstdlib>
#include <vector>

#include <gtest/gtest.h>

namespace offhook::rtp {
namespace {

TEST(G711Test, KnownValuesOfMuLaw) {  // ITU-T G.711 table 2, scaled from 14 to 16 bits
  EXPECT_EQ(encode_sample(Law::Mu, 0), 0xFF);
  EXPECT_EQ(encode_sample(Law::Mu, 32'767), 0x80);
  EXPECT_EQ(encode_sample(Law::Mu, -32'768), 0x00);
  EXPECT_EQ(decode_sample(Law::Mu, 0x80), 32'124);
  EXPECT_EQ(decode_sample(Law::Mu, 0x00), -32'124);
  EXPECT_EQ(decode_sample(Law::Mu, 0xFF), 0);
  EXPECT_EQ(decode_sample(Law::Mu, 0x7F), 0);
  EXPECT_EQ(decode_sample(Law::Mu, 0xFE), 8);
}

TEST(G711Test, KnownValuesOfALaw) {  // ITU-T G.711 table 1, scaled from 13 to 16 bits
  EXPECT_EQ(encode_sample(Law::A, 0), 0xD5);
  EXPECT_EQ(encode_sample(Law::A, -1), 0x55);
  EXPECT_EQ(encode_sample(Law::A, 32'767), 0xAA);
  EXPECT_EQ(encode_sample(Law::A, -32'768), 0x2A);
  EXPECT_EQ(decode_sample(Law::A, 0xD5), 8);
  EXPECT_EQ(decode_sample(Law::A, 0x55), -8);
  EXPECT_EQ(decode_sample(Law::A, 0xAA), 32'256);
  EXPECT_EQ(decode_sample(Law::A, 0x2A), -32'256);
}

TEST(G711Test, EveryByteSurvivesDecodingAndEncoding) {
  for (int byte = 0; byte < 256; ++byte) {
    const auto code = static_cast<std::uint8_t>(byte);
    EXPECT_EQ(encode_sample(Law::A, decode_sample(Law::A, code)), code);
    if (code != 0x7F)
      EXPECT_EQ(encode_sample(Law::Mu, decode_sample(Law::Mu, code)), code);  // 0x7F is minus zero
  }
}

TEST(G711Test, EverySampleComesBackWithinHalfAStep) {
  for (const Law law : {Law::Mu, Law::A}) {
    int before = -40'000;
    for (int sample = -32'768; sample <= 32'767; ++sample) {
      const int back = decode_sample(law, encode_sample(law, static_cast<std::int16_t>(sample)));
      ASSERT_LE(std::abs(back - sample), std::max(std::abs(sample) / 16 / 2 + 16, 16)) << sample;
      ASSERT_GE(back, before) << sample;  // monotonic
      before = back;
    }
  }
}

TEST(G711Test, SilenceIsTheSmallestSample) {
  EXPECT_EQ(encode_sample(Law::Mu, 0), silence(Law::Mu));
  EXPECT_EQ(encode_sample(Law::A, 0), silence(Law::A));
}

TEST(G711Test, SpansAreEncodedAndDecodedAsTheirSamples) {
  const std::vector<std::int16_t> samples{0, 1000, -1000, 32'767, -32'768};
  for (const Law law : {Law::Mu, Law::A}) {
    Bytes bytes(samples.size());
    encode(law, samples, bytes);
    std::vector<std::int16_t> back(samples.size());
    decode(law, bytes, back);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      EXPECT_EQ(bytes[i], encode_sample(law, samples[i]));
      EXPECT_EQ(back[i], decode_sample(law, bytes[i]));
    }
  }
}

}  // namespace
}  // namespace offhook::rtp
