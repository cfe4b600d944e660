#include "ice/stun.hpp"

#include <array>
#include <utility>

#include <gtest/gtest.h>

namespace offhook::ice {
namespace {

// RFC 5769 2.1 to 2.4.
constexpr std::string_view kSampleRequest =
    "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74"
    "002400046e0001ff80290008932ff9b151263b36000600096576746a3a68367659202020"
    "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf";
constexpr std::string_view kSampleIpv4Response =
    "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220"
    "002000080001a147e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7"
    "80280004c07d4c96";
constexpr std::string_view kSampleIpv6Response =
    "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220"
    "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
    "00080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c";
constexpr std::string_view kSampleLongTermRequest =
    "000100602112a44278ad3433c6ad72c029da412e"
    "00060012e3839ee38388e383aae38383e382afe382b90000"
    "0015001c662f2f3439396b3935346436"
    "4f4c33346f4c39465354767936347341"
    "0014000b6578616d706c652e6f726700"
    "00080014f67024656dd64a3e02b8e0712e85c9a28ca89666";

// MD5 of the user name, "example.org" and "TheMatrIX" joined by colons (RFC 8489 9.2.2).
constexpr std::string_view kLongTermKey = "e8ca7ad59d5eb0518e312911d2dab2a9";
constexpr std::string_view kPassword = "VOkJxbRl1RmTxUk/WvJxBt";

Bytes bytes_of(std::string_view hex) { return from_hex(hex).value(); }

StunError error_of(const Bytes& datagram) {
  const auto message = StunMessage::parse(datagram);
  EXPECT_FALSE(message.has_value());
  return message ? StunError::NotStun : message.error();
}

TEST(StunMessageTest, ReadsTheSampleRequest) {
  const Bytes datagram = bytes_of(kSampleRequest);
  const auto message = StunMessage::parse(datagram);
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->message_class(), StunClass::Request);
  EXPECT_EQ(message->method(), kBindingMethod);
  EXPECT_EQ(to_hex(message->transaction_id()), "b7e7a701bc34d686fa87dfae");
  EXPECT_EQ(message->username(), "evtj:h6vY");
  EXPECT_EQ(message->target_ufrag(), "evtj");
  EXPECT_EQ(message->priority(), 0x6e0001ffU);
  EXPECT_EQ(as_text(*message->find(attribute::kSoftware)), "STUN test client");
  EXPECT_EQ(to_hex(*message->find(attribute::kIceControlled)), "932ff9b151263b36");
  EXPECT_FALSE(message->has(attribute::kUseCandidate));
  EXPECT_TRUE(message->has_fingerprint());
  EXPECT_TRUE(message->has_valid_integrity(as_bytes(kPassword)));
  EXPECT_FALSE(message->has_valid_integrity(as_bytes("VOkJxbRl1RmTxUk/WvJxBu")));
  EXPECT_FALSE(message->has_valid_integrity({}));
}

TEST(StunMessageTest, ReadsTheSampleIpv4Response) {
  const Bytes datagram = bytes_of(kSampleIpv4Response);
  const auto message = StunMessage::parse(datagram);
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->message_class(), StunClass::Success);
  EXPECT_EQ(message->xor_mapped_address(), Endpoint::parse("192.0.2.1:32853"));
  EXPECT_TRUE(message->has_fingerprint());
  EXPECT_TRUE(message->has_valid_integrity(as_bytes(kPassword)));
}

TEST(StunMessageTest, ReadsTheSampleIpv6Response) {
  const Bytes datagram = bytes_of(kSampleIpv6Response);
  const auto message = StunMessage::parse(datagram);
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->xor_mapped_address(),
            Endpoint::parse("[2001:db8:1234:5678:11:2233:4455:6677]:32853"));
  EXPECT_TRUE(message->has_valid_integrity(as_bytes(kPassword)));
}

TEST(StunMessageTest, ReadsTheSampleRequestWithLongTermCredentials) {
  const Bytes datagram = bytes_of(kSampleLongTermRequest);
  const auto message = StunMessage::parse(datagram);
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(as_text(*message->find(attribute::kRealm)), "example.org");
  EXPECT_EQ(as_text(*message->find(attribute::kNonce)), "f//499k954d6OL34oL9FSTvy64sA");
  EXPECT_FALSE(message->has_fingerprint());
  EXPECT_TRUE(message->has_valid_integrity(from_hex(kLongTermKey).value()));
  EXPECT_FALSE(message->has_valid_integrity(as_bytes("TheMatrIX")));
}

TEST(StunMessageTest, RefusesEveryOtherSizeThanTheHeaderSays) {
  for (const std::string_view sample : {kSampleRequest, kSampleIpv4Response, kSampleIpv6Response}) {
    const Bytes whole = bytes_of(sample);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_EQ(error_of(cut),
                size < kStunHeaderBytes ? StunError::NotStun : StunError::WrongLength);
    }
    Bytes longer = whole;
    longer.push_back(0);
    EXPECT_EQ(error_of(longer), StunError::WrongLength);
    for (const int change : {-4, -1, 1, 4}) {
      Bytes other = whole;
      other[3] = static_cast<std::uint8_t>(other[3] + change);
      EXPECT_EQ(error_of(other), StunError::WrongLength);
    }
  }
}

TEST(StunMessageTest, SurvivesEveryAttributeLengthOffByOne) {
  const Bytes long_term_key = from_hex(kLongTermKey).value();
  for (const std::string_view sample :
       {kSampleRequest, kSampleIpv4Response, kSampleIpv6Response, kSampleLongTermRequest}) {
    const Bytes whole = bytes_of(sample);
    const ByteView key =
        sample == kSampleLongTermRequest ? ByteView(long_term_key) : as_bytes(kPassword);
    ASSERT_TRUE(StunMessage::parse(whole)->has_valid_integrity(key));
    for (std::size_t at = kStunHeaderBytes; at < whole.size();) {
      const std::size_t size = load_u16(whole.data() + at + 2);
      for (const int change : {-1, 1}) {
        Bytes other = whole;
        store_u16(other.data() + at + 2,
                  static_cast<std::uint16_t>(static_cast<int>(size) + change));
        // Some of these fall out at the attribute, all the others at FINGERPRINT or
        // MESSAGE-INTEGRITY.
        const auto message = StunMessage::parse(other);
        EXPECT_FALSE(message && message->has_valid_integrity(key)) << to_hex(other);
      }
      for (const std::uint16_t huge : {std::uint16_t{0x7FFF}, std::uint16_t{0xFFFF}}) {
        Bytes other = whole;
        store_u16(other.data() + at + 2, huge);
        EXPECT_EQ(error_of(other), StunError::BrokenAttribute);
      }
      at += 4 + ((size + 3) & ~std::size_t{3});
    }
  }
}

// The address's length goes with its family; anything else would be read beyond the attribute.
TEST(StunMessageTest, ReadsNoMappedAddressOfAnotherLengthThanItsFamilys) {
  for (const auto& [family, right] : {std::pair{1, 8U}, std::pair{2, 20U}}) {
    for (std::size_t size = 0; size <= 24; ++size) {
      Bytes value(size);
      if (size > 1) value[1] = static_cast<std::uint8_t>(family);
      std::array<std::uint8_t, 128> buffer;
      const ByteView datagram = StunBuilder(buffer, StunClass::Success, kBindingMethod, {})
                                    .add(attribute::kXorMappedAddress, value)
                                    .finish_without_integrity();
      EXPECT_EQ(StunMessage::parse(datagram)->xor_mapped_address().has_value(), size == right)
          << size;
    }
  }
}

TEST(StunMessageTest, NoticesEveryFlippedBit) {
  const Bytes whole = bytes_of(kSampleRequest);
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    Bytes other = whole;
    other[bit / 8] = static_cast<std::uint8_t>(other[bit / 8] ^ (1U << (bit % 8)));
    const auto message = StunMessage::parse(other);
    // The type of FINGERPRINT is the one thing that nothing protects: another one is an optional
    // attribute behind the integrity, and those are ignored.
    const std::size_t fingerprint_at = whole.size() - 8;
    if (bit / 8 == fingerprint_at || bit / 8 == fingerprint_at + 1) continue;
    EXPECT_FALSE(message && message->has_valid_integrity(as_bytes(kPassword))) << "bit " << bit;
  }
}

TEST(StunMessageTest, IgnoresAttributesBehindTheIntegrity) {
  std::array<std::uint8_t, 128> buffer;
  const ByteView inner =
      StunBuilder(buffer, StunClass::Request, kBindingMethod, {}).finish(as_bytes("password"));
  // In place of FINGERPRINT, which would have to be the last one, comes USE-CANDIDATE.
  Bytes datagram(inner.begin(), inner.end() - 8);
  datagram.insert(datagram.end(), {0x00, 0x25, 0x00, 0x00});
  store_u16(datagram.data() + 2, static_cast<std::uint16_t>(datagram.size() - kStunHeaderBytes));
  const auto message = StunMessage::parse(datagram);
  ASSERT_TRUE(message.has_value());
  EXPECT_TRUE(message->has_valid_integrity(as_bytes("password")));
  EXPECT_FALSE(message->has(attribute::kUseCandidate));
}

TEST(StunMessageTest, ListsUnknownRequiredAttributesUpToTheRoomGiven) {
  std::array<std::uint8_t, 128> buffer;
  const ByteView datagram = StunBuilder(buffer, StunClass::Request, kBindingMethod, {})
                                .add_flag(0x7001)
                                .add_flag(0xC001)
                                .add_flag(0x7002)
                                .finish_without_integrity();
  const auto message = StunMessage::parse(datagram);
  ASSERT_TRUE(message.has_value());
  std::array<std::uint16_t, 4> unknown{};
  ASSERT_EQ(message->unknown_required(unknown), 2U);
  EXPECT_EQ(unknown[0], 0x7001);
  EXPECT_EQ(unknown[1], 0x7002);
  EXPECT_EQ(message->unknown_required(std::span(unknown).first(1)), 1U);
}

TEST(StunMessageTest, IsNotStunWithoutCookieOrWithAnotherFirstByte) {
  Bytes datagram = bytes_of(kSampleRequest);
  datagram[4] ^= 1;
  EXPECT_EQ(error_of(datagram), StunError::NotStun);
  datagram = bytes_of(kSampleRequest);
  datagram[0] = 0x16;  // a DTLS handshake record
  EXPECT_EQ(error_of(datagram), StunError::NotStun);
  EXPECT_FALSE(looks_like_stun(datagram));
  EXPECT_FALSE(looks_like_stun({}));
}

TEST(StunBuilderTest, WritesWhatTheViewReads) {
  const TransactionId id{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  std::array<std::uint8_t, 256> buffer;
  const ByteView datagram = StunBuilder(buffer, StunClass::Error, kBindingMethod, id)
                                .add(attribute::kUsername, as_bytes("abcd:efgh1"))
                                .add_u32(attribute::kPriority, 0x01020304)
                                .add_u64(attribute::kIceControlling, 0x0102030405060708)
                                .add_flag(attribute::kUseCandidate)
                                .add_xor_mapped_address(*Endpoint::parse("[2001:db8::7]:9"))
                                .add_error_code(487, "Role Conflict")
                                .finish(as_bytes("password"));
  const auto message = StunMessage::parse(datagram);
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->message_class(), StunClass::Error);
  EXPECT_EQ(message->method(), kBindingMethod);
  EXPECT_EQ(message->transaction_id(), id);
  EXPECT_EQ(message->username(), "abcd:efgh1");
  EXPECT_EQ(message->priority(), 0x01020304U);
  EXPECT_EQ(to_hex(*message->find(attribute::kIceControlling)), "0102030405060708");
  EXPECT_TRUE(message->has(attribute::kUseCandidate));
  EXPECT_EQ(message->xor_mapped_address(), Endpoint::parse("[2001:db8::7]:9"));
  EXPECT_EQ(message->error_code(), 487);
  EXPECT_TRUE(message->has_valid_integrity(as_bytes("password")));
}

TEST(StunBuilderTest, ReturnsNothingWhereTheBufferIsOneByteShort) {
  std::array<std::uint8_t, 256> buffer;
  const auto write = [&](std::size_t room) {
    return StunBuilder(MutableByteView(buffer).first(room), StunClass::Success, kBindingMethod, {})
        .add_xor_mapped_address(*Endpoint::parse("192.0.2.1:5"))
        .finish(as_bytes("password"));
  };
  const std::size_t needed = write(buffer.size()).size();
  EXPECT_EQ(write(needed).size(), needed);
  for (std::size_t room = 0; room < needed; ++room) EXPECT_TRUE(write(room).empty());
}

}  // namespace
}  // namespace offhook::ice
