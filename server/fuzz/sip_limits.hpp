#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "base/limits.hpp"

namespace offhook::fuzz {

// Whether a message that we wrote is one that we would read. Writing makes messages longer (names
// in full, escapes, one line an element), so one that was read close to the limits may come out
// over them.
[[nodiscard]] inline bool within_sip_limits(std::string_view message) {
  if (message.size() > limits::kSipMessageBytes) return false;
  std::size_t lines = 0;
  for (std::string_view rest = message; !rest.empty() && !rest.starts_with("\r\n"); ++lines) {
    const std::size_t end = std::min(rest.find("\r\n"), rest.size());
    if (end > limits::kSipHeaderLineBytes) return false;
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  return lines <= limits::kSipHeaderLines;  // the start line is one of them
}

}  // namespace offhook::fuzz
