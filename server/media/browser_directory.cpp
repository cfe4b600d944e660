#include "media/browser_directory.hpp"

#include <algorithm>

namespace offhook::media {
namespace {

// More than an agent approves at one time; beyond that, what it gave up is swept out.
constexpr std::size_t kAddressesPerLeg = 8;

}  // namespace

void BrowserDirectory::remove(const BrowserLeg& leg) {
  by_ufrag_.erase(leg.ufrag());
  for (const Endpoint& address : leg.claimed_addresses()) forget(address, leg);
}

void BrowserDirectory::claim(const Endpoint& remote, BrowserLeg& leg, Time now) {
  by_address_[remote] = &leg;
  auto& claimed = leg.claimed_addresses();
  if (std::ranges::find(claimed, remote) != claimed.end()) return;
  if (claimed.size() >= kAddressesPerLeg) {
    std::erase_if(claimed, [&](const Endpoint& address) {
      if (leg.accepts_from(address, now)) return false;
      forget(address, leg);
      return true;
    });
  }
  claimed.push_back(remote);
}

void BrowserDirectory::forget(const Endpoint& remote, const BrowserLeg& leg) {
  const auto found = by_address_.find(remote);
  if (found != by_address_.end() && found->second == &leg) by_address_.erase(found);
}

BrowserLeg* BrowserDirectory::find_by_ufrag(std::string_view ufrag) const {
  const auto found = by_ufrag_.find(ufrag);
  return found == by_ufrag_.end() ? nullptr : found->second;
}

}  // namespace offhook::media
