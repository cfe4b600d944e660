#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/limits.hpp"
#include "base/time.hpp"
#include "sip/flow.hpp"

namespace offhook::sip {

// What a source may cost us before it has proved anything: how many requests it may make us
// remember, and how many bytes it may have from us without that. Where the address is forged, as
// over UDP it can be, the one who gets the bytes did not ask for them.
//
// Sources are few: the trunks' addresses and the users. Should they become many, the one that was
// silent for longest is forgotten once its budgets are whole again; until then whoever is new
// shares one budget with all others that are new.
class Admission {
 public:
  struct Budget {
    std::size_t requests_per_second = limits::kSipRequestsPerSecond;
    std::size_t requests_at_once = limits::kSipRequestsAtOnce;
    std::size_t bytes_per_second = limits::kSipUnprovenBytesPerSecond;
    std::size_t bytes_at_once = limits::kSipUnprovenBytesAtOnce;
    std::size_t sources = limits::kSipSources;
  };

  explicit Admission(Budget budget) : budget_(budget) {}

  // Of one more request that begins something. True: it is counted.
  [[nodiscard]] bool admit(std::string_view source, Time now);
  // Of so many bytes to the source. True: they are counted.
  [[nodiscard]] bool may_send(std::string_view source, std::size_t bytes, Time now);

  [[nodiscard]] std::size_t size() const { return by_key_.size(); }

 private:
  // The time at which the whole budget is there again: it says all of a token bucket.
  struct Source {
    std::string key{};
    Time requests_whole_at{};
    Time bytes_whole_at{};
  };
  [[nodiscard]] Source& find(std::string_view key, Time now);

  Budget budget_;
  std::list<Source> sources_;  // the longest silent one first
  std::unordered_map<std::string, std::list<Source>::iterator> by_key_;
  Source newcomers_;
};

// Who a message comes from, as Admission counts: over WebSockets its connection, else its address,
// of IPv6 the /64 that one customer has.
[[nodiscard]] std::string source_of(const Flow& flow);

}  // namespace offhook::sip
