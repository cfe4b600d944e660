#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

// Who may call what, how often and how long, as configured; call/dial_gate.hpp acts on it.
namespace offhook::call {

// How a provider reads digits that have neither 011 nor 00 in front.
enum class NumberPlan : std::uint8_t {
  NorthAmerica,   // ten digits, or eleven with a 1: the United States, Canada and their neighbours
  International,  // country code first
};

// What a number (as normalise_number() leaves it) leads to at a provider: "+" and country code for
// whom the telephone network reaches, else the short number itself (voicemail, an extension, a star
// code). A star code before a number gives two: "*67 212 555 0100" leads to "*67" and to
// "+12125550100". Empty where the number cannot be read, so that nobody knows where it leads.
[[nodiscard]] std::vector<std::string> destinations_of(std::string_view number, NumberPlan plan);

// The beginning of destinations: "+44" all of a country, "+" all of the telephone network, "*97" or
// "4443" the short numbers that begin so, "short" all of those.
class DialPrefix {
 public:
  // The error says what was expected.
  [[nodiscard]] static Result<DialPrefix> parse(std::string_view text);

  // In digits; nullopt: it is no beginning of this one.
  [[nodiscard]] std::optional<std::size_t> match(std::string_view destination) const;
  bool operator==(const DialPrefix&) const = default;

 private:
  bool public_ = true;  // of numbers with "+", else of short ones
  std::string digits_;
};

// Of a user or of a trunk. As it is made, nobody may call anything.
struct DialRules {
  // The longest prefix that fits decides; where two are equally long, the forbidden one. Where none
  // fits, the call is forbidden.
  std::vector<DialPrefix> allowed;
  std::vector<DialPrefix> forbidden;
  std::optional<std::size_t> calls_at_once{0};   // in both directions; nullopt: no limit
  std::optional<std::size_t> calls_a_minute{0};  // begun by us, in any minute; nullopt: no limit
  Duration longest_call = limits::kCallLength;   // from the answer; no longer than kCallLength

  // Everything, without limit: of a trunk that sets none of its own.
  [[nodiscard]] static DialRules open();
  [[nodiscard]] bool allows(std::string_view destination) const;
};

struct DialPolicy {
  DialRules user;                      // of each
  std::vector<std::string> emergency;  // as dialled: they pass every rule and every limit
  std::size_t max_calls = 1'000;       // of all users at once
};

}  // namespace offhook::call
