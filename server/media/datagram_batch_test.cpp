#include "media/datagram_batch.hpp"

#include <memory>

#include <gtest/gtest.h>

#include "media/udp_socket.hpp"

namespace offhook::media {
namespace {

class DatagramBatchTest : public testing::Test {
 protected:
  static UdpSocket open() { return *UdpSocket::bind({*IpAddress::parse("127.0.0.1"), 0}); }
  void send(std::size_t bytes, std::uint8_t fill) {
    Bytes datagram(bytes, fill);
    outgoing_->add(from_.fd(), &to, datagram);
    outgoing_->flush();
  }

  UdpSocket from_ = open();
  UdpSocket to_ = open();
  const Endpoint to = to_.local();
  std::unique_ptr<SendBatch> outgoing_ = std::make_unique<SendBatch>();
  std::unique_ptr<ReceiveBatch> incoming_ = std::make_unique<ReceiveBatch>();
};

TEST_F(DatagramBatchTest, CarriesManyDatagramsOverSeveralSocketsInOrder) {
  const UdpSocket other = open();
  std::vector<Bytes> datagrams;
  for (std::uint8_t i = 0; i < 30; ++i) datagrams.emplace_back(100 + i, i);
  for (std::size_t i = 0; i < datagrams.size(); ++i) {
    outgoing_->add(i < 20 ? from_.fd() : other.fd(), &to, datagrams[i]);
  }
  outgoing_->flush();
  const auto [first, last] = incoming_->receive(to_.fd(), 32);
  ASSERT_EQ(last - first, 30U);
  for (std::size_t i = 0; i < 30; ++i) {
    EXPECT_EQ(incoming_->bytes(i).size(), 100 + i);
    EXPECT_EQ(incoming_->bytes(i)[0], i);
    EXPECT_EQ(incoming_->remote(i), i < 20 ? from_.local() : other.local());
    EXPECT_TRUE(incoming_->holds(incoming_->bytes(i).data()));
  }
  EXPECT_FALSE(incoming_->holds(datagrams[0].data()));
  EXPECT_EQ(outgoing_->dropped(), 0U);
}

TEST_F(DatagramBatchTest, SlotsKeepTheirBytesUntilRestart) {
  send(10, 1);
  const auto one = incoming_->receive(to_.fd(), 1);
  send(10, 2);
  const auto two = incoming_->receive(to_.fd(), 1);
  EXPECT_EQ(two.first, one.last);
  EXPECT_EQ(incoming_->bytes(one.first)[0], 1);
  EXPECT_EQ(incoming_->bytes(two.first)[0], 2);
  EXPECT_EQ(incoming_->free_slots(), ReceiveBatch::kSlots - 2);
  incoming_->restart();
  EXPECT_EQ(incoming_->free_slots(), ReceiveBatch::kSlots);
}

TEST_F(DatagramBatchTest, ADatagramOverTheLimitIsEmptyInsteadOfCut) {
  send(limits::kMediaDatagramBytes, 1);
  send(limits::kMediaDatagramBytes + 1, 2);
  const auto [first, last] = incoming_->receive(to_.fd(), 4);
  ASSERT_EQ(last - first, 2U);
  EXPECT_EQ(incoming_->bytes(first).size(), limits::kMediaDatagramBytes);
  EXPECT_TRUE(incoming_->bytes(first + 1).empty());
}

TEST_F(DatagramBatchTest, OneAtATimeIsNoDifferentFromMany) {
  EXPECT_EQ(incoming_->receive(to_.fd(), 1).last, 0U);
  send(limits::kMediaDatagramBytes, 1);
  send(limits::kMediaDatagramBytes + 1, 2);
  send(0, 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto [first, last] = incoming_->receive(to_.fd(), 1);
    ASSERT_EQ(last - first, 1U);
    EXPECT_EQ(incoming_->remote(first), from_.local());
    EXPECT_EQ(incoming_->bytes(first).size(), i == 0 ? limits::kMediaDatagramBytes : 0);
  }
  EXPECT_EQ(incoming_->receive(to_.fd(), 1).last, 3U);
}

TEST_F(DatagramBatchTest, WhatCannotBeSentIsCountedAndTheRestGoes) {
  Bytes datagram(10, 1);
  const Endpoint nowhere{*IpAddress::parse("127.0.0.1"), 0};
  outgoing_->add(from_.fd(), &nowhere, datagram);
  outgoing_->add(from_.fd(), &to, datagram);
  outgoing_->flush();
  EXPECT_EQ(outgoing_->dropped(), 1U);
  const auto [first, last] = incoming_->receive(to_.fd(), 4);
  EXPECT_EQ(last - first, 1U);
}

TEST_F(DatagramBatchTest, AConnectedSocketHearsItsPeerAloneAndNeedsNoName) {
  UdpSocket stranger = open();
  // Of a port that the kernel chose it would let go when the socket is unconnected.
  const Endpoint chosen = open().local();
  UdpSocket connected = *UdpSocket::bind(chosen);
  ASSERT_TRUE(connected.connect(to));
  Bytes datagram(10, 1);
  outgoing_->add(connected.fd(), nullptr, datagram);
  outgoing_->add(connected.fd(), nullptr, datagram);
  outgoing_->add(stranger.fd(), &chosen, datagram);
  outgoing_->flush();
  EXPECT_EQ(incoming_->receive(to_.fd(), 4).last, 2U);
  EXPECT_EQ(incoming_->receive(connected.fd(), 4).last, 2U);  // none from the stranger
  ASSERT_TRUE(connected.connect(std::nullopt));
  outgoing_->add(stranger.fd(), &chosen, datagram);
  outgoing_->flush();
  EXPECT_EQ(incoming_->receive(connected.fd(), 4).last, 3U);
}

TEST_F(DatagramBatchTest, BothFamiliesSurviveTheKernelsForm) {
  for (const char* text : {"192.0.2.1:5060", "[2001:db8::1]:65535"}) {
    sockaddr_storage address{};
    (void)to_socket_address(*Endpoint::parse(text), address);
    EXPECT_EQ(from_socket_address(address), *Endpoint::parse(text));
  }
}

}  // namespace
}  // namespace offhook::media
