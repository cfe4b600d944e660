#include "call/trunk_sources.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"

namespace offhook::call {

void TrunkSources::renew(std::vector<IpAddress> addresses, Time now) {
  for (const IpAddress& address : std::exchange(addresses_, std::move(addresses))) {
    std::erase_if(former_, [&](const Former& known) { return known.address == address; });
    former_.push_back({address, now + limits::kCallLength});
  }
  std::erase_if(former_, [&](const Former& known) {
    return known.until <= now || std::ranges::count(addresses_, known.address) > 0;
  });
  if (former_.size() > limits::kTrunkFormerSources) {
    former_.erase(former_.begin(), former_.end() - limits::kTrunkFormerSources);
  }
}

bool TrunkSources::contains(const IpAddress& address) const {
  return std::ranges::count(addresses_, address) > 0 ||
         std::ranges::count(former_, address, &Former::address) > 0;
}

}  // namespace offhook::call
