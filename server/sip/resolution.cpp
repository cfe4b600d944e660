#include "sip/resolution.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"

namespace offhook::sip {
namespace {

using Outcome = DnsAnswer::Outcome;

// RFC 3263 4.1, RFC 3261 19.1.2.
struct Service {
  Transport transport;
  std::string_view naptr;
  std::string_view srv_prefix;
  std::uint16_t port;
};
constexpr std::array<Service, 3> kServices{{
    {Transport::Udp, "SIP+D2U", "_sip._udp.", 5060},
    {Transport::Tcp, "SIP+D2T", "_sip._tcp.", 5060},
    {Transport::Tls, "SIPS+D2T", "_sips._tcp.", 5061},
}};

const Service* service_of(Transport transport) {
  const auto* found = std::ranges::find(kServices, transport, &Service::transport);
  return found == kServices.end() ? nullptr : found;
}

std::string question_name(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return to_lower(host);
}

// One run of the procedure.
class Procedure {
 public:
  Procedure(const Server& server, const Abilities& abilities, DnsCache& cache, Time now)
      : server_(server), abilities_(abilities), cache_(cache), now_(now) {}

  Resolution run() {
    const std::string host = question_name(server_.host);
    const Transport transport = server_.transport.value_or(usual_transport());
    if (const auto literal = IpAddress::parse(server_.host)) {
      add(*literal, port_for(transport), transport);
    } else if (server_.port) {
      addresses(host, *server_.port, transport);
    } else if (server_.transport) {
      services_or_addresses(host, std::array{transport}, transport);
    } else if (!by_naptr(host)) {
      services_or_addresses(host, abilities_.transports, transport);
    }
    if (!result_.candidates.empty()) {
      result_.reason.clear();
    } else if (result_.reason.empty()) {
      result_.reason = "no address that we can use";
    }
    return std::move(result_);
  }

 private:
  [[nodiscard]] bool can(Transport transport) const {
    return std::ranges::count(abilities_.transports, transport) > 0;
  }
  [[nodiscard]] Transport usual_transport() const {
    if (can(Transport::Udp) || abilities_.transports.empty()) return Transport::Udp;
    return abilities_.transports.front();
  }
  [[nodiscard]] std::uint16_t port_for(Transport transport) const {
    const Service* service = service_of(transport);
    return server_.port.value_or(service == nullptr ? 5060 : service->port);
  }

  // nullptr: nothing to go by; is_pending_ tells whether it may still come.
  const DnsAnswer* find(DnsType type, const std::string& name) {
    const DnsAnswer* answer = cache_.find({type, name}, now_);
    is_pending_ = answer == nullptr;
    if (is_pending_) {
      result_.settled = false;
    } else if (answer->outcome != Outcome::Found) {
      note(answer->outcome, answer->reason, name);
      return nullptr;
    }
    return answer;
  }

  // That name servers fail explains more than that there is no record; addresses come last and
  // explain more than services.
  void note(Outcome outcome, const std::string& reason, const std::string& name) {
    if (has_failed_ && outcome != Outcome::Failed) return;
    has_failed_ = outcome == Outcome::Failed;
    result_.reason = reason.empty() ? "there is no address for " + name : reason;
  }

  // False where it is known that there are no such records for us; so below.
  bool by_naptr(const std::string& host) {
    const DnsAnswer* answer = find(DnsType::Naptr, host);
    if (answer == nullptr) return is_pending_;
    std::vector<std::pair<NaptrRecord, Transport>> usable;
    for (const NaptrRecord& record : answer->naptr) {
      if (!equals_ignoring_case(record.flags, "s") || record.replacement.empty()) continue;
      const auto* service = std::ranges::find_if(kServices, [&](const Service& known) {
        return equals_ignoring_case(known.naptr, record.service) && can(known.transport);
      });
      if (service != kServices.end()) usable.emplace_back(record, service->transport);
    }
    std::ranges::sort(usable, {}, [&](const auto& record) {
      const auto ours = std::ranges::find(abilities_.transports, record.second);
      return std::tuple(record.first.order, record.first.preference, ours);
    });
    for (const auto& [record, transport] : usable) {
      if (record.order != usable.front().first.order) break;  // RFC 3403 4.1
      by_srv(record.replacement, transport);
    }
    return !usable.empty();
  }

  template <typename Transports>
  void services_or_addresses(const std::string& host, const Transports& transports,
                             Transport usual) {
    bool none = true;
    for (const Transport transport : transports) {
      const Service* service = service_of(transport);
      if (service == nullptr) continue;
      if (by_srv(std::string(service->srv_prefix) + host, transport)) none = false;
    }
    if (none) addresses(host, port_for(usual), usual);
  }

  bool by_srv(const std::string& name, Transport transport) {
    const DnsAnswer* answer = find(DnsType::Srv, name);
    if (answer == nullptr) return is_pending_;
    const SrvRecord* last = nullptr;
    for (const SrvRecord& record : answer->srv) {
      if (record.target.empty() || record.target == "." || record.port == 0) continue;
      if (followed_++ >= limits::kSipTargetsPerServer) break;
      if (last == nullptr || record.priority != last->priority) ++group_;
      last = &record;
      if (const auto literal = IpAddress::parse(record.target)) {
        add(*literal, record.port, transport);
      } else {
        addresses(question_name(record.target), record.port, transport);
      }
    }
    if (last == nullptr) {
      note(Outcome::NoSuchRecord,
           server_.host + " does not offer SIP over " + std::string(to_string(transport)), name);
    }
    return true;
  }

  void addresses(const std::string& name, std::uint16_t port, Transport transport) {
    std::vector<IpAddress> v6;
    std::vector<IpAddress> v4;
    if (abilities_.ipv6) {
      if (const DnsAnswer* answer = find(DnsType::Aaaa, name)) v6 = answer->addresses;
    }
    if (abilities_.ipv4) {
      if (const DnsAnswer* answer = find(DnsType::A, name)) v4 = answer->addresses;
    }
    for (std::size_t i = 0; i < std::max(v6.size(), v4.size()); ++i) {
      if (i < v6.size()) add(v6[i], port, transport);
      if (i < v4.size()) add(v4[i], port, transport);
    }
  }

  // "0.0.0.0" and "::" stand for this machine where they are sent to, and are what some name
  // servers answer for names that they block.
  void add(const IpAddress& address, std::uint16_t port, Transport transport) {
    if (address.is_unspecified() || result_.candidates.size() >= limits::kSipTargetsPerServer) {
      return;
    }
    if (!(address.is_v6() ? abilities_.ipv6 : abilities_.ipv4)) return;
    Target target{transport, {address, port}, server_.host};
    if (std::ranges::count(result_.candidates, target, &Resolution::Candidate::target) > 0) return;
    result_.candidates.push_back({std::move(target), group_});
  }

  const Server& server_;
  const Abilities& abilities_;
  DnsCache& cache_;
  Time now_;
  Resolution result_;
  unsigned group_ = 0;
  std::size_t followed_ = 0;
  bool is_pending_ = false;  // what find() was last asked for
  bool has_failed_ = false;
};

}  // namespace

Resolution resolve(const Server& server, const Abilities& abilities, DnsCache& cache, Time now) {
  return Procedure(server, abilities, cache, now).run();
}

}  // namespace offhook::sip
