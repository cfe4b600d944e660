#pragma once

#include <string_view>

#include "base/result.hpp"
#include "control/control.pb.h"

// Whether a command makes sense by itself: ids, ranges, lengths. What depends on the legs that
// exist is the engine's.
namespace offhook::control {

// 1 to 64 characters of [0-9a-zA-Z-].
[[nodiscard]] bool is_valid_id(std::string_view id);

// Errors name the field and what was expected. For SetRemote this checks what both sides share.
[[nodiscard]] Result<void> validate(const Command& command);

// The rest of a SetRemote, for the side that its leg is on.
[[nodiscard]] Result<void> validate_browser(const SetRemote& remote);
[[nodiscard]] Result<void> validate_trunk(const SetRemote& remote);

}  // namespace offhook::control
