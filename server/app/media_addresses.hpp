#pragma once

#include <vector>

#include "app/config.hpp"
#include "base/endpoint.hpp"
#include "base/result.hpp"

namespace offhook::app {

// An address of this machine, and the one under which browsers reach it.
struct BrowserAddress {
  IpAddress local;
  IpAddress told;
  bool operator==(const BrowserAddress&) const = default;
};

// As configured, or those that were detected on this machine, IPv4 and IPv6; empty where neither
// says any. Each has the advertised address of the same place, or of its family where it was
// detected. An error says in words what does not fit together.
[[nodiscard]] Result<std::vector<BrowserAddress>> browser_addresses(
    const MediaSettings& media, const std::vector<IpAddress>& detected);

}  // namespace offhook::app
