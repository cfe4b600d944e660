#include "base/utf8.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace offhook {
namespace {

// The length of the well-formed character at the start of `text`; 0 where there is none. The bounds
// of the second byte rule out overlong forms, surrogates and what lies beyond U+10FFFF (RFC 3629
// 4).
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t at) {
    return at < text.size() ? static_cast<std::uint8_t>(text[at]) : std::uint8_t{0};
  };
  const auto continues = [&](std::size_t at) { return (byte(at) & 0xc0) == 0x80; };
  const std::uint8_t first = byte(0);
  const std::uint8_t second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return continues(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool fits = (first != 0xe0 || second >= 0xa0) && (first != 0xed || second <= 0x9f);
    return fits && continues(1) && continues(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool fits = (first != 0xf0 || second >= 0x90) && (first != 0xf4 || second <= 0x8f);
    return fits && continues(1) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

void make_well_formed_utf8(std::span<char> text) {
  while (!text.empty()) {
    const std::size_t length = character_length({text.data(), text.size()});
    if (length == 0) text.front() = '?';
    text = text.subspan(length == 0 ? 1 : length);
  }
}

std::string well_formed_utf8(std::string_view text) {
  std::string out(text);
  make_well_formed_utf8(out);
  return out;
}

std::size_t acting_character_length(std::string_view text) {
  const auto byte = [&](std::size_t at) {
    return at < text.size() ? static_cast<std::uint8_t>(text[at]) : std::uint8_t{0};
  };
  if (text.empty()) return 0;
  if (byte(0) < 0x20 || byte(0) == 0x7f) return 1;
  if (byte(0) == 0xc2 && byte(1) >= 0x80 && byte(1) <= 0x9f) return 2;  // U+0080 to U+009F
  if (byte(0) == 0xd8 && byte(1) == 0x9c) return 2;                     // U+061C
  if (byte(0) != 0xe2) return 0;
  const bool mark = byte(1) == 0x80 && (byte(2) == 0x8e || byte(2) == 0x8f);   // U+200E, U+200F
  const bool line = byte(1) == 0x80 && byte(2) >= 0xa8 && byte(2) <= 0xae;     // U+2028 to U+202E
  const bool isolate = byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9;  // U+2066 to U+2069
  return mark || line || isolate ? 3 : 0;
}

std::string printable_utf8(std::string_view text) {
  const auto is_plain = [](char c) { return (c >= 0x20 && c < 0x7f) || c == '\n'; };
  std::string out;
  out.reserve(text.size());
  while (true) {
    const auto plain = std::ranges::find_if_not(text, is_plain);
    out.append(text.begin(), plain);
    text.remove_prefix(static_cast<std::size_t>(plain - text.begin()));
    if (text.empty()) return out;
    const std::size_t length = character_length(text);
    const bool is_shown = length > 0 && acting_character_length(text) == 0;
    out += is_shown ? text.substr(0, length) : "?";
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
}

}  // namespace offhook
