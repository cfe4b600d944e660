#include "control/unix_address.hpp"

#include <cerrno>

#include <system_error>
#include <unistd.h>

namespace offhook::control {

Result<UnixAddress> unix_address(const std::string& path) {
  sockaddr_un raw{};
  raw.sun_family = AF_UNIX;
  if (path.empty()) return failure("the control socket's path is empty");
  if (path.size() >= sizeof(raw.sun_path)) {
    return failure("the control socket's path is longer than " +
                   std::to_string(sizeof(raw.sun_path) - 1) + " characters: " + path);
  }
  path.copy(raw.sun_path, path.size());
  return UnixAddress(raw);
}

bool is_same_user(int socket) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         peer.uid == ::geteuid();
}

std::string system_error(const std::string& what) {
  return what + ": " + std::system_category().message(errno);
}

}  // namespace offhook::control
