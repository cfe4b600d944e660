#include "sip/uri_escapes.hpp"

#include <optional>

#include "base/text.hpp"

namespace offhook::sip {
namespace {

std::optional<int> hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = to_lower(c);
  if (lower >= 'a' && lower <= 'f') return lower - 'a' + 10;
  return std::nullopt;
}

// The byte that `text` starts with, without its escape, and taken off; nullopt where the escape is
// none.
std::optional<char> take_char(std::string_view& text) {
  const char first = text.front();
  if (first != '%') {
    text.remove_prefix(1);
    return first;
  }
  if (text.size() < 3) return std::nullopt;
  const auto high = hex_value(text[1]);
  const auto low = hex_value(text[2]);
  if (!high || !low) return std::nullopt;
  text.remove_prefix(3);
  return static_cast<char>(*high * 16 + *low);
}

bool is_refused(char c, EscapedNul nul) {
  return is_control(c) && !(c == '\0' && nul == EscapedNul::Allowed);
}

}  // namespace

bool is_escaped(std::string_view text, const CharSet& plain, EscapedNul nul) {
  while (true) {
    text.remove_prefix(plain.run(text));
    if (text.empty()) return true;
    if (text.front() != '%') return false;
    const auto c = take_char(text);
    if (!c || is_refused(*c, nul)) return false;
  }
}

std::string unescaped(std::string_view text) {
  if (!text.contains('%')) return std::string(text);
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) out += *take_char(text);
  return out;
}

bool same_unescaped(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (to_lower(*take_char(a)) != to_lower(*take_char(b))) return false;
  }
  return a.empty() && b.empty();
}

void append_escaped(std::string& out, std::string_view text, const CharSet& plain, EscapedNul nul) {
  constexpr std::string_view kHexDigits = "0123456789ABCDEF";
  while (true) {
    const std::size_t run = plain.run(text);
    out += text.substr(0, run);
    if (run == text.size()) return;
    const auto byte = static_cast<unsigned char>(text[run]);
    if (is_refused(text[run], nul)) {
      out += '_';
    } else {
      out += {'%', kHexDigits[byte >> 4], kHexDigits[byte & 15]};
    }
    text.remove_prefix(run + 1);
  }
}

}  // namespace offhook::sip
