#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace offhook {

// `text` with each byte that is not part of well-formed UTF-8 (RFC 3629) replaced by "?". A
// WebSocket text message and a protobuf string with such a byte end the connection, and callers'
// names from the telephone network do hold them.
[[nodiscard]] std::string well_formed_utf8(std::string_view text);
// The same in place.
void make_well_formed_utf8(std::span<char> text);

// How many bytes at the start of `text` are a character that acts on whoever shows it instead of
// being shown: a control character (ESC, and U+009B which is as good), a line separator, a mark that
// turns the direction of what follows. 0: none stands there.
[[nodiscard]] std::size_t acting_character_length(std::string_view text);

// Well-formed, with each acting character but line feeds replaced by "?": safe on a terminal.
[[nodiscard]] std::string printable_utf8(std::string_view text);

}  // namespace offhook
