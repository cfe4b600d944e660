#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "base/random.hpp"
#include "media/engine.hpp"
#include "sim/webrtc_peer.hpp"

namespace offhook::bench {

// Calls through the media engine without its sockets, on a virtual clock: each that speaks has a
// packet each 20 ms, at a place within them that is drawn anew every time.
class EngineCalls {
 public:
  enum class Traffic : std::uint8_t { TrunkToTrunk, BrowserToTrunk, TrunkToBrowser, BrowserCall };

  // What the worker takes from its sockets at a time.
  static constexpr std::size_t kBatch = 64;
  // What it takes from the browsers' socket, and so foresees.
  static constexpr std::size_t kForeseen = 32;

  // TrunkToTrunk and BrowserCall speak both ways; the others one way.
  EngineCalls(Traffic traffic, std::size_t calls);

  // Makes the next kBatch packets, and does what is due besides: leases, consent.
  void prepare();
  // Gives them to the engine, drains it, and serves its timers: what is to be measured.
  void relay();
  [[nodiscard]] Time now() const { return now_; }
  // RTP that came out of relay(): kBatch each time, unless something is wrong.
  [[nodiscard]] std::uint64_t relayed() const { return relayed_; }

 private:
  class Ports final : public media::TrunkPorts {
   public:
    Result<Pair> open() override;
    void close(const Pair& /*pair*/) override {}

   private:
    media::SocketId opened_ = 0;
  };
  struct Speaker {
    media::SocketId socket;
    Endpoint address;
    sim::WebRtcPeer* browser;  // or nullptr: a trunk
    std::uint16_t sequence = 0;
  };
  struct Slot {
    media::SocketId socket = 0;
    Endpoint remote;
    Time at{};
    std::size_t size = 0;
    std::array<std::uint8_t, limits::kMediaDatagramBytes> buffer;
  };

  void add_trunk(const std::string& leg_id, bool is_heard, bool speaks);
  void add_browser(const std::string& leg_id, bool speaks);
  control::Event command(control::Command command);
  void renew();
  // Carries what browsers and engine have for each other until both are quiet.
  void exchange();
  bool deliver_to_engine(sim::WebRtcPeer& browser);
  void fill(Slot& slot);
  // As the worker does it.
  void relay_batch(std::span<Slot, kForeseen> batch);

  Time now_{std::chrono::hours(1)};
  SeededRandom random_{1};
  dtls::Certificate certificate_;
  sim::WebRtcPeer::Identity identity_;
  Ports ports_;
  media::Engine engine_;
  std::uint64_t sequence_ = 0;
  std::vector<std::string> leg_ids_;
  std::vector<std::unique_ptr<sim::WebRtcPeer>> browsers_;
  std::vector<Speaker> speakers_;
  std::size_t next_speaker_ = 0;
  Time renew_at_{};
  std::array<Slot, kBatch> slots_;
  std::uint64_t relayed_ = 0;
};

}  // namespace offhook::bench
