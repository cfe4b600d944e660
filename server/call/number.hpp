#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace offhook::call {

// What a person typed or pasted, as it goes to the trunk and before it to the dial gate. Formatting (spaces, dashes, dots, slashes, brackets) and one leading plus are dropped;
// nothing but [0-9*#] may remain, at least one and at most limits::kDialledDigits of them. nullopt
// otherwise: the number is incomplete (484), never guessed at.
[[nodiscard]] std::optional<std::string> normalise_number(std::string_view typed);

// The user part of a caller's URI as it is shown: a number with its leading plus, or "anonymous"
// where it is none (withheld, a name, something hostile).
[[nodiscard]] std::string caller_number(std::string_view user);

}  // namespace offhook::call
