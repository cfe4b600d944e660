#include "media/test_engine.hpp"
#include "media/trunk_leg.hpp"
#include "rtp/rtcp.hpp"

namespace offhook::media {
namespace {

using namespace std::chrono_literals;
using control::Event;

const std::string kProvider = "192.0.2.1:10000";
const std::string kOther = "192.0.2.200:12000";

TEST_F(EngineTest, ATrunkLegSendsAtOnceAndNeverFallsSilent) {
  allocate("t", control::AllocateLeg::TRUNK);
  EXPECT_TRUE(sent.empty());
  set_trunk_remote("t", kProvider);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].remote, *Endpoint::parse(kProvider));
  advance(1s);
  const auto packets = take_rtp(1);
  ASSERT_EQ(packets.size(), 51U);
  for (std::size_t i = 0; i < packets.size(); ++i) {
    EXPECT_EQ(packets[i].payload(), Bytes(160, 0xFF));
    EXPECT_EQ(packets[i].header().payload_type, 0);
    if (i == 0) continue;
    EXPECT_EQ(packets[i].at - packets[i - 1].at, 20ms);
    EXPECT_EQ(packets[i].header().ssrc, packets[0].header().ssrc);
    EXPECT_EQ(
        rtp::sequence_distance(packets[i - 1].header().sequence, packets[i].header().sequence), 1);
    EXPECT_EQ(packets[i].header().timestamp - packets[i - 1].header().timestamp, 160U);
  }
}

TEST_F(EngineTest, ThePortsAndStreamOfATrunkLegAreThoseThatWereTold) {
  const auto allocated = allocate("t", control::AllocateLeg::TRUNK).leg_allocated();
  EXPECT_EQ(allocated.rtp().ip(), "203.0.113.1");
  EXPECT_EQ(allocated.rtcp().port(), allocated.rtp().port() + 1);
  set_trunk_remote("t", kProvider);
  EXPECT_EQ(sent.front().header().ssrc, allocated.ssrc());
}

TEST_F(EngineTest, SaysConnectedWithTheFirstAcceptedPacketOnly) {
  const SocketId a = connect_trunk("a", kProvider);
  receive(a, "198.51.100.66:10000", make_audio(1));
  EXPECT_EQ(count_events(Event::kConnected), 0U);
  advance(30ms);
  receive(a, kProvider, make_audio(1));
  receive(a, kProvider, make_audio(2));
  EXPECT_EQ(count_events(Event::kConnected), 1U);
  const auto statistics_a = statistics("a");
  EXPECT_TRUE(statistics_a.connected());
  EXPECT_EQ(statistics_a.packets_received(), 2U);
  EXPECT_EQ(statistics_a.bytes_received(), 320U);
  EXPECT_EQ(statistics_a.packets_rejected(), 1U);
  EXPECT_EQ(statistics_a.first_packet_after_us(), 30'000U);
}

TEST_F(EngineTest, AnAttackerHearsNothingAndChangesNothing) {
  const SocketId a = connect_trunk("a", kProvider);
  const SocketId b = connect_trunk("b", kOther);
  bridge("a", "b");
  receive(a, kProvider, make_audio(1));
  take_sent();
  for (std::uint16_t i = 0; i < 50; ++i) {
    receive(a, "198.51.100.66:10000", make_audio(static_cast<std::uint16_t>(2 + i)));
    receive(a + 1, "198.51.100.66:10001", Bytes{0x80, 0xC8, 0, 1, 1, 2, 3, 4});
  }
  EXPECT_TRUE(take_rtp(b).empty());
  advance(1s);
  for (const auto& datagram : take_rtp(a)) EXPECT_EQ(datagram.remote, *Endpoint::parse(kProvider));
  EXPECT_EQ(statistics("a").packets_rejected(), 100U);
  EXPECT_EQ(statistics("a").rejected().wrong_source(), 100U);
}

TEST_F(EngineTest, LearnsTheProvidersOtherPortAndSendsThere) {
  const SocketId a = connect_trunk("a", kProvider);
  for (std::uint16_t i = 1; i <= 5; ++i) receive(a, "192.0.2.1:33333", make_audio(i));
  take_sent();
  advance(20ms);
  const auto packets = take_rtp(a);
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_EQ(packets[0].remote, *Endpoint::parse("192.0.2.1:33333"));
}

TEST_F(EngineTest, PacketsBeforeTheRemoteSideIsKnownAreDropped) {
  const auto port = allocate("a", control::AllocateLeg::TRUNK).leg_allocated().rtp().port();
  receive(static_cast<SocketId>(port - 40'000), kProvider, make_audio(1));
  EXPECT_TRUE(sent.empty());
  EXPECT_EQ(statistics("a").packets_rejected(), 1U);
}

TEST_F(EngineTest, NonsenseIsCountedAndNothingElse) {
  const SocketId a = connect_trunk("a", kProvider);
  connect_trunk("b", kOther);
  bridge("a", "b");
  take_sent();
  receive(a, kProvider, Bytes{});
  receive(a, kProvider, Bytes{0x80});
  receive(a, kProvider, Bytes(2'048, 0xFF));
  Bytes padded = make_audio(1);
  padded[0] |= 0x20;  // padding longer than the packet
  padded.back() = 0xFF;
  receive(a, kProvider, padded);
  receive(77, kProvider, make_audio(1));
  EXPECT_TRUE(take_sent().empty());
  EXPECT_EQ(statistics("a").packets_rejected(), 3U);
  EXPECT_EQ(engine.rejections().of(Rejection::Malformed), 1U);
  EXPECT_EQ(engine.rejections().of(Rejection::UnknownSource), 1U);
}

TEST_F(EngineTest, AHeldTrunkGetsAKeepAliveEachFifteenSeconds) {
  const SocketId a = connect_trunk("a", kProvider);
  take_sent();
  set_trunk_remote("a", kProvider, false);
  advance(46s);
  const auto packets = take_rtp(a);
  ASSERT_EQ(packets.size(), 3U);
  EXPECT_EQ(packets[1].at - packets[0].at, 15s);
  for (const auto& packet : packets) {
    EXPECT_TRUE(packet.payload().empty());
    EXPECT_NE(packet.header().payload_type, 0);
    EXPECT_NE(packet.header().payload_type, 101);
  }
  set_trunk_remote("a", kProvider, true);
  advance(100ms);
  EXPECT_EQ(take_rtp(a).size(), 6U);
}

TEST_F(EngineTest, AHoldThatNamesNobodyKeepsTheOldAddressAlive) {
  const SocketId a = connect_trunk("a", kProvider);
  take_sent();
  EXPECT_TRUE(set_trunk_remote("a", "0.0.0.0:0", false).has_done());
  advance(31s);
  const auto packets = take_rtp(a);
  ASSERT_EQ(packets.size(), 2U);
  for (const auto& packet : packets) EXPECT_EQ(packet.remote, *Endpoint::parse(kProvider));
}

TEST_F(EngineTest, WithoutARenewedLeaseALegStopsSendingAndSaysSo) {
  const SocketId a = connect_trunk("a", kProvider);
  advance(119s);
  EXPECT_EQ(count_events(Event::kTimedOut), 0U);
  EXPECT_FALSE(take_rtp(a).empty());
  advance(2s);
  EXPECT_EQ(count_events(Event::kTimedOut), 1U);
  take_sent();
  advance(60s);
  EXPECT_TRUE(take_sent().empty());
  // Signal is back.
  EXPECT_TRUE(
      command([](control::Command& c) { c.mutable_renew_lease()->add_leg_id("a"); }).has_done());
  advance(20ms);
  EXPECT_EQ(take_rtp(a).size(), 2U);
}

TEST_F(EngineTest, AnyCommandThatNamesTheLegRenewsItsLease) {
  const SocketId a = connect_trunk("a", kProvider);
  for (int i = 0; i < 3; ++i) {
    advance(100s);
    (void)statistics("a");
  }
  EXPECT_EQ(count_events(Event::kTimedOut), 0U);
  take_sent();
  advance(1s);
  EXPECT_FALSE(take_rtp(a).empty());
}

// Signal, which counts from the answer, is to be the first: up to three minutes of ringing.
TEST_F(EngineTest, ALegOutlivesTheLongestCallByTheRingingAndNoLegIsForEver) {
  const SocketId a = connect_trunk("a", kProvider);
  set_trunk_remote("a", kProvider, false);
  const auto advance_minutes = [&](int minutes) {
    for (int i = 0; i < minutes; ++i) {
      (void)statistics("a");
      advance(60s);
    }
  };
  advance_minutes(std::chrono::minutes(limits::kCallLength).count() + 4);
  EXPECT_EQ(count_events(Event::kTimedOut), 0U);
  advance_minutes(7);
  EXPECT_EQ(count_events(Event::kTimedOut), 1U);
  take_sent();
  (void)statistics("a");
  set_trunk_remote("a", kProvider, true);
  advance(60s);
  EXPECT_TRUE(take_rtp(a).empty());
}

// Signal keeps asking, or its silence would end the legs first.
class TrunkSilenceTest : public EngineTest {
 protected:
  static constexpr auto kSilence =
      std::chrono::duration_cast<std::chrono::seconds>(TrunkLeg::kSilence);

  void pass(std::chrono::seconds time) {
    for (; time > 50s; time -= 50s) {
      advance(50s);
      (void)statistics("a");
    }
    advance(time);
  }
};

TEST_F(TrunkSilenceTest, AFarSideThatFallsSilentIsReportedAgainAndAgain) {
  const SocketId a = connect_trunk("a", kProvider);
  advance(10s);
  receive(a, kProvider, make_audio(1));
  pass(kSilence - 1s);
  EXPECT_EQ(count_events(Event::kTimedOut), 0U);
  pass(2s);
  EXPECT_EQ(count_events(Event::kTimedOut), 1U);
  pass(kSilence - 2s);
  EXPECT_EQ(count_events(Event::kTimedOut), 1U);
  pass(2s);
  EXPECT_EQ(count_events(Event::kTimedOut), 2U) << "nobody may have been there to hear the first";
}

TEST_F(TrunkSilenceTest, RtcpAndComfortNoiseAreSignsOfLifeAndStrangersPacketsAreNot) {
  const SocketId a = connect_trunk("a", kProvider);
  receive(a, kProvider, make_audio(1));
  pass(kSilence - 20s);
  receive(a, kProvider, make_rtp(13, 2, Bytes(1)));
  pass(kSilence - 20s);
  receive(a + 1, "192.0.2.1:10001", Bytes{0x80, 0xC9, 0, 1, 1, 2, 3, 4});
  pass(kSilence - 20s);
  EXPECT_EQ(count_events(Event::kTimedOut), 0U);
  receive(a, "198.51.100.66:10000", make_audio(2));
  receive(a + 1, "198.51.100.66:10001", Bytes{0x80, 0xC9, 0, 1, 1, 2, 3, 4});
  pass(21s);
  EXPECT_EQ(count_events(Event::kTimedOut), 1U);
}

TEST_F(TrunkSilenceTest, AFarSideThatHoldsUsMayBeSilentAndHasTimeToComeBack) {
  const SocketId a = connect_trunk("a", kProvider);
  receive(a, kProvider, make_audio(1));
  set_trunk_remote("a", kProvider, false);
  pass(3 * kSilence);
  set_trunk_remote("a", kProvider, true);
  pass(kSilence - 1s);
  EXPECT_EQ(count_events(Event::kTimedOut), 0U);
  pass(2s);
  EXPECT_EQ(count_events(Event::kTimedOut), 1U);
}

TEST_F(TrunkSilenceTest, AFarSideThatNeverSentMayBeSilentForAsLongAsItLikes) {
  const SocketId a = connect_trunk("a", kProvider);
  receive(a + 1, "192.0.2.1:10001", Bytes{0x80, 0xC9, 0, 1, 1, 2, 3, 4});
  pass(3 * kSilence);
  EXPECT_EQ(count_events(Event::kTimedOut), 0U);
}

TEST_F(EngineTest, SendsReportsToTheTrunkAboutEveryFiveSeconds) {
  const SocketId a = connect_trunk("a", kProvider);
  receive(a, kProvider, make_audio(10));
  receive(a, kProvider, make_audio(13));
  take_sent();
  advance(60s);
  std::vector<SentDatagram> reports;
  for (auto& datagram : take_sent()) {
    if (datagram.is_rtcp()) reports.push_back(std::move(datagram));
  }
  EXPECT_GE(reports.size(), 8U);
  EXPECT_LE(reports.size(), 24U);
  EXPECT_EQ(reports[0].socket, a + 1);
  EXPECT_EQ(reports[0].remote, *Endpoint::parse("192.0.2.1:10001"));
  const auto report = rtp::parse_rtcp(reports[0].bytes);
  ASSERT_TRUE(report && report->sender);
  EXPECT_GT(report->sender->packets, 60U);
  EXPECT_FALSE(report->cname.empty());
  ASSERT_NE(report->block_for(0xABCD), nullptr);
  EXPECT_EQ(report->block_for(0xABCD)->cumulative_lost, 2);
}

}  // namespace
}  // namespace offhook::media
