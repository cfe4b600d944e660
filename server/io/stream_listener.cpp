#include "io/stream_listener.hpp"

#include <cerrno>
#include <chrono>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/limits.hpp"
#include "io/socket_address.hpp"
#include "io/system_error.hpp"

namespace offhook::io {

namespace {

// So that a flood of connections does not keep the loop from its timers and other sockets.
constexpr int kConnectionsPerTurn = 16;
// Out of descriptors or memory: those who are connected go first, and nothing is gained by trying at once.
constexpr Duration kPause = std::chrono::milliseconds(100);

bool set(int fd, int level, int option, int value) {
  return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

bool set_listener_options(int fd, bool v6) {
  constexpr int kBytes = limits::kStreamKernelBytes;  // what is accepted inherits both
  return set(fd, SOL_SOCKET, SO_REUSEADDR, 1) && set(fd, SOL_SOCKET, SO_RCVBUF, kBytes) &&
         set(fd, SOL_SOCKET, SO_SNDBUF, kBytes) && (!v6 || set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1));
}

}  // namespace

Result<std::unique_ptr<StreamListener>> StreamListener::listen(EventLoop& loop,
                                                               const Endpoint& local,
                                                               OnAccepted on_accepted) {
  const bool v6 = local.address.is_v6();
  FileDescriptor fd(
      ::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  SocketAddress address(local);
  const bool is_open = fd && set_listener_options(fd.get(), v6) &&
                       ::bind(fd.get(), address.data(), address.size()) == 0 &&
                       ::listen(fd.get(), SOMAXCONN) == 0;
  if (!is_open) {
    return failure("cannot listen on TCP " + local.to_string() + ": " + describe_errno(errno));
  }
  SocketAddress bound;
  ::getsockname(fd.get(), bound.data(), bound.size_pointer());
  return std::unique_ptr<StreamListener>(
      new StreamListener(loop, std::move(fd), bound.endpoint(), std::move(on_accepted)));
}

StreamListener::StreamListener(EventLoop& loop, FileDescriptor fd, const Endpoint& local,
                               OnAccepted on_accepted)
    : loop_(loop),
      fd_(std::move(fd)),
      local_(local),
      on_accepted_(std::move(on_accepted)),
      pause_(loop, [this] { watch(); }) {
  watch();
}

void StreamListener::watch() {
  watch_ = std::make_unique<DescriptorWatch>(loop_, fd_.get(), [this] { accept(); });
}

void StreamListener::accept() {
  for (int i = 0; i < kConnectionsPerTurn && accept_one(); ++i) {
  }
}

bool StreamListener::accept_one() {
  SocketAddress from;
  FileDescriptor fd(
      ::accept4(fd_.get(), from.data(), from.size_pointer(), SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (fd) {
    SocketAddress to;
    ::getsockname(fd.get(), to.data(), to.size_pointer());
    on_accepted_(std::move(fd), to.endpoint(), from.endpoint());
    return true;
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
  const bool is_exhausted =
      errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
  if (!is_exhausted) return true;  // of this one connection (accept(2)): it is gone
  watch_.reset();
  pause_.set(now() + kPause);
  return false;
}

}  // namespace offhook::io
