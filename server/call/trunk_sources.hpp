#pragma once

#include <vector>

#include "base/endpoint.hpp"
#include "base/time.hpp"

namespace offhook::call {

// The addresses that a provider's requests may come from. One that the provider's name no longer
// has stays while a call may last that was begun there: its BYE comes from there.
class TrunkSources {
 public:
  void renew(std::vector<IpAddress> addresses, Time now);
  [[nodiscard]] bool contains(const IpAddress& address) const;

 private:
  struct Former {
    IpAddress address;
    Time until;
  };
  std::vector<IpAddress> addresses_;
  std::vector<Former> former_;  // the longest gone first
};

}  // namespace offhook::call
