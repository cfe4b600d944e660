#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "base/endpoint.hpp"

// What the core asks of the domain name system and hears from it; the shell does the asking.
namespace offhook {

enum class DnsType : std::uint8_t { A, Aaaa, Srv, Naptr };

struct DnsQuestion {
  DnsType type = DnsType::A;
  std::string name;  // lower case, without the final dot

  auto operator<=>(const DnsQuestion&) const = default;
};

// RFC 2782.
struct SrvRecord {
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  std::uint16_t port = 0;
  std::string target;  // as a question's name; "." where the service is not offered

  bool operator==(const SrvRecord&) const = default;
};

// RFC 3403 4.1, without those that rewrite by a regular expression: SIP has none (RFC 3263 4.1).
struct NaptrRecord {
  std::uint16_t order = 0;
  std::uint16_t preference = 0;
  std::string flags;
  std::string service;      // "SIP+D2U", "SIP+D2T", "SIPS+D2T"
  std::string replacement;  // as a question's name

  bool operator==(const NaptrRecord&) const = default;
};

struct DnsAnswer {
  enum class Outcome : std::uint8_t {
    Found,
    NoSuchRecord,  // the name or the type does not exist: an answer, and final
    Failed         // no name server answered, or none could: nothing is known
  };

  Outcome outcome = Outcome::Failed;
  std::chrono::seconds ttl{0};  // of what was found: the shortest of the records
  // At most limits::kDnsRecords; which of them are filled follows from the question's type.
  std::vector<IpAddress> addresses{};
  std::vector<SrvRecord> srv{};
  std::vector<NaptrRecord> naptr{};
  std::string reason{};  // in words, where nothing was found

  bool operator==(const DnsAnswer&) const = default;
};

}  // namespace offhook
