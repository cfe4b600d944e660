#include "sip/stream_framing.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"

namespace offhook::sip {

namespace {

constexpr std::string_view kCrLf = "\r\n";
// The longest that can still be a number within the limit, with the spaces of some folds.
constexpr std::size_t kLongestLength = 64;
// What an idle connection may keep of a large message's memory.
constexpr std::size_t kIdleCapacity = 4'096;

bool is_content_length(std::string_view name) {
  return equals_ignoring_case(name, "Content-Length") || equals_ignoring_case(name, "l");
}

}  // namespace

void StreamFraming::add(std::string_view bytes) {
  if (failure_) return;
  // Only once half of it is done, so that each byte moves once on average.
  if (begin_ > 0 && begin_ >= buffer_.size() - begin_) {
    buffer_.erase(0, begin_);
    line_ -= begin_;
    scan_ -= begin_;
    begin_ = 0;
  }
  buffer_.append(bytes);
}

Result<std::optional<StreamFraming::Item>> StreamFraming::next() {
  if (!failure_ && !message_bytes_) {
    if (auto alive = take_keep_alive()) return alive;
    read_head();
  }
  if (message_bytes_ && buffer_.size() - begin_ >= *message_bytes_) {
    return Item(take(*message_bytes_));
  }
  if (failure_) return std::unexpected(*failure_);
  return std::nullopt;
}

std::optional<StreamFraming::Item> StreamFraming::take_keep_alive() {
  if (line_ != begin_) return std::nullopt;
  while (std::string_view(buffer_).substr(begin_).starts_with(kCrLf)) {
    begin_ = line_ = scan_ = begin_ + kCrLf.size();
    if (std::exchange(is_pong_expected_, false)) return Pong{};
    if (std::exchange(is_half_ping_, !is_half_ping_)) return Ping{};
  }
  return std::nullopt;
}

void StreamFraming::read_head() {
  while (!message_bytes_ && !failure_) {
    const std::size_t end = buffer_.find(kCrLf, scan_);
    if (end == std::string::npos) {
      scan_ = std::max(line_, buffer_.size() - std::min<std::size_t>(buffer_.size(), 1));
      if (buffer_.size() - begin_ > limits::kSipMessageBytes) fail("a message is too long");
      return;
    }
    const std::string_view line = std::string_view(buffer_).substr(line_, end - line_);
    const bool is_last = line.empty();
    if (!is_last) read_line(line);
    line_ = scan_ = end + kCrLf.size();
    if (is_last) finish_head();
  }
}

void StreamFraming::read_line(std::string_view line) {
  is_half_ping_ = false;
  if (!std::exchange(head_.has_start_line, true)) return;
  if (line.front() == ' ' || line.front() == '\t') {  // RFC 3261 7.3.1
    if (head_.is_in_length && head_.length_text.size() <= kLongestLength) {
      head_.length_text.append(" ").append(trim(line).substr(0, kLongestLength));
    }
    return;
  }
  finish_length();
  const std::string_view name = trim(take_until(line, ':'));
  if (!is_content_length(name)) return;
  head_.is_in_length = true;
  head_.length_text = trim(line).substr(0, kLongestLength);
}

void StreamFraming::finish_length() {
  if (!std::exchange(head_.is_in_length, false)) return;
  const auto value = parse_decimal<std::size_t>(trim(head_.length_text));
  const bool differs = head_.length && value != head_.length;
  if (!value || *value > limits::kSipMessageBytes || differs) head_.is_bad = true;
  head_.length = value;
}

void StreamFraming::finish_head() {
  finish_length();
  const std::size_t head_bytes = line_ - begin_;
  if (head_bytes > limits::kSipMessageBytes) return fail("a message is too long");
  if (!head_.is_bad && !head_.length) return fail("a message has no Content-Length");
  if (head_.is_bad) {
    fail("a message has a bad Content-Length");
  } else if (head_bytes + *head_.length > limits::kSipMessageBytes) {
    fail("a message is too long");
  }
  message_bytes_ = failure_ ? head_bytes : head_bytes + *head_.length;
}

StreamFraming::Frame StreamFraming::take(std::size_t bytes) {
  Frame frame;
  if (begin_ == 0 && bytes == buffer_.size()) {
    frame.message = std::exchange(buffer_, {});
  } else {
    frame.message = buffer_.substr(begin_, bytes);
    begin_ += bytes;
  }
  if (begin_ == buffer_.size() && buffer_.capacity() > kIdleCapacity) {
    std::string().swap(buffer_);  // assigning would keep the memory
    begin_ = 0;
  }
  line_ = scan_ = begin_;
  head_ = {};
  message_bytes_.reset();
  return frame;
}

}  // namespace offhook::sip
