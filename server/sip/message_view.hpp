#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "sip/message.hpp"
#include "sip/parser_headers.hpp"

namespace offhook::sip {

// A message as it came, read where it lies: in one buffer of its own, into which everything here is
// a view, and without another allocation. All that parse_message() promises holds for it; what is
// kept longer than the moment is materialised by to_request() and to_response().
//
// In the buffer each fold of a header line has become one space (RFC 3261 7.3.1), and each byte of a
// header line that is not UTF-8 a "?".
class MessageView {
 public:
  [[nodiscard]] static Result<MessageView, ParseError> parse(std::string bytes);

  // Views survive a move: a valid message is longer than what a string keeps inside itself.
  MessageView(MessageView&&) = default;
  MessageView& operator=(MessageView&&) = default;
  MessageView(const MessageView&) = delete;
  MessageView& operator=(const MessageView&) = delete;
  ~MessageView() = default;

  [[nodiscard]] bool is_request() const { return status_ == 0; }
  // Of a request.
  [[nodiscard]] Method method() const { return method_; }
  [[nodiscard]] std::string_view method_token() const { return method_token_; }
  [[nodiscard]] const UriView& uri() const { return uri_; }
  // Of a response: 100..699.
  [[nodiscard]] std::uint16_t status() const { return status_; }
  [[nodiscard]] std::string_view reason_phrase() const { return reason_phrase_; }

  [[nodiscard]] const ViaView& top_via() const { return fields_.via; }
  [[nodiscard]] const AddressView& from() const { return fields_.from; }
  [[nodiscard]] const AddressView& to() const { return fields_.to; }
  [[nodiscard]] std::string_view call_id() const { return fields_.call_id; }
  [[nodiscard]] const CSeqView& cseq() const { return fields_.cseq; }
  [[nodiscard]] std::optional<std::uint8_t> max_forwards() const { return fields_.max_forwards; }
  [[nodiscard]] std::string_view body() const { return body_; }
  // How many header lines there are that we read, and the elements of one list header.
  [[nodiscard]] std::size_t line_count() const { return line_count_; }
  [[nodiscard]] std::size_t element_count(HeaderId id) const { return fields_.count(id); }

  [[nodiscard]] Request to_request() const;    // of a request only
  [[nodiscard]] Response to_response() const;  // of a response only
  [[nodiscard]] Message to_message() const;

 private:
  friend class MessageParser;

  // One header line that we read, by its value.
  struct Line {
    std::uint16_t at = 0;
    std::uint16_t size = 0;
    HeaderId id{};
  };
  static_assert(limits::kSipMessageBytes <= UINT16_MAX);

  explicit MessageView(std::string bytes) : bytes_(std::move(bytes)) {}
  void read_headers(Headers& headers, std::size_t ids) const;

  std::string bytes_;
  Method method_ = Method::Unknown;
  std::uint16_t status_ = 0;
  std::uint16_t line_count_ = 0;
  std::string_view method_token_, reason_phrase_, body_;
  UriView uri_;
  KnownFields fields_;
  std::array<Line, limits::kSipHeaderLines> lines_{};
};

}  // namespace offhook::sip
