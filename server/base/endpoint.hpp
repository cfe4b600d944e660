#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace offhook {

// An IPv4 or IPv6 address as a value, without a socket. IPv4-mapped IPv6 is normalised to IPv4.
class IpAddress {
 public:
  IpAddress() = default;  // 0.0.0.0
  // "192.0.2.1", "2001:db8::1", "[2001:db8::1]"; nullopt for anything else (names, zones, spaces).
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);
  // 4 or 16 bytes in network order; nullopt for another length.
  [[nodiscard]] static std::optional<IpAddress> from_bytes(ByteView bytes);

  [[nodiscard]] bool is_v4() const { return !v6_; }
  [[nodiscard]] bool is_v6() const { return v6_; }
  [[nodiscard]] bool is_unspecified() const;
  [[nodiscard]] bool is_loopback() const;
  [[nodiscard]] ByteView bytes() const { return ByteView(bytes_).first(v6_ ? 16 : 4); }
  // What one customer has: of IPv4 the address, of IPv6 the first address of its /64.
  [[nodiscard]] IpAddress network() const;
  // Without brackets.
  [[nodiscard]] std::string to_string() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  bool v6_ = false;
  std::array<std::uint8_t, 16> bytes_{};
};

// An address and a port: one end of a UDP or TCP flow.
struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  // "192.0.2.1:5060" or "[2001:db8::1]:5060"; the port is required.
  [[nodiscard]] static std::optional<Endpoint> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;

  auto operator<=>(const Endpoint&) const = default;
};

}  // namespace offhook

template <>
struct std::hash<offhook::IpAddress> {
  std::size_t operator()(const offhook::IpAddress& address) const noexcept {
    return std::hash<std::string_view>{}(offhook::as_text(address.bytes()));
  }
};

template <>
struct std::hash<offhook::Endpoint> {
  std::size_t operator()(const offhook::Endpoint& endpoint) const noexcept {
    return std::hash<offhook::IpAddress>{}(endpoint.address) * 31 + endpoint.port;
  }
};
