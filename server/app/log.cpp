#include "app/log.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include "base/bytes.hpp"
#include "base/utf8.hpp"

namespace offhook::app {

namespace {

std::string json_string(std::string_view text) {
  std::string json = boost::json::serialize(boost::json::string(well_formed_utf8(text)));
  // DEL is no control character to JSON, but it is to a terminal.
  for (std::size_t at = 0; (at = json.find('\x7f', at)) != std::string::npos;) {
    json.replace(at, 1, "\\u007f");
  }
  return json;
}

// As it is where that cannot be misread, else as JSON would write it: without control characters (a
// terminal obeys some), and with its ends visible.
std::string readable(std::string_view text) {
  const std::string safe = json_string(text);
  const bool is_plain = !text.empty() && safe.size() == text.size() + 2 &&
                        text.find_first_of(" =") == std::string_view::npos;
  return is_plain ? std::string(text) : safe;
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return spdlog::level::debug;
    case LogLevel::Info:
      return spdlog::level::info;
    case LogLevel::Warning:
      return spdlog::level::warn;
    case LogLevel::Error:
      break;
  }
  return spdlog::level::err;
}

}  // namespace

Log::Log(std::string role, const LogSettings& settings)
    : role_(std::move(role)),
      as_json_(settings.format == LogFormat::Json ||
               (settings.format == LogFormat::Auto && ::isatty(STDERR_FILENO) == 0)),
      logger_(std::make_shared<spdlog::logger>(role_,
                                               std::make_shared<spdlog::sinks::stderr_sink_st>())) {
  logger_->set_level(to_spdlog(settings.level));
  logger_->flush_on(spdlog::level::trace);
  const char* pattern =
      as_json_ ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})" : "%H:%M:%S.%e %-7l %v";
  const auto zone = as_json_ ? spdlog::pattern_time_type::utc : spdlog::pattern_time_type::local;
  logger_->set_formatter(std::make_unique<spdlog::pattern_formatter>(pattern, zone));
}

void Log::write(LogLevel level, std::string_view event, const LogFields& fields) {
  const auto spdlog_level = to_spdlog(level);
  if (!logger_->should_log(spdlog_level)) return;
  const std::string line =
      as_json_ ? format_json(role_, event, fields) : format_text(role_, event, fields);
  logger_->log(spdlog_level, spdlog::string_view_t(line.data(), line.size()));
}

std::string format_json(std::string_view role, std::string_view event, const LogFields& fields) {
  std::string line = "\"role\":" + json_string(role) + ",\"event\":" + json_string(event);
  for (const auto& [name, value] : fields)
    line += "," + json_string(name) + ":" + json_string(value);
  return line;
}

std::string format_text(std::string_view role, std::string_view event, const LogFields& fields) {
  constexpr std::size_t kRoleWidth = 8;
  std::string line(role);
  line.resize(std::max(line.size(), kRoleWidth), ' ');
  line += " " + std::string(event);
  for (const auto& [name, value] : fields) line += " " + name + "=" + readable(value);
  return line;
}

}  // namespace offhook::app
