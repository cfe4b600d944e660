#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/endpoint.hpp"
#include "base/time.hpp"
#include "control/control.pb.h"
#include "sim/media_plane.hpp"

namespace offhook::sim {

// A media process that moves no audio but keeps books: it does what commands say, and writes down
// as a fault whatever a signal process must never ask for. Its trunk legs send a packet a second,
// so that a provider which hangs silent calls up stays content, and its browser legs time out 30 s
// after the last sign of life. For scenarios about signalling;
// audio has its own, with the real engine.
class ScriptedMedia final : public MediaPlane {
 public:
  void handle(const control::Command& command, Time now) override;
  void handle_packet(MediaPacket packet, Time now) override;  // a browser's sign of life
  void handle_timeout(Time now) override;
  [[nodiscard]] std::optional<control::Event> poll_event() override;
  [[nodiscard]] std::optional<MediaPacket> poll_packet() override;
  [[nodiscard]] std::optional<Time> next_timeout() const override;

  void restart() override;
  // From now on commands are swallowed: a process that hangs.
  void hang(bool hangs) { hangs_ = hangs; }

  [[nodiscard]] std::size_t leg_count() const override { return legs_.size(); }
  [[nodiscard]] std::size_t bridge_count() const override { return bridges_.size(); }
  [[nodiscard]] const std::vector<std::string>& faults() const override { return faults_; }
  // How often a leg was bridged since the start.
  [[nodiscard]] std::size_t bridged() const { return bridged_; }

 private:
  static constexpr Duration kConnecting = std::chrono::milliseconds(5);  // ICE and DTLS
  static constexpr Duration kConsent = std::chrono::seconds(30);
  static constexpr Duration kLease = std::chrono::seconds(120);
  static constexpr Duration kPacketEvery = std::chrono::seconds(1);

  struct Leg {
    control::AllocateLeg::Side side{};
    Time lease_ends{};
    Endpoint local{};
    std::optional<Time> connects_at{};
    std::optional<Time> sends_at{};
    std::optional<Time> times_out_at{};
    std::optional<control::SetRemote> remote{};
  };

  void allocate(const control::AllocateLeg& allocate, control::Event& reply, Time now);
  void set_remote(const control::SetRemote& remote, control::Event& reply, Time now);
  void bridge(const control::Bridge& bridge, control::Event& reply, Time now);
  void release(const std::string& leg_id);
  void renew(const control::RenewLease& renewal, Time now);
  void list(control::Event& reply) const;
  Leg* find(const std::string& leg_id, const char* command, control::Event& reply, Time now);
  void send_packet(Leg& leg, Time now);
  void fault(std::string what) { faults_.push_back(std::move(what)); }

  std::map<std::string, Leg> legs_;
  std::map<std::string, std::pair<std::string, std::string>> bridges_;
  std::deque<control::Event> events_;
  std::deque<MediaPacket> packets_;
  std::vector<std::string> faults_;
  std::size_t bridged_ = 0;
  std::uint32_t ports_ = 20'000;
  bool hangs_ = false;
};

}  // namespace offhook::sim
