#include "media/frame_reader.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace offhook::media {
namespace {

void append_frame(Bytes& stream, ByteView packet) {
  stream.push_back(static_cast<std::uint8_t>(packet.size() >> 8));
  stream.push_back(static_cast<std::uint8_t>(packet.size()));
  stream.insert(stream.end(), packet.begin(), packet.end());
}

// Feeds a copy, so that a view into it that was kept too long is seen by the sanitizer.
void read(FrameReader& reader, ByteView piece, std::vector<Bytes>& packets) {
  const Bytes copy(piece.begin(), piece.end());
  reader.feed(copy);
  while (const auto packet = reader.next()) packets.emplace_back(packet->begin(), packet->end());
}

std::vector<Bytes> some_packets() {
  return {Bytes{1}, Bytes(172, 0x80), Bytes{2, 3}, Bytes(limits::kMediaDatagramBytes, 4),
          Bytes(20, 5)};
}

Bytes stream_of(const std::vector<Bytes>& packets) {
  Bytes stream;
  for (const Bytes& packet : packets) append_frame(stream, packet);
  return stream;
}

TEST(FrameReaderTest, TakesSeveralPacketsOutOfOnePiece) {
  FrameReader reader;
  std::vector<Bytes> read_packets;
  read(reader, stream_of(some_packets()), read_packets);
  EXPECT_EQ(read_packets, some_packets());
  EXPECT_FALSE(reader.is_broken());
}

TEST(FrameReaderTest, TakesTheSamePacketsWhereverTheStreamIsSplit) {
  const Bytes stream = stream_of(some_packets());
  for (std::size_t at = 0; at <= stream.size(); ++at) {
    FrameReader reader;
    std::vector<Bytes> read_packets;
    read(reader, ByteView(stream).first(at), read_packets);
    read(reader, ByteView(stream).subspan(at), read_packets);
    ASSERT_EQ(read_packets, some_packets()) << at;
  }
}

TEST(FrameReaderTest, TakesTheSamePacketsByteByByte) {
  FrameReader reader;
  std::vector<Bytes> read_packets;
  for (const std::uint8_t byte : stream_of(some_packets())) {
    read(reader, ByteView(&byte, 1), read_packets);
  }
  EXPECT_EQ(read_packets, some_packets());
}

TEST(FrameReaderTest, TakesTheSamePacketsInPiecesOfAnySize) {
  SeededRandom random(1);
  std::vector<Bytes> packets;
  for (int i = 0; i < 500; ++i) packets.emplace_back(1 + random.below(400), std::uint8_t(i));
  const Bytes stream = stream_of(packets);
  FrameReader reader;
  std::vector<Bytes> read_packets;
  for (std::size_t at = 0; at < stream.size();) {
    const std::size_t size = std::min<std::size_t>(random.below(1'000), stream.size() - at);
    read(reader, ByteView(stream).subspan(at, size), read_packets);
    at += size;
  }
  EXPECT_EQ(read_packets, packets);
}

TEST(FrameReaderTest, LeavesOutEmptyPackets) {
  FrameReader reader;
  std::vector<Bytes> read_packets;
  read(reader, stream_of({{}, {1}, {}, {}, {2}, {}}), read_packets);
  read(reader, Bytes{0}, read_packets);
  read(reader, Bytes{0, 0, 1, 3}, read_packets);
  EXPECT_EQ(read_packets, (std::vector<Bytes>{{1}, {2}, {3}}));
}

TEST(FrameReaderTest, IsBrokenByAPacketOneOverTheLimitWhereverTheStreamIsSplit) {
  for (const std::size_t size : {limits::kMediaDatagramBytes + 1, std::size_t{0xFFFF}}) {
    Bytes stream = stream_of({{1, 2}});
    append_frame(stream, Bytes(size));
    for (const std::size_t at : {0U, 3U, 4U, 5U, 6U, 7U}) {
      FrameReader reader;
      std::vector<Bytes> read_packets;
      read(reader, ByteView(stream).first(at), read_packets);
      read(reader, ByteView(stream).subspan(at), read_packets);
      EXPECT_TRUE(reader.is_broken()) << at;
      EXPECT_EQ(read_packets, (std::vector<Bytes>{{1, 2}})) << at;
      // And stays so.
      read(reader, stream_of({{3}}), read_packets);
      EXPECT_EQ(read_packets.size(), 1U);
    }
  }
}

}  // namespace
}  // namespace offhook::media
