#include "bench/allocations.hpp"

#include <cstdlib>
#include <new>

namespace {

// Benchmarks run in one thread.
std::uint64_t count = 0;

}  // namespace

std::uint64_t offhook::bench::allocations() { return count; }

// NOLINTBEGIN(cppcoreguidelines-no-malloc)
void* operator new(std::size_t size) {
  ++count;
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
// NOLINTEND(cppcoreguidelines-no-malloc)
