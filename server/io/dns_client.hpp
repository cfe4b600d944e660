#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/dns.hpp"
#include "base/result.hpp"
#include "io/event_loop.hpp"

namespace offhook::io {

// Asks name servers (c-ares) from within the loop, without threads. /etc/hosts comes first: a name
// that stands there has its addresses and nothing else, and no name server is asked about it, nor
// about the services of such a name (_sip._udp.NAME). A name of one label is searched in the
// system's domains, as people expect of `host`; every other one is taken as it is.
class DnsClient {
 public:
  using Callback = std::function<void(const DnsAnswer&)>;

  struct Config {
    // "127.0.0.1:5353,[::1]:53", or empty for the system's (/etc/resolv.conf, read again when it
    // has changed).
    std::string servers;
    // For each server, which is tried twice; the second time twice as long.
    std::chrono::milliseconds timeout{1500};
  };

  // An error says what is wrong with the servers.
  [[nodiscard]] static Result<std::unique_ptr<DnsClient>> create(EventLoop& loop, Config config);
  ~DnsClient();  // no callback comes any more

  // The callback comes exactly once, in a later turn of the loop: where the name servers are
  // silent, after three times the timeout for each of them. It may ask again.
  void ask(const DnsQuestion& question, Callback callback);

 private:
  class Impl;
  explicit DnsClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace offhook::io
