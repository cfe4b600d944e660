#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sip/uri.hpp"

// The small words of RFC 3261 25.1 that URIs and header values are made of.
namespace offhook::sip {

[[nodiscard]] constexpr bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}
[[nodiscard]] constexpr bool is_token_char(char c) {
  return is_alphanumeric(c) || std::string_view("-.!%*_+`'~").contains(c);
}
// What a parameter value may hold without quotes: more than token and host, because real tags and
// branches have
// "=", "/" or "@" in them and must be echoed byte for byte.
[[nodiscard]] constexpr bool is_value_char(char c) {
  return is_token_char(c) || std::string_view("[]:/=@&$#?|").contains(c);
}
[[nodiscard]] constexpr bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}
[[nodiscard]] bool is_token(std::string_view text);
// A name or an IPv4 address, or an IPv6 reference in brackets; at most 255 bytes.
[[nodiscard]] bool is_host(std::string_view text);
// "scheme:..." with a scheme that is neither sip nor sips.
[[nodiscard]] bool has_foreign_scheme(std::string_view uri);

// `text` in quotes, with `"` and `\` escaped.
[[nodiscard]] std::string quoted(std::string_view text);
// The value of a header parameter: bare where the grammar lets it, else in quotes.
[[nodiscard]] std::string parameter_value(std::string_view name, std::string_view value);

// Walks over one header value. Every take_ leaves the position where it was if there is nothing to
// take.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  [[nodiscard]] bool next_is(char c) const { return rest_.starts_with(c); }
  void skip_space();
  bool take(char c);
  // `c` with white space around it.
  bool take_spaced(char c);
  std::string_view take_count(std::size_t count);
  std::string_view take_token();  // "" where there is none
  // Up to the first of `stops` or the end.
  std::string_view take_until_any(std::string_view stops);
  // Without its quotes and escapes; nullopt where there is none or it does not end.
  std::optional<std::string> take_quoted();
  // *( ";" name [ "=" value ] ), each name once (RFC 3261 7.3.1). False where malformed.
  [[nodiscard]] bool take_parameters(Parameters& parameters);

 private:
  std::string_view rest_;
};

}  // namespace offhook::sip
