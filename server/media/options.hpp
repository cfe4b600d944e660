#pragma once

#include <string>
#include <variant>

#include "base/log.hpp"
#include "base/result.hpp"
#include "media/process.hpp"

namespace offhook::media {

struct ShowHelp {};
struct ShowVersion {};
struct RunProcess {
  Process::Config process{};
  LogSettings log{};
};
using Options = std::variant<RunProcess, ShowHelp, ShowVersion>;

[[nodiscard]] const char* help_text();
// The command line, as main() gets it. Errors name the option and what was expected.
[[nodiscard]] Result<Options> parse_options(int argc, char** argv);

}  // namespace offhook::media
