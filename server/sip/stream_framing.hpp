#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"

namespace offhook::sip {

// Cuts messages out of a byte stream (RFC 3261 18.3, 7.5): an exact Content-Length is required, keep-alives
// (RFC 5626 4.4.1) stand between messages. Holds at most one message of limits::kSipMessageBytes and what came with it;
// every byte is looked at once, however the stream is cut.
class StreamFraming {
 public:
  struct Ping {};  // CRLF CRLF: answer CRLF
  struct Pong {};  // the CRLF that expect_pong() announced
  // Lines end as in parse_message(), so that both see the same headers. Where a bad Content-Length makes the stream
  // unreadable, the last frame is that message's head alone: parse_message() refuses it with an answer.
  struct Frame {
    std::string message;
  };
  using Item = std::variant<Frame, Ping, Pong>;

  void add(std::string_view bytes);
  // We sent a ping: the next CRLF between messages is its answer, not the first half of a ping.
  void expect_pong() { is_pong_expected_ = true; }
  // Drain until nullopt. An error: the stream cannot be read on (no or a bad Content-Length, too long), close it.
  [[nodiscard]] Result<std::optional<Item>> next();
  // A message has begun and is not whole.
  [[nodiscard]] bool is_within_message() const { return begin_ < buffer_.size(); }

 private:
  struct Head {
    bool has_start_line = false;
    bool is_in_length = false;  // the last line was Content-Length, which the next may continue
    std::string length_text;
    std::optional<std::size_t> length;
    bool is_bad = false;
  };

  std::optional<Item> take_keep_alive();
  void read_head();
  void read_line(std::string_view line);
  void finish_length();
  void finish_head();
  Frame take(std::size_t bytes);
  void fail(std::string reason) { failure_ = Error{std::move(reason)}; }

  std::string buffer_;
  std::size_t begin_ = 0;  // of the message; what is before is done
  std::size_t line_ = 0;   // begin of the header line under way
  std::size_t scan_ = 0;   // no line end begins before this
  Head head_;
  std::optional<std::size_t> message_bytes_;  // once the head is whole
  bool is_half_ping_ = false;
  bool is_pong_expected_ = false;
  std::optional<Error> failure_;
};

}  // namespace offhook::sip
