#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/endpoint.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"
#include "io/event_loop.hpp"
#include "io/file_descriptor.hpp"
#include "io/tls_context.hpp"
#include "sip/flow.hpp"
#include "sip/target.hpp"

namespace offhook::app {

// SIP over UDP, TCP and TLS: messages in, messages out, each with the flow it travels on. Shared by signal and the
// provider stand-in. WebSockets are http/'s.
class SipTransport {
 public:
  // Handlers must not destroy the transport.
  struct Handlers {
    // One whole message; a keep-alive (CRLF) does not come through; over TCP and TLS it is answered.
    std::function<void(const sip::Flow& flow, std::string_view message)> on_message;
    // A connection that is gone, or never came to be, or does not answer keep-alives. `reason` in
    // words, e.g. "the certificate of 192.0.2.1:5061 is for example.org, not atlanta1.voip.ms".
    // Comes in a later turn.
    std::function<void(const sip::Flow& flow, const std::string& reason)> on_lost;
    // UDP: an ICMP error quotes the start of what could not be delivered.
    std::function<void(const sip::Flow& flow, std::string_view quoted)> on_undelivered{};
  };
  // How one trunk wants its connections.
  struct Wishes {
    io::TlsClientSettings tls{};
    Duration keep_alive = std::chrono::seconds(25);  // between CRLF pings over TCP and TLS; 0: none
  };
  struct Bounds {
    std::size_t connections = limits::kSipConnections;  // that others opened
    std::size_t connections_per_source = limits::kSipConnectionsPerSource;
    Duration idle = limits::kSipIdleTime;
    Duration message = limits::kSipMessageTime;
    Duration pong = limits::kSipPongTime;
  };

  SipTransport(io::EventLoop& loop, Handlers handlers)
      : SipTransport(loop, std::move(handlers), Bounds{}) {}
  SipTransport(io::EventLoop& loop, Handlers handlers, const Bounds& bounds);
  ~SipTransport();

  // The same endpoint for UDP and TCP, so that Via and Contact hold for both; port 0 lets the system choose. An adopted
  // descriptor is UDP's, and its endpoint TCP's. Once for each address family. Returns the endpoint; an error names it.
  [[nodiscard]] Result<Endpoint> listen(const Endpoint& endpoint,
                                        std::optional<io::FileDescriptor> udp = {});
  [[nodiscard]] Result<Endpoint> listen_tls(const Endpoint& endpoint,
                                            const io::TlsServerSettings& tls);

  // The flow to a target: for UDP at once; for TCP and TLS a connection with this id, which has
  // sip::kChosenConnection, is begun, and what is sent before it stands waits for it (bounded). The
  // same id again, with the same target, gives the living connection. The flow's local endpoint is
  // where we listen, never the connection's own port. Errors: no route, no socket of that family, TLS
  // settings that make no sense.
  [[nodiscard]] Result<sip::Flow> open(const sip::Target& target, std::uint64_t connection,
                                       const Wishes& wishes);
  void send(const sip::Flow& flow, std::string_view message);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace offhook::app
