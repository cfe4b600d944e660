#include "call/drop_report.hpp"

#include <utility>

namespace offhook::call {

std::optional<LogEvent> DropReport::add(const Endpoint& source, Time now) {
  ++count_;
  latest_ = source;
  if (quiet_until_) return std::nullopt;
  quiet_until_ = now + kInterval;
  return report();
}

std::optional<LogEvent> DropReport::handle_timeout(Time now) {
  if (!is_due(quiet_until_, now)) return std::nullopt;
  quiet_until_.reset();
  if (count_ == 0) return std::nullopt;
  quiet_until_ = now + kInterval;
  return report();
}

LogEvent DropReport::report() {
  return {LogEvent::Level::Warning,
          "sip_dropped",
          {{"count", std::to_string(std::exchange(count_, 0))},
           {"reason", "unknown_source"},
           {"latest", latest_.to_string()}}};
}

}  // namespace offhook::call
