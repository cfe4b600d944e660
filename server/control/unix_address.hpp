#pragma once

#include <string>

#include <sys/socket.h>
#include <sys/un.h>

#include "base/result.hpp"

namespace offhook::control {

// A Unix socket's path in the form that the kernel takes.
class UnixAddress {
 public:
  explicit UnixAddress(const sockaddr_un& raw) : raw_(raw) {}
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&raw_); }
  [[nodiscard]] static constexpr socklen_t size() { return sizeof(sockaddr_un); }

 private:
  sockaddr_un raw_;
};

// An error for an empty path and for one over the kernel's 107 characters.
[[nodiscard]] Result<UnixAddress> unix_address(const std::string& path);

// Whether the process at the other end runs as our user (SO_PEERCRED).
[[nodiscard]] bool is_same_user(int socket);

// "what: the text of errno".
[[nodiscard]] std::string system_error(const std::string& what);

}  // namespace offhook::control
