#include "app/wall_clock.hpp"

#include <cstdio>
#include <ctime>

namespace offhook::app {

std::string WallClock::text(Time time) const {
  using std::chrono::milliseconds;
  const auto since_1970 =
      std::chrono::floor<milliseconds>(wall.time_since_epoch() - (now - time)).count();
  const auto seconds = static_cast<std::time_t>(since_1970 / 1'000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char date[32];
  const std::size_t length = std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
  char fraction[8];
  std::snprintf(fraction, sizeof fraction, ".%03dZ", static_cast<int>(since_1970 % 1'000));
  return std::string(date, length) + fraction;
}

}  // namespace offhook::app
