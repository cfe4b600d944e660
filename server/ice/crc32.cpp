#include "ice/crc32.hpp"

#include <array>

namespace offhook::ice {

namespace {

constexpr std::uint32_t kPolynomial = 0xEDB88320;  // 0x04C11DB7, bits reversed

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value & 1) != 0 ? kPolynomial ^ (value >> 1) : value >> 1;
    }
    table[byte] = value;
  }
  return table;
}

constexpr std::array<std::uint32_t, 256> kCrcTable = make_crc_table();

}  // namespace

std::uint32_t crc32(ByteView bytes) {
  std::uint32_t value = 0xFFFFFFFF;
  for (const std::uint8_t byte : bytes) value = kCrcTable[(value ^ byte) & 0xFF] ^ (value >> 8);
  return ~value;
}

}  // namespace offhook::ice
