#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/endpoint.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "control/control.pb.h"
#include "media/engine.hpp"
#include "sim/webrtc_peer.hpp"

namespace offhook::sim {

// Port pairs at 198.51.100.1, from 30002 up; a socket's number is its port less 30000.
class CountingPorts final : public media::TrunkPorts {
 public:
  Result<Pair> open() override;
  void close(const Pair&) override { --open_now_; }
  [[nodiscard]] int open_now() const { return open_now_; }

 private:
  int opened_ = 0;
  int open_now_ = 0;
};

// One call's media without its signalling: the real engine between a browser's media half and a
// provider's plain RTP, on a virtual clock and over a network that takes 10 ms a way and loses,
// delays and repeats as it is told. Whoever uses it plays signal, the two who talk, and anyone else
// on the network.
class MediaPath {
 public:
  static constexpr std::string_view kBrowserLeg = "browser-leg";
  static constexpr std::string_view kTrunkLeg = "trunk-leg";
  static constexpr Duration kPacketTime = std::chrono::milliseconds(20);
  enum class Speaker : std::uint32_t { Browser = 1, Provider = 2 };

  struct Datagram {
    Time arrives;
    Endpoint from;
    Endpoint to;
    Bytes bytes;
  };

  MediaPath();

  // ---- the network ----
  // From anybody to anybody.
  void send(const Endpoint& from, const Endpoint& to, Bytes bytes);
  // At once, without loss.
  void deliver(Datagram datagram);
  // Lets `duration` pass for everybody.
  void run(Duration duration);

  // ---- signal's part ----
  // The reply to a command.
  control::Event command(control::Command command);
  void allocate_both();
  void set_browser(control::SetRemote::DtlsRole role = control::SetRemote::PASSIVE);
  void set_trunk();
  void bridge();
  // All of it, as after a call is answered; the browser begins to connect.
  void set_up();
  // The browser's re-INVITE with new credentials, which gets new ones of ours.
  void restart_ice();
  void renew_leases();
  void release(std::string_view leg_id);
  [[nodiscard]] control::LegStatistics statistics(std::string_view leg_id);
  // How many of them signal has heard.
  [[nodiscard]] std::size_t count(control::Event::KindCase kind) const;

  // ---- the two who talk ----
  // The sound that a speaker makes in its frame `number`; no other frame is like it.
  [[nodiscard]] static Bytes frame(Speaker speaker, std::uint32_t number);
  // As PCMU, with sequence numbers that wrap early.
  [[nodiscard]] static Bytes rtp_packet(std::uint32_t ssrc, std::uint32_t number, ByteView payload);
  // Both say so many frames, 20 ms apart.
  void talk(std::uint32_t frames);
  // The numbers of the speaker's frames that are among `packets`, in their order; other sounds are
  // left out.
  [[nodiscard]] std::vector<std::uint32_t> heard(const std::vector<Bytes>& packets,
                                                 Speaker speaker) const;
  // Another peer connection in the same browser.
  void renew_browser(dtls::Role role);

  Time now{std::chrono::seconds(1'000)};
  SeededRandom random{1};
  SeededRandom network_random{2};
  std::uint64_t lost_percent = 0;
  std::uint64_t jitter_ms = 0;
  std::deque<Datagram> flying;

  const Endpoint browser_port = *Endpoint::parse("198.51.100.1:40000");
  const Endpoint provider = *Endpoint::parse("203.0.113.5:12000");
  const Endpoint provider_rtcp = *Endpoint::parse("203.0.113.5:12001");
  Endpoint trunk_port;
  Endpoint trunk_rtcp_port;

  WebRtcPeer::Identity identity;
  WebRtcPeer browser;
  Bytes announced_fingerprint;  // in the browser's SDP
  GatewaySide gateway;          // in ours
  CountingPorts ports;
  media::Engine engine;

  std::uint32_t ice_generation = 0;
  std::uint32_t spoken = 0;  // frames of each
  std::vector<control::Event> events;
  std::vector<Bytes> to_browser;  // plain RTP again
  std::vector<Bytes> to_provider;
  std::vector<Bytes> to_others;  // to any address that is not of this call

 private:
  control::LegAllocated allocate(std::string_view leg_id, control::AllocateLeg::Side side);
  void drain_engine();
  void drain_browser();

  std::map<Endpoint, media::SocketId> sockets_;
  std::uint64_t sequence_ = 0;
};

}  // namespace offhook::sim
