#include "media/tcp_listener.hpp"

#include <cerrno>

#include <netinet/in.h>
#include <sys/socket.h>

#include "media/udp_socket.hpp"

namespace offhook::media {
namespace {

// Browsers that come back after a break of the line do so at once.
constexpr int kBacklog = 256;

std::error_code last_error() { return {errno, std::system_category()}; }

bool set_option(int socket, int level, int option) {
  const int on = 1;
  return ::setsockopt(socket, level, option, &on, sizeof(on)) == 0;
}

}  // namespace

std::expected<TcpListener, std::error_code> TcpListener::bind(const Endpoint& local) {
  sockaddr_storage address{};
  const socklen_t size = to_socket_address(local, address);
  TcpListener made{control::FileDescriptor(
      ::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))};
  const bool ready = made.socket_.is_open() && set_option(made.fd(), SOL_SOCKET, SO_REUSEADDR) &&
                     (local.address.is_v4() || set_option(made.fd(), IPPROTO_IPV6, IPV6_V6ONLY)) &&
                     ::bind(made.fd(), reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                     ::listen(made.fd(), kBacklog) == 0;
  if (!ready) return std::unexpected(last_error());
  return made;
}

Endpoint TcpListener::local() const {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  ::getsockname(fd(), reinterpret_cast<sockaddr*>(&address), &size);
  return from_socket_address(address);
}

std::expected<TcpListener::Accepted, std::error_code> TcpListener::accept() {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  control::FileDescriptor socket(
      ::accept4(fd(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket.is_open()) return std::unexpected(last_error());
  return Accepted{std::move(socket), from_socket_address(address)};
}

}  // namespace offhook::media
