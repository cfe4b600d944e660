#include <array>

#include "media/test_engine.hpp"
#include "rtp/dtmf_tone.hpp"
#include "rtp/g711.hpp"
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
  EXPECT_EQ(std::ranges::count_if(packets, [](const auto& p) { return p.header().marker; }), 1);
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
  EXPECT_TRUE(command([](control::Command& c) {
                c.mutable_send_digit()->set_leg_id("a");
                c.mutable_send_digit()->set_digit("5");
              }).has_command_failed());
}

TEST_F(EngineTest, ADigitForASideWithoutEventsIsAToneInItsOwnCodecAndPacketTime) {
  const control::Event allocated = allocate("a", control::AllocateLeg::TRUNK);
  set_trunk_remote("a", kProvider, true, [](control::SetRemote& remote) {
    remote.mutable_format()->clear_telephone_event_payload_type();
    remote.mutable_format()->set_codec(control::AudioFormat::PCMA);
    remote.mutable_format()->set_payload_type(8);
    remote.mutable_format()->set_packet_time_ms(30);
  });
  advance(90ms);
  take_sent();
  EXPECT_TRUE(command([](control::Command& c) {
                c.mutable_send_digit()->set_leg_id("a");
                c.mutable_send_digit()->set_digit("5");
                c.mutable_send_digit()->set_duration_ms(85);
              }).has_done());
  advance(300ms);
  std::size_t sounding = 0;
  std::optional<rtp::Header> last;
  for (const auto& packet : take_rtp(1)) {
    const rtp::Header header = packet.header();
    EXPECT_EQ(header.payload_type, 8);
    EXPECT_EQ(packet.payload().size(), 240U);
    if (last) {
      EXPECT_EQ(header.timestamp, last->timestamp + 240);
      EXPECT_EQ(header.sequence, last->sequence + 1);
    }
    last = header;
    sounding += static_cast<std::size_t>(std::ranges::count_if(
        packet.payload(), [](std::uint8_t byte) { return byte != rtp::silence(rtp::Law::A); }));
  }
  EXPECT_GT(sounding, 640U);
  EXPECT_LE(sounding, 680U);
}

TEST_F(EngineTest, AudioFromTheBridgeIsReplacedWhileAToneSoundsAndGoesOnAfterwards) {
  const SocketId a = connect_trunk("a", kProvider);
  const SocketId b = connect_trunk("b", kOther);
  set_trunk_remote("b", kOther, true, [](control::SetRemote& remote) {
    remote.mutable_format()->clear_telephone_event_payload_type();
  });
  bridge("a", "b");
  std::uint16_t number = 0;
  const auto talk = [&](int packets) {
    for (int i = 0; i < packets; ++i) {
      receive(a, kProvider, make_audio(number++));
      advance(20ms);
    }
  };
  talk(5);
  take_sent();
  EXPECT_TRUE(command([](control::Command& c) {
                c.mutable_send_digit()->set_leg_id("b");
                c.mutable_send_digit()->set_digit("5");
              }).has_done());
  talk(20);
  const auto packets = take_rtp(b);
  // 100 ms of tone and 70 ms of pause, in packets of 20 ms; then the bridge again.
  ASSERT_GE(packets.size(), 19U);
  EXPECT_LE(packets.size(), 21U);
  const Bytes spoken(160, 0x55);
  std::size_t replaced = 0;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    if (packets[i].payload() != spoken) ++replaced;
    if (i > 0) EXPECT_EQ(packets[i].header().sequence, packets[i - 1].header().sequence + 1);
  }
  EXPECT_EQ(replaced, 9U);
  EXPECT_EQ(packets.back().payload(), spoken);
}

TEST_F(EngineTest, FindsTonesWhereAskedAndPassesThemOnAsTheyAre) {
  const SocketId a = connect_trunk("a", kProvider);
  const SocketId b = connect_trunk("b", kOther);
  bridge("a", "b");
  const auto play = [&](std::uint16_t first) {
    rtp::DtmfTone tone(5, 800);
    for (std::uint16_t i = 0; i < 10; ++i) {
      std::array<std::int16_t, 160> samples{};
      tone.fill(samples);
      Bytes payload(160);
      rtp::encode(rtp::Law::Mu, samples, payload);
      receive(a, kProvider, make_rtp(0, static_cast<std::uint16_t>(first + i), payload));
      advance(20ms);
    }
  };
  play(0);
  EXPECT_EQ(count_events(Event::kDigitReceived), 0U) << "nobody asked";
  set_trunk_remote("a", kProvider, true,
                   [](control::SetRemote& remote) { remote.set_detect_tones(true); });
  take_sent();
  play(10);
  ASSERT_EQ(count_events(Event::kDigitReceived), 1U);
  const auto digit = std::ranges::find_if(events, &Event::has_digit_received)->digit_received();
  EXPECT_EQ(digit.digit(), "5");
  EXPECT_NEAR(digit.duration_ms(), 99, 2);
  for (const auto& packet : take_rtp(b)) EXPECT_EQ(packet.header().payload_type, 0);
  // Who sends events is believed: the tone beside an event would be a second digit.
  receive(
      a, kProvider,
      make_rtp(101, 20, rtp::write_telephone_event({.event = 1, .end = true, .duration = 800})));
  play(21);
  set_trunk_remote("a", kProvider, true,
                   [](control::SetRemote& remote) { remote.set_detect_tones(true); });
  play(31);
  EXPECT_EQ(count_events(Event::kDigitReceived), 2U);
}

TEST_F(EngineTest, ADigitOfTheBridgeAndOneByCommandAreNeverMixed) {
  const SocketId a = connect_trunk("a", kProvider);
  const SocketId b = connect_trunk("b", kOther);
  bridge("a", "b");
  advance(40ms);
  take_sent();
  const auto event = [&](std::uint16_t sequence, std::uint16_t duration, bool end) {
    Bytes packet = make_rtp(
        101, sequence, rtp::write_telephone_event({.event = 1, .end = end, .duration = duration}));
    store_u32(&packet[4], 4'000);
    receive(a, kProvider, packet);
  };
  event(0, 160, false);
  EXPECT_TRUE(command([](control::Command& c) {
                c.mutable_send_digit()->set_leg_id("b");
                c.mutable_send_digit()->set_digit("5");
              }).has_done());
  for (std::uint16_t i = 1; i < 5; ++i) {
    advance(20ms);
    event(i, static_cast<std::uint16_t>(160 * (i + 1)), i == 4);
  }
  advance(1s);
  std::string digits;
  for (const auto& packet : take_rtp(b)) {
    if (packet.header().payload_type != 101) continue;
    digits += static_cast<char>('0' + rtp::parse_telephone_event(packet.payload())->event);
  }
  EXPECT_EQ(digits.find('5'), digits.rfind('1') + 1) << digits;
  EXPECT_EQ(std::ranges::count(digits, '5'), 7);
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
