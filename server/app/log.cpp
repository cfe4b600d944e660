#include "app/log.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include "base/bytes.hpp"
#include "base/utf8.hpp"

namespace offhook::app {

namespace {

// Of one well-formed character of at most three bytes (RFC 3629 3).
unsigned code_point(std::string_view character) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(character[at]); };
  if (character.size() == 1) return byte(0);
  if (character.size() == 2) return (byte(0) & 0x1fU) << 6U | (byte(1) & 0x3fU);
  return (byte(0) & 0x0fU) << 12U | (byte(1) & 0x3fU) << 6U | (byte(2) & 0x3fU);
}

// JSON leaves alone what is no control character to it, but is to a terminal or to a reader.
std::string json_string(std::string_view text) {
  const std::string json = boost::json::serialize(boost::json::string(well_formed_utf8(text)));
  std::string out;
  for (std::string_view rest = json; !rest.empty();) {
    const std::size_t length = acting_character_length(rest);
    if (length == 0) {
      out += rest.front();
      rest.remove_prefix(1);
      continue;
    }
    out += fmt::format("\\u{:04x}", code_point(rest.substr(0, length)));
    rest.remove_prefix(length);
  }
  return out;
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
