#include "call/dial_rules.hpp"

#include <algorithm>

namespace offhook::call {
namespace {

constexpr std::string_view kDecimal = "0123456789";
constexpr std::string_view kStarAndHash = "*#";

// Numbers up to this length never leave the provider, or only for its own town. Where no access
// code is dialled, Niue has as few as seven digits.
constexpr std::size_t short_digits(NumberPlan plan) {
  return plan == NumberPlan::NorthAmerica ? 7 : 6;
}

// "*67", "#31#", "*225": two digits, or three where the first is a 2 or a 3, as North America's
// vertical service codes are. What follows is left in `number`.
std::string take_star_code(std::string_view& number) {
  constexpr std::size_t kMostMarks = 2;
  const std::string_view whole = number;
  const auto take_marks = [&](std::string_view marks, std::size_t most) {
    number.remove_prefix(std::min({number.find_first_not_of(marks), number.size(), most}));
  };
  take_marks(kStarAndHash, kMostMarks);
  const std::size_t length = number.starts_with('2') || number.starts_with('3') ? 3 : 2;
  take_marks(kDecimal, length);
  take_marks("#", 1);
  return std::string(whole.substr(0, whole.size() - number.size()));
}

// Digits only, longer than a short number. "" where nobody can say where it leads.
std::string public_number(std::string_view digits, NumberPlan plan) {
  constexpr std::size_t kNorthAmerican = 10;
  bool is_international = plan == NumberPlan::International;
  if (digits.starts_with('0')) {  // or an operator's 0, or 01 for an operator abroad
    const std::size_t access = digits.starts_with("011")                              ? 3
                               : digits.starts_with("00") || digits.starts_with("01") ? 2
                                                                                      : 1;
    is_international = is_international || access > 1;
    digits.remove_prefix(access);
  }
  std::string number = "+";
  if (!is_international && digits.size() == kNorthAmerican && !digits.starts_with('1')) {
    number += '1';
  }
  number += digits;
  // No country code begins with 0, and no area code with 0 or 1: "1010288..." goes through another
  // carrier, anywhere.
  const bool is_north_american = number.starts_with("+1");
  if (number.starts_with("+0") || (is_north_american && number[2] < '2')) return {};
  return number;
}

}  // namespace

std::vector<std::string> destinations_of(std::string_view number, NumberPlan plan) {
  const std::string whole(number);
  std::vector<std::string> destinations;
  if (kStarAndHash.contains(number.front())) destinations.push_back(take_star_code(number));
  if (number.ends_with('#')) number.remove_suffix(1);  // "that was all", from old telephones
  const auto digits = std::ranges::count_if(whole, [](char c) { return kDecimal.contains(c); });
  if (number.find_first_of(kStarAndHash) != std::string_view::npos) {
    if (static_cast<std::size_t>(digits) > short_digits(plan)) return {};
    return {whole};
  }
  if (number.size() <= short_digits(plan)) return {whole};
  std::string destination = public_number(number, plan);
  if (destination.empty()) return {};
  destinations.push_back(std::move(destination));
  return destinations;
}

Result<DialPrefix> DialPrefix::parse(std::string_view text) {
  DialPrefix prefix;
  prefix.public_ = text.starts_with('+');
  const std::string_view digits = prefix.public_ ? text.substr(1) : text;
  const bool is_dialled =
      digits.find_first_not_of("0123456789*#") == std::string_view::npos && !text.empty();
  const bool is_public =
      digits.find_first_not_of(kDecimal) == std::string_view::npos && !digits.starts_with('0');
  if (text == "short") return prefix;
  if (!is_dialled || (prefix.public_ && !is_public) || digits.size() > limits::kDialledDigits) {
    return failure(
        "expected the beginning of numbers with their country code, such as \"+44\" (\"+\" is all "
        "of them), of short ones, such as \"*97\", or \"short\" for all of those");
  }
  if (!prefix.public_ && digits.size() > short_digits(NumberPlan::NorthAmerica)) {
    return failure("expected \"+\" and a country code in front of a number of this length");
  }
  prefix.digits_ = digits;
  return prefix;
}

std::optional<std::size_t> DialPrefix::match(std::string_view destination) const {
  const bool is_public = destination.starts_with('+');
  if (is_public) destination.remove_prefix(1);
  if (is_public != public_ || !destination.starts_with(digits_)) return std::nullopt;
  return digits_.size();
}

DialRules DialRules::open() {
  DialRules rules;
  rules.allowed = {*DialPrefix::parse("+"), *DialPrefix::parse("short")};
  rules.calls_at_once.reset();
  rules.calls_a_minute.reset();
  return rules;
}

bool DialRules::allows(std::string_view destination) const {
  const auto longest = [&](const std::vector<DialPrefix>& prefixes) {
    std::optional<std::size_t> best;
    for (const DialPrefix& prefix : prefixes) best = std::max(best, prefix.match(destination));
    return best;
  };
  return longest(allowed) > longest(forbidden);  // nullopt is less than any length
}

}  // namespace offhook::call
