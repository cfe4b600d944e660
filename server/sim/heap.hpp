#pragma once

#include <cstddef>

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#include <sanitizer/allocator_interface.h>
#else
#include <malloc.h>
#endif

namespace offhook::sim {

// Bytes of the heap that are in use now, by all of the program.
[[nodiscard]] inline std::size_t heap_in_use() {
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  return __sanitizer_get_current_allocated_bytes();
#else
  return ::mallinfo2().uordblks;
#endif
}

}  // namespace offhook::sim
