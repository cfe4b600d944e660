#pragma once

#include <compare>
#include <string>

#include "base/endpoint.hpp"
#include "sip/flow.hpp"

namespace offhook::sip {

// One address of one server to which requests may be sent (RFC 3263 4).
struct Target {
  Transport transport = Transport::Udp;
  Endpoint endpoint;
  std::string
      host;  // as configured, before any SRV: what a TLS certificate has to name (RFC 5922 7.2)

  auto operator<=>(const Target&) const = default;
};

}  // namespace offhook::sip
