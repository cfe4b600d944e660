#pragma once

#include <string>
#include <string_view>

namespace offhook {

// `text` with each byte that is not part of well-formed UTF-8 (RFC 3629) replaced by "?". A
// WebSocket text message and a protobuf string with such a byte end the connection, and callers'
// names from the telephone network do hold them.
[[nodiscard]] std::string well_formed_utf8(std::string_view text);

}  // namespace offhook
