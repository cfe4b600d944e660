#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace offhook::ice {

// The CRC-32 of ITU V.42 and Ethernet, that FINGERPRINT is made of (RFC 8489 14.7).
[[nodiscard]] std::uint32_t crc32(ByteView bytes);

}  // namespace offhook::ice
