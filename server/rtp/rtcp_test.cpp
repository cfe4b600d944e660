#include "rtp/rtcp.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offhook::rtp {
namespace {

using namespace std::chrono_literals;

Report full_report() {
  Report report{
      .sender_ssrc = 0x11223344,
      .sender =
          SenderInformation{
              .ntp_time = 0x0102030405060708, .rtp_timestamp = 160, .packets = 2, .octets = 320},
      .cname = "phone",
      .bye = true};
  report.add({.ssrc = 0xAABBCCDD,
              .fraction_lost = 64,
              .cumulative_lost = -2,
              .highest_sequence = 0x00010005,
              .jitter = 12,
              .last_sender_report = 0x03040506,
              .delay_since_last_sender_report = 0x8000});
  return report;
}

Bytes written(const Report& report) {
  Bytes buffer(512);
  const auto bytes = write_rtcp(report, buffer);
  return {bytes.begin(), bytes.end()};
}

TEST(RtcpTest, WritesTheBytesOfTheRfc) {
  EXPECT_EQ(to_hex(written(full_report())),
            "81c8000c11223344"
            "0102030405060708"
            "000000a0"
            "00000002"
            "00000140"
            "aabbccdd"
            "40fffffe"
            "00010005"
            "0000000c"
            "03040506"
            "00008000"
            "81ca0003"
            "11223344"
            "010570686f6e6500"
            "81cb0001"
            "11223344");
}

TEST(RtcpTest, ReadsWhatItWrites) {
  const Report report = full_report();
  const Bytes bytes = written(report);
  const auto parsed = parse_rtcp(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->sender_ssrc, report.sender_ssrc);
  EXPECT_EQ(parsed->sender, report.sender);
  ASSERT_EQ(parsed->block_count, 1u);
  EXPECT_EQ(parsed->blocks[0], report.blocks[0]);
  EXPECT_EQ(parsed->cname, "phone");
  EXPECT_TRUE(parsed->bye);
  EXPECT_EQ(parsed->block_for(0xAABBCCDD), &parsed->blocks[0]);
  EXPECT_EQ(parsed->block_for(1), nullptr);
}

TEST(RtcpTest, AReceiverReportWithoutBlocksIsEightBytes) {
  EXPECT_EQ(to_hex(written({.sender_ssrc = 1})), "80c9000100000001");
}

TEST(RtcpTest, TheSourceDescriptionEndsWithOneToFourZeros) {
  for (std::size_t length = 1; length <= 9; ++length) {
    const std::string cname(length, 'x');
    const Bytes bytes = written({.sender_ssrc = 1, .cname = cname});
    EXPECT_EQ(bytes.size() % 4, 0u) << length;
    EXPECT_EQ(bytes.back(), 0) << length;
    EXPECT_EQ(bytes[bytes.size() - 5] == 0 && bytes[bytes.size() - 4] == 0 && bytes.back() == 0 &&
                  bytes[bytes.size() - 3] == 0 && bytes[bytes.size() - 2] == 0,
              false)
        << length;
    EXPECT_EQ(parse_rtcp(bytes)->cname, cname);
  }
}

TEST(RtcpTest, ALongNameIsCutAndEverythingFitsIn512Bytes) {
  Report report = full_report();
  const std::string name(300, 'n');
  report.cname = name;
  while (report.block_count < Report::kMaxBlocks) report.add({.ssrc = 1});
  const Bytes bytes = written(report);
  ASSERT_FALSE(bytes.empty());
  EXPECT_EQ(parse_rtcp(bytes)->cname.size(), 255u);
}

TEST(RtcpTest, NothingIsWrittenWhereItDoesNotFit) {
  Bytes buffer(written(full_report()).size() - 1);
  EXPECT_TRUE(write_rtcp(full_report(), buffer).empty());
}

TEST(RtcpTest, EveryTruncationIsRefusedUnlessItEndsBetweenPackets) {
  const Bytes whole = written(full_report());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const bool between = size == 52 || size == 68;
    EXPECT_EQ(parse_rtcp(ByteView(whole).first(size)).has_value(), between) << size;
  }
}

TEST(RtcpTest, NonsenseIsRefused) {
  const auto parses = [](std::string_view hex) { return parse_rtcp(*from_hex(hex)).has_value(); };
  EXPECT_TRUE(parses("80c9000100000001"));
  EXPECT_FALSE(parses("40c9000100000001"));          // version 1
  EXPECT_FALSE(parses("80c9000200000001"));          // longer than the datagram
  EXPECT_FALSE(parses("81c9000100000001"));          // a block is promised
  EXPECT_FALSE(parses("80c8000100000001"));          // SR without sender information
  EXPECT_FALSE(parses("81ca00020000000101ff0000"));  // CNAME runs over the end
  EXPECT_FALSE(parses("81ca0000"));                  // chunk without SSRC
  EXPECT_FALSE(parses("a0c900020000000100000003"));  // padding no multiple of four
  EXPECT_FALSE(parses("a0c90002000000010000000c"));  // padding larger than the packet
  EXPECT_FALSE(parses("a0c90002000000010000000480c9000100000001"));  // padding not in the last one
}

TEST(RtcpTest, PaddingInTheLastPacketIsSkipped) {
  EXPECT_TRUE(parse_rtcp(*from_hex("80c9000100000001a0c900020000000100000004")));
}

TEST(RtcpTest, UnknownTypesAndReducedSizeAreAccepted) {
  const auto report = parse_rtcp(*from_hex("81cd0002000000010000000280cb0000"));
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->bye);
}

TEST(RtcpTest, BlocksBeyondTheLimitAreDropped) {
  std::string hex = "85c9001f00000001";
  for (int i = 0; i < 5; ++i) hex += "0000000" + std::to_string(i + 1) + std::string(40, '0');
  const Bytes bytes = *from_hex(hex);
  const auto report = parse_rtcp(bytes);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->block_count, Report::kMaxBlocks);
  EXPECT_EQ(report->blocks[3].ssrc, 4u);
}

TEST(RtcpTest, NtpTimeCountsSecondsAndFractions) {
  EXPECT_EQ(ntp_time(Time(1500ms)), (std::uint64_t{1} << 32) | 0x80000000u);
}

TEST(RtcpTest, RoundTripLeavesOutTheTimeThatTheFarEndKeptTheReport) {
  const Time sent(10s);
  const ReportBlock block{.last_sender_report = static_cast<std::uint32_t>(ntp_time(sent) >> 16),
                          .delay_since_last_sender_report = 65'536 * 2};
  const auto round = round_trip(block, sent + 2s + 40ms);
  ASSERT_TRUE(round);
  EXPECT_NEAR(std::chrono::duration<double>(*round).count(), 0.040, 0.0001);
}

TEST(RtcpTest, RoundTripOfNonsenseIsUnknown) {
  const Time now(100s);
  EXPECT_FALSE(round_trip({}, now));
  const auto middle = static_cast<std::uint32_t>(ntp_time(now) >> 16);
  EXPECT_FALSE(
      round_trip({.last_sender_report = middle, .delay_since_last_sender_report = 1}, now));
  EXPECT_FALSE(round_trip({.last_sender_report = middle - (61u << 16)}, now));
}

}  // namespace
}  // namespace offhook::rtp
