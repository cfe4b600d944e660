#include "base/log.hpp"

#include <cstddef>

namespace offhook {

Result<LogLevel> parse_log_level(std::string_view text) {
  for (const LogLevel level :
       {LogLevel::Debug, LogLevel::Info, LogLevel::Warning, LogLevel::Error}) {
    if (to_string(level) == text) return level;
  }
  return failure("expected \"debug\", \"info\", \"warning\" or \"error\"");
}

std::string_view to_string(LogLevel level) {
  constexpr std::string_view kNames[] = {"debug", "info", "warning", "error"};
  return kNames[static_cast<std::size_t>(level)];
}

Result<LogFormat> parse_log_format(std::string_view text) {
  for (const LogFormat format : {LogFormat::Auto, LogFormat::Text, LogFormat::Json}) {
    if (to_string(format) == text) return format;
  }
  return failure("expected \"auto\", \"text\" or \"json\"");
}

std::string_view to_string(LogFormat format) {
  constexpr std::string_view kNames[] = {"auto", "text", "json"};
  return kNames[static_cast<std::size_t>(format)];
}

}  // namespace offhook
