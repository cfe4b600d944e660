#include "app/trunk_locator.hpp"

#include <algorithm>

namespace offhook::app {

bool TrunkLocator::take_lookup(Time now) {
  if (!is_due(next_, now)) return false;
  next_.reset();
  looked_up_ = now;
  return true;
}

Result<IpAddress> TrunkLocator::handle(const Result<std::vector<IpAddress>>& addresses, Time now) {
  const auto fail = [&](std::string reason) {
    next_ = now + retry_.next();
    return failure(std::move(reason));
  };
  if (!addresses) return fail(addresses.error().message);
  if (!address_ || std::ranges::find(*addresses, *address_) == addresses->end()) {
    const auto found = std::ranges::find(*addresses, v6_, &IpAddress::is_v6);
    if (found == addresses->end()) {
      return fail(std::string("it has no ") + (v6_ ? "IPv6" : "IPv4") + " address");
    }
    address_ = *found;
  }
  retry_.reset();
  next_ = now + kRefresh;
  return *address_;
}

void TrunkLocator::handle_unreachable(Time now) {
  if (!next_ || !looked_up_) return;
  next_ = std::min(*next_, std::max(now, *looked_up_ + kShortestInterval));
}

}  // namespace offhook::app
