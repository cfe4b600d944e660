#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ice/path.hpp"
#include "media/browser_leg.hpp"

namespace offhook::media {

// Which leg a datagram from a browser is for: a STUN check by the ufrag it names, everything else by
// the path it came on, once that leg's ICE agent has approved it.
class BrowserDirectory {
 public:
  void add(BrowserLeg& leg) { by_ufrag_.emplace(leg.credentials().ufrag, &leg); }
  void remove(const BrowserLeg& leg);
  // Has the leg restart ICE under `local`, and finds it by those as well.
  void restart_ice(BrowserLeg& leg, ice::Credentials local, std::uint32_t generation, Time now);
  // An authenticated check for `leg` came on that path. It belongs to the leg that claimed it last:
  // behind a NAT a port is given out again.
  void claim(const ice::Path& path, BrowserLeg& leg, Time now);

  [[nodiscard]] BrowserLeg* find_by_ufrag(std::string_view ufrag) const;
  [[nodiscard]] BrowserLeg* find_by_path(const ice::Path& path) const {
    const auto found = by_path_.find(path);
    return found == by_path_.end() ? nullptr : found->second;
  }

 private:
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  void forget_ufrags(const BrowserLeg& leg);
  void forget(const ice::Path& path, const BrowserLeg& leg);

  std::unordered_map<std::string, BrowserLeg*, TextHash, std::equal_to<>> by_ufrag_;
  std::unordered_map<ice::Path, BrowserLeg*> by_path_;
};

}  // namespace offhook::media
