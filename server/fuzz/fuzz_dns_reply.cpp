#include <algorithm>
#include <array>

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "fuzz/target.hpp"
#include "io/dns_reply.hpp"

// A name server's reply to a question of one of four types, which the first byte says: what is
// found is of that type, bounded, and of names that can be asked for; everything else is a failure
// in words.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace offhook;
  if (size == 0) return 0;
  constexpr std::array kTypes{DnsType::A, DnsType::Aaaa, DnsType::Srv, DnsType::Naptr};
  const DnsType type = kTypes[data[0] % kTypes.size()];
  const DnsAnswer answer = io::parse_dns_reply(ByteView(data, size).subspan(1), type);
  const std::size_t records = answer.addresses.size() + answer.srv.size() + answer.naptr.size();
  OFFHOOK_ASSERT(records <= limits::kDnsRecords);
  OFFHOOK_ASSERT((answer.outcome == DnsAnswer::Outcome::Found) == (records > 0));
  OFFHOOK_ASSERT(answer.outcome != DnsAnswer::Outcome::Failed || !answer.reason.empty());
  OFFHOOK_ASSERT(answer.ttl.count() >= 0 && answer.ttl.count() <= INT32_MAX);
  OFFHOOK_ASSERT(answer.srv.empty() || type == DnsType::Srv);
  OFFHOOK_ASSERT(answer.naptr.empty() || type == DnsType::Naptr);
  for (const IpAddress& address : answer.addresses) {
    OFFHOOK_ASSERT(type == (address.is_v4() ? DnsType::A : DnsType::Aaaa));
  }
  const auto can_be_asked = [](const std::string& name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    });
  };
  for (const SrvRecord& srv : answer.srv) OFFHOOK_ASSERT(can_be_asked(srv.target));
  for (const NaptrRecord& naptr : answer.naptr) OFFHOOK_ASSERT(can_be_asked(naptr.replacement));
  return 0;
}
