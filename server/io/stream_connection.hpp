#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/endpoint.hpp"
#include "base/limits.hpp"
#include "io/event_loop.hpp"
#include "io/file_descriptor.hpp"
#include "io/tls_context.hpp"

namespace offhook::io {

struct StreamLimits {
  Duration connect = limits::kStreamConnectTime;
  Duration handshake = limits::kTlsHandshakeTime;
  Duration close = limits::kStreamCloseTime;
  std::size_t queue_bytes = limits::kSipConnectionQueueBytes;
};

// A TCP or TLS connection from its beginning to its end: bytes in, bytes out.
class StreamConnection {
 public:
  // Handlers are called in turns of their own, never from within a call of ours, and may destroy the connection.
  struct Handlers {
    std::function<void(std::string_view bytes)> on_bytes;
    // Once, with nothing after it. `reason` is a sentence for a person, which names the peer: "192.0.2.1:5060 refused the
    // connection"; "" after close_in_order().
    std::function<void(const std::string& reason)> on_closed;
  };
  struct Peer {
    Endpoint endpoint;
    std::string name;  // what its certificate has to be for; also sent to it (SNI)
  };

  // Begins to connect, from `source` where that is specified. With `tls` of a client: TLS.
  [[nodiscard]] static std::unique_ptr<StreamConnection> connect(
      EventLoop& loop, const Peer& peer, const IpAddress& source, std::shared_ptr<TlsContext> tls,
      Handlers handlers, const StreamLimits& stream_limits = {});
  // One that was accepted. With `tls` of a server: TLS.
  [[nodiscard]] static std::unique_ptr<StreamConnection> adopt(
      EventLoop& loop, FileDescriptor fd, const Endpoint& remote, std::shared_ptr<TlsContext> tls,
      Handlers handlers, const StreamLimits& stream_limits = {});
  ~StreamConnection();  // cuts; no handler is called any more

  // Waits for the connection to stand and for what was sent before. With more than StreamLimits::queue_bytes waiting the
  // connection is cut: the peer does not read.
  void send(std::string_view bytes);
  // Once everything is sent; what still comes in is dropped.
  void close_in_order();

 private:
  struct Impl;
  explicit StreamConnection(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace offhook::io
