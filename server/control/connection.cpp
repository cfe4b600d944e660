#include "control/connection.hpp"

#include <cerrno>
#include <cstring>

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "control/unix_address.hpp"

namespace offhook::control {

Connection::Connection(FileDescriptor socket)
    : socket_(std::move(socket)), buffer_(limits::kControlMessageBytes) {}

Result<Connection> Connection::connect(const std::string& path) {
  const auto address = unix_address(path);
  if (!address) return std::unexpected(address.error());
  FileDescriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return failure(system_error("cannot make a Unix socket"));
  if (::connect(socket.get(), address->get(), address->size()) != 0) {
    return failure(system_error("cannot connect to " + path));
  }
  if (!is_same_user(socket.get())) return failure(path + " belongs to another user's process");
  return Connection(std::move(socket));
}

Connection::Received Connection::receive() {
  ssize_t size = -1;
  do {
    // With MSG_TRUNC the true size comes back, so that a packet which was cut is noticed.
    size = ::recv(socket_.get(), buffer_.data(), buffer_.size(), MSG_TRUNC);
  } while (size < 0 && errno == EINTR);
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Nothing{};
  if (size < 0) return Closed{system_error("the control connection broke")};
  if (size == 0) return Closed{"the peer closed the control connection"};
  const auto bytes = static_cast<std::size_t>(size);
  if (bytes > buffer_.size()) {
    return Closed{"the peer sent a control packet of " + std::to_string(bytes) + " bytes"};
  }
  return Packet{ByteView(buffer_).first(bytes)};
}

Result<void> Connection::send(std::string packet) {
  OFFHOOK_ASSERT(!packet.empty() && packet.size() <= limits::kControlMessageBytes);
  if (queued_bytes_ + packet.size() > limits::kControlQueueBytes) {
    return failure("the control peer does not read: " + std::to_string(queued_bytes_) +
                   " bytes wait for it");
  }
  queued_bytes_ += packet.size();
  queue_.push_back(std::move(packet));
  return flush();
}

Result<void> Connection::flush() {
  while (!queue_.empty()) {
    const std::string& packet = queue_.front();
    if (::send(socket_.get(), packet.data(), packet.size(), MSG_NOSIGNAL) < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return {};
      return failure(system_error("the control connection broke"));
    }
    queued_bytes_ -= packet.size();
    queue_.pop_front();
  }
  return {};
}

}  // namespace offhook::control
