#pragma once

#include "base/log.hpp"
#include "call/switchboard.hpp"

namespace offhook::app {

// A call that is over as a line of the log: who and how long, and for each leg that talked
// ("browser_...", "trunk_...") what media counted and how it sounded. What is unknown is left out.
[[nodiscard]] LogFields record_fields(const call::CallEnded& call);

}  // namespace offhook::app
