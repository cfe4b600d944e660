#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <string>

#include <gtest/gtest.h>
#include <sys/epoll.h>

#include "base/limits.hpp"
#include "media/engine.hpp"
#include "media/trunk_port_range.hpp"
#include "rtp/packet.hpp"

// A provider that has not understood that a call is over goes on sending to a port that the next
// call gets. The real engine and the real range of ports, on a virtual clock.
namespace offhook::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kPacketTime = milliseconds(20);
constexpr Duration kRinging = milliseconds(300);
// From the answer to the new peer's first packet: longer than an old one's probation.
constexpr Duration kAnswerToSpeech = milliseconds(200);
constexpr Duration kSpeech = milliseconds(300);
constexpr Duration kGoesOn = seconds(15);
constexpr std::uint8_t kSilence = 0xFF;

const IpAddress kLocal = *IpAddress::parse("127.0.0.30");
const Endpoint kListener = *Endpoint::parse("192.0.2.200:9000");

struct Peer {
  std::uint32_t call;
  Endpoint remote;
  std::uint16_t to_port;
  std::uint16_t sequence;
  Time until;
};

class OldCallersTest : public testing::Test {
 protected:
  control::Event command(const std::function<void(control::Command&)>& fill) {
    control::Command wanted;
    wanted.set_sequence(++sequence_);
    fill(wanted);
    ports_.set_time(now_);
    engine_.handle_command(wanted, now_);
    control::Event reply;
    while (auto event = engine_.poll_event()) {
      if (event->in_reply_to() == sequence_) reply = std::move(*event);
    }
    drain();
    EXPECT_FALSE(reply.has_command_failed()) << reply.command_failed().message();
    return reply;
  }
  std::uint16_t allocate(const std::string& leg_id) {
    const auto reply = command([&](control::Command& c) {
      c.mutable_allocate_leg()->set_leg_id(leg_id);
      c.mutable_allocate_leg()->set_side(control::AllocateLeg::TRUNK);
    });
    return static_cast<std::uint16_t>(reply.leg_allocated().rtp().port());
  }
  void set_remote(const std::string& leg_id, const Endpoint& remote) {
    command([&](control::Command& c) {
      c.mutable_set_remote()->set_leg_id(leg_id);
      c.mutable_set_remote()->mutable_format()->set_codec(control::AudioFormat::PCMU);
      c.mutable_set_remote()->mutable_rtp()->set_ip(remote.address.to_string());
      c.mutable_set_remote()->mutable_rtp()->set_port(remote.port);
      c.mutable_set_remote()->set_send(true);
    });
  }

  // The socket of a port; the range numbers them in their order. Closed ones take nothing.
  [[nodiscard]] media::SocketId socket_of(std::uint16_t port) const {
    return static_cast<media::SocketId>(1 + port - first_port_);
  }
  void speak(Peer& peer) {
    const media::SocketId socket = socket_of(peer.to_port);
    Bytes packet(limits::kMediaDatagramBytes);
    rtp::write_header({.payload_type = 0,
                       .sequence = ++peer.sequence,
                       .timestamp = peer.sequence * 160U,
                       .ssrc = peer.call},
                      std::span<std::uint8_t, rtp::kHeaderBytes>(packet.data(), rtp::kHeaderBytes));
    store_u32(packet.data() + rtp::kHeaderBytes, peer.call);
    if (ports_.fd(socket) < 0) return;
    ++(&peer == &newest_ ? spoken_ : spoken_by_old_);
    engine_.handle_datagram(socket, peer.remote, MutableByteView(packet).first(172), now_);
    drain();
  }
  void drain() {
    while (const auto out = engine_.poll_datagram()) {
      if (rtp::classify(out->bytes) != rtp::PacketKind::Rtp) continue;
      if (out->remote != kListener) {
        sent_to_others_ += out->remote == newest_.remote ? 0 : 1;
      } else if (out->bytes[rtp::kHeaderBytes] != kSilence) {
        ++heard_;
        heard_of_old_ += load_u32(out->bytes.data() + rtp::kHeaderBytes) == newest_.call ? 0 : 1;
      }
    }
  }
  void run(Duration duration, bool newest_speaks) {
    for (const Time end = now_ + duration; now_ < end; now_ += kPacketTime) {
      std::erase_if(old_, [&](const Peer& peer) { return peer.until < now_; });
      for (Peer& peer : old_) speak(peer);
      if (newest_speaks) speak(newest_);
      while (is_due(engine_.next_timeout(), now_)) {
        engine_.handle_timeout(now_);
        drain();
      }
    }
  }
  void call(std::uint32_t number, const Endpoint& remote) {
    const std::string leg_id = "call-" + std::to_string(number);
    newest_ = {number, remote, allocate(leg_id), static_cast<std::uint16_t>(number * 7), {}};
    run(kRinging, false);
    set_remote(leg_id, remote);
    command([&](control::Command& c) {
      c.mutable_bridge()->set_bridge_id("bridge");
      c.mutable_bridge()->set_leg_a("listener");
      c.mutable_bridge()->set_leg_b(leg_id);
    });
    run(kAnswerToSpeech, false);
    run(kSpeech, true);
    command([&](control::Command& c) { c.mutable_release()->set_leg_id(leg_id); });
    newest_.until = now_ + kGoesOn;
    old_.push_back(newest_);
  }

  // Nine pairs: in use again as soon as the rest is over.
  const std::uint16_t first_port_ = 20'200;
  SeededRandom random_{1};
  control::FileDescriptor epoll_{::epoll_create1(EPOLL_CLOEXEC)};
  media::TrunkPortRange ports_{{kLocal, kLocal, first_port_, 20'217}, epoll_.get(), random_};
  media::Engine engine_{{.browser_candidates = {}, .software = "simulation"},
                        dtls::Certificate::make().value(),
                        ports_,
                        random_};
  Time now_{seconds(1'000)};
  std::uint64_t sequence_ = 0;
  Peer newest_{};
  std::deque<Peer> old_;
  std::uint64_t spoken_ = 0;
  std::uint64_t spoken_by_old_ = 0;  // into ports that are open, and another call's
  std::uint64_t heard_ = 0;
  std::uint64_t heard_of_old_ = 0;
  std::uint64_t sent_to_others_ = 0;
};

TEST_F(OldCallersTest, AThousandCallsHearNothingOfTheCallsBeforeThemWhoseProviderGoesOnSending) {
  allocate("listener");
  set_remote("listener", kListener);
  constexpr std::uint32_t kCalls = 1'000;
  for (std::uint32_t i = 1; i <= kCalls; ++i) {
    // The same host with another port each time, a host beside it, and any.
    static const std::array<std::string, 4> kHosts{"192.0.2.1", "192.0.2.1", "192.0.2.2",
                                                   "198.51.100.7"};
    const auto port = static_cast<std::uint16_t>(10'000 + 2 * i);
    call(i, {*IpAddress::parse(kHosts[i % kHosts.size()]), port});
    ASSERT_EQ(heard_of_old_, 0U) << "in call " << i;
  }
  EXPECT_EQ(spoken_, kCalls * (kSpeech / kPacketTime));
  EXPECT_EQ(heard_, spoken_);
  EXPECT_EQ(sent_to_others_, 0U);
  EXPECT_GT(spoken_by_old_, kCalls * 20) << "ports were used again while old peers sent";
  RecordProperty("packets_of_old_calls", std::to_string(spoken_by_old_));
}

}  // namespace
}  // namespace offhook::sim
