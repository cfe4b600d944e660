#pragma once

#include <optional>
#include <vector>

#include "base/endpoint.hpp"
#include "base/result.hpp"

namespace offhook::io {

// The address that routing chooses for what we send to `remote`; of IPv6 a lasting one, where it has
// one. Nothing is sent. An error says that there is no route.
[[nodiscard]] Result<IpAddress> local_address_towards(const IpAddress& remote);

struct InterfaceAddress {
  IpAddress address;
  bool is_up = false;
};

[[nodiscard]] std::vector<InterfaceAddress> interface_addresses();

// Where browsers can send media, at most one IPv4 address and after it one of IPv6: that of the
// default route, else of the first interface that is up. Never loopback (Firefox never uses it) and
// never link-local; beside IPv4 only an IPv6 address of the Internet, which a route leads to. Empty:
// there is none.
[[nodiscard]] std::vector<IpAddress> choose_media_addresses(
    const std::vector<InterfaceAddress>& interfaces, std::optional<IpAddress> default_v4,
    std::optional<IpAddress> default_v6);

// The same for this machine as it is now.
[[nodiscard]] std::vector<IpAddress> detect_media_addresses();

}  // namespace offhook::io
