#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "dtls/session.hpp"
#include "media/browser_directory.hpp"
#include "media/browser_leg.hpp"
#include "media/engine.hpp"
#include "media/outbox.hpp"
#include "media/rejections.hpp"
#include "media/timer_queue.hpp"
#include "media/trunk_leg.hpp"

namespace offhook::media {

class Engine::Impl {
 public:
  Impl(Config config, const dtls::Certificate& certificate, TrunkPorts& ports, Random& random);
  ~Impl();

  void handle_datagram(SocketId socket, const Endpoint& remote, MutableByteView bytes, Time now);
  void handle_command(const control::Command& command, Time now);
  void handle_timeout(Time now);

  [[nodiscard]] Outbox& outbox() { return outbox_; }
  [[nodiscard]] std::optional<Time> next_timeout() const {
    return closing_.empty() ? timers_.next() : Time{};
  }
  [[nodiscard]] std::size_t leg_count() const { return legs_.size(); }
  [[nodiscard]] std::size_t bridge_count() const { return bridges_.size(); }
  [[nodiscard]] const BrowserLeg* find_by_path(const ice::Path& path) const {
    return browsers_.find_by_path(path);
  }
  [[nodiscard]] const Rejections& rejections() const { return rejections_; }

 private:
  using Legs = std::unordered_map<std::string, std::unique_ptr<Leg>>;
  struct BridgedLegs {
    Leg* a;
    Leg* b;
  };

  // ---- datagrams (engine.cpp) ----
  void handle_browser_datagram(const ice::Path& path, const PacketBuffer& datagram, Time now);
  void handle_stun(const ice::Path& path, ByteView datagram, Time now);
  // After a packet; the legs' other deadlines do not come nearer by it.
  void wake_earlier(Leg& leg);
  void schedule(Leg& leg) { timers_.set(leg.timer(), leg.next_timeout()); }

  // ---- commands (commands.cpp); each answers by `reply` ----
  void run(const control::Command& command, control::Event& reply, Time now);
  void run_on_leg(const control::Command& command, const std::string& leg_id, control::Event& reply,
                  Time now);
  void allocate(const control::AllocateLeg& command, control::Event& reply, Time now);
  [[nodiscard]] Result<std::unique_ptr<Leg>> make_leg(const control::AllocateLeg& command,
                                                      Time now);
  [[nodiscard]] ice::Credentials make_credentials() const;
  void restart_ice(Leg& leg, std::uint32_t generation, Time now);
  void describe(const Leg& leg, control::LegAllocated& allocated) const;
  void bridge(const control::Bridge& command, control::Event& reply, Time now);
  void unbridge(const std::string& bridge_id);
  void renew(const control::RenewLease& command, control::Event& reply, Time now);
  void release(const std::string& leg_id);
  void close_ports();
  [[nodiscard]] control::EngineStatistics statistics() const;
  void list(std::uint64_t sequence);
  [[nodiscard]] Leg* find(const std::string& leg_id) const;

  Config config_;
  Bytes fingerprint_;
  dtls::Context dtls_;
  TrunkPorts* ports_;
  Random* random_;
  Outbox outbox_;
  TimerQueue<Leg> timers_;
  Legs legs_;
  std::uint64_t next_leg_number_;
  BrowserDirectory browsers_;
  std::vector<TrunkLeg*> trunk_legs_;  // by socket
  std::unordered_map<std::string, BridgedLegs> bridges_;
  // Of legs that are gone: open until their last packets are polled and sent.
  std::vector<TrunkPorts::Pair> closing_;
  Rejections rejections_;               // of what belongs to no leg
  control::EngineStatistics released_;  // of legs that are gone
};

}  // namespace offhook::media
