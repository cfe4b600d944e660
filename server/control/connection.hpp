#pragma once

#include <deque>
#include <string>
#include <variant>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "control/file_descriptor.hpp"

namespace offhook::control {

// One end of the control socket: whole packets over a non-blocking SOCK_SEQPACKET Unix socket. The
// owner watches fd() for readability, and for writability while wants_to_write(). Any failure is
// final: drop the object, connect anew.
class Connection {
 public:
  struct Packet {
    ByteView bytes;  // valid until the next call of receive()
  };
  struct Nothing {};  // now; wait for readability
  struct Closed {
    std::string reason;
  };
  using Received = std::variant<Packet, Nothing, Closed>;

  // A connected non-blocking socket.
  explicit Connection(FileDescriptor socket);
  // Errors: nobody listens there, not ours. Never waits.
  [[nodiscard]] static Result<Connection> connect(const std::string& path);

  [[nodiscard]] int fd() const { return socket_.get(); }

  [[nodiscard]] Received receive();

  // Sends at once or queues. An error is final: the peer is gone, or limits::kControlQueueBytes
  // wait and it does not read. A packet is not empty (that would look like the end) and at most
  // limits::kControlMessageBytes.
  [[nodiscard]] Result<void> send(std::string packet);
  // When writable again.
  [[nodiscard]] Result<void> flush();
  [[nodiscard]] bool wants_to_write() const { return !queue_.empty(); }

 private:
  FileDescriptor socket_;
  Bytes buffer_;
  std::deque<std::string> queue_;
  std::size_t queued_bytes_ = 0;
};

}  // namespace offhook::control
