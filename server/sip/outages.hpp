#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "sip/target.hpp"

namespace offhook::sip {

// The memory of what is down. A failure takes a target out for 30 s; each one that follows within
// 20 min of the last doubles that, up to 10 min, so that a target which fails whenever it is used
// is tried ever more seldom. 80 to 100 % of it is drawn, so that the gateways which one outage hit
// do not come back at one moment. A server's own wish (Retry-After) lengthens it, up to 1 h.
class Outages {
 public:
  static constexpr Duration kFirst = std::chrono::seconds(30);
  static constexpr Duration kLongest = std::chrono::minutes(10);
  static constexpr Duration kRemembered = std::chrono::minutes(20);
  static constexpr Duration kLongestRetryAfter = std::chrono::hours(1);

  struct Outage {
    Target target;
    std::string reason;  // of the last failure
    Time failed_at;      // the last time
    Time until;          // down until then
    // What the server asked for; never later than `until`.
    std::optional<Time> not_before;
    unsigned failures = 1;
  };

  explicit Outages(Random& random) : random_(random) {}

  // Of what is down already only the reason and the Retry-After are noted: several requests that
  // fail together are one failure.
  void begin(const Target& target, std::string_view reason,
             std::optional<std::chrono::seconds> retry_after, Time now);
  void end(const Target& target, Time now);  // works, or is to be tried again; the count is kept
  [[nodiscard]] bool is_down(const Target& target, Time now) const;
  // The last failure, over or not; nullptr where none is remembered.
  [[nodiscard]] const Outage* find(const Target& target) const;

 private:
  Outage* remembered(const Target& target);
  [[nodiscard]] Duration length(unsigned failures);

  Random& random_;
  std::vector<Outage> outages_;  // at most limits::kSipOutages, the newest last
};

}  // namespace offhook::sip
