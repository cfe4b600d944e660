#include <array>
#include <string>

#include <gtest/gtest.h>

#include "srtp/hmac_sha1.hpp"
#include "srtp/packet_cipher.hpp"
#include "srtp/session_keys.hpp"

namespace offhook::srtp {
namespace {

template <std::size_t N>
void set(std::array<std::uint8_t, N>& to, std::string_view hex) {
  const Bytes bytes = from_hex(hex).value();
  std::ranges::copy(bytes, to.begin());
}

std::string hex_of(ByteView bytes, std::size_t at, std::size_t size) {
  return to_hex(bytes.subspan(at, size));
}

TEST(HmacSha1Test, GivesTheDigestsOfRfc2202) {
  const Bytes key(20, 0x0b);
  EXPECT_EQ(to_hex(HmacSha1(key).digest(as_bytes("Hi "), as_bytes("There"))),
            "b617318655057264e28bc0b6fb378c8ef146be00");
  const HmacSha1 jefe(as_bytes("Jefe"));
  EXPECT_EQ(to_hex(jefe.digest(as_bytes("what do ya want for nothing?"), {})),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  // A second message starts from the key again.
  EXPECT_EQ(to_hex(jefe.digest(as_bytes("what do ya want "), as_bytes("for nothing?"))),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

TEST(SessionKeysTest, AreThoseOfRfc3711AppendixB3) {
  const Bytes master = from_hex(
                           "e1f97a0d3e018be0d64fa32c06de4139"
                           "0ec675ad498afeebb6960b3aabe6")
                           .value();
  const SessionKeys rtp =
      derive_session_keys(Profile::AesCm128HmacSha1_80, PacketKind::Rtp, master);
  EXPECT_EQ(hex_of(rtp.encryption, 0, 16), "c61e7a93744f39ee10734afe3ff7a087");
  EXPECT_EQ(to_hex(rtp.salt), "30cbbc08863d8c85d49db34a9ae1");
  EXPECT_EQ(to_hex(rtp.authentication), "cebe321f6ff7716b6fd4ab49af256a156d38baa4");
  const SessionKeys rtcp =
      derive_session_keys(Profile::AesCm128HmacSha1_80, PacketKind::Rtcp, master);
  EXPECT_EQ(hex_of(rtcp.encryption, 0, 16), "4c1aa45a81f73d61c800bbb00fbb1eaa");
  EXPECT_EQ(to_hex(rtcp.salt), "9581c7ad87b3e530bf3e4454a8b3");
  EXPECT_EQ(to_hex(rtcp.authentication), "8d54534feb49ae8e7993a6bd0b844fc323a93dfd");
}

TEST(PacketCipherTest, MakesTheKeyStreamOfRfc3711AppendixB2) {
  SessionKeys keys;
  set(keys.encryption, "2b7e151628aed2a6abf7158809cf4f3c");
  set(keys.salt, "f0f1f2f3f4f5f6f7f8f9fafbfcfd");
  PacketCipher cipher(Profile::AesCm128HmacSha1_80, keys, {}, Direction::Protect);
  Bytes stream(std::size_t{16} * 0xff02, 0);
  std::array<std::uint8_t, 16> tag;
  cipher.protect(PacketKind::Rtp, {.header = {stream.data(), 0}, .body = stream}, tag.data());
  EXPECT_EQ(hex_of(stream, 0, 16), "e03ead0935c95e80e166b16dd92b4eb4");
  EXPECT_EQ(hex_of(stream, 16, 16), "d23513162b02d0f72a43a2fe4a5f97ab");
  EXPECT_EQ(hex_of(stream, 32, 16), "41e95b3bb0a2e8dd477901e4fca894c0");
  EXPECT_EQ(hex_of(stream, std::size_t{16} * 0xfeff, 16), "ec8cdf7398607cb0f2d21675ea9ea1e4");
  EXPECT_EQ(hex_of(stream, std::size_t{16} * 0xff00, 16), "362b7c3c6773516318a077d7fc5073ae");
  EXPECT_EQ(hex_of(stream, std::size_t{16} * 0xff01, 16), "6a2cc3787889374fbeb4c81b17ba6c44");
}

// RFC 7714 16 and 17 give session keys, not master keys.
struct AeadVector {
  const char* name;
  Profile profile;
  PacketKind kind;
  std::uint32_t ssrc;
  std::uint64_t index;
  std::uint32_t word;
  std::size_t header_bytes;
  const char* plain;
  const char* body_and_tag;
};

constexpr const char* kRtpPlain =
    "8040f17b8041f8d35501a0b2"
    "47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573";
constexpr const char* kRtcpPlain =
    "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61"
    "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef";

const AeadVector kAeadVectors[] = {
    {"Rfc7714_16_1", Profile::AeadAes128Gcm, PacketKind::Rtp, 0x5501a0b2, 0xf17b, 0, 12, kRtpPlain,
     "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
     "899d7f27beb16a9152cf765ee4390cce"},
    {"Rfc7714_16_2", Profile::AeadAes256Gcm, PacketKind::Rtp, 0x5501a0b2, 0xf17b, 0, 12, kRtpPlain,
     "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b"
     "7aa3db36dfffd6b0f9bb7878d7a76c13"},
    {"Rfc7714_17_1", Profile::AeadAes128Gcm, PacketKind::Rtcp, 0x4d617273, 0x5d4, 0x800005d4, 8,
     kRtcpPlain,
     "63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275b"
     "c84aa45896cf4d2fc5abf87245d9eade"},
    {"Rfc7714_17_2", Profile::AeadAes256Gcm, PacketKind::Rtcp, 0x4d617273, 0x5d4, 0x800005d4, 8,
     kRtcpPlain,
     "d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de0476f1b6fad"
     "1d1eb30c4446839f57ff6f6cb26ac3be"},
    // Authenticated only, E bit 0.
    {"Rfc7714_17_3", Profile::AeadAes128Gcm, PacketKind::Rtcp, 0x4d617273, 0x5d4, 0x5d4, 52,
     kRtcpPlain, "841dd9683dd78ec92ae58790125f62b3"},
    {"Rfc7714_17_4", Profile::AeadAes256Gcm, PacketKind::Rtcp, 0x4d617273, 0x5d4, 0x5d4, 52,
     kRtcpPlain, "91db4afbfeee5a978fab4393ed2615fe"},
};

class AeadVectorTest : public testing::TestWithParam<AeadVector> {};

TEST_P(AeadVectorTest, ProtectsAndUnprotects) {
  const AeadVector& vector = GetParam();
  SessionKeys keys;
  set(keys.encryption, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  set(keys.salt, "517569642070726f2071756f");
  const Bytes plain = from_hex(vector.plain).value();
  Bytes packet = plain;
  packet.resize(plain.size() + 16);
  const PacketCipher::Packet parts{.ssrc = vector.ssrc,
                                   .index = vector.index,
                                   .header = ByteView(packet).first(vector.header_bytes),
                                   .body = MutableByteView(packet).subspan(
                                       vector.header_bytes, plain.size() - vector.header_bytes),
                                   .word = vector.word};

  PacketCipher sender(vector.profile, keys, keys, Direction::Protect);
  sender.protect(vector.kind, parts, packet.data() + plain.size());
  EXPECT_EQ(to_hex(ByteView(packet).subspan(vector.header_bytes)), vector.body_and_tag);

  PacketCipher receiver(vector.profile, keys, keys, Direction::Unprotect);
  EXPECT_TRUE(receiver.unprotect(vector.kind, parts, packet.data() + plain.size()));
  EXPECT_EQ(to_hex(ByteView(packet).first(plain.size())), vector.plain);
}

// The context changes between the keys of SRTP and SRTCP.
TEST_P(AeadVectorTest, KnowsBothKindsInTurn) {
  const AeadVector& vector = GetParam();
  SessionKeys keys;
  set(keys.encryption, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  set(keys.salt, "517569642070726f2071756f");
  SessionKeys others;
  set(others.encryption, "ff");
  const bool is_rtp = vector.kind == PacketKind::Rtp;
  PacketCipher sender(vector.profile, is_rtp ? keys : others, is_rtp ? others : keys,
                      Direction::Protect);
  for (int turn = 0; turn < 3; ++turn) {
    Bytes packet = from_hex(vector.plain).value();
    const std::size_t size = packet.size();
    packet.resize(size + 16);
    const PacketCipher::Packet parts{
        .ssrc = vector.ssrc,
        .index = vector.index,
        .header = ByteView(packet).first(vector.header_bytes),
        .body = MutableByteView(packet).subspan(vector.header_bytes, size - vector.header_bytes),
        .word = vector.word};
    sender.protect(vector.kind, parts, packet.data() + size);
    EXPECT_EQ(to_hex(ByteView(packet).subspan(vector.header_bytes)), vector.body_and_tag);
    Bytes other(36, 0x80);
    sender.protect(
        is_rtp ? PacketKind::Rtcp : PacketKind::Rtp,
        {.header = ByteView(other).first(12), .body = MutableByteView(other).subspan(12, 8)},
        other.data() + 20);
  }
}

INSTANTIATE_TEST_SUITE_P(Rfc7714, AeadVectorTest, testing::ValuesIn(kAeadVectors),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace offhook::srtp
