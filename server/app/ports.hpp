#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/settings.hpp"
#include "base/endpoint.hpp"

namespace offhook::app {

struct WantedPort {
  bool is_tcp = false;
  Endpoint endpoint;
  std::string purpose;  // "the page"
  std::string setting;  // "[http] listen"
};

// Every fixed port that the processes will open.
[[nodiscard]] std::vector<WantedPort> wanted_ports(const Settings& settings,
                                                   const std::vector<IpAddress>& browser_addresses);

// Opens and closes it. An error says in words which port another program holds and what to do about
// it. Other errors (an address that this machine does not have) are left to the process that opens
// it for good.
[[nodiscard]] std::optional<Error> check_port(const WantedPort& port);

}  // namespace offhook::app
