#include "app/memory_trim.hpp"

#include <chrono>
#include <cstddef>

#include <malloc.h>

namespace offhook::app {

namespace {

constexpr Duration kInterval = std::chrono::seconds(10);
// Below, it is not worth the work: some ms for a heap of 100 MB.
constexpr std::size_t kWorthIt = 2U << 20U;

}  // namespace

MemoryTrim::MemoryTrim(io::EventLoop& loop) : timer_(loop, [this] { trim(); }) {
  timer_.set(io::now() + kInterval);
}

void MemoryTrim::trim() {
  if (::mallinfo2().fordblks >= kWorthIt) ::malloc_trim(0);
  timer_.set(io::now() + kInterval);
}

}  // namespace offhook::app
