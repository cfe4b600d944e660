#include "call/dtmf_info.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

#include "base/text.hpp"

namespace offhook::call {
namespace {

using std::chrono::milliseconds;

// What browsers' own RTCDTMFSender uses, and its bounds.
constexpr milliseconds kUsual{100};
constexpr milliseconds kShortest{40};
constexpr milliseconds kLongest{6'000};

std::optional<char> read_digit(std::string_view text) {
  if (text.size() != 1) return std::nullopt;
  const char c =
      text[0] >= 'a' && text[0] <= 'd' ? static_cast<char>(text[0] - 'a' + 'A') : text[0];
  if (!std::string_view("0123456789*#ABCD").contains(c)) return std::nullopt;
  return c;
}

std::optional<PressedKey> read_relay(std::string_view body) {
  std::optional<char> digit;
  milliseconds duration = kUsual;
  while (!body.empty()) {
    std::string_view value = take_until(body, '\n');
    const std::string_view name = trim(take_until(value, '='));
    if (equals_ignoring_case(name, "Signal")) digit = read_digit(trim(value));
    if (equals_ignoring_case(name, "Duration")) {
      const auto number = parse_decimal<std::uint16_t>(trim(value));
      if (number) duration = std::clamp(milliseconds(*number), kShortest, kLongest);
    }
  }
  if (!digit) return std::nullopt;
  return PressedKey{*digit, duration};
}

}  // namespace

std::optional<PressedKey> read_dtmf_info(std::string_view content_type, std::string_view body) {
  const std::string_view type = trim(take_until(content_type, ';'));
  if (equals_ignoring_case(type, "application/dtmf-relay")) return read_relay(body);
  if (!equals_ignoring_case(type, "application/dtmf")) return std::nullopt;
  const auto digit = read_digit(trim(body));
  if (!digit) return std::nullopt;
  return PressedKey{*digit, kUsual};
}

}  // namespace offhook::call
