#include "rtp/statistics.hpp"

#include <gtest/gtest.h>

namespace offhook::rtp {
namespace {

using namespace std::chrono_literals;

class ReceivedStreamTest : public testing::Test {
 protected:
  void receive(std::uint16_t sequence, Duration late = 0ms, std::uint32_t ssrc = 7) {
    stream_.handle({.sequence = sequence, .timestamp = 160u * sequence, .ssrc = ssrc}, 160,
                   Time(20ms * sequence) + late);
  }

  // The block about the newest source.
  std::optional<ReportBlock> take_report_block(Time now) {
    Report report;
    stream_.add_report_blocks(report, now);
    return report.block_count > 0 ? std::optional(report.blocks[0]) : std::nullopt;
  }

  ReceivedStream stream_;
};

TEST_F(ReceivedStreamTest, NothingReceivedIsNothingToReport) {
  EXPECT_FALSE(take_report_block(Time{}));
  EXPECT_FALSE(stream_.ssrc());
  EXPECT_EQ(stream_.lost(), 0u);
}

TEST_F(ReceivedStreamTest, CountsPacketsAndBytes) {
  for (std::uint16_t i = 0; i < 10; ++i) receive(i);
  EXPECT_EQ(stream_.packets(), 10u);
  EXPECT_EQ(stream_.payload_bytes(), 1'600u);
  EXPECT_EQ(stream_.lost(), 0u);
  EXPECT_EQ(stream_.jitter(), 0ms);
  EXPECT_EQ(stream_.ssrc(), 7u);
}

TEST_F(ReceivedStreamTest, GapsAreLossesUntilTheLatePacketsCome) {
  for (const int i : {10, 11, 15, 16}) receive(static_cast<std::uint16_t>(i));
  EXPECT_EQ(stream_.lost(), 3u);
  receive(12);
  EXPECT_EQ(stream_.lost(), 2u);
}

TEST_F(ReceivedStreamTest, DuplicatesMakeTheCumulativeLossNegativeButNotTheTotal) {
  receive(1);
  receive(1);
  EXPECT_EQ(stream_.lost(), 0u);
  EXPECT_EQ(take_report_block(Time{})->cumulative_lost, -1);
}

TEST_F(ReceivedStreamTest, TheFractionLostCountsFromTheLastReport) {
  for (const int i : {0, 1, 2, 4, 5, 6, 7}) receive(static_cast<std::uint16_t>(i));
  EXPECT_EQ(take_report_block(Time{})->fraction_lost, 32);  // 1 of 8
  receive(8);
  const auto block = take_report_block(Time{});
  EXPECT_EQ(block->fraction_lost, 0);
  EXPECT_EQ(block->cumulative_lost, 1);
  receive(8);  // nothing more was expected since
  EXPECT_EQ(take_report_block(Time{})->fraction_lost, 0);
}

TEST_F(ReceivedStreamTest, TheHighestSequenceCountsTheWraps) {
  receive(65534);
  receive(65535);
  receive(0);
  receive(1);
  EXPECT_EQ(take_report_block(Time{})->highest_sequence, 0x10001u);
  EXPECT_EQ(stream_.lost(), 0u);
  receive(65533);  // from before the first
  EXPECT_EQ(take_report_block(Time{})->highest_sequence, 0x10001u);
}

TEST_F(ReceivedStreamTest, OneStrayFarAwayChangesNothing) {
  receive(100);
  receive(40'000);
  receive(101);
  EXPECT_EQ(take_report_block(Time{})->highest_sequence, 101u);
  EXPECT_EQ(stream_.lost(), 0u);
}

TEST_F(ReceivedStreamTest, TwoInSequenceFarAwayStartAgainAndKeepTheTotals) {
  receive(100);
  receive(102);
  receive(40'000);
  receive(40'001);
  receive(40'003);
  const auto block = take_report_block(Time{});
  EXPECT_EQ(block->highest_sequence, 40'003u);
  EXPECT_EQ(block->cumulative_lost, 1);
  EXPECT_EQ(stream_.lost(), 2u);
  EXPECT_EQ(stream_.packets(), 5u);
}

TEST_F(ReceivedStreamTest, AnotherSsrcStartsAgainAndKeepsTheTotals) {
  receive(100);
  receive(102);
  receive(500, 0ms, 8);
  EXPECT_EQ(stream_.ssrc(), 8u);
  EXPECT_EQ(stream_.lost(), 1u);
  EXPECT_EQ(take_report_block(Time{})->cumulative_lost, 0);
}

TEST_F(ReceivedStreamTest, JitterFollowsTheFormulaOfTheRfc) {
  receive(0);
  receive(1, 16ms);  // 128 ticks later than expected: J = 128 / 16
  EXPECT_EQ(take_report_block(Time{})->jitter, 8u);
  EXPECT_EQ(stream_.jitter(), 1ms);
  receive(2, 16ms);  // D = 0: J = 8 - 8/16
  EXPECT_EQ(take_report_block(Time{})->jitter, 7u);
}

TEST_F(ReceivedStreamTest, SteadyJitterConverges) {
  for (std::uint16_t i = 0; i < 500; ++i) receive(i, i % 2 == 0 ? 0ms : 10ms);
  EXPECT_NEAR(std::chrono::duration<double>(stream_.jitter()).count(), 0.010, 0.001);
}

TEST_F(ReceivedStreamTest, PacketsOfOneTimestampAndNewTimelinesAreNoJitter) {
  receive(0);
  stream_.handle({.sequence = 1, .timestamp = 0, .ssrc = 7}, 4, Time(100ms));
  stream_.handle({.sequence = 2, .timestamp = 1'000'000, .ssrc = 7}, 160, Time(120ms));
  stream_.handle({.sequence = 3, .timestamp = 1'000'160, .ssrc = 7}, 160, Time(140ms));
  EXPECT_EQ(stream_.jitter(), 0ms);
}

TEST_F(ReceivedStreamTest, ABlockNamesTheLastSenderReportAndTheDelay) {
  receive(0);
  const Report report{.sender_ssrc = 7,
                      .sender = SenderInformation{.ntp_time = 0x1111222233334444}};
  stream_.handle_sender_report(report, Time(1s));
  const auto block = take_report_block(Time(3s));
  EXPECT_EQ(block->last_sender_report, 0x22223333u);
  EXPECT_EQ(block->delay_since_last_sender_report, 2u << 16);
}

TEST_F(ReceivedStreamTest, WhoWasNotHeardSinceTheLastReportIsNotInTheNext) {
  receive(0);
  EXPECT_TRUE(take_report_block(Time{}));
  EXPECT_FALSE(take_report_block(Time{}));
  receive(1);
  EXPECT_TRUE(take_report_block(Time{}));
}

TEST_F(ReceivedStreamTest, EachSourceHeardSinceTheLastReportHasABlockOnce) {
  receive(0);
  stream_.handle_sender_report(
      {.sender_ssrc = 7, .sender = SenderInformation{.ntp_time = 0x1111222233334444}}, Time(1s));
  receive(3);
  receive(100, 0ms, 8);
  Report report;
  stream_.add_report_blocks(report, Time(3s));
  ASSERT_EQ(report.block_count, 2u);
  ASSERT_NE(report.block_for(7), nullptr);
  EXPECT_EQ(report.block_for(7)->cumulative_lost, 2);
  EXPECT_EQ(report.block_for(7)->fraction_lost, 128);
  EXPECT_EQ(report.block_for(7)->last_sender_report, 0x22223333u);
  EXPECT_EQ(report.block_for(7)->delay_since_last_sender_report, 2u << 16);
  ASSERT_NE(report.block_for(8), nullptr);
  EXPECT_EQ(report.block_for(8)->last_sender_report, 0u) << "that was the other's";

  receive(101, 0ms, 8);
  report = {};
  stream_.add_report_blocks(report, Time(4s));
  EXPECT_EQ(report.block_count, 1u);
  EXPECT_EQ(report.blocks[0].ssrc, 8u);
}

TEST_F(ReceivedStreamTest, SourcesThatTakeTurnsEachPacketAreReportedTwoAtATime) {
  for (std::uint16_t i = 0; i < 300; ++i) receive(i, 0ms, i % 3);
  Report report;
  stream_.add_report_blocks(report, Time(3s));
  EXPECT_EQ(report.block_count, 2u);
  EXPECT_EQ(stream_.lost(), 0u);
}

TEST_F(ReceivedStreamTest, ASequenceThatStartsAgainKeepsTheSenderReport) {
  receive(100);
  stream_.handle_sender_report(
      {.sender_ssrc = 7, .sender = SenderInformation{.ntp_time = 0x1111222233334444}}, Time(1s));
  receive(40'000);
  receive(40'001);
  EXPECT_EQ(take_report_block(Time(3s))->last_sender_report, 0x22223333u);
}

TEST_F(ReceivedStreamTest, CountsGapsAndNotHowManyPacketsEachHas) {
  for (const int i : {10, 11, 15, 16, 18}) receive(static_cast<std::uint16_t>(i));
  EXPECT_EQ(stream_.gaps(), 2u);
  EXPECT_EQ(stream_.lost(), 4u);
}

TEST_F(ReceivedStreamTest, ASenderReportOfAnotherStreamIsIgnored) {
  receive(0);
  stream_.handle_sender_report(
      {.sender_ssrc = 8, .sender = SenderInformation{.ntp_time = 1ull << 40}}, Time(1s));
  stream_.handle_sender_report({.sender_ssrc = 7}, Time(1s));
  EXPECT_EQ(take_report_block(Time(3s))->last_sender_report, 0u);
}

}  // namespace
}  // namespace offhook::rtp
