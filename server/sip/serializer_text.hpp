#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

// The only ways by which text gets into a message that we write. Each appends what its place in the
// grammar allows, and "_" (in free text "?") for every other byte and where there must be something
// and is nothing: no text whatever ends a line, a quoted string or a value, or starts one.
namespace offhook::sip {

void append_token(std::string& out, std::string_view text);
// Of a Call-ID: visible ASCII.
void append_word(std::string& out, std::string_view text);
// A name, an address or an IPv6 reference.
void append_host(std::string& out, std::string_view text);
// The rest of a line: UTF-8 without control characters but the tab.
void append_text(std::string& out, std::string_view text);
// The same in quotes, with `"` and `\` escaped.
void append_quoted(std::string& out, std::string_view text);
// A digest parameter that the grammar wants bare; in quotes where a peer's text would not survive
// that.
void append_token_or_quoted(std::string& out, std::string_view text);
// The value of the header parameter `name`: bare where the grammar lets it, else in quotes.
void append_parameter_value(std::string& out, std::string_view name, std::string_view value);

template <std::integral T>
void append_number(std::string& out, T number) {
  char digits[std::numeric_limits<T>::digits10 + 2];
  const auto [end, error] = std::to_chars(digits, digits + sizeof(digits), number);
  out.append(digits, end);
}

}  // namespace offhook::sip
