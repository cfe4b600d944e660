#include "rtp/packet.hpp"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offhook::rtp {
namespace {

Bytes packet_bytes(std::string_view hex) { return *from_hex(hex); }

TEST(PacketTest, ReadsTheFixedHeaderAndThePayload) {
  const Bytes bytes = packet_bytes("80e50102000000a011223344a1b2");
  const auto view = PacketView::parse(bytes);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->header(), (Header{.marker = true,
                                    .payload_type = 101,
                                    .sequence = 0x0102,
                                    .timestamp = 160,
                                    .ssrc = 0x11223344}));
  EXPECT_EQ(to_hex(view->payload()), "a1b2");
  EXPECT_EQ(view->payload_offset(), 12u);
}

TEST(PacketTest, SkipsContributingSourcesExtensionAndPadding) {
  const Bytes bytes = packet_bytes(
      "b2000001000000a011223344"  // padding, extension, two CSRCs
      "aaaaaaaabbbbbbbb"
      "bede000111223344"  // extension of one word
      "a1b2000003");      // payload, three bytes of padding
  const auto view = PacketView::parse(bytes);
  ASSERT_TRUE(view);
  EXPECT_EQ(to_hex(view->payload()), "a1b2");
  EXPECT_EQ(view->payload_offset(), 28u);
}

TEST(PacketTest, AnEmptyPayloadIsValid) {
  const Bytes bytes = packet_bytes("80000001000000a011223344");
  const auto view = PacketView::parse(bytes);
  ASSERT_TRUE(view);
  EXPECT_TRUE(view->payload().empty());
}

TEST(PacketTest, EveryTruncationOfAFullPacketIsRefusedOrShorter) {
  const Bytes whole =
      packet_bytes("b2000001000000a011223344aaaaaaaabbbbbbbbbede000111223344a1b2000003");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const auto view = PacketView::parse(cut);
    if (view) EXPECT_LE(view->payload_offset() + view->payload().size(), size);
    if (size < 28) EXPECT_FALSE(view) << size;
  }
}

TEST(PacketTest, NonsenseIsRefused) {
  const auto parses = [](std::string_view hex) {
    return PacketView::parse(packet_bytes(hex)).has_value();
  };
  EXPECT_FALSE(parses(""));
  EXPECT_FALSE(parses("40000001000000a011223344"));          // version 1
  EXPECT_FALSE(parses("81000001000000a011223344"));          // CSRC missing
  EXPECT_FALSE(parses("90000001000000a011223344"));          // extension missing
  EXPECT_FALSE(parses("90000001000000a011223344bede0001"));  // extension's word missing
  EXPECT_FALSE(parses("90000001000000a011223344bedeffff0000"));
  EXPECT_FALSE(parses("a0000001000000a011223344a1b200"));  // padding of 0
  EXPECT_FALSE(parses("a0000001000000a011223344a1b204"));  // padding larger than the payload
  EXPECT_FALSE(parses("a0000001000000a011223344"));        // padding with nothing to pad
  EXPECT_FALSE(parses("80c80001000000a011223344"));        // RTCP's SR
}

TEST(PacketTest, PaddingMayFillTheWholePayload) {
  const auto bytes = packet_bytes("a0000001000000a01122334400000003");
  const auto view = PacketView::parse(bytes);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->payload().size(), 1u);
}

TEST(PacketTest, TheWriterWritesWhatTheParserReads) {
  const Header header{
      .marker = true, .payload_type = 8, .sequence = 65535, .timestamp = 0xFFFFFFFF, .ssrc = 1};
  std::array<std::uint8_t, kHeaderBytes> bytes{};
  write_header(header, bytes);
  EXPECT_EQ(to_hex(bytes), "8088ffffffffffff00000001");
  EXPECT_EQ(PacketView::parse(bytes)->header(), header);
}

TEST(PacketTest, RewritingInPlaceDropsWhatIsNeverRelayed) {
  Bytes bytes = packet_bytes("b1000001000000a011223344aaaaaaaabede000111223344a1b2000003");
  const auto view = PacketView::parse(bytes);
  ASSERT_TRUE(view);
  const MutableByteView packet = rewrite_in_place(
      bytes, *view, {.payload_type = 101, .sequence = 7, .timestamp = 9, .ssrc = 5});
  EXPECT_EQ(to_hex(packet), "806500070000000900000005a1b2");
  EXPECT_GE(packet.data(), bytes.data());
  EXPECT_LE(packet.data() + packet.size(), bytes.data() + bytes.size());
}

TEST(PacketTest, RtpAndRtcpOfOnePortAreToldApart) {
  const auto kind = [](std::string_view hex) { return classify(packet_bytes(hex)); };
  EXPECT_EQ(kind("80000001000000a011223344"), PacketKind::Rtp);
  EXPECT_EQ(kind("80e50001000000a011223344"), PacketKind::Rtp);   // PT 101 with marker
  EXPECT_EQ(kind("80bf0001000000a011223344"), PacketKind::Rtp);   // 191
  EXPECT_EQ(kind("80c00001000000a011223344"), PacketKind::Rtcp);  // 192
  EXPECT_EQ(kind("80c8000111223344"), PacketKind::Rtcp);
  EXPECT_EQ(kind("80df000111223344"), PacketKind::Rtcp);   // 223
  EXPECT_EQ(kind("80e0000111223344"), PacketKind::Other);  // 224 is RTP, but too short
  EXPECT_EQ(kind("000100002112a442"), PacketKind::Other);  // STUN
  EXPECT_EQ(kind("16fefd0000000000"), PacketKind::Other);  // DTLS
  EXPECT_EQ(kind("80c80001"), PacketKind::Other);
  EXPECT_EQ(kind(""), PacketKind::Other);
}

TEST(PacketTest, SequenceAndTimestampDistancesCrossTheWrap) {
  EXPECT_EQ(sequence_distance(65535, 0), 1);
  EXPECT_EQ(sequence_distance(0, 65535), -1);
  EXPECT_EQ(sequence_distance(0, 32767), 32767);
  EXPECT_TRUE(is_newer(3, 65530));
  EXPECT_FALSE(is_newer(65530, 3));
  EXPECT_FALSE(is_newer(9, 9));
  EXPECT_EQ(timestamp_distance(0xFFFFFFF0, 0x10), 0x20);
}

TEST(PacketTest, TicksAreEighthsOfAMillisecond) {
  EXPECT_EQ(to_ticks(kPacketTime), kSamplesPerPacket);
  EXPECT_EQ(from_ticks(160), kPacketTime);
  EXPECT_EQ(local_timestamp(Time(std::chrono::seconds(3))), 24'000u);
  EXPECT_EQ(local_timestamp(Time(std::chrono::hours(24 * 365))),
            static_cast<std::uint32_t>(252'288'000'000u));
}

}  // namespace
}  // namespace offhook::rtp
