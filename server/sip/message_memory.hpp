#pragma once

#include <cstddef>

#include "sip/message.hpp"

namespace offhook::sip {

// Bytes that a message keeps on the heap, about: what a transaction that holds it costs. Of what
// another side sends it can be many times the length on the wire, as each parameter is a value of
// its own.
[[nodiscard]] std::size_t heap_bytes(const Request& request);
[[nodiscard]] std::size_t heap_bytes(const Response& response);

}  // namespace offhook::sip
