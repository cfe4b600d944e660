#pragma once

#include <expected>
#include <optional>

#include <system_error>

#include "base/endpoint.hpp"
#include "control/file_descriptor.hpp"

namespace offhook::media {

// A bound, non-blocking TCP socket that connections come in by.
class TcpListener {
 public:
  // Port 0: any free one. Connections of an earlier process may still be closing there.
  [[nodiscard]] static std::expected<TcpListener, std::error_code> bind(const Endpoint& local);

  [[nodiscard]] int fd() const { return socket_.get(); }
  [[nodiscard]] Endpoint local() const;

  struct Accepted {
    control::FileDescriptor socket;  // non-blocking
    Endpoint remote;
  };
  // The error operation_would_block says that no connection waits.
  [[nodiscard]] std::expected<Accepted, std::error_code> accept();

 private:
  explicit TcpListener(control::FileDescriptor socket) : socket_(std::move(socket)) {}
  control::FileDescriptor socket_;
};

}  // namespace offhook::media
