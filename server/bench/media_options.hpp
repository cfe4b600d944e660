#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "bench/media_target.hpp"

namespace offhook::bench {

struct MediaOptions {
  std::vector<std::size_t> calls{100, 300, 600, 1'000};
  std::vector<std::string> targets{"forwarder", "rtpengine", "offhook"};
  std::size_t rounds = 3;
  std::chrono::milliseconds warm_up{2'000};
  std::chrono::milliseconds window{10'000};
  std::chrono::microseconds tick{};             // see Swarm::Config
  std::string suite = "SRTP_AEAD_AES_128_GCM";  // in OpenSSL's words
  // Load and targets before all else that the machine does; false where it does nothing else, or
  // does not let us.
  bool realtime = true;
  std::size_t retries = 0;  // of a round in which somebody else used the target's CPU
  std::string json;         // a file; empty: none
  TargetOptions target;
};

[[nodiscard]] const char* media_help();
// Ends the program where the words make no sense.
[[nodiscard]] MediaOptions parse_media_options(const std::vector<std::string>& words);

}  // namespace offhook::bench
