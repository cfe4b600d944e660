#pragma once

#include "base/random.hpp"

namespace offhook {

// The operating system's randomness (getrandom), good enough for keys and tokens.
class SystemRandom final : public Random {
 public:
  void fill(MutableByteView bytes) override;
};

}  // namespace offhook
