#pragma once

#include <optional>
#include <vector>

#include "base/endpoint.hpp"
#include "base/result.hpp"

namespace offhook::io {

// The address that routing chooses for what we send to `remote`. Nothing is sent. An error says
// that there is no route.
[[nodiscard]] Result<IpAddress> local_address_towards(const IpAddress& remote);

struct InterfaceAddress {
  IpAddress address;
  bool is_up = false;
};

[[nodiscard]] std::vector<InterfaceAddress> interface_addresses();

// Where browsers can send media: the address of the default route, else of the first interface that
// is up; IPv4 before IPv6; never loopback (Firefox never uses it) and never link-local. nullopt:
// there is none.
[[nodiscard]] std::optional<IpAddress> choose_media_address(
    const std::vector<InterfaceAddress>& interfaces, std::optional<IpAddress> default_v4,
    std::optional<IpAddress> default_v6);

// The same for this machine as it is now.
[[nodiscard]] std::optional<IpAddress> detect_media_address();

}  // namespace offhook::io
