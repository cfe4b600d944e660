#include "app/ports.hpp"

#include <cerrno>

#include <netinet/in.h>
#include <sys/socket.h>

#include "io/file_descriptor.hpp"
#include "io/socket_address.hpp"

namespace offhook::app {

std::vector<WantedPort> wanted_ports(const Settings& settings,
                                     const std::vector<IpAddress>& browser_addresses) {
  std::vector<WantedPort> ports;
  for (const Endpoint& endpoint : settings.config.http.listen) {
    ports.push_back({true, endpoint, "the page", "[http] listen"});
  }
  for (const Endpoint& endpoint : settings.sip_listen) {
    ports.push_back({false, endpoint, "SIP", "[sip] listen"});
    ports.push_back({true, endpoint, "SIP", "[sip] listen"});
  }
  for (const IpAddress& address : browser_addresses) {
    for (unsigned worker = 0; worker < settings.media_workers; ++worker) {
      const auto port = static_cast<std::uint16_t>(settings.config.media.browser_port + worker);
      ports.push_back({false, {address, port}, "the browsers' sound", "[media] browser_port"});
      const auto tcp_port = settings.config.media.browser_tcp_port;
      if (tcp_port == 0) continue;
      const auto taken = static_cast<std::uint16_t>(tcp_port.value_or(port - worker) + worker);
      ports.push_back(
          {true, {address, taken}, "the browsers' sound over TCP", "[media] browser_tcp_port"});
    }
  }
  if (settings.demo) {
    for (const bool is_tcp : {false, true}) {
      ports.push_back({is_tcp, settings.demo_provider, "the provider stand-in", "[demo] provider"});
    }
  }
  return ports;
}

std::optional<Error> check_port(const WantedPort& port) {
  const bool v6 = port.endpoint.address.is_v6();
  const io::FileDescriptor fd(::socket(v6 ? AF_INET6 : AF_INET,
                                       (port.is_tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (v6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  // As the server does: connections of the instance before ours may still be closing.
  if (port.is_tcp) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const io::SocketAddress address(port.endpoint);
  const bool is_free = ::bind(fd.get(), address.data(), address.size()) == 0 &&
                       (!port.is_tcp || ::listen(fd.get(), 1) == 0);
  if (is_free || errno != EADDRINUSE) return std::nullopt;
  return Error{std::string(port.is_tcp ? "TCP" : "UDP") + " port " +
               std::to_string(port.endpoint.port) + " on " + port.endpoint.address.to_string() +
               ", for " + port.purpose +
               ", is in use by another program. Stop that program, or set " + port.setting +
               " in a configuration file (--config) to another port."};
}

}  // namespace offhook::app
