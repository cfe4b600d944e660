#include "base/system_random.hpp"

#include <cerrno>

#include <sys/random.h>

#include "base/assert.hpp"

namespace offhook {

void SystemRandom::fill(MutableByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::getrandom(bytes.data(), bytes.size(), 0);
    // Nothing else can go wrong; and without randomness no key may be made.
    OFFHOOK_ASSERT(count > 0 || errno == EINTR);
    if (count > 0) bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

}  // namespace offhook
