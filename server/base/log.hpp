#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace offhook {

enum class LogLevel : std::uint8_t { Debug, Info, Warning, Error };
enum class LogFormat : std::uint8_t { Auto, Text, Json };  // Auto: Text on a terminal

// As configurations and command lines write them; errors say what was expected.
[[nodiscard]] Result<LogLevel> parse_log_level(std::string_view text);
[[nodiscard]] Result<LogFormat> parse_log_format(std::string_view text);

[[nodiscard]] std::string_view to_string(LogLevel level);
[[nodiscard]] std::string_view to_string(LogFormat format);

struct LogSettings {
  LogLevel level = LogLevel::Info;
  LogFormat format = LogFormat::Auto;
};

// Names and values, in the order in which they are written. A value may hold anything.
using LogFields = std::vector<std::pair<std::string, std::string>>;
// Where what has something to log leaves it; the process decides what becomes of it.
using LogSink =
    std::function<void(LogLevel level, std::string_view event, const LogFields& fields)>;

}  // namespace offhook
