#include "ice/stun.hpp"
#include "media/test_peer.hpp"
#include "media/test_worker.hpp"

namespace offhook::media {
namespace {

using namespace std::chrono_literals;

TEST_F(WorkerTest, RepliesNameTheConnectionOfTheirCommand) {
  post([](control::Command& c) { c.mutable_list(); });
  EXPECT_TRUE(worker_->step(1s));
  ASSERT_EQ(events_.size(), 1U);
  EXPECT_EQ(events_[0].in_reply_to(), 1U);
  EXPECT_EQ(connections_[0], 7U);
}

TEST_F(WorkerTest, ARelayedPacketLeavesFromItsOwnSocketAlsoIfThatClosesInTheSameTurn) {
  Peer a;
  Peer b;
  const Endpoint to_a = allocate_trunk("a", a.local());
  const Endpoint to_b = allocate_trunk("b", b.local());
  post([](control::Command& c) {
    c.mutable_bridge()->set_bridge_id("bridge");
    c.mutable_bridge()->set_leg_a("a");
    c.mutable_bridge()->set_leg_b("b");
  });
  Bytes packet(172, 0x77);
  packet[0] = 0x80;
  packet[1] = 0;
  ASSERT_TRUE(worker_->step(1s));
  ASSERT_TRUE(worker_->step(0ms));  // now nothing is ready, and what gets ready first comes first
  a.send(to_a, packet);
  post([](control::Command& c) { c.mutable_release()->set_leg_id("b"); });
  post([](control::Command& c) {  // gets the descriptors that the release has freed
    c.mutable_allocate_leg()->set_leg_id("c");
    c.mutable_allocate_leg()->set_side(control::AllocateLeg::TRUNK);
  });
  ASSERT_TRUE(worker_->step(1s));
  bool heard = false;
  for (Bytes bytes = b.receive(); !bytes.empty(); bytes = b.receive()) {
    heard = heard || bytes.back() == 0x77;
    EXPECT_EQ(b.sender(), to_b);
  }
  EXPECT_TRUE(heard);
}

TEST_F(WorkerTest, AnswersChecksOverTcpAndClosesTheConnectionWithItsLeg) {
  post([](control::Command& c) {
    c.mutable_allocate_leg()->set_leg_id("b");
    c.mutable_allocate_leg()->set_side(control::AllocateLeg::BROWSER);
  });
  ASSERT_TRUE(worker_->step(1s));
  const control::LegAllocated leg = events_.at(0).leg_allocated();
  ASSERT_EQ(leg.tcp_candidates_size(), 1);
  EXPECT_EQ(Endpoint(kLocal, static_cast<std::uint16_t>(leg.tcp_candidates(0).port())),
            worker_->browser_tcp_candidates().at(0));
  TcpPeer browser(worker_->browser_tcp_candidates().at(0));

  std::array<std::uint8_t, 256> buffer;
  const ByteView check =
      ice::StunBuilder(buffer, ice::StunClass::Request, ice::kBindingMethod, {1, 2, 3})
          .add(ice::attribute::kUsername, as_bytes(leg.ice_ufrag() + ":browser"))
          .add_flag(ice::attribute::kUseCandidate)
          .finish(as_bytes(leg.ice_pwd()));
  browser.send(check);
  Bytes answer;
  for (int turn = 0; turn < 100 && answer.empty(); ++turn) {
    ASSERT_TRUE(worker_->step(10ms));
    answer = browser.receive();
  }
  const auto message = ice::StunMessage::parse(answer);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->message_class(), ice::StunClass::Success);
  EXPECT_EQ(message->xor_mapped_address(), browser.local());

  // The worker looks after its connections each second.
  post([](control::Command& c) { c.mutable_release()->set_leg_id("b"); });
  for (int turn = 0; turn < 300 && !browser.is_closed(); ++turn) {
    ASSERT_TRUE(worker_->step(10ms));
  }
  EXPECT_TRUE(browser.is_closed());
}

TEST_F(WorkerTest, TellsBrowsersTheAdvertisedAddressAndTheRealPorts) {
  Worker::Config config;
  config.browser_sockets.push_back(*UdpSocket::bind({kLocal, 0}));
  config.browser_listeners.push_back(*TcpListener::bind({kLocal, 0}));
  const std::uint16_t udp = config.browser_sockets[0].local().port;
  const std::uint16_t tcp = config.browser_listeners[0].local().port;
  const IpAddress told = *IpAddress::parse("203.0.113.5");
  config.advertised_browser_addresses = {told};
  config.trunk = {kLocal, kLocal, 20'000, 30'000};
  const auto worker = Worker::open(std::move(config), *dtls::Certificate::make(),
                                   [](std::uint64_t, const control::Event&) {});
  ASSERT_TRUE(worker) << worker.error().message;
  EXPECT_EQ((*worker)->browser_candidates(), std::vector{Endpoint(told, udp)});
  EXPECT_EQ((*worker)->browser_tcp_candidates(), std::vector{Endpoint(told, tcp)});
}

TEST_F(WorkerTest, EndsWhenItIsTold) {
  worker_->end();
  EXPECT_FALSE(worker_->step(1s));
}

}  // namespace
}  // namespace offhook::media
