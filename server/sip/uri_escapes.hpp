#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sip/parser_lexer.hpp"

// The parts of a URI: what stands in them as it is, and everything else as "%" HEX HEX (RFC 3261
// 25.1).
namespace offhook::sip {

inline constexpr CharSet kUriUserChars = kAlphanumeric | CharSet::of("-_.!~*'()&=+$,;?/");
inline constexpr CharSet kUriParameterChars = kAlphanumeric | CharSet::of("-_.!~*'()[]/:&+$");
inline constexpr CharSet kUriHeadersChars = kAlphanumeric | CharSet::of("-_.!~*'()[]/?:+$&=");

// Whether an escaped NUL may stand there: in a user it may, because RFC 4475 3.1.1.4 has it there. It
// ends nothing here, and no user of ours has one.
enum class EscapedNul : std::uint8_t { Refused, Allowed };

// Whether `text` consists of `plain` and of escapes. An escaped control character is refused: no
// number, name or parameter has one, and text that starts a new line must not get past here in any
// dress.
[[nodiscard]] bool is_escaped(std::string_view text, const CharSet& plain,
                              EscapedNul nul = EscapedNul::Refused);
// Of text for which is_escaped() holds.
[[nodiscard]] std::string unescaped(std::string_view text);
// Whether two such texts are the same one without their escapes and without case.
[[nodiscard]] bool same_unescaped(std::string_view a, std::string_view b);
// A control character is not escaped but written as "_", so that is_escaped() holds for the result.
void append_escaped(std::string& out, std::string_view text, const CharSet& plain,
                    EscapedNul nul = EscapedNul::Refused);

}  // namespace offhook::sip
