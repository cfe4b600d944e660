#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "control/connection.hpp"
#include "control/file_descriptor.hpp"

namespace offhook::control {

// The listening end of the control socket, which only processes of our own user can reach: the file
// has mode 0600, and each peer's user is checked. The file is removed with the object.
class Listener {
 public:
  // A socket file that nobody listens on any more is replaced. Errors: somebody listens there, the
  // path is something else or cannot be made.
  [[nodiscard]] static Result<Listener> open(const std::string& path);
  ~Listener();
  Listener(Listener&& other) noexcept = default;
  Listener& operator=(Listener&&) = delete;

  [[nodiscard]] int fd() const { return socket_.get(); }
  // nullopt when nobody waits. Foreign users' connections are closed and passed over.
  [[nodiscard]] std::optional<Connection> accept();

 private:
  Listener(std::string path, FileDescriptor socket);
  std::string path_;
  FileDescriptor socket_;
};

}  // namespace offhook::control
