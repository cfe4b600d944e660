#include <benchmark/benchmark.h>

#include "bench/allocations.hpp"
#include "bench/sip_samples.hpp"
#include "sip/message.hpp"

namespace offhook::bench {
namespace {

using Sample = std::string (*)();

// `step` once an iteration, and what it allocates.
void measure(benchmark::State& state, auto step) {
  const std::uint64_t before = allocations();
  for (auto _ : state) benchmark::DoNotOptimize(step());
  const auto per_step = static_cast<double>(allocations() - before);
  state.counters["allocations"] = benchmark::Counter(per_step, benchmark::Counter::kAvgIterations);
}

void materialise(benchmark::State& state, Sample sample) {
  const std::string bytes = sample();
  measure(state, [&] { return sip::parse_message(bytes); });
}

void serialise(benchmark::State& state, Sample sample) {
  const auto message = sip::parse_message(sample()).value();
  measure(state, [&] { return sip::serialize(message); });
}

BENCHMARK_CAPTURE(materialise, sip_js_invite, sip_js_invite);
BENCHMARK_CAPTURE(materialise, chan_sip_invite, chan_sip_invite);
BENCHMARK_CAPTURE(serialise, sip_js_invite, sip_js_invite);
BENCHMARK_CAPTURE(serialise, chan_sip_invite, chan_sip_invite);

}  // namespace
}  // namespace offhook::bench

BENCHMARK_MAIN();
