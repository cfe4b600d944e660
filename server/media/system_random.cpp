#include "media/system_random.hpp"

#include <cerrno>

#include <sys/random.h>

#include "base/assert.hpp"

namespace offhook::media {

void SystemRandom::fill(MutableByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t got = ::getrandom(bytes.data(), bytes.size(), 0);
    // Without randomness there are no keys: nothing could go on. EINTR is possible for large
    // requests only.
    OFFHOOK_ASSERT(got > 0 || errno == EINTR);
    if (got > 0) bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace offhook::media
