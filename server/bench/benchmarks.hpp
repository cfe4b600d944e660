#pragma once

#include <benchmark/benchmark.h>

namespace offhook::bench {

// All benchmarks that the program has registered, as its arguments choose. False: an argument is
// unknown.
[[nodiscard]] inline bool run_benchmarks(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return false;
  benchmark::RunSpecifiedBenchmarks();
  return true;
}

}  // namespace offhook::bench
