#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace offhook::call {

// One key that a browser pressed, sent by SIP INFO where its RTP cannot carry it.
struct PressedKey {
  char digit;                          // 0-9 * # A-D
  std::chrono::milliseconds duration;  // 40 to 6000
};

// application/dtmf-relay ("Signal=5\r\nDuration=160") and application/dtmf ("5"); nullopt for
// anything else.
[[nodiscard]] std::optional<PressedKey> read_dtmf_info(std::string_view content_type,
                                                       std::string_view body);

}  // namespace offhook::call
