#include "rtp/rtcp_session.hpp"

#include <array>

#include <gtest/gtest.h>

namespace offhook::rtp {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kOurs = 0xCAFE;
constexpr std::uint32_t kTheirs = 0xBEEF;

class RtcpSessionTest : public testing::Test {
 protected:
  void receive(std::uint16_t sequence) {
    received_.handle({.sequence = sequence, .timestamp = 160u * sequence, .ssrc = kTheirs}, 160,
                     now_);
  }
  void send(std::uint64_t packets = 1) {
    sent_.packets += packets;
    sent_.payload_bytes += 160 * packets;
  }
  Report report() {
    now_ = session_.next_timeout().value_or(now_);
    return *parse_rtcp(session_.write_report(sent_, received_, random_, now_, room_));
  }
  static Report about_us(std::int32_t lost, std::uint32_t jitter, std::uint32_t lsr = 0,
                         std::uint32_t dlsr = 0) {
    Report report{.sender_ssrc = kTheirs};
    report.add({.ssrc = kOurs,
                .cumulative_lost = lost,
                .jitter = jitter,
                .last_sender_report = lsr,
                .delay_since_last_sender_report = dlsr});
    return report;
  }

  SeededRandom random_{1};
  RtcpSession session_{"name", RtcpSession::kInterval};
  ReceivedStream received_;
  SentStream sent_{.ssrc = kOurs, .timestamp = 4'711};
  std::array<std::uint8_t, 512> room_{};
  Time now_{1h};
};

TEST_F(RtcpSessionTest, NothingIsDueBeforeItStartsAndAfterItStops) {
  EXPECT_FALSE(session_.next_timeout());
  session_.start(random_, now_);
  EXPECT_TRUE(session_.next_timeout());
  session_.stop();
  EXPECT_FALSE(session_.next_timeout());
}

TEST_F(RtcpSessionTest, TheFirstReportComesAfterHalfTheIntervalAndLaterOnesAfterAll) {
  Duration shortest_first = 1h;
  Duration longest_first{};
  Duration shortest = 1h;
  Duration longest{};
  Duration sum{};
  constexpr int kTries = 1'000;
  for (int i = 0; i < kTries; ++i) {
    RtcpSession session("", 5s);
    session.start(random_, now_);
    const Duration first = *session.next_timeout() - now_;
    shortest_first = std::min(shortest_first, first);
    longest_first = std::max(longest_first, first);
    (void)session.write_report(sent_, received_, random_, now_, room_);
    const Duration later = *session.next_timeout() - now_;
    shortest = std::min(shortest, later);
    longest = std::max(longest, later);
    sum += later;
  }
  EXPECT_GE(shortest_first, 1'250ms);
  EXPECT_LT(shortest_first, 1'350ms);
  EXPECT_LT(longest_first, 3'750ms);
  EXPECT_GT(longest_first, 3'650ms);
  EXPECT_GE(shortest, 2'500ms);
  EXPECT_LT(shortest, 2'600ms);
  EXPECT_LT(longest, 7'500ms);
  EXPECT_GT(longest, 7'400ms);
  EXPECT_NEAR(std::chrono::duration<double>(sum / kTries).count(), 5.0, 0.2);
}

TEST_F(RtcpSessionTest, StartingAgainDoesNotPutTheReportOff) {
  session_.start(random_, now_);
  const auto due = session_.next_timeout();
  session_.start(random_, now_ + 1s);
  EXPECT_EQ(session_.next_timeout(), due);
}

TEST_F(RtcpSessionTest, ASenderReportSaysWhatWasSentAndWhoWeAre) {
  send(100);
  receive(10);
  receive(13);
  const Report made = report();
  ASSERT_TRUE(made.sender);
  EXPECT_EQ(made.sender_ssrc, kOurs);
  EXPECT_EQ(made.cname, "name");
  EXPECT_EQ(made.sender->packets, 100u);
  EXPECT_EQ(made.sender->octets, 16'000u);
  EXPECT_EQ(made.sender->rtp_timestamp, 4'711u);
  EXPECT_EQ(made.sender->ntp_time, ntp_time(now_));
  ASSERT_NE(made.block_for(kTheirs), nullptr);
  EXPECT_EQ(made.block_for(kTheirs)->cumulative_lost, 2);
  EXPECT_FALSE(made.bye);
}

// RFC 3550 6.4: since the last report or the one before it.
TEST_F(RtcpSessionTest, WhoHasNotSentForTwoReportsIsAReceiver) {
  EXPECT_FALSE(report().sender) << "nothing was ever sent";
  send();
  EXPECT_TRUE(report().sender);
  EXPECT_TRUE(report().sender);
  EXPECT_FALSE(report().sender);
  send();
  EXPECT_TRUE(report().sender);
}

TEST_F(RtcpSessionTest, AGoodbyeIsAWholeCompoundAndTheEnd) {
  session_.start(random_, now_);
  send();
  receive(1);
  const auto made = parse_rtcp(session_.write_bye(sent_, received_, now_, room_));
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->bye);
  EXPECT_TRUE(made->sender);
  EXPECT_EQ(made->cname, "name");
  EXPECT_NE(made->block_for(kTheirs), nullptr);
  EXPECT_FALSE(session_.next_timeout());
}

TEST_F(RtcpSessionTest, WhoNeverSpokeSaysNoGoodbye) {
  session_.start(random_, now_);
  EXPECT_TRUE(session_.write_bye(sent_, received_, now_, room_).empty());
  (void)report();  // an RR: now we were heard
  EXPECT_FALSE(session_.write_bye(sent_, received_, now_, room_).empty());
}

TEST_F(RtcpSessionTest, NothingIsKnownOfTheFarSideBeforeItSaysSo) {
  send(100);
  session_.handle({.sender_ssrc = kTheirs}, sent_, now_);
  Report about_another{.sender_ssrc = kTheirs};
  about_another.add({.ssrc = 5, .cumulative_lost = 9});
  session_.handle(about_another, sent_, now_);
  EXPECT_FALSE(session_.far_report());
  EXPECT_FALSE(session_.round_trip());
}

TEST_F(RtcpSessionTest, KeepsWhatTheFarSideSaysOfOurStream) {
  send(200);
  session_.handle(about_us(7, 80), sent_, now_);
  ASSERT_TRUE(session_.far_report());
  EXPECT_EQ(session_.far_report()->packets_lost, 7u);
  EXPECT_EQ(session_.far_report()->packets_sent, 200u);
  EXPECT_EQ(session_.far_report()->jitter, 10ms);
  EXPECT_FALSE(session_.round_trip()) << "it had no report of ours";
  session_.handle(about_us(-3, 0), sent_, now_);
  EXPECT_EQ(session_.far_report()->packets_lost, 0u) << "duplicates are no negative losses";
}

TEST_F(RtcpSessionTest, TheRoundTripIsSmoothed) {
  send();
  const auto lsr = static_cast<std::uint32_t>(ntp_time(now_) >> 16);
  session_.handle(about_us(0, 0, lsr, 65'536), sent_, now_ + 1s + 80ms);
  EXPECT_NEAR(std::chrono::duration<double>(*session_.round_trip()).count(), 0.080, 0.0001);
  session_.handle(about_us(0, 0, lsr, 65'536), sent_, now_ + 1s + 160ms);
  EXPECT_NEAR(std::chrono::duration<double>(*session_.round_trip()).count(), 0.090, 0.0001);
}

// The middle 32 bits of NTP time begin again each 18 hours.
TEST_F(RtcpSessionTest, RoundTripsAreRightToTheMillisecondAcrossTheWrap) {
  for (const Duration before : {0ms, 1ms, 40ms, 500ms, 1'049ms, 1'051ms}) {
    const Time sent_at = Time(65'536s) - before;
    const auto lsr = static_cast<std::uint32_t>(ntp_time(sent_at) >> 16);
    if (lsr == 0) continue;  // "none" on the wire
    RtcpSession session("", 5s);
    session.handle(about_us(0, 0, lsr, 65'536), sent_, sent_at + 1s + 50ms);
    ASSERT_TRUE(session.round_trip());
    EXPECT_NEAR(std::chrono::duration<double>(*session.round_trip()).count(), 0.050, 0.0005);
  }
}

TEST_F(RtcpSessionTest, BothEndsOfOneWireMeasureTheSameRoundTrip) {
  RtcpSession theirs("them", 5s);
  ReceivedStream received_by_them;
  const SentStream sent_by_them{.ssrc = kTheirs};
  for (const Duration start : {Duration(100ms), Duration(65'535s), Duration(131'072s - 20ms)}) {
    // Ours takes 30 ms there, lies 700 ms, and theirs takes 45 ms back.
    now_ = Time(start);
    send();
    received_by_them.handle({.sequence = 1, .ssrc = kOurs}, 160, now_);
    const auto ours =
        parse_rtcp(session_.write_report(sent_, received_, random_, now_, room_)).value();
    received_by_them.handle_sender_report(ours, now_ + 30ms);
    std::array<std::uint8_t, 512> room;
    received_by_them.handle({.sequence = 2, .ssrc = kOurs}, 160, now_ + 40ms);
    const auto answer =
        parse_rtcp(theirs.write_report(sent_by_them, received_by_them, random_, now_ + 730ms, room))
            .value();
    RtcpSession fresh("", 5s);
    fresh.handle(answer, sent_, now_ + 775ms);
    ASSERT_TRUE(fresh.round_trip());
    EXPECT_NEAR(std::chrono::duration<double>(*fresh.round_trip()).count(), 0.075, 0.0005);
  }
}

}  // namespace
}  // namespace offhook::rtp
