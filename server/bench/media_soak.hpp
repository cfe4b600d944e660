#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>

#include "bench/media_target.hpp"

namespace offhook::bench {

struct SoakOptions {
  std::chrono::seconds length{3'600};
  std::size_t calls = 200;
  std::filesystem::path directory;  // for soak.csv and soak.svg
  std::string suite = "SRTP_AEAD_AES_128_GCM";
  TargetOptions target;
};

// What offhook-media had in hand some seconds after the last time.
struct SoakSample {
  double at_s = 0;
  std::size_t rss_anon_kb = 0;
  std::size_t legs = 0;
  double cpu_us_per_packet = 0;
  double latency_p50_us = 0;
  double latency_p99_us = 0;
  double load_lateness_p99_us = 0;
  std::uint64_t packets = 0;  // sent to it
  std::uint64_t lost = 0;     // since the start, as the three below
  std::uint64_t duplicates = 0;
  std::uint64_t slips = 0;
  std::uint64_t calls_ended = 0;
};

// The same number of calls for a long time, one of them ended and replaced each second. Returns the
// program's status: 1 where anything was lost, slipped or was given to somebody else, where legs
// stay behind, or where memory grows.
[[nodiscard]] int soak(const SoakOptions& options);

}  // namespace offhook::bench
