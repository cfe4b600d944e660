#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/endpoint.hpp"
#include "media/browser_leg.hpp"

namespace offhook::media {

// Which leg a datagram of the shared port is for: a STUN check by the ufrag it names, everything
// else by its source address, once that leg's ICE agent has approved it.
class BrowserDirectory {
 public:
  void add(BrowserLeg& leg) { by_ufrag_.emplace(leg.ufrag(), &leg); }
  void remove(const BrowserLeg& leg);
  // An authenticated check for `leg` came from there. An address belongs to the leg that claimed it
  // last: behind a NAT a port is given out again.
  void claim(const Endpoint& remote, BrowserLeg& leg, Time now);

  [[nodiscard]] BrowserLeg* find_by_ufrag(std::string_view ufrag) const;
  [[nodiscard]] BrowserLeg* find_by_address(const Endpoint& remote) const {
    const auto found = by_address_.find(remote);
    return found == by_address_.end() ? nullptr : found->second;
  }

 private:
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  void forget(const Endpoint& remote, const BrowserLeg& leg);

  std::unordered_map<std::string, BrowserLeg*, TextHash, std::equal_to<>> by_ufrag_;
  std::unordered_map<Endpoint, BrowserLeg*> by_address_;
};

}  // namespace offhook::media
