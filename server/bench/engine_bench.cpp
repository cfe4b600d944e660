#include <chrono>
#include <cstdio>

#include <benchmark/benchmark.h>

#include "bench/allocations.hpp"
#include "bench/benchmarks.hpp"
#include "bench/engine_calls.hpp"

namespace offhook::bench {
namespace {

using Traffic = EngineCalls::Traffic;

// As many packets for each number of calls: of one call an hour, of a thousand four seconds.
constexpr benchmark::IterationCount kBatches = 6'000;
// A leg's first packet is an event for signal, its first report makes an SRTP stream, and buffers
// grow to what they need.
constexpr Duration kWarmUp = std::chrono::seconds(8);
// A report or a keep-alive may find a buffer too small; a packet may not.
constexpr double kMaxAllocationsAPacket = 0.001;

bool over_engine_limit = false;

// CPU of the engine alone, for each packet that it relays.
void relay(benchmark::State& state, Traffic traffic) {
  EngineCalls calls(traffic, static_cast<std::size_t>(state.range(0)));
  for (const Time end = calls.now() + kWarmUp; calls.now() < end;) {
    calls.prepare();
    calls.relay();
  }
  const std::uint64_t relayed_before = calls.relayed();
  std::uint64_t allocated = 0;
  for (auto _ : state) {
    calls.prepare();
    const std::uint64_t allocations_before = allocations();
    const auto start = std::chrono::steady_clock::now();
    calls.relay();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    allocated += allocations() - allocations_before;
    state.SetIterationTime(elapsed.count());
  }
  const auto packets = static_cast<double>(EngineCalls::kBatch * kBatches);
  if (static_cast<double>(calls.relayed() - relayed_before) < packets) {
    state.SkipWithError("packets were not relayed");
  }
  using benchmark::Counter;
  state.counters["packet"] = Counter(packets, Counter::kIsRate | Counter::kInvert);
  state.counters["allocations"] = static_cast<double>(allocated) / packets;
  over_engine_limit |= static_cast<double>(allocated) > kMaxAllocationsAPacket * packets;
}

void configure(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("calls")->Arg(1)->Arg(100)->Arg(1'000);
  benchmark->UseManualTime()->Iterations(kBatches)->Unit(benchmark::kMicrosecond);
}

BENCHMARK_CAPTURE(relay, trunk_to_trunk, Traffic::TrunkToTrunk)->Apply(configure);
BENCHMARK_CAPTURE(relay, browser_to_trunk, Traffic::BrowserToTrunk)->Apply(configure);
BENCHMARK_CAPTURE(relay, trunk_to_browser, Traffic::TrunkToBrowser)->Apply(configure);
BENCHMARK_CAPTURE(relay, browser_call, Traffic::BrowserCall)->Apply(configure);

}  // namespace
}  // namespace offhook::bench

int main(int argc, char** argv) {
  if (!offhook::bench::run_benchmarks(argc, argv)) return 1;
  if (!offhook::bench::over_engine_limit) return 0;
  std::fputs("error: the engine allocates for packets\n", stderr);
  return 1;
}
