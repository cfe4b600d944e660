#pragma once

#include <cstdint>

namespace offhook::bench {

// Calls of operator new since the program started. Linking allocations.cpp replaces it.
[[nodiscard]] std::uint64_t allocations();

}  // namespace offhook::bench
