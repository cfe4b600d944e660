#include <cmath>
#include <cstdlib>
#include <numbers>

#include "media/outgoing_stream.hpp"
#include "media/test_engine.hpp"
#include "rtp/g711.hpp"
#include "rtp/tone.hpp"

namespace offhook::media {
namespace {

using namespace std::chrono_literals;
using control::Play;

const std::string kProvider = "192.0.2.1:10000";
const std::string kOther = "192.0.2.200:12000";

class EngineSoundsTest : public EngineTest {
 protected:
  void play(const std::string& leg_id, Play::Sound sound, bool instead_of_bridge = false) {
    EXPECT_TRUE(command([&](control::Command& c) {
                  c.mutable_play()->set_leg_id(leg_id);
                  c.mutable_play()->set_sound(sound);
                  c.mutable_play()->set_instead_of_bridge(instead_of_bridge);
                }).has_done());
  }
  void stop_playing(const std::string& leg_id) {
    EXPECT_TRUE(command([&](control::Command& c) {
                  c.mutable_stop_playing()->set_leg_id(leg_id);
                }).has_done());
  }
  static Bytes music(std::size_t at, std::size_t count = 160) {
    std::vector<std::int16_t> samples(count);
    (void)Music::built_in().read(at, samples);
    Bytes bytes(count);
    rtp::encode(rtp::Law::Mu, samples, bytes);
    return bytes;
  }
};

TEST_F(EngineSoundsTest, MusicIsPlayedFromItsBeginningToEachLegAndGoesOn) {
  const SocketId a = connect_trunk("a", kProvider);
  const SocketId b = connect_trunk("b", kOther);
  play("a", Play::HOLD_MUSIC);
  advance(70ms);
  play("b", Play::HOLD_MUSIC);
  take_sent();
  advance(200ms);
  const auto sent_then = take_sent();
  std::map<SocketId, std::size_t> at{{a, 480}, {b, 0}};
  for (const auto& datagram : sent_then) {
    if (datagram.is_rtcp()) continue;
    std::size_t& place = at[datagram.socket];
    // The first one fades in.
    if (place != 0) {
      EXPECT_EQ(datagram.payload(), music(place)) << place;
    }
    place += 160;
  }
  EXPECT_GE(at[a], 480U + 10 * 160);
  EXPECT_GE(at[b], 10U * 160);
}

TEST_F(EngineSoundsTest, TheSamePlayAgainChangesNothing) {
  const SocketId a = connect_trunk("a", kProvider);
  play("a", Play::HOLD_MUSIC, true);
  advance(90ms);
  take_sent();
  play("a", Play::HOLD_MUSIC, true);
  advance(20ms);
  const auto packets = take_rtp(a);
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_EQ(packets[0].payload(), music(4 * 160)) << "where it would have been anyway";
}

TEST_F(EngineSoundsTest, ANewSoundTakesThePlaceOfTheOld) {
  const SocketId a = connect_trunk("a", kProvider);
  play("a", Play::HOLD_MUSIC);
  advance(90ms);
  play("a", Play::BUSY);
  take_sent();
  advance(2s);
  std::vector<std::int16_t> heard;
  for (const auto& packet : take_rtp(a)) {
    std::vector<std::int16_t> samples(160);
    rtp::decode(rtp::Law::Mu, packet.payload(), samples);
    heard.insert(heard.end(), samples.begin(), samples.end());
  }
  rtp::ToneGenerator busy(rtp::busy_tone());
  std::vector<std::int16_t> expected(heard.size());
  busy.fill(expected);
  for (std::size_t i = 160; i < heard.size(); ++i) ASSERT_NEAR(heard[i], expected[i], 150) << i;
}

TEST_F(EngineSoundsTest, ASoundInsteadOfTheBridgeIsHeardAloneUntilItIsStopped) {
  const SocketId a = connect_trunk("a", kProvider);
  const SocketId b = connect_trunk("b", kOther);
  bridge("a", "b");
  play("a", Play::HOLD_MUSIC, true);
  advance(5ms);
  take_sent();
  for (std::uint16_t i = 0; i < 50; ++i) {
    receive(b, kOther, make_audio(i, 0x11));
    receive(a, kProvider, make_audio(i, 0x22));
    advance(20ms);
  }
  std::size_t played = 0;
  std::size_t relayed = 0;
  for (const auto& datagram : take_sent()) {
    if (datagram.is_rtcp()) continue;
    if (datagram.socket == a) {
      EXPECT_NE(datagram.payload(), Bytes(160, 0x11));
      ++played;
    } else {
      EXPECT_EQ(datagram.payload(), Bytes(160, 0x22)) << "the other way nothing has changed";
      ++relayed;
    }
  }
  EXPECT_EQ(played, 50U);
  EXPECT_EQ(relayed, 50U);
  stop_playing("a");
  for (std::uint16_t i = 50; i < 60; ++i) {
    receive(b, kOther, make_audio(i, 0x11));
    advance(20ms);
  }
  const auto packets = take_rtp(a);
  EXPECT_EQ(packets.size(), 10U);
  EXPECT_EQ(packets.back().payload(), Bytes(160, 0x11));
}

// A browser's leg has nothing else that would wake its stream.
TEST_F(EngineSoundsTest, ASoundBeginsBehindPacketsOfTheBridgeThatWaitedToLeave) {
  OutgoingStream stream(random, false);
  stream.set_format({});
  stream.set_mode(OutgoingStream::Mode::Send, now);
  std::array<std::uint8_t, limits::kMediaDatagramBytes> room{};
  for (std::uint16_t i = 0; i < Pacer::kBurst + 2; ++i) {
    Bytes packet = make_audio(i);
    const std::size_t size = packet.size();
    packet.resize(limits::kMediaDatagramBytes);
    const auto view = rtp::PacketView::parse(ByteView(packet).first(size));
    (void)stream.relay({packet, size}, *view, {.source = 16}, now);
  }
  stream.play(make_sound(Play::RINGBACK, nullptr), false, now);
  std::size_t sounds = 0;
  for (const Time end = now + 1s; is_due(stream.next_timeout(), end);) {
    now = *stream.next_timeout();
    while (const auto packet = stream.poll(room, now)) {
      const auto view = rtp::PacketView::parse(packet->packet());
      sounds += view->payload()[80] != 0x55 ? 1 : 0;
    }
  }
  EXPECT_GT(sounds, 30U);
}

TEST_F(EngineSoundsTest, RingbackPlaysUntilTheBridgeBringsSomethingAndThatBeginsAtOnce) {
  const SocketId a = connect_trunk("a", kProvider);
  const SocketId b = connect_trunk("b", kOther);
  bridge("a", "b");
  play("a", Play::RINGBACK);
  take_sent();
  advance(200ms);
  auto packets = take_rtp(a);
  ASSERT_EQ(packets.size(), 10U);
  for (const auto& packet : packets) EXPECT_NE(packet.payload(), Bytes(160, 0xFF));
  receive(b, kOther, make_audio(1, 0x42));
  packets = take_rtp(a);
  ASSERT_EQ(packets.size(), 1U);
  const Bytes payload = packets[0].payload();
  EXPECT_NE(payload, Bytes(160, 0x42)) << "ringback fades out in it";
  EXPECT_TRUE(std::ranges::equal(ByteView(payload).subspan(40), Bytes(120, 0x42)));
  advance(1s);
  for (const auto& packet : take_rtp(a)) EXPECT_EQ(packet.payload(), Bytes(160, 0xFF));
}

TEST_F(EngineSoundsTest, StopPlayingGoesBackToSilenceByWayOfOneFadingPacket) {
  const SocketId a = connect_trunk("a", kProvider);
  play("a", Play::RINGBACK);
  advance(100ms);
  stop_playing("a");
  stop_playing("a");
  take_sent();
  advance(100ms);
  const auto packets = take_rtp(a);
  ASSERT_EQ(packets.size(), 5U);
  EXPECT_NE(packets[0].payload(), Bytes(160, 0xFF));
  const Bytes fading = packets[0].payload();
  EXPECT_TRUE(std::ranges::equal(ByteView(fading).subspan(40), Bytes(120, 0xFF)));
  for (std::size_t i = 1; i < packets.size(); ++i) {
    EXPECT_EQ(packets[i].payload(), Bytes(160, 0xFF));
  }
}

TEST_F(EngineSoundsTest, WhatTheBridgeBringsEndsASoundThatIsNotInsteadOfIt) {
  const SocketId a = connect_trunk("a", kProvider);
  const SocketId b = connect_trunk("b", kOther);
  bridge("a", "b");
  play("a", Play::RINGBACK);
  advance(500ms);
  take_sent();
  for (std::uint16_t i = 0; i < 10; ++i) {
    receive(b, kOther, make_audio(i, 0x11));
    advance(20ms);
  }
  auto packets = take_rtp(a);
  ASSERT_GE(packets.size(), 10U);
  EXPECT_EQ(packets.back().payload(), Bytes(160, 0x11));
  advance(1s);
  packets = take_rtp(a);
  EXPECT_EQ(packets.back().payload(), Bytes(160, 0xFF)) << "silence, and no tone any more";
}

TEST_F(EngineSoundsTest, ASoundThatIsNotInsteadOfTheBridgeWaitsWhileTheBridgeBringsSomething) {
  const SocketId a = connect_trunk("a", kProvider);
  const SocketId b = connect_trunk("b", kOther);
  bridge("a", "b");
  for (std::uint16_t i = 0; i < 20; ++i) {
    receive(b, kOther, make_audio(i, 0x11));
    advance(10ms);
    if (i == 10) take_sent();
    if (i == 10) play("a", Play::RINGBACK);
    advance(10ms);
  }
  for (const auto& packet : take_rtp(a)) EXPECT_EQ(packet.payload(), Bytes(160, 0x11));
  play("a", Play::RINGBACK);
  advance(200ms);
  const auto packets = take_rtp(a);
  ASSERT_FALSE(packets.empty());
  EXPECT_NE(packets.back().payload(), Bytes(160, 0xFF));
}

TEST_F(EngineSoundsTest, ASoundOutlivesAHoldOfTheFarSide) {
  const SocketId a = connect_trunk("a", kProvider);
  play("a", Play::HOLD_MUSIC, true);
  advance(1s);
  set_trunk_remote("a", kProvider, false);
  advance(1s);
  set_trunk_remote("a", kProvider, true);
  advance(100ms);
  take_sent();
  advance(20ms);
  const auto packets = take_rtp(a);
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_NE(packets[0].payload(), Bytes(160, 0xFF));
}

TEST_F(EngineSoundsTest, APlayOfNoSoundIsRefused) {
  connect_trunk("a", kProvider);
  const auto reply = command([](control::Command& c) { c.mutable_play()->set_leg_id("a"); });
  EXPECT_EQ(reply.command_failed().code(), control::CommandFailed::INVALID);
}

// ---- switches: when the packets go, and what is heard ----

struct Line {
  rtp::Law law;
  std::chrono::milliseconds packet_time;
};

class SwitchTest : public EngineSoundsTest, public testing::WithParamInterface<Line> {
 protected:
  static constexpr double kVoiceHertz = 310;
  static constexpr double kVoicePeak = 8'000;

  void SetUp() override {
    heard_ = connect("heard", kProvider);
    voice_ = connect("voice", kOther);
    bridge("heard", "voice");
  }
  SocketId connect(const std::string& leg_id, const std::string& remote) {
    const auto port = allocate(leg_id, control::AllocateLeg::TRUNK).leg_allocated().rtp().port();
    set_trunk_remote(leg_id, remote, true, [](control::SetRemote& set) {
      control::AudioFormat& format = *set.mutable_format();
      if (GetParam().law == rtp::Law::A) {
        format.set_codec(control::AudioFormat::PCMA);
        format.set_payload_type(8);
      }
      format.set_packet_time_ms(static_cast<std::uint32_t>(GetParam().packet_time.count()));
    });
    return static_cast<SocketId>(port - 40'000);
  }

  [[nodiscard]] std::size_t samples() const { return rtp::to_ticks(GetParam().packet_time); }

  // Slots of a packet time: at the beginning of each the voice may say something, and in the middle
  // of the last signal may. A timer that is due together with a packet is later.
  void pass_slots(int slots, bool speaks, const std::function<void()>& in_the_last = [] {}) {
    for (int slot = 1; slot <= slots; ++slot) {
      const Time end = now + GetParam().packet_time;
      if (speaks) speak();
      advance(GetParam().packet_time / 2);
      if (slot == slots) in_the_last();
      advance(end - now - 1ns);
      now = end;
    }
  }
  void speak() {
    Bytes payload(samples());
    for (std::uint8_t& byte : payload) {
      const double angle =
          2 * std::numbers::pi * kVoiceHertz * static_cast<double>(said_++) / rtp::kClockRate + 1;
      byte = rtp::encode_sample(GetParam().law,
                                static_cast<std::int16_t>(kVoicePeak * std::sin(angle)));
    }
    Bytes packet = make_rtp(GetParam().law == rtp::Law::A ? 8 : 0, ++voice_sequence_, payload);
    store_u32(&packet[4], static_cast<std::uint32_t>(said_));
    receive(voice_, kOther, packet);
  }

  void expect_an_even_stream(const std::vector<SentDatagram>& packets) const {
    for (std::size_t i = 1; i < packets.size(); ++i) {
      const auto before = packets[i - 1].header();
      const auto header = packets[i].header();
      EXPECT_EQ(packets[i].at - packets[i - 1].at, GetParam().packet_time) << i;
      EXPECT_EQ(rtp::sequence_distance(before.sequence, header.sequence), 1) << i;
      EXPECT_EQ(rtp::timestamp_distance(before.timestamp, header.timestamp),
                static_cast<std::int32_t>(samples()))
          << i;
      EXPECT_EQ(packets[i].payload().size(), samples()) << i;
    }
  }
  void expect_no_click(const std::vector<SentDatagram>& packets) const {
    // What the voice, the steepest of the sounds, does by itself; the fade; and what G.711 rounds.
    const double limit = kVoicePeak * 2 * std::sin(std::numbers::pi * kVoiceHertz / 8'000) +
                         kVoicePeak * std::numbers::pi / 80 + 600;
    int before = 0;
    std::size_t at = 0;
    for (const auto& packet : packets) {
      for (const std::uint8_t byte : packet.payload()) {
        const int sample = rtp::decode_sample(GetParam().law, byte);
        if (at > 0) EXPECT_LT(std::abs(sample - before), limit) << "sample " << at;
        before = sample;
        ++at;
      }
    }
  }

  SocketId heard_ = 0;
  SocketId voice_ = 0;
  std::uint16_t voice_sequence_ = 0;
  std::size_t said_ = 0;
};

TEST_P(SwitchTest, BetweenSilenceTonesMusicAndTheBridgeNothingIsMissingDoubleOrTorn) {
  pass_slots(5, false, [&] { play("heard", Play::RINGBACK); });
  pass_slots(7, false);
  pass_slots(6, true, [&] { play("heard", Play::HOLD_MUSIC, true); });
  pass_slots(9, true, [&] { play("heard", Play::CONGESTION, true); });
  pass_slots(7, true, [&] { stop_playing("heard"); });
  pass_slots(6, true);
  const auto packets = take_rtp(heard_);
  EXPECT_EQ(packets.size(), 40U);
  expect_an_even_stream(packets);
  expect_no_click(packets);
}

TEST_P(SwitchTest, ASoundIntoSilenceAndOutOfAVoiceThatHasStoppedIsNotTornEither) {
  pass_slots(2, false);
  pass_slots(1, true);
  take_sent();
  pass_slots(5, true, [&] { play("heard", Play::HOLD_MUSIC, true); });
  pass_slots(20, false, [&] { stop_playing("heard"); });
  pass_slots(5, false);
  const auto packets = take_rtp(heard_);
  EXPECT_EQ(packets.size(), 30U);
  expect_an_even_stream(packets);
  expect_no_click(packets);
  EXPECT_EQ(packets.back().payload(), Bytes(samples(), rtp::silence(GetParam().law)));
}

INSTANTIATE_TEST_SUITE_P(Lines, SwitchTest,
                         testing::Values(Line{rtp::Law::Mu, 10ms}, Line{rtp::Law::Mu, 20ms},
                                         Line{rtp::Law::Mu, 30ms}, Line{rtp::Law::Mu, 60ms},
                                         Line{rtp::Law::A, 10ms}, Line{rtp::Law::A, 20ms},
                                         Line{rtp::Law::A, 40ms}, Line{rtp::Law::A, 60ms}));

}  // namespace
}  // namespace offhook::media
