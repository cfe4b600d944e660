#include <algorithm>
#include <array>
#include <cstdlib>
#include <deque>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "media/engine.hpp"
#include "rtp/packet.hpp"
#include "sim/media_path.hpp"
#include "sim/webrtc_peer.hpp"

// Every payload byte through the real engine, both ways, for hours of virtual time: sequence numbers
// roll over, the browser moves and restarts ICE, keys change, and the network in front of the
// engine loses, doubles and reorders. What comes out is what went in: each packet once, in the
// order in which it arrived, byte by byte.
namespace offhook::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// 10 ms each: a million packets in less than a call may last.
constexpr Duration kPacketTime = milliseconds(10);
constexpr std::size_t kPayloadBytes = 80;
constexpr std::uint16_t kFirstSequenceNumber = 65'000;
constexpr std::uint32_t kTicksBetweenRenewals = 6'000;

const Endpoint kProvider = *Endpoint::parse("203.0.113.5:12000");
const Endpoint kCandidate = *Endpoint::parse("198.51.100.1:40000");
const std::array<Endpoint, 3> kBrowserAddresses{*Endpoint::parse("192.0.2.10:50000"),
                                                *Endpoint::parse("[2001:db8::77]:50001"),
                                                *Endpoint::parse("192.0.2.99:50002")};

std::uint32_t packets_each_way() {
  const char* wanted = std::getenv("OFFHOOK_PAYLOAD_PACKETS");
  return wanted == nullptr ? 200'000 : static_cast<std::uint32_t>(std::atoll(wanted));
}

using Payload = std::array<std::uint8_t, kPayloadBytes>;

// No two alike: the number, then noise that is made of it.
Payload make_payload(std::uint32_t speaker, std::uint32_t number) {
  Payload payload;
  store_u32(payload.data(), number);
  std::uint32_t noise = number * 2'654'435'761U + speaker;
  for (std::size_t at = 4; at < kPayloadBytes; at += 4) {
    noise = noise * 1'664'525U + 1'013'904'223U;
    store_u32(payload.data() + at, noise);
  }
  return payload;
}

Bytes make_packet(std::uint32_t speaker, std::uint32_t number) {
  const Payload payload = make_payload(speaker, number);
  Bytes packet(rtp::kHeaderBytes + kPayloadBytes);
  rtp::write_header({.marker = number == 0,
                     .payload_type = 0,
                     .sequence = static_cast<std::uint16_t>(kFirstSequenceNumber + number),
                     .timestamp = static_cast<std::uint32_t>(kPayloadBytes) * number,
                     .ssrc = 0xB0B0 + speaker},
                    std::span<std::uint8_t, rtp::kHeaderBytes>(packet.data(), rtp::kHeaderBytes));
  std::ranges::copy(payload, packet.begin() + rtp::kHeaderBytes);
  return packet;
}

// One way: who speaks, the network in front of the engine, and who hears.
class Direction {
 public:
  Direction(std::uint32_t speaker, std::uint32_t packets)
      : speaker_(speaker), arrived_(packets, false) {}

  struct Flying {
    std::uint32_t number;
    Bytes bytes;
    unsigned ticks;  // until it is there
  };

  Bytes speak() { return make_packet(speaker_, said_); }
  // The packet that speak() made, as it went to the network.
  void launch(Bytes bytes, Random& random) {
    const std::uint32_t number = said_++;
    if (random.below(200) == 0) {
      ++lost;
      return;
    }
    const unsigned late = random.below(50) == 0 ? 1 + static_cast<unsigned>(random.below(3)) : 0;
    if (late > 0) ++overtaken;
    if (random.below(100) == 0) {
      ++doubled;
      flying_.push_back({number, bytes, static_cast<unsigned>(random.below(4))});
    }
    flying_.push_back({number, std::move(bytes), late});
  }
  // What reaches the engine in this tick.
  std::vector<Flying> land() {
    std::vector<Flying> landed;
    for (auto each = flying_.begin(); each != flying_.end();) {
      if (each->ticks-- > 0) {
        ++each;
        continue;
      }
      if (!arrived_[each->number]) expected_.push_back(each->number);
      arrived_[each->number] = true;
      landed.push_back(std::move(*each));
      each = flying_.erase(each);
    }
    return landed;
  }
  // A packet that the listener got. False: not a payload of this speaker, or not the next.
  [[nodiscard]] bool hear(ByteView packet) {
    const auto view = rtp::PacketView::parse(packet);
    if (!view || view->payload().size() != kPayloadBytes || expected_.empty()) return false;
    const std::uint32_t number = load_u32(view->payload().data());
    const bool exact = number == expected_.front() &&
                       std::ranges::equal(view->payload(), make_payload(speaker_, number));
    expected_.pop_front();
    ++heard;
    return exact && is_new(view->header().sequence);
  }
  [[nodiscard]] bool is_quiet() const { return flying_.empty() && expected_.empty(); }

  std::uint32_t lost = 0;
  std::uint32_t doubled = 0;
  std::uint32_t overtaken = 0;
  std::uint32_t heard = 0;
  std::uint32_t roll_overs = 0;  // of the sequence numbers that the listener got

 private:
  // No sequence number twice within half their range.
  bool is_new(std::uint16_t sequence) {
    if (!newest_) newest_ = static_cast<std::uint16_t>(sequence - 1);
    const int step = rtp::sequence_distance(*newest_, sequence);
    for (int i = 1; i <= step; ++i) taken_[static_cast<std::uint16_t>(*newest_ + i)] = false;
    if (step > 0) {
      if (sequence < *newest_) ++roll_overs;
      newest_ = sequence;
    }
    const bool is_new = !taken_[sequence];
    taken_[sequence] = true;
    return is_new;
  }

  std::uint32_t speaker_;
  std::uint32_t said_ = 0;
  std::vector<Flying> flying_;
  std::vector<bool> arrived_;           // at the engine, by number
  std::deque<std::uint32_t> expected_;  // by the listener, in the order of their arrival
  std::vector<bool> taken_ = std::vector<bool>(65'536, false);
  std::optional<std::uint16_t> newest_;
};

class PayloadIdentityTest : public testing::Test {
 protected:
  control::Event command(control::Command wanted) {
    engine_.handle_command(wanted, now_);
    control::Event reply;
    while (auto event = engine_.poll_event()) {
      if (event->in_reply_to() == wanted.sequence()) reply = std::move(*event);
    }
    drain();
    EXPECT_FALSE(reply.has_command_failed()) << reply.command_failed().message();
    return reply;
  }
  control::Command numbered() {
    control::Command made;
    made.set_sequence(++sequence_);
    return made;
  }
  control::LegAllocated allocate(const std::string& leg_id, control::AllocateLeg::Side side) {
    control::Command wanted = numbered();
    wanted.mutable_allocate_leg()->set_leg_id(leg_id);
    wanted.mutable_allocate_leg()->set_side(side);
    return command(wanted).leg_allocated();
  }
  static control::SetRemote& set_remote(control::Command& wanted, const std::string& leg_id) {
    control::SetRemote& remote = *wanted.mutable_set_remote();
    remote.set_leg_id(leg_id);
    remote.mutable_format()->set_codec(control::AudioFormat::PCMU);
    remote.mutable_format()->set_packet_time_ms(10);
    return remote;
  }
  // The browser's SDP.
  void announce_browser() {
    control::Command wanted = numbered();
    control::SetRemote& remote = set_remote(wanted, "b");
    remote.set_ice_ufrag(browser_->ice().ufrag + std::to_string(ice_restarts_));
    remote.set_ice_pwd(browser_->ice().pwd);
    remote.set_fingerprint_algorithm("sha-256");
    remote.set_fingerprint(std::string(as_text(browser_->fingerprint().value)));
    remote.set_dtls_role(control::SetRemote::PASSIVE);
    command(wanted);
  }
  void set_up() {
    const control::LegAllocated leg = allocate("b", control::AllocateLeg::BROWSER);
    gateway_ = {.candidate = kCandidate,
                .ice = {.ufrag = leg.ice_ufrag(), .pwd = leg.ice_pwd()},
                .fingerprint = {.algorithm = leg.fingerprint_algorithm(),
                                .value = to_bytes(leg.fingerprint())}};
    trunk_socket_ = static_cast<media::SocketId>(
        allocate("t", control::AllocateLeg::TRUNK).rtp().port() - 30'000);
    control::Command remote = numbered();
    set_remote(remote, "t").mutable_rtp()->set_ip(kProvider.address.to_string());
    remote.mutable_set_remote()->mutable_rtp()->set_port(kProvider.port);
    remote.mutable_set_remote()->set_send(true);
    command(remote);
    control::Command bridge = numbered();
    bridge.mutable_bridge()->set_bridge_id("bridge");
    bridge.mutable_bridge()->set_leg_a("b");
    bridge.mutable_bridge()->set_leg_b("t");
    command(bridge);
    change_keys();
  }
  // A page that was loaded anew: another certificate, another association.
  void change_keys() {
    const Endpoint local = browser_ ? browser_->local() : kBrowserAddresses[0];
    browser_.emplace(WebRtcPeer::Identity::make().value(), local, dtls::Role::Client, random_);
    announce_browser();
    browser_->connect(gateway_, now_);
    for (int tick = 0; tick < 8 && !browser_->connected(); ++tick) pass_time();
    ASSERT_TRUE(browser_->connected());
  }
  void renew_leases() {
    control::Command wanted = numbered();
    wanted.mutable_renew_lease()->add_leg_id("b");
    wanted.mutable_renew_lease()->add_leg_id("t");
    command(wanted);
  }
  control::LegStatistics statistics(const std::string& leg_id) {
    control::Command wanted = numbered();
    wanted.mutable_get_statistics()->set_leg_id(leg_id);
    return command(wanted).leg_statistics();
  }

  void into_engine(media::SocketId socket, const Endpoint& from, ByteView bytes) {
    std::ranges::copy(bytes, buffer_.begin());
    engine_.handle_datagram(socket, from, MutableByteView(buffer_).first(bytes.size()), now_);
    drain();
  }
  void drain() {
    while (const auto datagram = engine_.poll_datagram()) {
      if (datagram->socket == media::kBrowserSocket) {
        browser_->handle(datagram->bytes, now_);
      } else if (datagram->socket == trunk_socket_ && is_speech(datagram->bytes)) {
        wrong_ += up_.hear(datagram->bytes) ? 0 : 1;
      }
    }
  }
  // Not the silence that the trunk hears before the browser speaks.
  static bool is_speech(ByteView packet) {
    return rtp::classify(packet) == rtp::PacketKind::Rtp && packet[rtp::kHeaderBytes] != 0xFF;
  }
  void drain_browser() {
    for (auto output = browser_->poll_output(); output; output = browser_->poll_output()) {
      if (const auto* transmit = std::get_if<WebRtcPeer::Transmit>(&*output)) {
        if (transmit->bytes[0] >= 128) {
          up_.launch(transmit->bytes, random_);
        } else {
          into_engine(media::kBrowserSocket, transmit->local, transmit->bytes);
        }
      } else if (const auto* received = std::get_if<WebRtcPeer::RtpReceived>(&*output)) {
        wrong_ += down_.hear(received->packet) ? 0 : 1;
      }
    }
  }
  void pass_time() {
    now_ += kPacketTime;
    if (is_due(engine_.next_timeout(), now_)) engine_.handle_timeout(now_);
    drain();
    if (is_due(browser_->next_timeout(), now_)) browser_->handle_timeout(now_);
    drain_browser();
    for (const auto& landed : up_.land()) {
      into_engine(media::kBrowserSocket, browser_->local(), landed.bytes);
    }
    for (const auto& landed : down_.land()) into_engine(trunk_socket_, kProvider, landed.bytes);
    drain_browser();
  }
  void talk() {
    ASSERT_TRUE(browser_->send_rtp(up_.speak()));
    down_.launch(down_.speak(), random_);
    pass_time();
  }
  // Until nothing is under way: a change of keys makes what is unreadable.
  void pause() {
    for (int tick = 0; tick < 8 && !(up_.is_quiet() && down_.is_quiet()); ++tick) pass_time();
  }

  const std::uint32_t packets_ = packets_each_way();
  Time now_{seconds(1'000)};
  SeededRandom random_{1};
  CountingPorts ports_;
  media::Engine engine_{{.browser_candidates = {kCandidate}, .software = "simulation"},
                        dtls::Certificate::make().value(),
                        ports_,
                        random_};
  std::array<std::uint8_t, limits::kMediaDatagramBytes> buffer_{};
  std::uint64_t sequence_ = 0;
  GatewaySide gateway_;
  media::SocketId trunk_socket_ = 0;
  std::optional<WebRtcPeer> browser_;
  unsigned ice_restarts_ = 0;
  Direction up_{1, packets_};
  Direction down_{2, packets_};
  std::uint32_t wrong_ = 0;  // packets that are not the next, exactly
};

TEST_F(PayloadIdentityTest, EachPacketComesOutOnceInOrderAndUnchangedWhateverHappensToTheCall) {
  set_up();
  const std::uint32_t between_changes = packets_ / 20;
  unsigned changes = 0;
  for (std::uint32_t i = 0; i < packets_; ++i) {
    if (i % kTicksBetweenRenewals == 0) renew_leases();
    if (i % between_changes == between_changes / 2) {
      switch (changes++ % 4) {
        case 0:
          browser_->move_to(kBrowserAddresses[changes / 4 % kBrowserAddresses.size()], now_);
          drain_browser();
          break;
        case 1:  // under the same certificate: SRTP goes on
          ++ice_restarts_;
          announce_browser();
          break;
        case 2:
          pause();
          change_keys();
          break;
        default:  // another offer that changes nothing
          announce_browser();
      }
    }
    talk();
    ASSERT_EQ(wrong_, 0U) << "after packet " << i;
  }
  pause();
  for (const Direction* way : {&up_, &down_}) {
    EXPECT_TRUE(way->is_quiet()) << "something that arrived did not come out";
    EXPECT_EQ(way->heard, packets_ - way->lost);
    EXPECT_GE(way->roll_overs, packets_ / 65'536);
    EXPECT_GT(way->lost, 0U);
    EXPECT_GT(way->doubled, 0U);
    EXPECT_GT(way->overtaken, 0U);
  }
  EXPECT_EQ(statistics("b").packets_dropped(), 0U);
  EXPECT_EQ(statistics("t").packets_dropped(), 0U);
  EXPECT_EQ(statistics("b").rejected().replayed(), up_.doubled);
  EXPECT_EQ(statistics("b").packets_rejected(), up_.doubled);
  EXPECT_EQ(statistics("t").packets_rejected(), 0U);
  RecordProperty("packets_each_way", static_cast<int>(packets_));
  RecordProperty("roll_overs", static_cast<int>(up_.roll_overs));
}

}  // namespace
}  // namespace offhook::sim
