#include "call/number.hpp"

#include "base/limits.hpp"

namespace offhook::call {
namespace {

constexpr std::string_view kDigits = "0123456789*#";
constexpr std::string_view kFormatting = " \t-./()[]";
// U+00A0, which formatters put between groups, as UTF-8.
constexpr std::string_view kNoBreakSpace = "\xC2\xA0";

}  // namespace

std::optional<std::string> normalise_number(std::string_view typed) {
  std::string digits;
  bool plus = false;
  while (!typed.empty()) {
    const char c = typed.front();
    if (typed.starts_with(kNoBreakSpace)) {
      typed.remove_prefix(kNoBreakSpace.size());
      continue;
    }
    typed.remove_prefix(1);
    if (kFormatting.contains(c)) continue;
    if (c == '+' && digits.empty() && !plus) {
      plus = true;
      continue;
    }
    if (!kDigits.contains(c) || digits.size() == limits::kDialledDigits) return std::nullopt;
    digits.push_back(c);
  }
  if (digits.empty()) return std::nullopt;
  return digits;
}

std::string caller_number(std::string_view user) {
  const auto digits = normalise_number(user);
  if (!digits) return "anonymous";
  return user.starts_with('+') ? "+" + *digits : *digits;
}

}  // namespace offhook::call
