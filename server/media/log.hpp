#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace offhook::media {

enum class LogLevel : std::uint8_t { Info, Warning, Error };

struct LogField {
  std::string_view name;
  std::string value;
};

// One event, one line: a JSON object with time, level, role "media" and event, then the fields as
// strings. Text from elsewhere cannot break out of its string.
[[nodiscard]] std::string format_log_line(std::string_view utc_time, LogLevel level,
                                          std::string_view event,
                                          std::initializer_list<LogField> fields);

// Writes such a line, with the time of now, to standard error.
void log_event(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

}  // namespace offhook::media
