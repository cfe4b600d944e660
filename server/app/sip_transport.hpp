#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.hpp"
#include "base/result.hpp"
#include "io/event_loop.hpp"
#include "io/file_descriptor.hpp"
#include "sip/flow.hpp"
#include "sip/target.hpp"

namespace offhook::app {

// TLS towards one provider.
struct TlsClientSettings {
  std::string minimum = "1.2";  // "1.0", "1.1", "1.2", "1.3"
  std::string maximum = "1.3";
  std::string ciphers;      // OpenSSL's cipher list for TLS 1.2 and below; "": its default
  std::string ca_file;      // PEM; "": the system's
  bool verify_name = true;  // that the certificate is for Target::host (RFC 5922 7.2)
};

// SIP over UDP, TCP and TLS: messages in, messages out, each with the flow it travels on. Shared by signal and the
// provider stand-in. WebSockets are http/'s.
class SipTransport {
 public:
  struct Handlers {
    // One whole message; a keep-alive (CRLF) is answered here and does not come through.
    std::function<void(const sip::Flow& flow, std::string_view message)> on_message;
    // A connection that is gone, or never came to be, or does not answer keep-alives; for UDP, an ICMP error. `reason` in
    // words, e.g. "the certificate of 192.0.2.1:5061 is for example.org, not atlanta1.voip.ms". Comes in a later turn.
    std::function<void(const sip::Flow& flow, const std::string& reason)> on_lost;
  };
  // Connection ids that the core chooses have this bit, those of accepted connections do not.
  static constexpr std::uint64_t kChosenConnection = 1ULL << 63U;

  SipTransport(io::EventLoop& loop, Handlers handlers);
  ~SipTransport();

  // The same endpoint for UDP and TCP, so that Via and Contact hold for both. An adopted descriptor is UDP's.
  [[nodiscard]] Result<void> listen(const Endpoint& endpoint,
                                    std::optional<io::FileDescriptor> udp);
  [[nodiscard]] Result<void> listen_tls(const Endpoint& endpoint,
                                        const std::string& certificate_file,
                                        const std::string& key_file);

  // The flow to a target: for UDP at once; for TCP and TLS a connection with this id is begun, and what is sent before it
  // stands waits for it (bounded). Errors: no route, no socket of that family.
  [[nodiscard]] Result<sip::Flow> open(const sip::Target& target, std::uint64_t connection,
                                       const TlsClientSettings& tls);
  void send(const sip::Flow& flow, std::string_view message);
  void close(const sip::Flow& flow);  // after what is queued; on_lost does not follow

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace offhook::app
