#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "sip/char_set.hpp"
#include "sip/uri.hpp"

// The small words of RFC 3261 25.1 that URIs and header values are made of. Everything here looks at
// text and copies none of it.
namespace offhook::sip {

[[nodiscard]] constexpr bool is_token(std::string_view text) {
  return !text.empty() && kTokenChars.holds(text);
}
// A name or an IPv4 address, or an IPv6 reference in brackets; at most 255 bytes.
[[nodiscard]] bool is_host(std::string_view text);
// "scheme:..." with a scheme that is neither sip nor sips.
[[nodiscard]] bool has_foreign_scheme(std::string_view uri);

// Text as it stands in a message: bare, or the inside of a quoted string with its escapes.
struct TextView {
  std::string_view raw;
  bool escaped = false;  // holds "\" pairs

  [[nodiscard]] bool empty() const { return raw.empty(); }
  [[nodiscard]] bool equals(std::string_view text) const {
    return escaped ? str() == text : raw == text;
  }
  void append_to(std::string& out) const;
  [[nodiscard]] std::string str() const;
};

struct ParameterView {
  std::string_view name;
  std::optional<TextView> value;
};

// *( ";" name [ "=" value ] ), found well formed by a lexer and read anew at each question.
class ParametersView {
 public:
  ParametersView() = default;
  explicit ParametersView(std::string_view checked) : text_(checked) {}

  [[nodiscard]] bool has(std::string_view name) const { return find(name).has_value(); }
  // Empty where absent or without a value.
  [[nodiscard]] TextView get(std::string_view name) const;
  [[nodiscard]] Parameters to_parameters() const;

 private:
  [[nodiscard]] std::optional<ParameterView> find(std::string_view name) const;

  std::string_view text_;
};

// Names that may stand once only (RFC 3261 7.3.1), at most limits::kSipParameters of them.
class UniqueNames {
 public:
  // False where the name stood there, or is one too many.
  [[nodiscard]] bool add(std::string_view name,
                         bool (*same)(std::string_view, std::string_view) = equals_ignoring_case);

 private:
  std::size_t size_ = 0;
  std::array<std::string_view, limits::kSipParameters> names_;
};

// Walks over one header value. Every take_ leaves the position where it was if there is nothing to
// take.
class Lexer {
 public:
  enum class Taken : std::uint8_t { Yes, Nothing, Malformed };

  explicit Lexer(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  [[nodiscard]] bool next_is(char c) const { return rest_.starts_with(c); }
  void skip_space();
  bool take(char c);
  // `c` with white space around it.
  bool take_spaced(char c);
  std::string_view take_while(const CharSet& set);  // "" where there is none
  std::string_view take_until(const CharSet& stops);
  std::string_view take_token() { return take_while(kTokenChars); }
  // nullopt where there is none or it does not end.
  std::optional<TextView> take_quoted();
  Taken take_parameter(ParameterView& parameter);
  // All that follow, with the white space behind them; nullopt where malformed.
  [[nodiscard]] std::optional<ParametersView> take_parameters();

 private:
  std::string_view take_count(std::size_t count);

  std::string_view rest_;
};

}  // namespace offhook::sip
