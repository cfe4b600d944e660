#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "sip/dns.hpp"
#include "sip/target.hpp"

namespace offhook::sip {

// A server as configured (RFC 3263 4.1, 4.2). With a port: address records only. Without a transport: NAPTR decides.
struct Server {
  std::string host;  // a name or an address literal
  std::optional<std::uint16_t> port;
  std::optional<Transport> transport;
};

// Which address of which of several servers to use now: resolution by RFC 3263, failover down the list, a memory of what
// is down, and the way back to what is preferred.
class ServerSelection {
 public:
  struct Config {
    std::vector<Server> servers;  // in order of preference, at least one
    bool ipv4 = true;             // families that the shell can send from
    bool ipv6 = true;
    std::vector<Transport> transports{Transport::Udp, Transport::Tcp, Transport::Tls};
  };
  struct Ask {  // the shell answers every question once
    DnsQuestion question;
  };
  struct Chosen {  // to be used from now on; what went elsewhere before stays there
    Target target;
  };
  struct NoneLeft {      // nothing to use until the next Chosen
    std::string reason;  // in words
  };
  using Output = std::variant<Ask, Chosen, NoneLeft>;

  ServerSelection(Config config, Random& random);

  void start(Time now);
  void handle_answer(const DnsQuestion& question, const DnsAnswer& answer, Time now);
  // No answer in time, a 503, a connection that failed. Ignored for what is not the current target, but remembered.
  void handle_failed(const Target& target, std::string reason,
                     std::optional<std::chrono::seconds> retry_after, Time now);
  void handle_succeeded(const Target& target, Time now);  // a response came from there
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Output> poll_output();
  [[nodiscard]] std::optional<Time> next_timeout() const;

  [[nodiscard]] const std::optional<Target>& current() const;
  // The next one after `target` that is not known to be down, for a single request (RFC 3263 4.3); nothing moves.
  [[nodiscard]] std::optional<Target> after(const Target& target, Time now) const;
  // Every address that any of the servers is known to have: where its requests may come from.
  [[nodiscard]] std::vector<IpAddress> addresses() const;
};

}  // namespace offhook::sip
