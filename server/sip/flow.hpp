#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

#include "base/endpoint.hpp"

namespace offhook::sip {

enum class Transport : std::uint8_t { Udp, Tcp, Tls, Ws, Wss };

[[nodiscard]] constexpr bool is_reliable(Transport transport) {
  return transport != Transport::Udp;
}
// A browser's.
[[nodiscard]] constexpr bool is_web_socket(Transport transport) {
  return transport == Transport::Ws || transport == Transport::Wss;
}
// As Via writes it: "UDP", "TCP", "TLS", "WS", "WSS".
[[nodiscard]] std::string_view to_string(Transport transport);
// As the transport parameter of a SIP URI writes it (RFC 3261 19.1.1, RFC 7118 5.2.3): "" for UDP, which goes without
// saying, "tcp", "tls", "ws". RFC 3261 26.2.2 deprecates "tls", but every peer with a sip: URI expects it.
[[nodiscard]] std::string_view uri_transport(Transport transport);

// Connection ids that the core chooses have this bit; those that the shell gives to what it accepts
// have not.
inline constexpr std::uint64_t kChosenConnection = 1ULL << 63U;

// Where a message came from or goes to, as a value (RFC 5626's flow). The shell maps it to a
// socket: for UDP the pair (local socket, remote), for the others one connection, which is gone
// when it closes.
struct Flow {
  Transport transport = Transport::Udp;
  std::uint64_t connection = 0;  // never reused; 0 for UDP
  Endpoint local;
  Endpoint remote;

  auto operator<=>(const Flow&) const = default;
};

}  // namespace offhook::sip
