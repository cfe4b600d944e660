#include "media/test_engine.hpp"
#include "rtp/telephone_event.hpp"

namespace offhook::media {
namespace {

using namespace std::chrono_literals;
using control::Event;

const std::string kProvider = "192.0.2.1:10000";
const std::string kOther = "192.0.2.200:12000";

TEST_F(EngineTest, DigitsGoOutAsEventsInsteadOfAudio) {
  const SocketId a = connect_trunk("a", kProvider);
  const SocketId b = connect_trunk("b", kOther);
  bridge("a", "b");
  advance(40ms);
  take_sent();
  const auto digit = [](control::Command& c) {
    c.mutable_send_digit()->set_leg_id("b");
    c.mutable_send_digit()->set_digit("5");
  };
  EXPECT_TRUE(command(digit).has_done());
  for (std::uint16_t i = 0; i < 6; ++i) {
    receive(a, kProvider, make_audio(i));
    advance(20ms);
  }
  const auto packets = take_rtp(b);
  ASSERT_GE(packets.size(), 5U);
  for (const auto& packet : packets) {
    EXPECT_EQ(packet.header().payload_type, 101);
    EXPECT_EQ(rtp::parse_telephone_event(packet.payload())->event, 5);
    EXPECT_EQ(packet.header().timestamp, packets[0].header().timestamp);
  }
  EXPECT_TRUE(packets[0].header().marker);
  advance(1s);
  EXPECT_EQ(take_rtp(b).back().header().payload_type, 0);
}

TEST_F(EngineTest, TheSameDigitCommandTwiceIsOneDigit) {
  const SocketId a = connect_trunk("a", kProvider);
  take_sent();
  control::Command digit;
  digit.set_sequence(500);
  digit.mutable_send_digit()->set_leg_id("a");
  digit.mutable_send_digit()->set_digit("5");
  engine.handle_command(digit, now);
  engine.handle_command(digit, now);
  drain();
  EXPECT_EQ(count_events(Event::kDone), 2U);
  advance(2s);
  const auto packets = take_rtp(a);
  EXPECT_EQ(std::ranges::count_if(packets, [](const auto& p) { return p.header().marker; }), 2)
      << "one digit, and the silence after it";
}

TEST_F(EngineTest, ANewSignalProcessMayUseASequenceAgain) {
  connect_trunk("a", kProvider);
  control::Command digit;
  digit.set_sequence(500);
  digit.mutable_send_digit()->set_leg_id("a");
  digit.mutable_send_digit()->set_digit("5");
  engine.handle_command(digit, now);
  advance(1s);
  command([](control::Command& c) { c.mutable_hello()->set_version(1); });
  take_sent();
  engine.handle_command(digit, now);
  drain();
  ASSERT_EQ(take_rtp(1).size(), 1U);
}

TEST_F(EngineTest, ADigitForALegThatSendsNothingFails) {
  allocate("a", control::AllocateLeg::TRUNK);
  const auto press = [](control::Command& c) {
    c.mutable_send_digit()->set_leg_id("a");
    c.mutable_send_digit()->set_digit("5");
  };
  EXPECT_TRUE(command(press).has_command_failed());
  set_trunk_remote("a", kProvider, true, [](control::SetRemote& remote) {
    remote.mutable_format()->clear_telephone_event_payload_type();
  });
  EXPECT_TRUE(command(press).has_command_failed());
}

TEST_F(EngineTest, ReportsADigitOnceForItsManyPackets) {
  const SocketId a = connect_trunk("a", kProvider);
  for (std::uint16_t i = 1; i <= 5; ++i) {
    const bool end = i >= 3;
    const auto event = rtp::write_telephone_event(
        {.event = 11, .end = end, .duration = static_cast<std::uint16_t>(end ? 800 : 160 * i)});
    Bytes packet = make_rtp(101, i, event);
    store_u32(&packet[4], 4'000);
    receive(a, kProvider, packet);
  }
  advance(1s);
  ASSERT_EQ(count_events(Event::kDigitReceived), 1U);
  const auto digit = std::ranges::find_if(events, &Event::has_digit_received)->digit_received();
  EXPECT_EQ(digit.leg_id(), "a");
  EXPECT_EQ(digit.digit(), "#");
  EXPECT_EQ(digit.duration_ms(), 100U);
}

TEST_F(EngineTest, ReportsADigitWhoseEndWasLost) {
  const SocketId a = connect_trunk("a", kProvider);
  receive(a, kProvider,
          make_rtp(101, 1, rtp::write_telephone_event({.event = 1, .duration = 320})));
  EXPECT_EQ(count_events(Event::kDigitReceived), 0U);
  advance(300ms);
  EXPECT_EQ(count_events(Event::kDigitReceived), 1U);
}

}  // namespace
}  // namespace offhook::media
