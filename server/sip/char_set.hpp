#pragma once

#include <array>
#include <string_view>

namespace offhook::sip {

[[nodiscard]] constexpr bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

// A set of bytes, looked up in a table.
class CharSet {
 public:
  [[nodiscard]] static constexpr CharSet of(std::string_view chars) {
    CharSet set;
    for (const char c : chars) set.in_.at(static_cast<unsigned char>(c)) = true;
    return set;
  }
  [[nodiscard]] static constexpr CharSet between(char first, char last) {
    CharSet set;
    for (char c = first; c <= last; ++c) set.in_.at(static_cast<unsigned char>(c)) = true;
    return set;
  }
  [[nodiscard]] constexpr CharSet operator|(const CharSet& more) const {
    CharSet set;
    for (std::size_t i = 0; i < in_.size(); ++i) set.in_.at(i) = in_.at(i) || more.in_.at(i);
    return set;
  }
  [[nodiscard]] constexpr CharSet operator-(const CharSet& less) const {
    CharSet set;
    for (std::size_t i = 0; i < in_.size(); ++i) set.in_.at(i) = in_.at(i) && !less.in_.at(i);
    return set;
  }

  [[nodiscard]] constexpr bool contains(char c) const { return in_[static_cast<unsigned char>(c)]; }
  // How many bytes at the start of `text` are in the set, or are not.
  [[nodiscard]] constexpr std::size_t run(std::string_view text) const { return count(text, true); }
  [[nodiscard]] constexpr std::size_t run_outside(std::string_view text) const {
    return count(text, false);
  }
  [[nodiscard]] constexpr bool holds(std::string_view text) const {
    return run(text) == text.size();
  }

 private:
  [[nodiscard]] constexpr std::size_t count(std::string_view text, bool in) const {
    std::size_t at = 0;
    while (at < text.size() && contains(text[at]) == in) ++at;
    return at;
  }

  std::array<bool, 256> in_{};
};

inline constexpr CharSet kAlphanumeric =
    CharSet::between('0', '9') | CharSet::between('A', 'Z') | CharSet::between('a', 'z');
inline constexpr CharSet kTokenChars = kAlphanumeric | CharSet::of("-.!%*_+`'~");
// What a parameter value may hold without quotes: more than token and host, because real tags and
// branches have "=", "/" or "@" in them and must be echoed byte for byte.
inline constexpr CharSet kValueChars = kTokenChars | CharSet::of("[]:/=@&$#?|");
// "_" is no part of a host name, but service and container names in use have it.
inline constexpr CharSet kHostChars = kAlphanumeric | CharSet::of("-._");
inline constexpr CharSet kVisibleAscii = CharSet::between('!', '~');

}  // namespace offhook::sip
