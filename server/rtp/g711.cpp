#include "rtp/g711.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "base/assert.hpp"

namespace offhook::rtp {
namespace {

// Both laws: a sign, a segment (a power of two) and four bits within it. Mu-law works on 14 bits
// with a bias of 33, A-law on 13; here both are scaled to 16, so the bias is 132 and a segment's
// step is 8 or 16 at least.
constexpr int kMuBias = 132;
constexpr int kMuClip = 32'635;

// The position of the highest bit that is set, counted from 1.
constexpr int bits(int magnitude) {
  return static_cast<int>(std::bit_width(static_cast<unsigned>(magnitude)));
}

constexpr std::uint8_t encode_mu(int sample) {
  const int sign = sample < 0 ? 0x80 : 0;
  const int magnitude = std::min(sample < 0 ? -sample : sample, kMuClip) + kMuBias;
  const int segment = bits(magnitude) - 8;  // 0..7
  const int step = (magnitude >> (segment + 3)) & 0x0F;
  return static_cast<std::uint8_t>(~(sign | (segment << 4) | step));
}

constexpr std::int16_t decode_mu(std::uint8_t byte) {
  const int code = ~byte & 0xFF;
  const int magnitude = ((((code & 0x0F) << 3) + kMuBias) << ((code >> 4) & 0x07)) - kMuBias;
  return static_cast<std::int16_t>(code & 0x80 ? -magnitude : magnitude);
}

constexpr std::uint8_t encode_a(int sample) {
  // A-law has no zero: negative values fold to -1 -> 0 so that the scale is symmetric.
  const int sign = sample < 0 ? 0 : 0x80;
  const int magnitude = (sample < 0 ? -sample - 1 : sample) >> 4;  // 11 bits
  const int segment = std::max(bits(magnitude) - 4, 0);
  const int step =
      segment < 2 ? magnitude & 0x1F : ((magnitude >> (segment - 1)) & 0x0F) | (segment << 4);
  return static_cast<std::uint8_t>((sign | step) ^ 0x55);
}

constexpr std::int16_t decode_a(std::uint8_t byte) {
  const int code = byte ^ 0x55;
  const int segment = (code >> 4) & 0x07;
  const int step = ((code & 0x0F) << 4) + 8;
  const int magnitude = segment == 0 ? step : (step + 0x100) << (segment - 1);
  return static_cast<std::int16_t>(code & 0x80 ? magnitude : -magnitude);
}

template <typename Function>
consteval std::array<std::int16_t, 256> tabulate(Function decode_byte) {
  std::array<std::int16_t, 256> table{};
  for (int i = 0; i < 256; ++i)
    table[static_cast<std::size_t>(i)] = decode_byte(static_cast<std::uint8_t>(i));
  return table;
}

constexpr auto kDecodeMu = tabulate(decode_mu);
constexpr auto kDecodeA = tabulate(decode_a);

}  // namespace

std::uint8_t encode_sample(Law law, std::int16_t sample) {
  return law == Law::Mu ? encode_mu(sample) : encode_a(sample);
}

std::int16_t decode_sample(Law law, std::uint8_t byte) {
  return (law == Law::Mu ? kDecodeMu : kDecodeA)[byte];
}

void encode(Law law, std::span<const std::int16_t> samples, MutableByteView out) {
  OFFHOOK_ASSERT(samples.size() == out.size());
  std::ranges::transform(samples, out.begin(),
                         [law](std::int16_t sample) { return encode_sample(law, sample); });
}

void decode(Law law, ByteView bytes, std::span<std::int16_t> out) {
  OFFHOOK_ASSERT(bytes.size() == out.size());
  const auto& table = law == Law::Mu ? kDecodeMu : kDecodeA;
  std::ranges::transform(bytes, out.begin(), [&table](std::uint8_t byte) { return table[byte]; });
}

}  // namespace offhook::rtp
