#include <algorithm>
#include <bitset>
#include <span>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "sip/message_view.hpp"
#include "sip/transaction_key.hpp"

namespace offhook::sip {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kVersion = "SIP/2.0";

// Cuts lines off a message. A line ends with CRLF and with nothing else: a lone CR or LF is a
// control character inside it.
class Lines {
 public:
  explicit Lines(std::span<char> bytes) : rest_(bytes) {}

  // nullopt where no more line ends.
  [[nodiscard]] std::optional<std::span<char>> next() {
    const auto end = text().find(kLineEnd);
    if (end == std::string_view::npos) return std::nullopt;
    const auto line = rest_.first(end);
    rest_ = rest_.subspan(end + kLineEnd.size());
    return line;
  }
  // `line` and its continuations (RFC 3261 7.3.1), moved together with one space for each fold;
  // nullopt where that is too long.
  [[nodiscard]] std::optional<std::span<char>> unfold(std::span<char> line) {
    bool too_long = line.size() > limits::kSipHeaderLineBytes;
    while (text().starts_with(' ') || text().starts_with('\t')) {
      const auto continuation = next();
      if (!continuation) break;
      too_long = too_long || line.size() + continuation->size() > limits::kSipHeaderLineBytes;
      if (too_long) continue;
      const auto more = trim({continuation->data(), continuation->size()});
      char* end = line.data() + line.size();
      *end = ' ';
      std::ranges::copy(more, end + 1);  // to the left, so that they may overlap
      line = {line.data(), line.size() + 1 + more.size()};
    }
    if (too_long) return std::nullopt;
    return line;
  }
  [[nodiscard]] std::string_view text() const { return {rest_.data(), rest_.size()}; }

 private:
  std::span<char> rest_;
};

// Whether there is no control character but the tab. Bytes beyond ASCII that are not UTF-8 are
// replaced.
bool clean(std::span<char> line) {
  bool control = false;
  bool ascii = true;
  for (const char c : line) {
    control |= is_control(c) && c != '\t';
    ascii &= static_cast<unsigned char>(c) < 0x80;
  }
  if (!ascii) make_well_formed_utf8(line);
  return !control;
}

// A quoted-pair may hold any control character but CR and LF (RFC 3261 25.1). None means anything to
// us, and none may get further: the pair is taken out.
std::span<char> without_quoted_controls(std::span<char> line) {
  auto to = line.begin();
  for (auto from = line.begin(); from != line.end();) {
    const bool pair = *from == '\\' && from + 1 != line.end();
    const char quoted = pair ? from[1] : ' ';
    const auto next = from + (pair ? 2 : 1);
    const bool dropped = is_control(quoted) && quoted != '\t' && quoted != '\r' && quoted != '\n';
    if (!dropped) to = std::copy(from, next, to);
    from = next;
  }
  return {line.begin(), to};
}

}  // namespace

// Reads a message in its buffer, from the first byte to the last. The first thing that is wrong is
// remembered, and reading goes on after it, so that the refusal can be addressed.
class MessageParser {
 public:
  explicit MessageParser(MessageView& view)
      : view_(view), fields_(view.fields_), lines_(view.bytes_) {}

  [[nodiscard]] Result<void, ParseError> parse() {
    if (!read_start_line()) {
      return std::unexpected(ParseError{"neither a request nor a response", 0, std::nullopt});
    }
    read_headers();
    read_body();
    if (!is_complete()) set_fault(400, "Via, From, To, Call-ID or CSeq is missing");
    if (view_.is_request() && fault_.status == 0) check_request();
    if (fault_.status == 0) return {};
    refuse();
    return std::unexpected(std::move(fault_));
  }

 private:
  void set_fault(std::uint16_t status, std::string_view message) {
    if (fault_.status == 0) fault_ = {std::string(message), status, std::nullopt};
  }
  void set_fault(std::string_view what, std::string_view name) {
    if (fault_.status == 0) set_fault(400, std::string(what) + std::string(name));
  }

  [[nodiscard]] bool read_start_line();
  [[nodiscard]] bool read_status_line(std::span<char> line);
  [[nodiscard]] bool read_request_line(std::string_view line);
  void read_headers();
  void read_header(std::span<char> first);
  void read_field(const HeaderRule& rule, std::string_view value);
  void read_body();
  void check_request();
  void refuse();
  // Whether Via, From, To, Call-ID and CSeq were all there and well formed.
  [[nodiscard]] bool is_complete() const {
    return (valid_.to_ullong() & kMandatoryMask) == kMandatoryMask;
  }

  static constexpr std::uint64_t kMandatoryMask = (1U << kMandatoryHeaders) - 1;

  MessageView& view_;
  KnownFields& fields_;
  Lines lines_;
  ParseError fault_;               // where its status is not 0
  std::bitset<kHeaderIds> seen_;   // the field was in the message
  std::bitset<kHeaderIds> valid_;  // and well formed
};

bool MessageParser::read_start_line() {
  auto line = lines_.next();
  while (line && line->empty()) line = lines_.next();  // RFC 3261 7.5
  if (!line || line->size() > limits::kSipHeaderLineBytes) return false;
  const std::string_view text(line->data(), line->size());
  if (std::ranges::any_of(text, [](char c) { return is_control(c) && c != '\t'; })) return false;
  return read_status_line(*line) || read_request_line(text);
}

// "SIP/2.0" SP 3DIGIT [ SP phrase ]; the last space is missing in many implementations.
bool MessageParser::read_status_line(std::span<char> line) {
  std::string_view rest(line.data(), line.size());
  if (!equals_ignoring_case(take_until(rest, ' '), kVersion)) return false;
  const auto digits = take_until(rest, ' ');
  const auto status = parse_decimal<std::uint16_t>(digits);
  if (digits.size() != 3 || !status || *status < 100 || *status > 699) return false;
  view_.status_ = *status;
  make_well_formed_utf8(line.last(rest.size()));
  view_.reason_phrase_ = rest;
  return true;
}

// False where it is no request line at all; what else is wrong becomes the fault.
bool MessageParser::read_request_line(std::string_view line) {
  if (line.ends_with(' ')) set_fault(400, "white space at the end of the request line");
  line = line.substr(0, line.find_last_not_of(' ') + 1);
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return false;
  const auto method = line.substr(0, first);
  const auto version = line.substr(last + 1);
  if (!is_token(method) || !equals_ignoring_case(version.substr(0, 4), "SIP/")) return false;

  view_.method_token_ = method;
  view_.method_ = method_from(method);
  if (!equals_ignoring_case(version, kVersion)) set_fault(505, "the version is not SIP/2.0");
  const auto uri = line.substr(first + 1, last - first - 1);
  const auto parsed = UriView::parse(uri);
  if (parsed && parsed->headers.empty()) {
    view_.uri_ = *parsed;
  } else if (has_foreign_scheme(uri)) {
    set_fault(416, "the scheme of the Request-URI is not sip or sips");
  } else {
    set_fault(400, "malformed Request-URI");
  }
  return true;
}

void MessageParser::read_headers() {
  for (std::size_t count = 0; count <= limits::kSipHeaderLines; ++count) {
    const auto line = lines_.next();
    if (!line) return set_fault(400, "no empty line after the headers");
    if (line->empty()) return;
    if (count < limits::kSipHeaderLines) read_header(*line);
  }
  set_fault(400, "too many header lines");
}

void MessageParser::read_header(std::span<char> first) {
  auto whole = lines_.unfold(first);
  if (!whole) return set_fault(400, "a header line is too long");
  if (!clean(*whole)) {
    whole = without_quoted_controls(*whole);
    if (!clean(*whole)) return set_fault(400, "a control character in a header");
  }
  const std::string_view line(whole->data(), whole->size());
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return set_fault(400, "a header line without a colon");
  const auto before = line.substr(0, colon);
  const auto name = before.substr(0, before.find_last_not_of(" \t") + 1);
  if (!is_token(name)) return set_fault(400, "malformed header name");
  const HeaderRule* rule = find_header_rule(name);
  if (rule != nullptr) read_field(*rule, line.substr(colon + 1));
}

void MessageParser::read_field(const HeaderRule& rule, std::string_view value) {
  const auto index = std::size_t(rule.id);
  if (seen_[index] && rule.repeat == Repeat::Ignored) return;
  if (seen_[index] && rule.repeat == Repeat::Refused) return set_fault("more than one ", rule.name);
  const bool well_formed = rule.check(fields_, rule.id, value);
  valid_[index] = well_formed && (!seen_[index] || valid_[index]);
  seen_[index] = true;
  if (!well_formed) return set_fault("malformed ", rule.name);
  view_.lines_.at(view_.line_count_++) = {
      .at = static_cast<std::uint16_t>(value.data() - view_.bytes_.data()),
      .size = static_cast<std::uint16_t>(value.size()),
      .id = rule.id};
}

void MessageParser::read_body() {
  const auto rest = lines_.text();
  const auto length = fields_.content_length.value_or(rest.size());
  if (length > rest.size()) return set_fault(400, "Content-Length is more than there is");
  view_.body_ = rest.substr(0, length);
}

// What RFC 3261 8.1.1 asks of every request, and 8.1.1.8, 10.2.2 and others of some.
void MessageParser::check_request() {
  if (fields_.cseq.method != view_.method_token_) {
    set_fault(view_.method_ == Method::Unknown ? 501 : 400, "CSeq names another method");
  }
  // No branch at all is the way of RFC 2543, which server transactions are matched by too (17.2.3).
  if (fields_.via.branch().equals(kMagicCookie)) set_fault(400, "an empty branch");
  if (fields_.from.tag().empty()) set_fault(400, "From without a tag");
  if (view_.method_ == Method::Invite && fields_.count(HeaderId::Contact) != 1) {
    set_fault(400, "INVITE needs exactly one Contact");
  }
  if (view_.method_ == Method::Refer && fields_.count(HeaderId::ReferTo) != 1) {
    set_fault(400, "REFER needs exactly one Refer-To");  // RFC 3515 2.4.2
  }
  if (fields_.contact_is_star && view_.method_ != Method::Register) {
    set_fault(400, "Contact: * is for REGISTER only");
  }
}

// Nothing answers an ACK or a response, nor a request that does not say to whom.
void MessageParser::refuse() {
  if (!view_.is_request() || view_.method_ == Method::Ack || !is_complete()) {
    fault_.status = 0;
    return;
  }
  Request addressed;
  view_.read_headers(addressed.headers, kMandatoryHeaders);
  fault_.answer = make_response(addressed, fault_.status, stateless_tag(addressed.headers));
}

Result<MessageView, ParseError> MessageView::parse(std::string bytes) {
  if (bytes.size() > limits::kSipMessageBytes) {
    return std::unexpected(ParseError{"the message is too long", 0, std::nullopt});
  }
  MessageView view(std::move(bytes));
  auto parsed = MessageParser(view).parse();
  if (!parsed) return std::unexpected(std::move(parsed).error());
  return view;
}

}  // namespace offhook::sip
