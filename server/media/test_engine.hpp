#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "media/engine.hpp"
#include "rtp/packet.hpp"

// An engine on a virtual clock, for tests: commands in, datagrams in, everything that comes out
// kept.
namespace offhook::media {

class TestPorts final : public TrunkPorts {
 public:
  Result<Pair> open() override {
    if (opened.size() == limit) return failure("no free port");
    const SocketId socket = next_;
    next_ += 2;
    opened.insert(socket);
    const auto port = static_cast<std::uint16_t>(40'000 + socket);
    const IpAddress address = *IpAddress::parse("203.0.113.1");
    return Pair{
        socket, socket + 1, {address, port}, {address, static_cast<std::uint16_t>(port + 1)}};
  }
  void close(const Pair& pair) override { opened.erase(pair.rtp_socket); }

  std::set<SocketId> opened;
  std::size_t limit = 1'000;

 private:
  SocketId next_ = 1;
};

struct SentDatagram {
  SocketId socket;
  Endpoint remote;
  Bytes bytes;
  Time at;

  [[nodiscard]] rtp::Header header() const { return rtp::PacketView::parse(bytes)->header(); }
  [[nodiscard]] Bytes payload() const {
    const auto view = rtp::PacketView::parse(bytes);
    return {view->payload().begin(), view->payload().end()};
  }
  [[nodiscard]] bool is_rtcp() const { return rtp::classify(bytes) == rtp::PacketKind::Rtcp; }
};

class EngineTest : public testing::Test {
 protected:
  static Engine::Config make_config() {
    Engine::Config config;
    config.browser_candidates = {*Endpoint::parse("198.51.100.1:3478")};
    config.software = "test";
    config.max_legs = 400;
    return config;
  }

  // The reply, and everything else goes to `events`.
  control::Event command(const std::function<void(control::Command&)>& fill) {
    control::Command made;
    made.set_sequence(++sequence);
    fill(made);
    engine.handle_command(made, now);
    drain();
    const auto reply = std::ranges::find_if(
        events, [&](const auto& event) { return event.in_reply_to() == made.sequence(); });
    EXPECT_NE(reply, events.end());
    control::Event taken = *reply;
    events.erase(reply);
    return taken;
  }

  control::Event allocate(const std::string& leg_id, control::AllocateLeg::Side side) {
    return command([&](control::Command& c) {
      c.mutable_allocate_leg()->set_leg_id(leg_id);
      c.mutable_allocate_leg()->set_side(side);
    });
  }
  control::Event set_trunk_remote(const std::string& leg_id, const std::string& rtp,
                                  bool send = true,
                                  const std::function<void(control::SetRemote&)>& change = {}) {
    return command([&](control::Command& c) {
      control::SetRemote& remote = *c.mutable_set_remote();
      remote.set_leg_id(leg_id);
      remote.mutable_format()->set_codec(control::AudioFormat::PCMU);
      remote.mutable_format()->set_telephone_event_payload_type(101);
      const auto endpoint = Endpoint::parse(rtp);
      remote.mutable_rtp()->set_ip(endpoint->address.to_string());
      remote.mutable_rtp()->set_port(endpoint->port);
      remote.set_send(send);
      if (change) change(remote);
    });
  }
  control::Event bridge(const std::string& a, const std::string& b,
                        const std::string& bridge_id = "bridge") {
    return command([&](control::Command& c) {
      c.mutable_bridge()->set_bridge_id(bridge_id);
      c.mutable_bridge()->set_leg_a(a);
      c.mutable_bridge()->set_leg_b(b);
    });
  }
  control::Event release(const std::string& leg_id) {
    return command([&](control::Command& c) { c.mutable_release()->set_leg_id(leg_id); });
  }
  control::LegStatistics statistics(const std::string& leg_id) {
    return command([&](control::Command& c) { c.mutable_get_statistics()->set_leg_id(leg_id); })
        .leg_statistics();
  }
  // A trunk leg that sends to `rtp`; its RTP socket.
  SocketId connect_trunk(const std::string& leg_id, const std::string& rtp) {
    const control::Event allocated = allocate(leg_id, control::AllocateLeg::TRUNK);
    EXPECT_TRUE(set_trunk_remote(leg_id, rtp).has_done());
    return static_cast<SocketId>(allocated.leg_allocated().rtp().port() - 40'000);
  }

  void receive(SocketId socket, const std::string& remote, ByteView bytes) {
    std::array<std::uint8_t, limits::kMediaDatagramBytes> buffer{};
    std::ranges::copy(bytes, buffer.begin());
    engine.handle_datagram(socket, *Endpoint::parse(remote),
                           MutableByteView(buffer).first(bytes.size()), now);
    drain();
  }

  void advance(Duration duration) {
    const Time end = now + duration;
    while (is_due(engine.next_timeout(), end)) {
      now = std::max(now, *engine.next_timeout());
      engine.handle_timeout(now);
      drain();
    }
    now = end;
  }

  void drain() {
    while (const auto datagram = engine.poll_datagram()) {
      sent.push_back({datagram->socket,
                      datagram->remote,
                      {datagram->bytes.begin(), datagram->bytes.end()},
                      now});
    }
    while (auto event = engine.poll_event()) events.push_back(std::move(*event));
  }

  // What went out since the last call: RTP of one socket, and RTCP of one socket.
  std::vector<SentDatagram> take_sent() { return std::exchange(sent, {}); }
  std::vector<SentDatagram> take_rtp(SocketId socket) {
    std::vector<SentDatagram> taken;
    for (SentDatagram& datagram : take_sent()) {
      if (datagram.socket == socket && !datagram.is_rtcp()) taken.push_back(std::move(datagram));
    }
    return taken;
  }
  std::size_t count_events(control::Event::KindCase kind) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        events, [&](const auto& event) { return event.kind_case() == kind; }));
  }

  static Bytes make_rtp(std::uint8_t payload_type, std::uint16_t sequence, ByteView payload,
                        std::uint32_t ssrc = 0xABCD) {
    Bytes packet(rtp::kHeaderBytes);
    rtp::write_header({.marker = false,
                       .payload_type = payload_type,
                       .sequence = sequence,
                       .timestamp = sequence * 160U,
                       .ssrc = ssrc},
                      std::span<std::uint8_t, rtp::kHeaderBytes>(packet));
    packet.insert(packet.end(), payload.begin(), payload.end());
    return packet;
  }
  static Bytes make_audio(std::uint16_t sequence, std::uint8_t fill = 0x55) {
    return make_rtp(0, sequence, Bytes(160, fill));
  }

  SeededRandom random{1};
  TestPorts ports;
  Engine engine{make_config(), *dtls::Certificate::make(), ports, random};
  Time now{std::chrono::hours(1)};
  std::uint64_t sequence = 0;
  std::vector<SentDatagram> sent;
  std::vector<control::Event> events;
};

}  // namespace offhook::media
