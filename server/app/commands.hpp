#pragma once

#include "app/command_line.hpp"

// The subcommands; each returns the process's exit status.
namespace offhook::app {

[[nodiscard]] int serve(const ServeCommand& command);
[[nodiscard]] int run_signal(const SignalCommand& command);
[[nodiscard]] int run_provider(const ProviderCommand& command);
[[nodiscard]] int show_status(const StatusCommand& command);
[[nodiscard]] int show_trace(const TraceCommand& command);

}  // namespace offhook::app
