#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/log.hpp"

namespace spdlog {
class logger;
}

namespace offhook::app {

// One event, one line on standard error: a JSON object, or text for people on a terminal. What
// stands in a field cannot break out of its line.
class Log {
 public:
  // `role` is the process: "serve", "signal", "media", "provider".
  Log(std::string role, const LogSettings& settings);

  void write(LogLevel level, std::string_view event, const LogFields& fields = {});

 private:
  std::string role_;
  bool as_json_;
  std::shared_ptr<spdlog::logger> logger_;
};

// The part of a line behind time and level.
[[nodiscard]] std::string format_json(std::string_view role, std::string_view event,
                                      const LogFields& fields);
[[nodiscard]] std::string format_text(std::string_view role, std::string_view event,
                                      const LogFields& fields);

}  // namespace offhook::app
