#include "control/listener.hpp"

#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

#include "control/unix_address.hpp"

namespace offhook::control {
namespace {

FileDescriptor make_socket() {
  return FileDescriptor(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

// A process that was killed leaves its socket file behind; connecting tells whether anybody is
// there.
Result<void> remove_stale(const std::string& path, const UnixAddress& address) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return failure(system_error("cannot look at " + path));
  }
  if (!S_ISSOCK(status.st_mode)) return failure(path + " exists and is not a socket");
  const FileDescriptor probe = make_socket();
  if (::connect(probe.get(), address.get(), address.size()) == 0 || errno == EAGAIN) {
    return failure("another process already listens at " + path);
  }
  if (errno != ECONNREFUSED) return failure(system_error("cannot take over " + path));
  if (::unlink(path.c_str()) != 0) return failure(system_error("cannot remove the stale " + path));
  return {};
}

}  // namespace

Listener::Listener(std::string path, FileDescriptor socket)
    : path_(std::move(path)), socket_(std::move(socket)) {}

Listener::~Listener() {
  if (socket_.is_open()) ::unlink(path_.c_str());
}

Result<Listener> Listener::open(const std::string& path) {
  const auto address = unix_address(path);
  if (!address) return std::unexpected(address.error());
  if (auto removed = remove_stale(path, *address); !removed) {
    return std::unexpected(removed.error());
  }
  FileDescriptor socket = make_socket();
  if (!socket.is_open()) return failure(system_error("cannot make a Unix socket"));
  if (::bind(socket.get(), address->get(), address->size()) != 0) {
    return failure(system_error("cannot make the control socket " + path));
  }
  Listener listener(path, std::move(socket));
  // Before listen() nobody can connect, so there is no moment in which others could.
  if (::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0 || ::listen(listener.fd(), 8) != 0) {
    return failure(system_error("cannot listen at " + path));
  }
  return listener;
}

std::optional<Connection> Listener::accept() {
  for (;;) {
    FileDescriptor peer(::accept4(fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!peer.is_open()) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      return std::nullopt;
    }
    if (is_same_user(peer.get())) return Connection(std::move(peer));
  }
}

}  // namespace offhook::control
