#pragma once

namespace offhook::app {

// A process ends with this status where no restart can help: wrong configuration, wrong usage.
inline constexpr int kExitMisconfigured = 78;  // EX_CONFIG

}  // namespace offhook::app
