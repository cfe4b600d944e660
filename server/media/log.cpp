#include "media/log.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>

#include <unistd.h>

namespace offhook::media {
namespace {

void append_string(std::string& line, std::string_view text) {
  line.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line.push_back('\\');
      line.push_back(c);
    } else if (byte < 0x20 || byte == 0x7f) {
      std::array<char, 8> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\u%04x", unsigned{byte});
      line += escaped.data();
    } else {
      line.push_back(c);
    }
  }
  line.push_back('"');
}

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::Info:
      return "info";
    case LogLevel::Warning:
      return "warning";
    case LogLevel::Error:
      break;
  }
  return "error";
}

// ISO 8601 with milliseconds.
std::string utc_now() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  tm parts{};
  ::gmtime_r(&now.tv_sec, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 8> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%03dZ",
                static_cast<int>(now.tv_nsec / 1'000'000));
  return std::string(text.data()) + fraction.data();
}

}  // namespace

std::string format_log_line(std::string_view utc_time, LogLevel level, std::string_view event,
                            std::initializer_list<LogField> fields) {
  std::string line = "{\"time\":";
  append_string(line, utc_time);
  line += ",\"level\":";
  append_string(line, to_string(level));
  line += ",\"role\":\"media\",\"event\":";
  append_string(line, event);
  for (const LogField& field : fields) {
    line.push_back(',');
    append_string(line, field.name);
    line.push_back(':');
    append_string(line, field.value);
  }
  return line + "}\n";
}

void log_event(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  const std::string line = format_log_line(utc_now(), level, event, fields);
  // One write a line, so that lines of several processes do not mix. Nobody could be told of a
  // failure.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace offhook::media
