#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"

namespace offhook::sip {

// Cuts messages out of a byte stream (RFC 3261 18.3, 7.5): an exact Content-Length is required, keep-alives
// (RFC 5626 4.4.1) stand between messages. Holds at most one message of limits::kSipMessageBytes and what came with it.
class StreamFraming {
 public:
  struct Ping {};  // CRLF CRLF: answer CRLF
  struct Pong {};  // CRLF
  struct Frame {
    std::string message;
  };
  // An error: the stream cannot be read on (no or a bad Content-Length, too long), close it.
  void add(std::string_view bytes);
  [[nodiscard]] Result<std::optional<std::variant<Frame, Ping, Pong>>> next();
};

}  // namespace offhook::sip
