#include "app/dial_settings.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

#include "base/limits.hpp"
#include "call/number.hpp"

namespace offhook::app {

namespace {

// Numbers that cost a multiple of others and that nobody calls by the way. What belongs to no
// country: +870 Inmarsat, +878 personal numbers, +881 satellites, +882 and +883 networks of their
// own, +979 premium rate (ITU-T E.164, list of assigned codes). Then countries' premium rates and,
// for +4470, the personal numbers that look like mobile ones.
constexpr std::array<std::string_view, 27> kForbidden{
    "+870",   "+878",   "+881",   "+882",   "+883",   "+979",   "+1900",  "+31900", "+31906",
    "+31909", "+3290",  "+3389",  "+34803", "+34806", "+34807", "+3989",  "+41900", "+41901",
    "+41906", "+43900", "+43930", "+4470",  "+449",   "+4590",  "+46900", "+49900", "+61190"};

}  // namespace

call::DialPolicy default_dial_policy() {
  call::DialPolicy policy;
  policy.user = call::DialRules::open();
  for (const std::string_view prefix : kForbidden) {
    policy.user.forbidden.push_back(call::DialPrefix::parse(prefix).value());
  }
  policy.user.calls_at_once = limits::kCallsPerUser;
  policy.user.calls_a_minute = limits::kCallsAMinute;
  policy.emergency = {"911", "933"};
  return policy;
}

void read_dial_rules(TomlTable& table, call::DialRules& rules) {
  constexpr std::int64_t kMostCalls = 10'000;
  constexpr std::int64_t kMostCallsAMinute = 60'000;
  constexpr std::int64_t kLongest = std::chrono::minutes(limits::kCallLength).count();
  auto longest_min = std::chrono::floor<std::chrono::minutes>(rules.longest_call).count();
  table.texts("allowed", rules.allowed, call::DialPrefix::parse, 0);
  table.texts("forbidden", rules.forbidden, call::DialPrefix::parse, 0);
  table.number("calls_at_once", rules.calls_at_once, 1, kMostCalls);
  table.number("calls_a_minute", rules.calls_a_minute, 1, kMostCallsAMinute);
  table.number("longest_call_min", longest_min, 1, kLongest);
  rules.longest_call = std::chrono::minutes(longest_min);
}

Result<call::NumberPlan> to_number_plan(std::string_view text) {
  if (text == "north_america") return call::NumberPlan::NorthAmerica;
  if (text == "international") return call::NumberPlan::International;
  return failure(R"(expected "north_america" or "international")");
}

Result<std::string> to_dialled(std::string_view text) {
  const auto number = call::normalise_number(text);
  if (number && *number == text) return *number;
  return failure("expected a number as it is dialled, such as \"911\"");
}

}  // namespace offhook::app
