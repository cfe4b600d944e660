#pragma once

#include <memory>
#include <optional>
#include <string>

#include "bench/media_forwarder.hpp"
#include "bench/media_placement.hpp"
#include "bench/media_swarm.hpp"

namespace offhook::bench {

// A relay under load: a process of its own, started by us, in a cgroup of its own.
class Target {
 public:
  virtual ~Target() = default;
  // The new call's two sides to the target, and the target's sides to the call.
  virtual void connect(MediaCall& call, const Swarm& swarm) = 0;
  virtual void release(const MediaCall& call) = 0;
  // What it needs to be told now and then; cheap.
  virtual void keep_alive(Time now) = 0;
  // What it says it has; nullopt where nobody can ask it.
  [[nodiscard]] virtual std::optional<std::size_t> leg_count() { return std::nullopt; }
  [[nodiscard]] virtual const MeasuredProcess& process() const = 0;
};

struct TargetOptions {
  std::string media{};                                   // the program offhook-media
  std::string offhook{};                                 // and offhook, for calls through SIP
  std::string self{};                                    // this program
  TrunkSockets trunk_sockets = TrunkSockets::Connected;  // of the forwarder
  std::string extra{};            // further arguments of offhook-media, separated by blanks
  std::string rtpengine_extra{};  // and of rtpengine
};

[[nodiscard]] std::unique_ptr<Target> start_offhook(const TargetOptions& options);
[[nodiscard]] std::unique_ptr<Target> start_forwarder(const TargetOptions& options, Swarm& swarm);
[[nodiscard]] std::unique_ptr<Target> start_rtpengine(const TargetOptions& options);
// The whole of Offhook, calls by SIP over WebSocket, with the provider stand-in as far end.
[[nodiscard]] std::unique_ptr<Target> start_sip(const TargetOptions& options);
// By name: "offhook", "rtpengine", "forwarder", "sip".
[[nodiscard]] std::unique_ptr<Target> start_target(const std::string& name,
                                                   const TargetOptions& options, Swarm& swarm);

// All the swarm's calls, a few at a time. Ends the program where one fails.
void connect_all(Swarm& swarm, Target& target);
// They talk until then.
void talk_until(Time end, Swarm& swarm, Target& target);

}  // namespace offhook::bench
