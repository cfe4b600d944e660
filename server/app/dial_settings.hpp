#pragma once

#include <string>
#include <string_view>

#include "app/toml_table.hpp"
#include "base/result.hpp"
#include "call/dial_rules.hpp"

// Who may call what: [dial], and the keys of the same names in [[trunk]].
namespace offhook::app {

// What applies without configuration: everything but what costs much wherever one is (satellites,
// premium rates), so that the calls of every day work and what fraud lives on does not.
[[nodiscard]] call::DialPolicy default_dial_policy();

// Prefixes and limits; what is absent leaves `rules` as they are.
void read_dial_rules(TomlTable& table, call::DialRules& rules);
[[nodiscard]] Result<call::NumberPlan> to_number_plan(std::string_view text);
// A number exactly as it is dialled.
[[nodiscard]] Result<std::string> to_dialled(std::string_view text);

}  // namespace offhook::app
