#include "base/random.hpp"

#include <array>
#include <cstring>

#include "base/assert.hpp"

namespace offhook {

std::uint32_t Random::next_u32() {
  std::array<std::uint8_t, 4> bytes{};
  fill(bytes);
  return load_u32(bytes.data());
}

std::uint64_t Random::next_u64() {
  const std::uint64_t high = next_u32();
  return (high << 32) | next_u32();
}

std::uint64_t Random::below(std::uint64_t bound) {
  OFFHOOK_ASSERT(bound > 0);
  // Draws from the incomplete last stretch would favour small values: draw again.
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  std::uint64_t value = next_u64();
  while (value >= limit) value = next_u64();
  return value % bound;
}

std::string Random::hex(std::size_t bytes) {
  Bytes raw(bytes);
  fill(raw);
  return to_hex(raw);
}

void SeededRandom::fill(MutableByteView bytes) {
  for (std::uint8_t& byte : bytes) {  // splitmix64, a byte a step
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    byte = static_cast<std::uint8_t>(z ^ (z >> 31));
  }
}

}  // namespace offhook
