#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace offhook::bench {

struct SignalOptions {
  std::optional<double> rate{};  // calls a second; nullopt: from 50, twice as many each time
  std::chrono::seconds length{15};
  std::chrono::milliseconds hold{100};  // from the answer to the BYE
  bool without_dtls = true;             // rounds in which browsers do ICE only
  bool with_dtls = true;                // and such that do DTLS, too
  bool reference = false;
  std::string json{};
};

// Ends the program with a sentence about what is wrong, or after --help.
[[nodiscard]] SignalOptions parse_signal_options(const std::vector<std::string>& words);

}  // namespace offhook::bench
