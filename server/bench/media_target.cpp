#include "bench/media_target.hpp"

#include <algorithm>
#include <chrono>

#include "bench/process.hpp"
#include "io/event_loop.hpp"

namespace offhook::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kHandshakesAtOnce = 8;
constexpr Duration kSetupPatience = 60s;
constexpr Duration kTurn = 5ms;

}  // namespace

std::unique_ptr<Target> start_target(const std::string& name, const TargetOptions& options,
                                     Swarm& swarm) {
  if (name == "offhook") return start_offhook(options);
  if (name == "rtpengine") return start_rtpengine(options);
  if (name == "sip") return start_sip(options);
  return start_forwarder(options, swarm);
}

void connect_all(Swarm& swarm, Target& target) {
  const Time patience = io::now() + kSetupPatience;
  std::size_t begun = 0;
  std::size_t done = 0;
  while (done < swarm.slots()) {
    if (begun < swarm.slots() && begun - done < kHandshakesAtOnce) {
      target.connect(*swarm.call(begun), swarm);
      ++begun;
    }
    swarm.step(io::now() + kTurn);
    target.keep_alive(io::now());
    while (done < begun && swarm.call(done)->connected()) ++done;
    if (done < begun && !swarm.call(done)->failure().empty()) {
      give_up("a call failed: " + swarm.call(done)->failure());
    }
    if (io::now() > patience) {
      give_up("only " + std::to_string(done) + " calls were connected in time");
    }
  }
}

void talk_until(Time end, Swarm& swarm, Target& target) {
  while (io::now() < end) {
    swarm.run_until(std::min(end, io::now() + 100ms));
    target.keep_alive(io::now());
  }
}

}  // namespace offhook::bench
