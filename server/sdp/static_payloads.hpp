#pragma once

#include <cstdint>

#include "sdp/sdp.hpp"

namespace offhook::sdp {

// What RFC 3551 6 says of a payload type, for m= lines without the rtpmap; `encoding` is empty for
// the dynamic ones.
[[nodiscard]] PayloadFormat static_format(std::uint8_t payload_type);

}  // namespace offhook::sdp
