#include "sip/outages.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "sip/message.hpp"

namespace offhook::sip {

void Outages::begin(const Target& target, std::string_view reason,
                    std::optional<std::chrono::seconds> retry_after, Time now) {
  Outage outage{target, safe_text(reason), now, now, std::nullopt, 1};
  if (const Outage* known = find(target)) {
    outage.not_before = known->not_before;
    if (now < known->until) {
      outage.failed_at = known->failed_at;
      outage.until = known->until;
      outage.failures = known->failures;
    } else {
      if (now - known->failed_at <= kRemembered) outage.failures = known->failures + 1;
      outage.until = now + length(outage.failures);
    }
    std::erase_if(outages_, [&](const Outage& other) { return other.target == target; });
  } else {
    outage.until = now + length(outage.failures);
  }
  if (retry_after) outage.not_before = now + std::min<Duration>(*retry_after, kLongestRetryAfter);
  outage.until = std::max(outage.until, outage.not_before.value_or(outage.until));
  outages_.push_back(std::move(outage));
  if (outages_.size() > limits::kSipOutages) outages_.erase(outages_.begin());
}

void Outages::end(const Target& target, Time now) {
  Outage* known = remembered(target);
  if (known == nullptr) return;
  known->until = std::min(known->until, now);
  known->not_before.reset();
}

bool Outages::is_down(const Target& target, Time now) const {
  const Outage* known = find(target);
  return known != nullptr && now < known->until;
}

const Outages::Outage* Outages::find(const Target& target) const {
  const auto found = std::ranges::find(outages_, target, &Outage::target);
  return found == outages_.end() ? nullptr : &*found;
}

Outages::Outage* Outages::remembered(const Target& target) {
  return const_cast<Outage*>(std::as_const(*this).find(target));
}

Duration Outages::length(unsigned failures) {
  constexpr unsigned kDoublings = 5;  // 30 s, 60 s, ... beyond 10 min
  const Duration bound = std::min(kFirst * (1U << std::min(failures - 1, kDoublings)), kLongest);
  constexpr std::int64_t kSteps = 1'000;
  return bound * 8 / 10 +
         bound * 2 / 10 / kSteps * static_cast<std::int64_t>(random_.below(kSteps + 1));
}

}  // namespace offhook::sip
