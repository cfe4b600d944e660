#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.hpp"

// ITU-T G.711: 16 bit linear samples to and from 8 bit mu-law (PCMU) and A-law (PCMA).
namespace offhook::rtp {

enum class Law : std::uint8_t { Mu, A };

[[nodiscard]] std::uint8_t encode_sample(Law law, std::int16_t sample);
[[nodiscard]] std::int16_t decode_sample(Law law, std::uint8_t byte);

// The spans have the same length, asserted.
void encode(Law law, std::span<const std::int16_t> samples, MutableByteView out);
void decode(Law law, ByteView bytes, std::span<std::int16_t> out);

// The byte of digital silence.
[[nodiscard]] constexpr std::uint8_t silence(Law law) { return law == Law::Mu ? 0xFF : 0xD5; }

}  // namespace offhook::rtp
