#include "media/outbox.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace offhook::media {
namespace {

const Endpoint kRemote = *Endpoint::parse("192.0.2.1:1000");

TEST(OutboxTest, WhatIsMadeInItsRoomStaysUntilEverythingIsDrained) {
  Outbox outbox;
  for (std::uint8_t i = 0; i < 100; ++i) {
    const MutableByteView room = outbox.room();
    ASSERT_EQ(room.size(), limits::kMediaDatagramBytes);
    std::ranges::fill(room.first(500), i);
    outbox.send(1, kRemote, room.first(500));
  }
  for (std::uint8_t i = 0; i < 100; ++i) {
    const auto datagram = outbox.poll_datagram();
    ASSERT_TRUE(datagram);
    EXPECT_TRUE(std::ranges::all_of(datagram->bytes, [=](std::uint8_t b) { return b == i; }));
  }
  EXPECT_FALSE(outbox.poll_datagram());
}

TEST(OutboxTest, TheSameMemoryIsUsedAgainOnceDrained) {
  Outbox outbox;
  const std::uint8_t* first = outbox.room().data();
  outbox.send_copy(1, kRemote, Bytes(1'200, 7));
  EXPECT_NE(outbox.room().data(), first);
  while (outbox.poll_datagram()) {
  }
  EXPECT_EQ(outbox.room().data(), first);
}

TEST(OutboxTest, ForeignBytesAreNotCopied) {
  Outbox outbox;
  Bytes packet(172, 1);
  outbox.send(3, kRemote, packet);
  const auto datagram = outbox.poll_datagram();
  ASSERT_TRUE(datagram);
  EXPECT_EQ(datagram->bytes.data(), packet.data());
  EXPECT_EQ(datagram->socket, 3U);
}

TEST(OutboxTest, EventsComeInOrder) {
  Outbox outbox;
  for (std::uint64_t i = 1; i <= 3; ++i) {
    control::Event event;
    event.set_in_reply_to(i);
    outbox.report(std::move(event));
  }
  for (std::uint64_t i = 1; i <= 3; ++i) EXPECT_EQ(outbox.poll_event()->in_reply_to(), i);
  EXPECT_FALSE(outbox.poll_event());
}

}  // namespace
}  // namespace offhook::media
