#include "bench/media_round.hpp"

#include <algorithm>
#include <memory>

#include "bench/media_placement.hpp"
#include "bench/media_target.hpp"
#include "bench/process.hpp"
#include "io/event_loop.hpp"

namespace offhook::bench {
namespace {

using namespace std::chrono_literals;

constexpr Duration kUntilIdle = 300ms;
// What is on the way at the end of the window has arrived by then, or is lost.
constexpr Duration kLastPackets = 500ms;
constexpr std::chrono::nanoseconds kLate = 500us;
constexpr double kDisturbance = 0.03;

Round try_round(const std::string& name, std::size_t calls, std::size_t number,
                const MediaOptions& options) {
  Round round{.target = name, .calls = calls, .number = number};
  Swarm swarm({.slots = calls,
               .suite = name == "forwarder" ? "" : options.suite,
               .idle = options.realtime ? Swarm::Idle::Rest : Swarm::Idle::StayAwake,
               .tick = options.tick});
  for (std::size_t slot = 0; slot < calls; ++slot) (void)swarm.make_call(slot);
  const auto target = start_target(name, options.target, swarm);
  swarm.run_until(io::now() + kUntilIdle);
  round.idle_kb = target->process().anonymous_kb();
  const Time began = io::now();
  connect_all(swarm, *target);
  round.setup = std::chrono::duration_cast<std::chrono::milliseconds>(io::now() - began);
  swarm.start_talking();
  talk_until(io::now() + options.warm_up, swarm, *target);

  const std::uint64_t errors = receive_buffer_errors();
  const auto cpu = target->process().cpu_time();
  const auto busy = busy_time(kTargetCpu);
  const Time opened = io::now();
  swarm.open_window();
  talk_until(opened + options.window, swarm, *target);
  swarm.close_window();
  const std::chrono::duration<double> took = io::now() - opened;
  const std::chrono::duration<double, std::micro> used = target->process().cpu_time() - cpu;
  const std::chrono::duration<double, std::micro> all = busy_time(kTargetCpu) - busy;
  talk_until(io::now() + kLastPackets, swarm, *target);

  round.figures = swarm.take_figures();
  round.receive_buffer_errors = receive_buffer_errors() - errors;
  round.cpu_us_per_packet = used.count() / static_cast<double>(round.figures.streams.sent);
  round.cpu_share = used.count() / 1e6 / took.count();
  round.others_share = std::max(0.0, (all - used).count() / 1e6 / took.count());
  round.kb_per_call = static_cast<double>(target->process().anonymous_kb() - round.idle_kb) /
                      static_cast<double>(calls);
  round.counts_kernel_threads = target->process().counts_kernel_threads();
  return round;
}

}  // namespace

bool Round::load_was_late() const { return figures.lateness.percentile(99) > kLate; }

bool Round::was_disturbed() const { return others_share > kDisturbance; }

bool Round::clean() const {
  return figures.streams.lost == 0 && figures.streams.duplicates == 0 &&
         figures.streams.strangers == 0 && figures.refused == 0 && receive_buffer_errors == 0;
}

Round run_round(const std::string& name, std::size_t calls, std::size_t number,
                const MediaOptions& options) {
  Round round = try_round(name, calls, number, options);
  for (std::size_t i = 0; i < options.retries && round.was_disturbed(); ++i) {
    round = try_round(name, calls, number, options);
  }
  return round;
}

}  // namespace offhook::bench
