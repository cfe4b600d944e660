#include "io/local_address.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/assert.hpp"
#include "io/file_descriptor.hpp"
#include "io/socket_address.hpp"
#include "io/system_error.hpp"

namespace offhook::io {

namespace {

bool is_link_local(const IpAddress& address) {
  const ByteView bytes = address.bytes();
  if (address.is_v4()) return bytes[0] == 169 && bytes[1] == 254;  // RFC 3927
  return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;            // RFC 4291 2.5.6
}

bool is_usable(const IpAddress& address) {
  return !address.is_loopback() && !address.is_unspecified() && !is_link_local(address);
}

// RFC 4291 2.4, as far as it has been given out.
bool is_global(const IpAddress& v6) { return (v6.bytes()[0] & 0xe0) == 0x20; }

// Any address of the Internet would do, as no packet is sent: these are for documentation (RFC
// 5737, RFC 3849).
std::optional<IpAddress> default_route_address(const char* somewhere) {
  const std::optional<IpAddress> remote = IpAddress::parse(somewhere);
  OFFHOOK_ASSERT(remote);
  const Result<IpAddress> local = local_address_towards(*remote);
  return local ? std::optional(*local) : std::nullopt;
}

}  // namespace

Result<IpAddress> local_address_towards(const IpAddress& remote) {
  constexpr std::uint16_t kAnyPort = 9;
  const auto failed = [&] {
    return failure("no route to " + remote.to_string() + ": " + describe_errno(errno));
  };
  const FileDescriptor fd(
      ::socket(remote.is_v6() ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  // RFC 5014 5: temporary addresses (RFC 8981) are for clients, and gone after a day.
  constexpr int kPreferPublic = 0x0002;  // linux/in6.h, which netinet/in.h does not go with
  if (remote.is_v6()) {
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_ADDR_PREFERENCES, &kPreferPublic,
                 sizeof kPreferPublic);
  }
  const SocketAddress to({remote, kAnyPort});
  if (!fd || ::connect(fd.get(), to.data(), to.size()) != 0) return failed();
  SocketAddress local;
  if (::getsockname(fd.get(), local.data(), local.size_pointer()) != 0) return failed();
  return local.endpoint().address;
}

std::vector<InterfaceAddress> interface_addresses() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, &::freeifaddrs);
  std::vector<InterfaceAddress> found;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr) continue;
    const bool is_up = (entry->ifa_flags & IFF_UP) != 0 && (entry->ifa_flags & IFF_RUNNING) != 0;
    if (entry->ifa_addr->sa_family == AF_INET) {
      const auto* v4 = reinterpret_cast<const sockaddr_in*>(entry->ifa_addr);
      found.push_back({to_address(v4->sin_addr), is_up});
    } else if (entry->ifa_addr->sa_family == AF_INET6) {
      const auto* v6 = reinterpret_cast<const sockaddr_in6*>(entry->ifa_addr);
      found.push_back({to_address(v6->sin6_addr), is_up});
    }
  }
  return found;
}

std::vector<IpAddress> choose_media_addresses(const std::vector<InterfaceAddress>& interfaces,
                                              std::optional<IpAddress> default_v4,
                                              std::optional<IpAddress> default_v6) {
  const auto first_of = [&](bool v6) -> std::optional<IpAddress> {
    const auto found = std::ranges::find_if(interfaces, [&](const InterfaceAddress& interface) {
      return interface.is_up && interface.address.is_v6() == v6 && is_usable(interface.address);
    });
    return found == interfaces.end() ? std::nullopt : std::optional(found->address);
  };
  const auto v4 = default_v4 && is_usable(*default_v4) ? default_v4 : first_of(false);
  auto v6 = default_v6 && is_usable(*default_v6) ? default_v6 : std::nullopt;
  // An interface's IPv6 address may still be tentative (RFC 4862 5.4), and cannot be used then.
  if (v4 && v6 && !is_global(*v6)) v6.reset();
  if (!v4 && !v6) v6 = first_of(true);
  std::vector<IpAddress> chosen;
  for (const auto& address : {v4, v6}) {
    if (address) chosen.push_back(*address);
  }
  return chosen;
}

std::vector<IpAddress> detect_media_addresses() {
  return choose_media_addresses(interface_addresses(), default_route_address("192.0.2.1"),
                                default_route_address("2001:db8::1"));
}

}  // namespace offhook::io
