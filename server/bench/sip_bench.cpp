#include <cstdio>

#include <benchmark/benchmark.h>

#include "bench/allocations.hpp"
#include "bench/benchmarks.hpp"
#include "bench/sip_samples.hpp"
#include "sip/message_view.hpp"

namespace offhook::bench {
namespace {

using Sample = std::string (*)();

// Of the message itself: one block, in which it is read.
constexpr double kViewAllocations = 1;
// The view's, and one for each list and each text that a string cannot hold inside itself.
constexpr double kMaterialisedAllocations = 25;
constexpr double kSerializedAllocations = 1;

bool over_limit = false;

// `step` once an iteration, and what it allocates; more than `limit` makes the program fail.
void measure(benchmark::State& state, double limit, auto step) {
  const std::uint64_t before = allocations();
  for (auto _ : state) benchmark::DoNotOptimize(step());
  const auto total = static_cast<double>(allocations() - before);
  state.counters["allocations"] = benchmark::Counter(total, benchmark::Counter::kAvgIterations);
  over_limit |= total > limit * static_cast<double>(state.iterations());
}

void view(benchmark::State& state, Sample sample) {
  const std::string bytes = sample();
  measure(state, kViewAllocations, [&] { return sip::MessageView::parse(bytes); });
}

void materialise(benchmark::State& state, Sample sample) {
  const std::string bytes = sample();
  measure(state, kMaterialisedAllocations, [&] { return sip::parse_message(bytes); });
}

void serialise(benchmark::State& state, Sample sample) {
  const auto message = sip::parse_message(sample()).value();
  measure(state, kSerializedAllocations, [&] { return sip::serialize(message); });
}

BENCHMARK_CAPTURE(view, sip_js_invite, sip_js_invite);
BENCHMARK_CAPTURE(view, chan_sip_invite, chan_sip_invite);
BENCHMARK_CAPTURE(materialise, sip_js_invite, sip_js_invite);
BENCHMARK_CAPTURE(materialise, chan_sip_invite, chan_sip_invite);
BENCHMARK_CAPTURE(serialise, sip_js_invite, sip_js_invite);
BENCHMARK_CAPTURE(serialise, chan_sip_invite, chan_sip_invite);

}  // namespace
}  // namespace offhook::bench

int main(int argc, char** argv) {
  if (!offhook::bench::run_benchmarks(argc, argv)) return 1;
  if (!offhook::bench::over_limit) return 0;
  std::fputs("error: more allocations than there may be\n", stderr);
  return 1;
}
