#pragma once

#include "call/switchboard.hpp"
#include "http/router.hpp"

namespace offhook::app {

// The reports that signal gives without asking anybody: all but the status, which asks media too.
[[nodiscard]] http::Response report(const http::ReportWanted& wanted,
                                    const call::Switchboard& switchboard);

}  // namespace offhook::app
