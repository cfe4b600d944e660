#include <chrono>
#include <cstdio>
#include <fstream>
#include <thread>

#include <unistd.h>

#include "bench/media_forwarder.hpp"
#include "bench/media_target.hpp"
#include "bench/process.hpp"
#include "io/event_loop.hpp"

namespace offhook::bench {
namespace {

using namespace std::chrono_literals;

const IpAddress kLocal = *IpAddress::parse("127.0.0.1");
constexpr std::uint16_t kBrowserPort = 9'000;
constexpr std::uint16_t kFirstTrunkPort = 10'000;

std::string configuration_path() {
  return "/tmp/offhook-bench-" + std::to_string(::getpid()) + ".forwarder";
}

std::vector<std::string> configure(const TargetOptions& options, Swarm& swarm) {
  ForwarderConfig config{.browser_port = kBrowserPort,
                         .first_trunk_port = kFirstTrunkPort,
                         .trunk_sockets = options.trunk_sockets};
  for (std::size_t slot = 0; slot < swarm.slots(); ++slot) {
    config.browsers.push_back(swarm.call(slot)->browser_socket().local().port);
    config.far_ends.push_back(swarm.call(slot)->far_socket().local().port);
  }
  std::ofstream(configuration_path()) << config;
  return {options.self, "forward", configuration_path()};
}

class ForwarderTarget final : public Target {
 public:
  ForwarderTarget(const TargetOptions& options, Swarm& swarm)
      : one_trunk_socket_(options.trunk_sockets == TrunkSockets::One),
        process_(configure(options, swarm)) {
    const std::size_t sockets = one_trunk_socket_ ? 1 : 2 * swarm.slots();
    const auto last = static_cast<std::uint16_t>(kFirstTrunkPort + sockets - 1);
    const Time patience = io::now() + 5s;
    while (!has_udp_port(last)) {
      if (io::now() > patience) give_up("the forwarder does not start");
      std::this_thread::sleep_for(10ms);
    }
    std::this_thread::sleep_for(100ms);  // it still makes its tables
  }
  ~ForwarderTarget() override { std::remove(configuration_path().c_str()); }

  // The slots are filled in the order of the calls' numbers.
  void connect(MediaCall& call, const Swarm&) override {
    const std::uint32_t socket = one_trunk_socket_ ? 0 : 2 * call.number();
    call.connect({kLocal, kBrowserPort},
                 {kLocal, static_cast<std::uint16_t>(kFirstTrunkPort + socket)});
  }
  void release(const MediaCall&) override {}
  void keep_alive(Time) override {}
  [[nodiscard]] const MeasuredProcess& process() const override { return process_; }

 private:
  bool one_trunk_socket_;
  MeasuredProcess process_;
};

}  // namespace

std::unique_ptr<Target> start_forwarder(const TargetOptions& options, Swarm& swarm) {
  return std::make_unique<ForwarderTarget>(options, swarm);
}

}  // namespace offhook::bench
