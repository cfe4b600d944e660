#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "sip/dns_cache.hpp"
#include "sip/target.hpp"

namespace offhook::sip {

// A server as configured (RFC 3263 4.1, 4.2). With a port: address records only. Without a
// transport: NAPTR decides.
struct Server {
  std::string host;  // a name or an address literal
  std::optional<std::uint16_t> port;
  std::optional<Transport> transport;
};

// What of a server's offers we can use.
struct Abilities {
  bool ipv4 = true;
  bool ipv6 = true;
  std::vector<Transport> transports{Transport::Udp, Transport::Tcp, Transport::Tls};
};

// Where the requests for one server may go, as far as DNS has answered.
struct Resolution {
  struct Candidate {
    Target target;
    // Grows where DNS says "only if those before fail" (the preference of a NAPTR record, the
    // priority of an SRV record); candidates of one group are as good as each other.
    unsigned group = 0;

    bool operator==(const Candidate&) const = default;
  };

  std::vector<Candidate> candidates;  // in the order to try them in, each once
  bool settled = true;                // every question about it has been answered once
  std::string reason;                 // in words, where there is no candidate
};

// The procedure of RFC 3263 4.1 and 4.2 over what the cache knows; what it does not know is asked.
//
// - An address literal or a port: address records only; the transport is the one given, else UDP.
// - A transport: its SRV records; where there are none, address records and the default port.
// - Neither: NAPTR records with the flag "s" and a service that we have (the lowest order of them
//   alone, by preference); where there are none, the SRV records of all transports in our order;
//   where there are none either, address records, UDP, 5060.
// - SRV records by priority, within one by weight as the cache has drawn them (RFC 2782). The
//   target "." means that the service is not there: no address records are tried for it.
// - IPv6 before IPv4 as RFC 6724 has it (RFC 7984 4.2), but in turns (RFC 8305 4), so that a broken
//   family costs one attempt.
// - A failed look-up counts as "no such record": SRV and address records are tried where a name
//   server fails only on NAPTR.
[[nodiscard]] Resolution resolve(const Server& server, const Abilities& abilities, DnsCache& cache,
                                 Time now);

}  // namespace offhook::sip
