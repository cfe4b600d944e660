#pragma once

#include "base/random.hpp"

namespace offhook::media {

// The kernel's random numbers, good for keys and passwords.
class SystemRandom final : public Random {
 public:
  void fill(MutableByteView bytes) override;
};

}  // namespace offhook::media
