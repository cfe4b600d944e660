#include "media/test_engine.hpp"
#include "rtp/telephone_event.hpp"

namespace offhook::media {
namespace {

using namespace std::chrono_literals;

const std::string kProvider = "192.0.2.1:10000";
const std::string kOther = "192.0.2.200:12000";

TEST_F(EngineTest, RelaysAudioBetweenBridgedLegsAtOnce) {
  const SocketId a = connect_trunk("a", kProvider);
  const SocketId b = connect_trunk("b", kOther);
  bridge("a", "b");
  take_sent();
  receive(a, kProvider, make_audio(7, 0x11));
  receive(b, kOther, make_audio(9, 0x22));
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].socket, b);
  EXPECT_EQ(sent[0].remote, *Endpoint::parse(kOther));
  EXPECT_EQ(sent[0].payload(), Bytes(160, 0x11));
  EXPECT_EQ(sent[1].socket, a);
  EXPECT_EQ(sent[1].payload(), Bytes(160, 0x22));
}

TEST_F(EngineTest, RelayedPacketsStayInTheBufferTheyCameIn) {
  const SocketId a = connect_trunk("a", kProvider);
  connect_trunk("b", kOther);
  bridge("a", "b");
  std::array<std::uint8_t, limits::kMediaDatagramBytes> buffer{};
  const Bytes packet = make_audio(1);
  std::ranges::copy(packet, buffer.begin());
  engine.handle_datagram(a, *Endpoint::parse(kProvider),
                         MutableByteView(buffer).first(packet.size()), now);
  const auto datagram = engine.poll_datagram();
  ASSERT_TRUE(datagram);
  EXPECT_EQ(datagram->bytes.data(), buffer.data());
}

TEST_F(EngineTest, TheOutgoingStreamIsOneThroughSilenceAudioAndANewSource) {
  const SocketId a = connect_trunk("a", kProvider);
  const SocketId b = connect_trunk("b", kOther);
  bridge("a", "b");
  advance(100ms);
  for (std::uint16_t i = 0; i < 5; ++i) {
    receive(a, kProvider, make_rtp(0, static_cast<std::uint16_t>(500 + i), Bytes(160)));
    advance(20ms);
  }
  advance(300ms);
  for (std::uint16_t i = 0; i < 5; ++i) {
    receive(a, kProvider, make_rtp(0, static_cast<std::uint16_t>(60'000 + i), Bytes(160), 0x777));
    advance(20ms);
  }
  const auto packets = take_rtp(b);
  ASSERT_GT(packets.size(), 20U);
  for (std::size_t i = 1; i < packets.size(); ++i) {
    EXPECT_EQ(packets[i].header().ssrc, packets[0].header().ssrc);
    EXPECT_EQ(
        rtp::sequence_distance(packets[i - 1].header().sequence, packets[i].header().sequence), 1);
    const auto step =
        rtp::timestamp_distance(packets[i - 1].header().timestamp, packets[i].header().timestamp);
    EXPECT_GT(step, 0);
    EXPECT_LE(step, 900);
  }
}

TEST_F(EngineTest, ExtensionsAndCsrcsAreNotRelayed) {
  const SocketId a = connect_trunk("a", kProvider);
  const SocketId b = connect_trunk("b", kOther);
  bridge("a", "b");
  take_sent();
  Bytes packet = make_rtp(0, 1, {});
  packet[0] = 0x80 | 0x10 | 0x02;  // extension, two CSRCs
  const Bytes csrcs(8, 0xCC);
  const Bytes extension{0xBE, 0xDE, 0x00, 0x01, 0x10, 0xAA, 0x00, 0x00};
  packet.insert(packet.end(), csrcs.begin(), csrcs.end());
  packet.insert(packet.end(), extension.begin(), extension.end());
  packet.insert(packet.end(), 160, 0x33);
  receive(a, kProvider, packet);
  const auto packets = take_rtp(b);
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_EQ(packets[0].bytes.size(), 172U);
  EXPECT_EQ(packets[0].bytes[0], 0x80);
  EXPECT_EQ(packets[0].payload(), Bytes(160, 0x33));
}

TEST_F(EngineTest, PayloadTypesAreMappedToThoseOfTheOtherSide) {
  const SocketId a = connect_trunk("a", kProvider);
  const SocketId b = connect_trunk("b", kOther);
  set_trunk_remote("b", kOther, true, [](control::SetRemote& remote) {
    remote.mutable_format()->set_payload_type(111);
    remote.mutable_format()->set_telephone_event_payload_type(96);
  });
  bridge("a", "b");
  take_sent();
  receive(a, kProvider, make_audio(1));
  const auto event = rtp::write_telephone_event({.event = 5, .duration = 160});
  receive(a, kProvider, make_rtp(101, 2, event));
  receive(a, kProvider, make_rtp(13, 3, Bytes(1)));
  const auto packets = take_rtp(b);
  ASSERT_EQ(packets.size(), 2U);
  EXPECT_EQ(packets[0].header().payload_type, 111);
  EXPECT_EQ(packets[1].header().payload_type, 96);
  EXPECT_EQ(statistics("a").packets_rejected(), 1U);
}

TEST_F(EngineTest, PcmuAndPcmaAreTranslatedWhereTheLegsDiffer) {
  const SocketId a = connect_trunk("a", kProvider);
  const SocketId b = connect_trunk("b", kOther);
  set_trunk_remote("b", kOther, true, [](control::SetRemote& remote) {
    remote.mutable_format()->set_codec(control::AudioFormat::PCMA);
    remote.mutable_format()->set_payload_type(8);
  });
  bridge("a", "b");
  take_sent();
  receive(a, kProvider, make_audio(1, 0xFF));  // silence in PCMU
  const auto packets = take_rtp(b);
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_EQ(packets[0].payload(), Bytes(160, 0xD5));  // silence in PCMA
  EXPECT_EQ(packets[0].header().payload_type, 8);
}

TEST_F(EngineTest, APacketThatWaitedTooLongIsCounted) {
  const SocketId a = connect_trunk("a", kProvider);
  connect_trunk("b", kOther);
  bridge("a", "b");
  for (std::uint16_t i = 0; i < 100; ++i) receive(a, kProvider, make_audio(i));
  advance(1s);
  EXPECT_EQ(statistics("b").packets_dropped(), 35U) << "5 at once, and 60 within 300 ms";
}

TEST_F(EngineTest, ABurstGoesOutSpacedInOrderAndWithoutLoss) {
  const SocketId a = connect_trunk("a", kProvider);
  const SocketId b = connect_trunk("b", kOther);
  bridge("a", "b");
  take_sent();
  for (std::uint16_t i = 0; i < 30; ++i) receive(a, kProvider, make_audio(i));
  EXPECT_EQ(take_rtp(b).size(), 5U);
  advance(125ms);
  const auto packets = take_rtp(b);
  ASSERT_EQ(packets.size(), 25U) << "and no silence between them";
  for (std::size_t i = 1; i < packets.size(); ++i) {
    EXPECT_EQ(packets[i].at - packets[i - 1].at, 5ms);
    EXPECT_EQ(packets[i].header().sequence,
              static_cast<std::uint16_t>(packets[i - 1].header().sequence + 1));
    EXPECT_EQ(packets[i].header().timestamp, packets[i - 1].header().timestamp + 160);
  }
}

TEST_F(EngineTest, ManyLegsThatAreDueTogetherAreAllServed) {
  for (int i = 0; i < 200; ++i) {
    connect_trunk("t" + std::to_string(i), "192.0.2.1:" + std::to_string(10'000 + 2 * i));
  }
  take_sent();
  advance(20ms);
  EXPECT_EQ(take_sent().size(), 200U);
}

}  // namespace
}  // namespace offhook::media
