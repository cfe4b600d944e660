#pragma once

#include <cstddef>
#include <cstdint>

namespace offhook {

// Has the processor fetch memory that is needed soon, while it is busy with something else. Only a
// hint, which waits for nothing: it does not matter what lies there, or whether anything does.
inline void prefetch_memory(const void* begin, std::size_t bytes) {
  constexpr std::size_t kLine = 64;
  const auto address = reinterpret_cast<std::uintptr_t>(begin);
  for (std::uintptr_t line = address & ~(kLine - 1); line < address + bytes; line += kLine) {
    __builtin_prefetch(reinterpret_cast<const void*>(line));
  }
}

}  // namespace offhook
