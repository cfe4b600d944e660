#pragma once

#include <cstdint>

namespace offhook::call {

// Whether a trunk's media is encrypted, under keys that stand in its SIP messages (RFC 4568).
enum class SrtpPolicy : std::uint8_t {
  Off,       // plain RTP; who insists on SRTP is refused
  Optional,  // SRTP where the provider can, else plain RTP
  Required,  // SRTP, or no call
};

}  // namespace offhook::call
