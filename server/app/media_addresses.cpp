#include "app/media_addresses.hpp"

#include <algorithm>

namespace offhook::app {
namespace {

constexpr const char* kSetting = "[media] advertised_browser_addresses ";

const char* family_of(const IpAddress& address) { return address.is_v6() ? "IPv6" : "IPv4"; }

}  // namespace

Result<std::vector<BrowserAddress>> browser_addresses(const MediaSettings& media,
                                                      const std::vector<IpAddress>& detected) {
  const std::vector<IpAddress>& advertised = media.advertised_browser_addresses;
  std::vector<BrowserAddress> addresses;
  if (!media.browser_addresses.empty()) {
    if (!advertised.empty() && advertised.size() != media.browser_addresses.size()) {
      return failure(std::string(kSetting) +
                     "must name one for each of browser_addresses, in the same order");
    }
    for (std::size_t i = 0; i < media.browser_addresses.size(); ++i) {
      const IpAddress& local = media.browser_addresses[i];
      addresses.push_back({local, advertised.empty() ? local : advertised[i]});
    }
    return addresses;
  }
  for (const IpAddress& local : detected) addresses.push_back({local, local});
  for (const IpAddress& told : advertised) {
    const auto of_family = std::ranges::find(
        addresses, told.is_v6(), [](const BrowserAddress& a) { return a.local.is_v6(); });
    if (of_family == addresses.end()) {
      return failure(std::string(kSetting) + "names " + told.to_string() + ", but no " +
                     family_of(told) +
                     " address was found on this machine: name it in "
                     "browser_addresses");
    }
    of_family->told = told;
  }
  return addresses;
}

}  // namespace offhook::app
