#include "srtp/context.hpp"

#include <array>
#include <string>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace offhook::srtp {
namespace {

constexpr Profile kProfiles[] = {Profile::AeadAes128Gcm, Profile::AeadAes256Gcm,
                                 Profile::AesCm128HmacSha1_80, Profile::AesCm128HmacSha1_32};

Bytes rtp_packet(std::uint16_t sequence_number, std::uint32_t ssrc = 0xCAFEBABE,
                 std::size_t payload_bytes = 160) {
  Bytes packet(12 + payload_bytes);
  packet[0] = 0x80;
  store_u16(packet.data() + 2, sequence_number);
  store_u32(packet.data() + 4, 160U * sequence_number);
  store_u32(packet.data() + 8, ssrc);
  for (std::size_t i = 12; i < packet.size(); ++i) packet[i] = static_cast<std::uint8_t>(i);
  return packet;
}

Bytes rtcp_packet(std::uint32_t ssrc = 0xCAFEBABE) {
  Bytes packet(28, 0x33);
  packet[0] = 0x80;
  packet[1] = 200;
  store_u16(packet.data() + 2, 6);
  store_u32(packet.data() + 4, ssrc);
  return packet;
}

class ContextTest : public testing::TestWithParam<Profile> {
 protected:
  ContextTest() : sender(make<Sender>(1)), receiver(make<Receiver>(1)) {}

  static Bytes key(std::uint64_t seed) {
    SeededRandom random(seed);
    Bytes made(key_bytes(GetParam()) + salt_bytes(GetParam()));
    random.fill(made);
    return made;
  }
  template <typename Context>
  static Context make(std::uint64_t seed) {
    return Context::make(GetParam(), key(seed)).value();
  }
  template <typename Context>
  static void rekey(Context& context, std::uint64_t seed) {
    EXPECT_TRUE(context.rekey(GetParam(), key(seed)).has_value());
  }

  Bytes protect(Bytes packet) {
    const std::size_t size = packet.size();
    packet.resize(size + kMaxTrailerBytes);
    const auto done = sender.protect_rtp(packet, size);
    EXPECT_TRUE(done.has_value());
    return done ? Bytes(done->begin(), done->end()) : Bytes{};
  }

  Bytes protect_rtcp(Bytes packet) {
    const std::size_t size = packet.size();
    packet.resize(size + kMaxTrailerBytes);
    const auto done = sender.protect_rtcp(packet, size);
    EXPECT_TRUE(done.has_value());
    return done ? Bytes(done->begin(), done->end()) : Bytes{};
  }

  std::expected<Bytes, PacketError> unprotect(Bytes packet) {
    const auto done = receiver.unprotect_rtp(packet);
    if (!done) return std::unexpected(done.error());
    return Bytes(done->begin(), done->end());
  }

  std::expected<Bytes, PacketError> unprotect_rtcp(Bytes packet) {
    const auto done = receiver.unprotect_rtcp(packet);
    if (!done) return std::unexpected(done.error());
    return Bytes(done->begin(), done->end());
  }

  Sender sender;
  Receiver receiver;
};

TEST_P(ContextTest, CarriesRtpThroughAndHidesThePayload) {
  for (const std::size_t payload : {0U, 1U, 15U, 16U, 160U, 1200U}) {
    const Bytes plain = rtp_packet(static_cast<std::uint16_t>(payload), 1, payload);
    const Bytes sent = protect(plain);
    EXPECT_EQ(sent.size(), plain.size() + rtp_tag_bytes(GetParam()));
    EXPECT_TRUE(std::equal(plain.begin(), plain.begin() + 12, sent.begin()));
    if (payload >= 16) {
      EXPECT_FALSE(std::equal(plain.begin() + 12, plain.end(), sent.begin() + 12));
    }
    EXPECT_EQ(unprotect(sent), plain);
  }
}

TEST_P(ContextTest, LeavesContributingSourcesAndExtensionInTheClear) {
  Bytes plain = rtp_packet(7);
  plain[0] = 0x92;  // extension, two CSRCs
  store_u16(plain.data() + 20, 0xBEDE);
  store_u16(plain.data() + 22, 2);
  const Bytes sent = protect(plain);
  EXPECT_TRUE(std::equal(plain.begin(), plain.begin() + 32, sent.begin()));
  EXPECT_NE(sent[32], plain[32]);
  EXPECT_EQ(unprotect(sent), plain);
}

TEST_P(ContextTest, CarriesRtcpThroughWithARisingIndex) {
  const Bytes plain = rtcp_packet();
  const Bytes first = protect_rtcp(plain);
  const Bytes second = protect_rtcp(plain);
  EXPECT_EQ(first.size(), plain.size() + rtcp_tag_bytes(GetParam()) + 4);
  const std::size_t index_at = is_aead(GetParam()) ? first.size() - 4 : plain.size();
  EXPECT_EQ(load_u32(first.data() + index_at), 0x80000000U);
  EXPECT_EQ(load_u32(second.data() + index_at), 0x80000001U);
  EXPECT_EQ(unprotect_rtcp(second), plain);
  EXPECT_EQ(unprotect_rtcp(first), plain);
  EXPECT_EQ(unprotect_rtcp(first).error(), PacketError::Replayed);
}

TEST_P(ContextTest, NoticesEveryChangedByteOfRtp) {
  const Bytes sent = protect(rtp_packet(1, 1, 20));
  for (std::size_t at = 0; at < sent.size(); ++at) {
    Bytes changed = sent;
    changed[at] ^= 0x40;
    const auto got = unprotect(changed);
    ASSERT_FALSE(got.has_value()) << at;
    EXPECT_TRUE(got.error() == PacketError::AuthenticationFailed ||
                got.error() == PacketError::TooShort);
  }
  EXPECT_TRUE(unprotect(sent).has_value()) << "a forgery must not close the window";
}

TEST_P(ContextTest, NoticesEveryChangedByteOfRtcp) {
  const Bytes sent = protect_rtcp(rtcp_packet());
  for (std::size_t at = 0; at < sent.size(); ++at) {
    Bytes changed = sent;
    changed[at] ^= 0x40;
    EXPECT_EQ(unprotect_rtcp(changed).error(), PacketError::AuthenticationFailed) << at;
  }
  // Also the E bit, which says that nothing is encrypted.
  Bytes changed = sent;
  changed[is_aead(GetParam()) ? sent.size() - 4 : 28] ^= 0x80;
  EXPECT_EQ(unprotect_rtcp(changed).error(), PacketError::AuthenticationFailed);
  EXPECT_TRUE(unprotect_rtcp(sent).has_value());
}

TEST_P(ContextTest, RefusesAnotherKey) {
  Receiver other = make<Receiver>(2);
  Bytes sent = protect(rtp_packet(1));
  EXPECT_EQ(other.unprotect_rtp(sent).error(), PacketError::AuthenticationFailed);
  Bytes report = protect_rtcp(rtcp_packet());
  EXPECT_EQ(other.unprotect_rtcp(report).error(), PacketError::AuthenticationFailed);
}

TEST_P(ContextTest, RefusesReplaysAndTooOldPackets) {
  const Bytes first = protect(rtp_packet(1));
  const Bytes second = protect(rtp_packet(2));
  EXPECT_TRUE(unprotect(second).has_value());
  EXPECT_TRUE(unprotect(first).has_value()) << "reordered";
  EXPECT_EQ(unprotect(first).error(), PacketError::Replayed);
  EXPECT_EQ(unprotect(second).error(), PacketError::Replayed);
  const Bytes late = protect(rtp_packet(3));
  for (std::uint16_t n = 4; n <= 131; ++n) EXPECT_TRUE(unprotect(protect(rtp_packet(n))));
  EXPECT_EQ(unprotect(late).error(), PacketError::Replayed);
}

TEST_P(ContextTest, FollowsTheRollOverWithLossAndReordering) {
  std::uint32_t number = 65'000;
  for (int i = 0; i < 150'000; i += 50) {
    const Bytes a = protect(rtp_packet(static_cast<std::uint16_t>(number)));
    const Bytes b = protect(rtp_packet(static_cast<std::uint16_t>(number + 1)));
    ASSERT_TRUE(unprotect(b).has_value()) << number;
    ASSERT_TRUE(unprotect(a).has_value()) << number;
    number += 50;  // the others are lost
  }
}

TEST_P(ContextTest, NeverSendsASequenceNumberTwice) {
  protect(rtp_packet(10));
  Bytes again = rtp_packet(10);
  again.resize(again.size() + kMaxTrailerBytes);
  EXPECT_EQ(sender.protect_rtp(again, again.size() - kMaxTrailerBytes).error(),
            PacketError::Replayed);
  EXPECT_TRUE(unprotect(protect(rtp_packet(9))).has_value()) << "late, but new";
}

TEST_P(ContextTest, CarriesRtpAndRtcpInTurn) {
  for (std::uint16_t n = 1; n <= 20; ++n) {
    const Bytes rtp = protect(rtp_packet(n));
    const Bytes rtcp = protect_rtcp(rtcp_packet());
    EXPECT_EQ(unprotect(rtp), rtp_packet(n));
    EXPECT_EQ(unprotect_rtcp(rtcp), rtcp_packet());
  }
}

TEST_P(ContextTest, KeepsTheWindowsOfStreamsThatTakeTurns) {
  std::vector<Bytes> sent;
  for (std::uint16_t n = 65'534; n != 3; ++n) {
    for (const std::uint32_t ssrc : {7U, 8U, 9U}) {
      sent.push_back(protect(rtp_packet(n, ssrc)));
      EXPECT_EQ(unprotect(sent.back()), rtp_packet(n, ssrc));
    }
  }
  for (const Bytes& packet : sent) EXPECT_EQ(unprotect(packet).error(), PacketError::Replayed);
}

TEST_P(ContextTest, CountsTheRollOverOnUnderANewKey) {
  for (std::uint32_t n = 65'000; n < 66'000; n += 100) {
    EXPECT_TRUE(unprotect(protect(rtp_packet(static_cast<std::uint16_t>(n)))));
  }
  const Bytes late = protect(rtp_packet(900));
  const Bytes report = protect_rtcp(rtcp_packet());
  rekey(sender, 2);
  rekey(receiver, 2);
  EXPECT_EQ(unprotect(late).error(), PacketError::AuthenticationFailed) << "under the old key";
  const Bytes next = protect(rtp_packet(1'000));
  EXPECT_EQ(unprotect(next), rtp_packet(1'000));
  EXPECT_EQ(unprotect(next).error(), PacketError::Replayed);
  EXPECT_EQ(unprotect(protect(rtp_packet(1'001))), rtp_packet(1'001));
  EXPECT_EQ(unprotect_rtcp(report).error(), PacketError::AuthenticationFailed);
  EXPECT_EQ(unprotect_rtcp(protect_rtcp(rtcp_packet())), rtcp_packet());
}

TEST_P(ContextTest, UnderstandsASenderThatCountsTheRollOverAnewUnderANewKey) {
  for (std::uint32_t n = 65'000; n < 66'000; n += 100) {
    EXPECT_TRUE(unprotect(protect(rtp_packet(static_cast<std::uint16_t>(n)))));
  }
  sender = make<Sender>(2);
  rekey(receiver, 2);
  Bytes forged = rtp_packet(1'000);
  forged.resize(forged.size() + rtp_tag_bytes(GetParam()));
  EXPECT_EQ(unprotect(forged).error(), PacketError::AuthenticationFailed);
  EXPECT_EQ(unprotect(protect(rtp_packet(1'000))), rtp_packet(1'000));
  EXPECT_EQ(unprotect(protect(rtp_packet(1'001))), rtp_packet(1'001));
}

TEST_P(ContextTest, NeverSendsAnIndexTwiceUnderAKeyThatComesBack) {
  const Bytes first = protect(rtp_packet(10));
  rekey(sender, 2);
  protect(rtp_packet(11));
  rekey(sender, 1);
  for (const std::uint16_t n : std::to_array<std::uint16_t>({10, 11})) {
    Bytes again = rtp_packet(n);
    again.resize(again.size() + kMaxTrailerBytes);
    EXPECT_EQ(sender.protect_rtp(again, again.size() - kMaxTrailerBytes).error(),
              PacketError::Replayed);
  }
  EXPECT_TRUE(unprotect(protect(rtp_packet(12))).has_value());
}

TEST_P(ContextTest, KeepsItsKeyWhereTheNewOneCannotBeUsed) {
  EXPECT_FALSE(sender.rekey(GetParam(), Bytes(7)).has_value());
  EXPECT_FALSE(receiver.rekey(GetParam(), Bytes(7)).has_value());
  EXPECT_TRUE(unprotect(protect(rtp_packet(1))).has_value());
}

TEST_P(ContextTest, KeepsStreamsApartAndLimitsThem) {
  for (std::uint32_t ssrc = 1; ssrc <= kMaxStreams; ++ssrc) {
    EXPECT_TRUE(unprotect(protect(rtp_packet(5, ssrc))).has_value());
  }
  Bytes more = rtp_packet(5, 99);
  more.resize(more.size() + kMaxTrailerBytes);
  EXPECT_EQ(sender.protect_rtp(more, more.size() - kMaxTrailerBytes).error(),
            PacketError::TooManyStreams);
  EXPECT_EQ(unprotect(more).error(), PacketError::TooManyStreams);
  EXPECT_TRUE(unprotect(protect(rtp_packet(6, 1))).has_value()) << "known ones go on";
}

TEST_P(ContextTest, MakesNoStreamForForgeries) {
  for (std::uint32_t ssrc = 1; ssrc <= 10 * kMaxStreams; ++ssrc) {
    EXPECT_EQ(unprotect(rtp_packet(5, ssrc)).error(), PacketError::AuthenticationFailed);
  }
  EXPECT_TRUE(unprotect(protect(rtp_packet(5))).has_value());
}

TEST_P(ContextTest, SurvivesEveryShorterLength) {
  const Bytes sent = protect(rtp_packet(1, 1, 4));
  const Bytes report = protect_rtcp(rtcp_packet());
  for (std::size_t size = 0; size < sent.size(); ++size) {
    EXPECT_FALSE(unprotect({sent.begin(), sent.begin() + static_cast<std::ptrdiff_t>(size)}));
  }
  for (std::size_t size = 0; size < report.size(); ++size) {
    EXPECT_FALSE(
        unprotect_rtcp({report.begin(), report.begin() + static_cast<std::ptrdiff_t>(size)}));
  }
  EXPECT_EQ(unprotect({}).error(), PacketError::TooShort);
  EXPECT_EQ(unprotect(Bytes(11 + rtp_tag_bytes(GetParam()), 0x80)).error(), PacketError::TooShort);
}

TEST_P(ContextTest, RefusesHeadersThatReachOverTheEnd) {
  Bytes plain = rtp_packet(1, 1, 8);
  for (const std::uint8_t first : std::to_array<std::uint8_t>({0x83, 0x90, 0x9F})) {
    plain[0] = first;
    store_u16(plain.data() + 14, 0xFFFF);
    Bytes buffer = plain;
    buffer.resize(plain.size() + kMaxTrailerBytes);
    EXPECT_EQ(sender.protect_rtp(buffer, plain.size()).error(), PacketError::TooShort);
    buffer.resize(plain.size() + rtp_tag_bytes(GetParam()));
    EXPECT_EQ(unprotect(buffer).error(), PacketError::TooShort);
  }
}

TEST_P(ContextTest, SaysWhereThereIsNoRoomForTheTag) {
  Bytes packet = rtp_packet(1);
  EXPECT_EQ(sender.protect_rtp(packet, packet.size()).error(), PacketError::NoRoom);
  EXPECT_EQ(sender.protect_rtp(packet, packet.size() + 1).error(), PacketError::NoRoom);
  packet.resize(packet.size() + rtp_tag_bytes(GetParam()) - 1);
  EXPECT_EQ(sender.protect_rtp(packet, 172).error(), PacketError::NoRoom);
  Bytes report = rtcp_packet();
  report.resize(report.size() + rtcp_tag_bytes(GetParam()) + 3);
  EXPECT_EQ(sender.protect_rtcp(report, 28).error(), PacketError::NoRoom);
  EXPECT_EQ(sender.protect_rtcp(report, 7).error(), PacketError::TooShort);
}

TEST_P(ContextTest, NeedsAKeyOfTheRightLength) {
  const std::size_t right = key_bytes(GetParam()) + salt_bytes(GetParam());
  EXPECT_TRUE(Sender::make(GetParam(), Bytes(right)).has_value());
  EXPECT_FALSE(Sender::make(GetParam(), Bytes(right - 1)).has_value());
  EXPECT_FALSE(Receiver::make(GetParam(), Bytes(right + 1)).has_value());
}

INSTANTIATE_TEST_SUITE_P(AllProfiles, ContextTest, testing::ValuesIn(kProfiles),
                         [](const auto& info) {
                           switch (info.param) {
                             case Profile::AeadAes128Gcm:
                               return "AeadAes128Gcm";
                             case Profile::AeadAes256Gcm:
                               return "AeadAes256Gcm";
                             case Profile::AesCm128HmacSha1_80:
                               return "AesCm128HmacSha1_80";
                             case Profile::AesCm128HmacSha1_32:
                               return "AesCm128HmacSha1_32";
                           }
                           return "";
                         });

// The packet that libsrtp's own tests know.
TEST(InteroperabilityTest, MakesTheSamePacketAsLibsrtp) {
  const Bytes key =
      from_hex("e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6").value();
  Bytes packet = from_hex("800f1234decafbadcafebabeabababababababababababababababab").value();
  packet.resize(28 + kMaxTrailerBytes);
  auto sender = Sender::make(Profile::AesCm128HmacSha1_80, key);
  const auto sent = sender->protect_rtp(packet, 28);
  ASSERT_TRUE(sent.has_value());
  EXPECT_EQ(to_hex(*sent),
            "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb");
}

// RFC 3711 5.2: the same packet with a shorter tag, while SRTCP keeps its 80 bits.
TEST(InteroperabilityTest, ShortensTheTagOfRtpAlone) {
  const Bytes key =
      from_hex("e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6").value();
  auto shorter = Sender::make(Profile::AesCm128HmacSha1_32, key);
  auto longer = Sender::make(Profile::AesCm128HmacSha1_80, key);
  Bytes packet = from_hex("800f1234decafbadcafebabeabababababababababababababababab").value();
  packet.resize(28 + kMaxTrailerBytes);
  const auto sent = shorter->protect_rtp(packet, 28);
  ASSERT_TRUE(sent.has_value());
  EXPECT_EQ(to_hex(*sent), "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc");

  Bytes one = rtcp_packet();
  one.resize(one.size() + kMaxTrailerBytes);
  Bytes other = one;
  const auto report = shorter->protect_rtcp(one, 28);
  const auto same = longer->protect_rtcp(other, 28);
  ASSERT_TRUE(report.has_value() && same.has_value());
  EXPECT_EQ(to_hex(*report), to_hex(*same));
  EXPECT_EQ(report->size(), 28U + 4U + 10U);
}

TEST(ProfileTest, KnowsItsNumbers) {
  for (const Profile profile : kProfiles) {
    EXPECT_EQ(profile_from_number(static_cast<std::uint16_t>(profile)), profile);
  }
  EXPECT_EQ(profile_from_number(0x0005), std::nullopt);  // NULL_HMAC_SHA1_80
}

}  // namespace
}  // namespace offhook::srtp
