#pragma once

#include <algorithm>
#include <utility>

#include "base/time.hpp"

namespace offhook::io {

// Delays between tries: `first`, then doubling up to `longest`.
class BackOff {
 public:
  BackOff(Duration first, Duration longest) : first_(first), longest_(longest), next_(first) {}

  [[nodiscard]] Duration next() { return std::exchange(next_, std::min(next_ * 2, longest_)); }
  void reset() { next_ = first_; }

 private:
  Duration first_;
  Duration longest_;
  Duration next_;
};

}  // namespace offhook::io
