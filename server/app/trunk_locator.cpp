#include "app/trunk_locator.hpp"

#include <algorithm>

namespace offhook::app {

bool TrunkLocator::take_lookup(Time now) {
  if (!is_due(next_, now)) return false;
  next_.reset();
  looked_up_ = now;
  return true;
}

Result<IpAddress> TrunkLocator::handle(const Result<std::vector<IpAddress>>& addresses,
                                       bool is_registered, Time now) {
  const auto fail = [&](std::string reason) {
    next_ = now + retry_.next();
    return failure(std::move(reason));
  };
  if (!addresses) return fail(addresses.error().message);
  const bool is_well = is_registered && !is_unreachable_;
  if (!address_ || (!is_well && std::ranges::find(*addresses, *address_) == addresses->end())) {
    const auto found = std::ranges::find(*addresses, v6_, &IpAddress::is_v6);
    if (found == addresses->end()) {
      return fail(std::string("it has no ") + (v6_ ? "IPv6" : "IPv4") + " address");
    }
    address_ = *found;
  }
  is_unreachable_ = false;
  retry_.reset();
  next_ = now + kRefresh;
  return *address_;
}

void TrunkLocator::handle_unreachable(Time now) {
  is_unreachable_ = true;
  if (!next_ || !looked_up_) return;
  next_ = std::min(*next_, std::max(now, *looked_up_ + kShortestInterval));
}

}  // namespace offhook::app
