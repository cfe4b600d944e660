#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <string_view>

#include "sip/message.hpp"

namespace offhook::sip {

// The header fields of one message while it is read, line by line.
class HeaderReader {
 public:
  // `name` is a token, `value` holds no control character but the tab. Unknown names are ignored.
  // An error says which field is malformed or stands there twice; the fields read so far stay.
  [[nodiscard]] Result<void> read(std::string_view name, std::string_view value);

  // Whether Via, From, To, Call-ID and CSeq were all there and well formed.
  [[nodiscard]] bool is_complete() const;
  [[nodiscard]] std::optional<std::size_t> content_length() const { return content_length_; }
  [[nodiscard]] Headers& headers() { return headers_; }
  [[nodiscard]] const Headers& headers() const { return headers_; }

 private:
  Headers headers_;
  std::optional<std::size_t> content_length_;
  std::bitset<64> seen_;   // by rule: the field was in the message
  std::bitset<64> valid_;  // and well formed
};

}  // namespace offhook::sip
