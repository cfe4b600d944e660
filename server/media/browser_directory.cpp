#include "media/browser_directory.hpp"

#include <algorithm>

namespace offhook::media {
namespace {

// More than an agent approves at one time; beyond that, what it gave up is swept out.
constexpr std::size_t kPathsPerLeg = 8;

}  // namespace

void BrowserDirectory::remove(const BrowserLeg& leg) {
  forget_ufrags(leg);
  for (const ice::Path& path : leg.claimed_paths()) forget(path, leg);
}

void BrowserDirectory::restart_ice(BrowserLeg& leg, ice::Credentials local,
                                   std::uint32_t generation, Time now) {
  forget_ufrags(leg);
  leg.restart_ice(std::move(local), generation, now);
  by_ufrag_.emplace(leg.credentials().ufrag, &leg);
  by_ufrag_.emplace(leg.former_credentials()->ufrag, &leg);
}

void BrowserDirectory::forget_ufrags(const BrowserLeg& leg) {
  by_ufrag_.erase(leg.credentials().ufrag);
  if (leg.former_credentials()) by_ufrag_.erase(leg.former_credentials()->ufrag);
}

void BrowserDirectory::claim(const ice::Path& path, BrowserLeg& leg, Time now) {
  by_path_[path] = &leg;
  auto& claimed = leg.claimed_paths();
  if (std::ranges::find(claimed, path) != claimed.end()) return;
  if (claimed.size() >= kPathsPerLeg) {
    std::erase_if(claimed, [&](const ice::Path& given_up) {
      if (leg.accepts_from(given_up, now)) return false;
      forget(given_up, leg);
      return true;
    });
  }
  claimed.push_back(path);
}

void BrowserDirectory::forget(const ice::Path& path, const BrowserLeg& leg) {
  const auto found = by_path_.find(path);
  if (found != by_path_.end() && found->second == &leg) by_path_.erase(found);
}

BrowserLeg* BrowserDirectory::find_by_ufrag(std::string_view ufrag) const {
  const auto found = by_ufrag_.find(ufrag);
  return found == by_ufrag_.end() ? nullptr : found->second;
}

}  // namespace offhook::media
