#include "base/endpoint.hpp"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>

namespace offhook {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

std::optional<IpAddress> IpAddress::from_bytes(ByteView bytes) {
  IpAddress address;
  if (bytes.size() == 16 && std::ranges::equal(bytes.first(12), kMappedPrefix)) {
    bytes = bytes.subspan(12);
  }
  if (bytes.size() != 4 && bytes.size() != 16) return std::nullopt;
  address.v6_ = bytes.size() == 16;
  std::ranges::copy(bytes, address.bytes_.begin());
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
    if (!text.contains(':')) return std::nullopt;
  }
  // A NUL would end the text for inet_pton() before its end.
  if (text.size() >= INET6_ADDRSTRLEN || text.contains('\0')) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  std::ranges::copy(text, terminated.begin());
  std::array<std::uint8_t, 16> raw{};
  if (inet_pton(AF_INET, terminated.data(), raw.data()) == 1) {
    return from_bytes(ByteView(raw).first(4));
  }
  if (inet_pton(AF_INET6, terminated.data(), raw.data()) == 1) return from_bytes(raw);
  return std::nullopt;
}

bool IpAddress::is_unspecified() const {
  return std::ranges::all_of(bytes(), [](std::uint8_t byte) { return byte == 0; });
}

bool IpAddress::is_loopback() const {
  if (is_v4()) return bytes_[0] == 127;
  return bytes_[15] == 1 &&
         std::all_of(bytes_.begin(), bytes_.begin() + 15, [](std::uint8_t b) { return b == 0; });
}

IpAddress IpAddress::network() const {
  constexpr std::size_t kNetworkBytes = 8;
  IpAddress network = *this;
  if (v6_) std::fill(network.bytes_.begin() + kNetworkBytes, network.bytes_.end(), 0);
  return network;
}

std::string IpAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(v6_ ? AF_INET6 : AF_INET, bytes_.data(), text.data(), text.size());
  return text.data();
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto host = text.substr(0, colon);
  if (host.contains(':') && !host.starts_with('[')) return std::nullopt;
  const auto address = IpAddress::parse(host);
  std::uint16_t port = 0;
  const auto digits = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (!address || error != std::errc{} || end != digits.data() + digits.size() || digits.empty()) {
    return std::nullopt;
  }
  return Endpoint{*address, port};
}

std::string Endpoint::to_string() const {
  const auto host = address.to_string();
  return (address.is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace offhook
