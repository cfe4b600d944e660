#include "media/test_engine.hpp"
#include "rtp/rtcp.hpp"

namespace offhook::media {
namespace {

using namespace std::chrono_literals;

const std::string kProvider = "192.0.2.1:10000";
const std::string kProviderRtcp = "192.0.2.1:10001";
const std::string kOther = "192.0.2.1:20000";

class EngineRtcpTest : public EngineTest {
 protected:
  EngineRtcpTest() : a_(connect_trunk("a", kProvider)) {}

  static std::vector<SentDatagram> rtcp_of(std::vector<SentDatagram> sent, SocketId socket) {
    std::erase_if(sent, [&](const auto& d) { return d.socket != socket || !d.is_rtcp(); });
    return sent;
  }
  // A report of the provider's about our stream.
  void report(const std::function<void(rtp::ReportBlock&)>& fill,
              const std::string& from = kProviderRtcp) {
    rtp::Report report{.sender_ssrc = 0xABCD};
    rtp::ReportBlock block{.ssrc =
                               allocate("a", control::AllocateLeg::TRUNK).leg_allocated().ssrc()};
    fill(block);
    report.add(block);
    std::array<std::uint8_t, 512> buffer{};
    receive(a_ + 1, from, rtp::write_rtcp(report, buffer));
  }
  void hear(int packets) {
    for (int i = 0; i < packets; ++i) {
      receive(a_, kProvider, make_audio(++heard_));
      advance(20ms);
    }
  }

  SocketId a_;
  std::uint16_t heard_ = 0;
};

TEST_F(EngineRtcpTest, TheFirstReportGoesOutAfterHalfTheInterval) {
  take_sent();
  advance(3'750ms);
  const auto reports = rtcp_of(take_sent(), a_ + 1);
  ASSERT_GE(reports.size(), 1U);
  EXPECT_GE(reports[0].at - Time(1h), 1'250ms);
}

TEST_F(EngineRtcpTest, AReleasedLegSaysGoodbyeAsItsLastPacket) {
  hear(10);
  take_sent();
  EXPECT_TRUE(release("a").has_done());
  const auto sent = take_sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].socket, a_ + 1);
  EXPECT_EQ(sent[0].remote, *Endpoint::parse(kProviderRtcp));
  const auto goodbye = rtp::parse_rtcp(sent[0].bytes);
  ASSERT_TRUE(goodbye);
  EXPECT_TRUE(goodbye->bye);
  EXPECT_TRUE(goodbye->sender);
  EXPECT_FALSE(goodbye->cname.empty());
  advance(60s);
  EXPECT_TRUE(take_sent().empty());
}

TEST_F(EngineRtcpTest, PortsStayOpenUntilTheGoodbyeIsSent) {
  bool open_at_goodbye = false;
  control::Command command;
  command.set_sequence(++sequence);
  command.mutable_release()->set_leg_id("a");
  engine.handle_command(command, now);
  while (const auto datagram = engine.poll_datagram()) open_at_goodbye = ports.opened.contains(a_);
  EXPECT_TRUE(open_at_goodbye);
  ASSERT_TRUE(is_due(engine.next_timeout(), now)) << "and no longer";
  engine.handle_timeout(now);
  EXPECT_TRUE(ports.opened.empty());
}

TEST_F(EngineRtcpTest, ALegThatNeverSentSaysNoGoodbye) {
  allocate("b", control::AllocateLeg::TRUNK);
  take_sent();
  release("b");
  EXPECT_TRUE(take_sent().empty());
}

TEST_F(EngineRtcpTest, ALegWithoutALeaseSaysNoGoodbye) {
  advance(200s);
  take_sent();
  release("a");
  EXPECT_TRUE(take_sent().empty()) << "the provider is to find out by itself that nothing comes";
}

TEST_F(EngineRtcpTest, ATrunkThatSendsNoReportsLeavesItsSideUnknown) {
  hear(200);
  const auto figures = statistics("a");
  EXPECT_FALSE(figures.has_round_trip_us());
  EXPECT_FALSE(figures.has_far_packets_lost());
  EXPECT_FALSE(figures.has_far_jitter_us());
  EXPECT_FALSE(figures.has_mos_sent());
  ASSERT_TRUE(figures.has_mos_received());
  EXPECT_EQ(figures.mos_received(), 441U);
}

TEST_F(EngineRtcpTest, WhatTheFarSideReportsIsInTheStatistics) {
  hear(500);
  const auto sent_at = static_cast<std::uint32_t>(rtp::ntp_time(now) >> 16);
  advance(1s);
  report([&](rtp::ReportBlock& block) {
    block.cumulative_lost = 25;
    block.jitter = 80;
    block.last_sender_report = sent_at;
    block.delay_since_last_sender_report = 65'536 * 8 / 10;
  });
  const auto figures = statistics("a");
  EXPECT_NEAR(figures.round_trip_us(), 200'000, 100);
  EXPECT_EQ(figures.far_packets_lost(), 25U);
  EXPECT_EQ(figures.far_jitter_us(), 10'000U);
  ASSERT_TRUE(figures.has_mos_sent());
  EXPECT_GT(figures.mos_sent(), 350U);
  EXPECT_LT(figures.mos_sent(), 400U) << "five per cent were lost";
}

TEST_F(EngineRtcpTest, LossAndDelayLowerTheScoreOfWhatIsReceived) {
  for (int i = 0; i < 300; ++i) {
    if (i % 10 == 0) ++heard_;
    hear(1);
  }
  const auto lossy = statistics("a").mos_received();
  EXPECT_LT(lossy, 360U);
  EXPECT_EQ(statistics("a").packets_lost(), 29U);
  report([&](rtp::ReportBlock& block) {
    block.last_sender_report = static_cast<std::uint32_t>(rtp::ntp_time(now - 800ms) >> 16);
  });
  EXPECT_LT(statistics("a").mos_received(), lossy) << "the round trip is 800 ms";
}

TEST_F(EngineRtcpTest, AScoreWantsASecondOfSound) {
  hear(49);
  EXPECT_FALSE(statistics("a").has_mos_received());
  hear(1);
  EXPECT_TRUE(statistics("a").has_mos_received());
}

TEST_F(EngineRtcpTest, ReportsOfStrangersAboutOthersAndOfFutureKindsChangeNothing) {
  hear(100);
  report([](rtp::ReportBlock& block) { block.cumulative_lost = 50; }, "198.51.100.66:10001");
  report([](rtp::ReportBlock& block) { ++block.ssrc; });
  // A lone XR, a lone NACK, a lone PLI (reduced size, RFC 5506), and one with nothing we know.
  for (const std::uint8_t type : Bytes{207, 205, 206, 210}) {
    receive(a_ + 1, kProviderRtcp, Bytes{0x81, type, 0, 2, 0, 0, 0xAB, 0xCD, 0, 0, 0, 1});
  }
  const auto figures = statistics("a");
  EXPECT_FALSE(figures.has_far_packets_lost());
  EXPECT_EQ(figures.rejected().wrong_source(), 1U);
  EXPECT_EQ(figures.packets_rejected(), 1U);
}

TEST_F(EngineRtcpTest, AReportIsReadAmongPacketsOfOtherKinds) {
  hear(100);
  rtp::Report made{.sender_ssrc = 0xABCD};
  made.add({.ssrc = allocate("a", control::AllocateLeg::TRUNK).leg_allocated().ssrc(),
            .cumulative_lost = 3});
  std::array<std::uint8_t, 512> buffer{};
  const auto report = rtp::write_rtcp(made, buffer);
  Bytes compound(report.begin(), report.end());
  const Bytes extended{0x80, 207, 0, 2, 0, 0, 0xAB, 0xCD, 4, 0, 0, 0};
  compound.insert(compound.end(), extended.begin(), extended.end());
  receive(a_ + 1, kProviderRtcp, compound);
  EXPECT_EQ(statistics("a").far_packets_lost(), 3U);
}

TEST_F(EngineRtcpTest, RtcpIsNeverRelayed) {
  const SocketId b = connect_trunk("b", kOther);
  bridge("a", "b");
  take_sent();
  report([](rtp::ReportBlock&) {});
  EXPECT_TRUE(rtcp_of(take_sent(), b + 1).empty());
}

TEST_F(EngineRtcpTest, EachSourceThatWasHeardHasABlock) {
  hear(5);
  receive(a_, kProvider, make_rtp(0, 100, Bytes(160), 0x1234));
  take_sent();
  advance(8s);
  const auto reports = rtcp_of(take_sent(), a_ + 1);
  ASSERT_GE(reports.size(), 1U);
  const auto first = rtp::parse_rtcp(reports[0].bytes);
  EXPECT_NE(first->block_for(0xABCD), nullptr);
  EXPECT_NE(first->block_for(0x1234), nullptr);
  const auto last = rtp::parse_rtcp(reports.back().bytes);
  if (reports.size() > 1) EXPECT_EQ(last->block_count, 0U) << "nobody was heard since";
}

TEST_F(EngineRtcpTest, CountsOverAllLegsAlsoThoseThatAreGone) {
  const auto engine_statistics = [&] {
    return command([](control::Command& c) { c.mutable_get_engine_statistics(); })
        .engine_statistics();
  };
  hear(5);
  ++heard_;
  hear(5);
  receive(a_, "198.51.100.66:1", make_audio(1));
  allocate("b", control::AllocateLeg::BROWSER);
  receive(kBrowserSocket, "198.51.100.66:1", make_audio(1));
  connect_trunk("c", kOther);
  bridge("a", "c");

  auto counted = engine_statistics();
  EXPECT_EQ(counted.browser_legs(), 1U);
  EXPECT_EQ(counted.trunk_legs(), 2U);
  EXPECT_EQ(counted.bridges(), 1U);
  EXPECT_EQ(counted.trunk().packets_received(), 10U);
  EXPECT_EQ(counted.trunk().bytes_received(), 1'600U);
  EXPECT_EQ(counted.trunk().rejected().wrong_source(), 1U);
  EXPECT_EQ(counted.rejected_without_leg().unknown_source(), 1U);
  const auto sent = counted.trunk().packets_sent();
  EXPECT_GE(sent, 10U);
  EXPECT_EQ(counted.trunk().packets_lost(), 0U) << "it may still come";

  for (const char* leg : {"a", "b", "c"}) release(leg);
  counted = engine_statistics();
  EXPECT_EQ(counted.browser_legs() + counted.trunk_legs() + counted.bridges(), 0U);
  EXPECT_EQ(counted.trunk().packets_received(), 10U);
  EXPECT_EQ(counted.trunk().packets_sent(), sent);
  EXPECT_EQ(counted.trunk().packets_lost(), 1U);
  EXPECT_EQ(counted.trunk().rejected().wrong_source(), 1U);
}

}  // namespace
}  // namespace offhook::media
