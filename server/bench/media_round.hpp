#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "bench/media_options.hpp"
#include "bench/media_swarm.hpp"

namespace offhook::bench {

// What one target did with so many calls for some seconds.
struct Round {
  std::string target;
  std::size_t calls = 0;
  std::size_t number = 0;  // 1, 2, ...
  double cpu_us_per_packet = 0;
  double cpu_share = 0;     // of one core: 0 to 1
  double others_share = 0;  // of the targets' CPU, that somebody else used meanwhile
  Swarm::Figures figures{};
  std::uint64_t receive_buffer_errors = 0;
  std::size_t idle_kb = 0;  // RssAnon before the first call
  double kb_per_call = 0;   // of RssAnon, at the end
  std::chrono::milliseconds setup{};
  bool counts_kernel_threads = false;

  // The load itself did not keep its times: CPU still holds, the highest latencies do not.
  [[nodiscard]] bool load_was_late() const;
  // Somebody else worked on the target's CPU, and filled its caches: CPU does not hold either.
  [[nodiscard]] bool was_disturbed() const;
  [[nodiscard]] bool clean() const;
};

[[nodiscard]] Round run_round(const std::string& target, std::size_t calls, std::size_t number,
                              const MediaOptions& options);

}  // namespace offhook::bench
