#include "sdp/crypto.hpp"

#include <array>
#include <string>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace offhook::sdp {
namespace {

// RFC 4568 4.1's example.
constexpr std::string_view kKey = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";

std::string line(std::string_view parameters, std::string_view suite = "AES_CM_128_HMAC_SHA1_80") {
  return "1 " + std::string(suite) + " inline:" + std::string(parameters);
}

std::string with_key(std::string_view rest) { return line(std::string(kKey) + std::string(rest)); }

TEST(CryptoTest, ReadsTheExampleOfRfc4568) {
  const auto crypto = read_crypto(
      "734 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20");
  ASSERT_TRUE(crypto);
  EXPECT_EQ(crypto->tag, 734U);
  EXPECT_EQ(crypto->suite, CryptoSuite::AesCm128HmacSha1_80);
  EXPECT_EQ(as_text(crypto->key_and_salt), "YS___semctl () {\t220;}\n}\nunles");
}

TEST(CryptoTest, WritesEverySuiteAndReadsItAgain) {
  SeededRandom random(4);
  for (const CryptoSuite suite :
       {CryptoSuite::AesCm128HmacSha1_80, CryptoSuite::AesCm128HmacSha1_32,
        CryptoSuite::AeadAes128Gcm, CryptoSuite::AeadAes256Gcm}) {
    Crypto crypto{.tag = 3, .suite = suite, .key_and_salt = Bytes(key_and_salt_bytes(suite))};
    random.fill(crypto.key_and_salt);
    EXPECT_EQ(read_crypto(write_crypto(crypto)), crypto) << write_crypto(crypto);
  }
  EXPECT_EQ(write_crypto({.tag = 2, .key_and_salt = Bytes(30, 0)}),
            "2 AES_CM_128_HMAC_SHA1_80 inline:" + std::string(40, 'A'));
}

TEST(CryptoTest, KnowsTheLengthsOfRfc7714) {
  // 28 and 44 bytes, with and without padding.
  EXPECT_TRUE(read_crypto(line(std::string(38, 'A') + "==", "AEAD_AES_128_GCM")));
  EXPECT_TRUE(read_crypto(line(std::string(38, 'A'), "AEAD_AES_128_GCM")));
  EXPECT_TRUE(read_crypto(line(std::string(59, 'A') + "=", "AEAD_AES_256_GCM")));
  EXPECT_FALSE(read_crypto(line(std::string(40, 'A'), "AEAD_AES_128_GCM")));
  EXPECT_FALSE(read_crypto(line(std::string(38, 'A') + "==")));
}

TEST(CryptoTest, ToleratesLifetimesWindowsAndOptionalParameters) {
  for (const std::string_view rest :
       {"", "|2^48", "|1048576", " WSH=128", " KDR=0", " -ANY=x", "|2^31 WSH=64 -ANY=x"}) {
    EXPECT_TRUE(read_crypto(with_key(rest))) << rest;
  }
  EXPECT_TRUE(read_crypto("1  aes_cm_128_hmac_sha1_80  INLINE:" + std::string(kKey)));
}

TEST(CryptoTest, PassesOverWhatItCannotDo) {
  for (const std::string_view rest :
       {"|2^20|1:4", "|1:4", "|x",
        "|2^20|1:4;inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|2:4", " UNENCRYPTED_SRTP",
        " UNENCRYPTED_SRTCP", " UNAUTHENTICATED_SRTP", " KDR=1", " FEC_ORDER=FEC_SRTP", " ANY=x",
        "AAAA", "*"}) {
    EXPECT_FALSE(read_crypto(with_key(rest))) << rest;
  }
  for (const std::string_view value :
       {"", "1", "1 AES_CM_128_HMAC_SHA1_80",
        "1 AES_CM_128_HMAC_SHA1_80 inline:", "1 AES_CM_128_HMAC_SHA1_80 inline:abc",
        "1 F8_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz",
        "x AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz",
        "1234567890 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz",
        "1 AES_CM_128_HMAC_SHA1_80 uri:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"}) {
    EXPECT_FALSE(read_crypto(value)) << value;
  }
}

}  // namespace
}  // namespace offhook::sdp
