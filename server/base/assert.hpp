#pragma once

namespace offhook {

// Prints and aborts. In every build: an assertion is for our own bugs, never for what the network sent.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace offhook

#define OFFHOOK_ASSERT(expression)     \
  ((expression) ? static_cast<void>(0) \
                : ::offhook::assertion_failed(#expression, __FILE__, __LINE__))
