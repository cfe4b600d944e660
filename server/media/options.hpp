#pragma once

#include <string>
#include <variant>

#include "base/result.hpp"
#include "media/worker.hpp"

namespace offhook::media {

struct ShowHelp {};
struct ShowVersion {};
using Options = std::variant<Worker::Config, ShowHelp, ShowVersion>;

[[nodiscard]] const char* help_text();
// The command line, as main() gets it. Errors name the option and what was expected.
[[nodiscard]] Result<Options> parse_options(int argc, char** argv);

}  // namespace offhook::media
