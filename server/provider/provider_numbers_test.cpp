#include "provider/provider_fixture.hpp"
#include "rtp/dtmf_sender.hpp"
#include "rtp/g711.hpp"

namespace offhook::provider {
namespace {

using testing::HasSubstr;

class ProviderNumbersTest : public ProviderTest {};

TEST_F(ProviderNumbersTest, TheEchoReturnsEveryPacketAtOnceAsItsOwnStream) {
  (void)answered("4443");
  speak_for(seconds(1));
  run_for(milliseconds(50));
  ASSERT_EQ(heard.size(), 50u);
  for (std::size_t i = 0; i < heard.size(); ++i) {
    EXPECT_EQ(heard[i].payload, Bytes(160, 0x33));
    EXPECT_EQ(heard[i].header.payload_type, 0);
    EXPECT_EQ(heard[i].header.marker, i == 0);
    EXPECT_EQ(heard[i].header.ssrc, heard[0].header.ssrc);
    EXPECT_EQ(heard[i].header.sequence, static_cast<std::uint16_t>(heard[0].header.sequence + i));
    EXPECT_EQ(heard[i].header.timestamp, heard[0].header.timestamp + 160 * i);
    if (i > 0) EXPECT_EQ(heard[i].at - heard[i - 1].at, milliseconds(20));
  }
  EXPECT_NE(heard[0].header.ssrc, 7u);
}

TEST_F(ProviderNumbersTest, TheEchoReturnsDigitsUnderTheirPayloadType) {
  (void)answered("4443");
  speak({.marker = true, .payload_type = 101, .sequence = 1, .timestamp = 5, .ssrc = 7},
        *from_hex("050a00a0"));
  speak({.payload_type = 96, .sequence = 2, .timestamp = 5, .ssrc = 7},
        Bytes(4));  // was not negotiated
  run_for(milliseconds(50));
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_EQ(heard[0].header.payload_type, 101);
  EXPECT_EQ(to_hex(heard[0].payload), "050a00a0");
}

TEST_F(ProviderNumbersTest, ALeadingOneMakesNoDifference) {
  (void)answered("14443");
  EXPECT_EQ(refusal_of("15555550102"), 486);
}

TEST_F(ProviderNumbersTest, RingsForEverUntilTheCallerGivesUp) {
  const auto session = dial("5555550101");
  run_for(std::chrono::minutes(10));
  EXPECT_EQ(count<sip::Progressed>(), 1u);
  EXPECT_EQ(last<sip::Progressed>().response.status, 180);
  EXPECT_EQ(provider.call_count(), 1u);
  phone.hang_up(session, {}, now);
  expect_quiet();
}

TEST_F(ProviderNumbersTest, BusyNotExistingAndDecliningNumbersRefuse) {
  EXPECT_EQ(refusal_of("5555550102"), 486);
  events.clear();
  EXPECT_EQ(refusal_of("5555550103"), 404);
  events.clear();
  EXPECT_EQ(refusal_of("5555550107"), 603);
  events.clear();
  EXPECT_EQ(refusal_of("2125551234"), 404);
  expect_quiet();
}

TEST_F(ProviderNumbersTest, EarlyMediaIsHeardForThreeSecondsBeforeTheAnswer) {
  (void)dial("5555550104");
  run_until([this] { return count<sip::Progressed>() == 1; });
  const Time progressed = now;
  const auto early = last<sip::Progressed>().response;
  EXPECT_EQ(early.status, 183);
  EXPECT_THAT(early.body, HasSubstr("m=audio 10002 RTP/AVP 0 101"));
  run_until([this] { return count<sip::Accepted>() == 1; });
  EXPECT_EQ(now - progressed, seconds(3));
  EXPECT_EQ(last<sip::Accepted>().response.body, early.body);
  EXPECT_EQ(heard.size(), 150u);
  EXPECT_NE(heard[70].payload, Bytes(160, rtp::silence(rtp::Law::Mu)));
  heard.clear();
  speak_for(seconds(1));
  EXPECT_NEAR(static_cast<double>(heard.size()), 50, 1);
  EXPECT_EQ(heard.back().payload, Bytes(160, 0x33));
}

TEST_F(ProviderNumbersTest, HangsUpAfterFiveSeconds) {
  (void)answered("5555550105");
  const Time start = now;
  run_until([this] { return count<sip::Ended>() == 1; });
  EXPECT_EQ(now - start, seconds(5));
  EXPECT_EQ(last<sip::Ended>().cause, sip::Ended::Cause::RemoteHangup);
  EXPECT_EQ(heard.size(), 250u);
  EXPECT_EQ(heard[9].payload, Bytes(160, rtp::silence(rtp::Law::Mu)));
  expect_quiet();
}

TEST_F(ProviderNumbersTest, HangsUpAndCallsTheAccountBack) {
  EXPECT_EQ(authenticated(register_request("100001", 3'600)).status, 200);
  (void)answered("5555550106");
  const Time start = now;
  run_until([this] { return count<sip::Ended>() == 1; });
  EXPECT_EQ(now - start, seconds(1));
  run_until([this] { return count<sip::InviteReceived>() == 1; });
  EXPECT_EQ(now - start, seconds(3));
  const auto& request = last<sip::InviteReceived>().request;
  EXPECT_EQ(request.uri.user, "phone");
  EXPECT_EQ(request.headers.from.uri.user, "2125550106");
  EXPECT_EQ(request.headers.remote_party_id->uri.user, "2125550106");
  EXPECT_EQ(request.headers.remote_party_id->parameters.get("party"), "calling");
  EXPECT_EQ(request.headers.remote_party_id->parameters.get("privacy"), "off");
}

TEST_F(ProviderNumbersTest, ACallThatTheCallerEndsIsNotReturned) {
  EXPECT_EQ(authenticated(register_request("100001", 60)).status, 200);
  const auto session = answered("5555550106");
  phone.hang_up(session, {}, now);
  run_for(seconds(10));
  EXPECT_EQ(count<sip::InviteReceived>(), 0u);
}

TEST_F(ProviderNumbersTest, TheDigitsAreReadBackAsTones) {
  (void)answered("4747");
  rtp::DtmfSender sender;
  for (const char digit : std::string_view("15#")) {
    const std::uint32_t timestamp = rtp::local_timestamp(now);
    sender.start(
        {.event = *rtp::event_from_digit(digit), .ticks = rtp::to_ticks(milliseconds(100))}, 0,
        now);
    while (sender.busy()) {
      while (const auto packet = sender.poll_packet(now)) {
        speak({.marker = packet->marker,
               .payload_type = 101,
               .sequence = ++spoken,
               .timestamp = timestamp + packet->offset,
               .ssrc = 7},
              {packet->payload.begin(), packet->payload.end()});
      }
      if (const auto next = sender.next_timeout()) run_for(*next - now);
    }
    run_for(milliseconds(70));
  }
  run_for(seconds(2));
  // The stream never pauses, and three tones are in it.
  int tones = 0;
  bool was_silent = true;
  for (std::size_t i = 0; i < heard.size(); ++i) {
    if (i > 0) EXPECT_EQ(heard[i].at - heard[i - 1].at, milliseconds(20));
    const bool silent = heard[i].payload == Bytes(160, rtp::silence(rtp::Law::Mu));
    if (was_silent && !silent) ++tones;
    was_silent = silent;
  }
  EXPECT_EQ(tones, 3);
}

}  // namespace
}  // namespace offhook::provider
