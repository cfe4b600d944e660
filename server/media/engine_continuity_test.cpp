#include "media/stream_listener.hpp"
#include "media/test_engine.hpp"

// Whatever happens behind a leg, its far side hears one stream.
namespace offhook::media {
namespace {

using namespace std::chrono_literals;

const std::string kListener = "192.0.2.1:10000";
const std::string kSpeaker = "192.0.2.1:20000";
const std::string kOther = "192.0.2.1:30000";

// A source with a timeline of its own.
struct Source {
  SocketId socket = 0;
  std::string address{};
  std::uint32_t ssrc = 1;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint8_t payload_type = 0;
};

class EngineContinuityTest : public EngineTest {
 protected:
  EngineContinuityTest()
      : listener_socket_(connect_trunk("listener", kListener)),
        speaker_{.socket = connect_trunk("speaker", kSpeaker), .address = kSpeaker},
        other_{.socket = connect_trunk("other", kOther),
               .address = kOther,
               .ssrc = 2,
               .sequence = 65'530,
               .timestamp = 0xFFFFFF00} {
    bridge("listener", "speaker");
  }

  void speak(Source& source, std::size_t samples = 160, bool marker = false) {
    ++source.sequence;
    Bytes packet(rtp::kHeaderBytes + samples, 0x42);
    rtp::write_header({.marker = marker,
                       .payload_type = source.payload_type,
                       .sequence = source.sequence,
                       .timestamp = source.timestamp,
                       .ssrc = source.ssrc},
                      std::span(packet).first<rtp::kHeaderBytes>());
    source.timestamp += static_cast<std::uint32_t>(samples);
    receive(source.socket, source.address, packet);
  }
  void talk(Source& source, Duration time, std::size_t samples = 160) {
    const Duration packet_time = rtp::from_ticks(static_cast<std::uint32_t>(samples));
    for (const Time end = now + time; now < end;) {
      speak(source, samples);
      advance(packet_time);
    }
    listen();
  }
  void pass(Duration time) {
    advance(time);
    listen();
  }
  void play_ringback() {
    command([](control::Command& c) {
      c.mutable_play()->set_leg_id("listener");
      c.mutable_play()->set_sound(control::Play::RINGBACK);
    });
  }
  void listen() {
    for (const SentDatagram& sent : take_rtp(listener_socket_)) {
      const auto view = rtp::PacketView::parse(sent.bytes);
      ASSERT_TRUE(view);
      const bool is_audio = view->header().payload_type == 0;
      EXPECT_TRUE(is_audio || view->header().payload_type == 101 || view->payload().empty());
      listener_.hear(view->header(), view->payload().size(), is_audio, sent.at);
    }
  }

  SocketId listener_socket_;
  Source speaker_;
  Source other_;
  StreamListener listener_;
};

TEST_F(EngineContinuityTest, RingbackEarlyMediaAndTheFarEndAreOneStream) {
  play_ringback();
  pass(3s);
  talk(speaker_, 2s);  // early media
  speaker_.ssrc = 77;  // the far end
  speaker_.sequence = 9'000;
  speaker_.timestamp = 123;
  talk(speaker_, 2s);
  EXPECT_EQ(listener_.skipped(), 0U);
  EXPECT_LE(listener_.ahead(), 60ms);
}

TEST_F(EngineContinuityTest, AnotherTrunkLegTakesTheStreamOver) {
  talk(speaker_, 1s);
  bridge("listener", "other", "second");
  talk(other_, 2s);
  bridge("listener", "speaker", "third");
  talk(speaker_, 1s);
  EXPECT_EQ(listener_.skipped(), 0U);
}

TEST_F(EngineContinuityTest, WhatIsSaidDuringAHoldIsNoLossAfterIt) {
  for (const Duration hold : {Duration(40ms), Duration(1s), Duration(40s)}) {
    talk(speaker_, 1s);
    command([](control::Command& c) { c.mutable_unbridge()->set_bridge_id("bridge"); });
    talk(speaker_, hold);
    bridge("listener", "speaker");
    talk(speaker_, 1s);
  }
  EXPECT_EQ(listener_.skipped(), 0U);
}

TEST_F(EngineContinuityTest, WhatIsSaidWhileTheFarSideHoldsUsIsNoLossAfterIt) {
  talk(speaker_, 1s);
  set_trunk_remote("listener", kListener, false);
  talk(speaker_, 4s);
  set_trunk_remote("listener", kListener, true);
  talk(speaker_, 1s);
  EXPECT_EQ(listener_.skipped(), 0U);
}

TEST_F(EngineContinuityTest, EventsThatTheFarSideDoesNotTakeAreNoLoss) {
  set_trunk_remote("listener", kListener, true, [](control::SetRemote& remote) {
    remote.mutable_format()->clear_telephone_event_payload_type();
  });
  talk(speaker_, 1s);
  for (int i = 0; i < 8; ++i) {
    receive(speaker_.socket, kSpeaker,
            make_rtp(101, ++speaker_.sequence, Bytes{5, 10, 0, static_cast<std::uint8_t>(i)}, 1));
    advance(20ms);
  }
  speaker_.timestamp += 8 * 160;
  talk(speaker_, 1s);
  EXPECT_EQ(listener_.skipped(), 0U);
}

TEST_F(EngineContinuityTest, ComfortNoiseOfTheSourceIsNoLoss) {
  for (int spurt = 0; spurt < 10; ++spurt) {
    talk(speaker_, 400ms);
    for (int i = 0; i < 3; ++i) {
      speaker_.payload_type = 13;
      speak(speaker_);
      speaker_.timestamp += 8 * 180;
      pass(200ms);
    }
    speaker_.payload_type = 0;
  }
  talk(speaker_, 400ms);
  EXPECT_EQ(listener_.skipped(), 0U);
  EXPECT_EQ(statistics("speaker").packets_lost(), 0U);
  EXPECT_EQ(statistics("speaker").rejected().unknown_payload_type(), 30U);
}

TEST_F(EngineContinuityTest, AStrangersComfortNoiseIsNotCounted) {
  talk(speaker_, 400ms);
  receive(speaker_.socket, "198.51.100.66:1", make_rtp(13, 40'000, Bytes(1), speaker_.ssrc));
  receive(speaker_.socket, "198.51.100.66:1", make_rtp(13, 40'001, Bytes(1), speaker_.ssrc));
  talk(speaker_, 400ms);
  EXPECT_EQ(listener_.skipped(), 0U);
  EXPECT_EQ(statistics("speaker").packets_lost(), 0U);
  EXPECT_EQ(statistics("speaker").packets_received(), 40U);
}

TEST_F(EngineContinuityTest, LossesOfTheSourceStayLosses) {
  talk(speaker_, 1s);
  speaker_.sequence += 7;
  speaker_.timestamp += 7 * 160;
  pass(40ms);
  talk(speaker_, 1s);
  EXPECT_EQ(listener_.skipped(), 7U);
}

TEST_F(EngineContinuityTest, JumpsOfSsrcSequenceAndTimestampAreHeardAsOneTimeline) {
  talk(speaker_, 1s);
  speaker_.timestamp += 0x40000000;
  talk(speaker_, 1s);
  speaker_.timestamp -= 0x30000000;
  talk(speaker_, 1s);
  speaker_.sequence += 20'000;
  talk(speaker_, 1s);
  speaker_.sequence -= 300;  // a little back: believed after a few packets
  talk(speaker_, 1s);
  speaker_.ssrc = 99;
  talk(speaker_, 1s);
  EXPECT_EQ(listener_.skipped(), 0U);
  EXPECT_LE(listener_.ahead(), 300ms);
}

TEST_F(EngineContinuityTest, TalkSpurtsWithPausesKeepTheirTime) {
  for (int spurt = 0; spurt < 20; ++spurt) {
    speak(speaker_, 160, true);
    advance(20ms);
    talk(speaker_, 400ms);
    speaker_.timestamp += 8 * 700;  // nothing is sent for 700 ms
    pass(700ms);
  }
  EXPECT_EQ(listener_.skipped(), 0U);
  EXPECT_LE(listener_.ahead(), 60ms);
}

TEST_F(EngineContinuityTest, PacketTimesMayChange) {
  for (const std::size_t samples : {80U, 160U, 240U, 320U, 480U, 80U, 480U, 160U}) {
    talk(speaker_, 1s, samples);
    bridge("listener", "other", "second");
    talk(other_, 500ms, samples);
    bridge("listener", "speaker", "bridge");
  }
  EXPECT_EQ(listener_.skipped(), 0U);
  EXPECT_LE(listener_.ahead(), 400ms);
}

TEST_F(EngineContinuityTest, TheCodecOfTheSourceMayChange) {
  talk(speaker_, 500ms);
  set_trunk_remote("speaker", kSpeaker, true, [](control::SetRemote& remote) {
    remote.mutable_format()->set_codec(control::AudioFormat::PCMA);
    remote.mutable_format()->set_payload_type(8);
  });
  speaker_.payload_type = 8;
  talk(speaker_, 500ms);
  EXPECT_EQ(listener_.skipped(), 0U);
}

TEST_F(EngineContinuityTest, StallsOfTheSourceDoNotAddUpToADelay) {
  for (int stall = 0; stall < 100; ++stall) {
    talk(speaker_, 400ms);
    pass(200ms);  // held up: silence stands in
    for (int i = 0; i < 10; ++i) speak(speaker_);
  }
  pass(1s);
  EXPECT_EQ(listener_.skipped(), 0U);
  EXPECT_LE(listener_.ahead(), 300ms) << "of the first stall, and hardly more of the others";
}

TEST_F(EngineContinuityTest, AClockThatDriftsIsFollowed) {
  for (int i = 0; i < 30'000; ++i) {  // ten minutes, half a per mille fast
    speak(speaker_);
    advance(20ms - 10us);
    if (i % 100 == 0) listen();
  }
  listen();
  EXPECT_EQ(listener_.skipped(), 0U);
  bridge("listener", "other", "second");
  talk(other_, 1s);
  EXPECT_EQ(listener_.skipped(), 0U);
}

TEST_F(EngineContinuityTest, IsOneStreamWhateverComesInWhateverOrder) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SeededRandom dice(seed);
    for (int step = 0; step < 60; ++step) {
      Source& source = dice.below(2) == 0 ? speaker_ : other_;
      switch (dice.below(10)) {
        case 0:
          play_ringback();
          break;
        case 1:
          bridge("listener", dice.below(2) == 0 ? "speaker" : "other", "bridge");
          break;
        case 2:
          command([](control::Command& c) { c.mutable_unbridge()->set_bridge_id("bridge"); });
          break;
        case 3:
          set_trunk_remote("listener", kListener, dice.below(3) != 0);
          break;
        case 4:
          source.ssrc = dice.next_u32();
          break;
        case 5:
          source.timestamp = dice.next_u32();
          break;
        case 6:
          source.sequence = static_cast<std::uint16_t>(dice.next_u32());
          break;
        case 7:
          for (std::uint64_t i = dice.below(12); i > 0; --i) speak(source);
          break;
        case 8:
          command([&](control::Command& c) {
            c.mutable_send_digit()->set_leg_id("listener");
            c.mutable_send_digit()->set_digit("5");
          });
          break;
        default:
          pass(std::chrono::milliseconds(dice.below(500)));
      }
      talk(source, std::chrono::milliseconds(dice.below(200)), 80 * (1 + dice.below(6)));
      ASSERT_FALSE(HasFatalFailure()) << "seed " << seed << ", step " << step;
    }
  }
  EXPECT_GT(listener_.packets(), 5'000U);
}

}  // namespace
}  // namespace offhook::media
