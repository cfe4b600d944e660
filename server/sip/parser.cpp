#include <algorithm>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "sip/message.hpp"
#include "sip/parser_headers.hpp"
#include "sip/parser_lexer.hpp"
#include "sip/transaction_key.hpp"

namespace offhook::sip {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kVersion = "SIP/2.0";

// The first thing that is wrong. Reading goes on after it, so that the refusal can be addressed.
class Fault {
 public:
  void set(std::uint16_t status, std::string message) {
    if (!error_) error_ = ParseError{std::move(message), status, std::nullopt};
  }
  [[nodiscard]] explicit operator bool() const { return error_.has_value(); }
  [[nodiscard]] ParseError take() { return std::move(*error_); }

 private:
  std::optional<ParseError> error_;
};

// Cuts lines off a message. A line ends with CRLF and with nothing else: a lone CR or LF is a
// control character inside it.
class Lines {
 public:
  explicit Lines(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] std::optional<std::string_view> next() {
    const auto end = rest_.find(kLineEnd);
    if (end == std::string_view::npos) return std::nullopt;
    const auto line = rest_.substr(0, end);
    rest_.remove_prefix(end + kLineEnd.size());
    return line;
  }
  [[nodiscard]] bool next_is_continuation() const {
    return rest_.starts_with(' ') || rest_.starts_with('\t');
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return is_control(c) && c != '\t'; });
}

// A quoted-pair may hold any control character but CR and LF (RFC 3261 25.1). None means anything to
// us, and none may get further.
void drop_quoted_controls(std::string& line) {
  for (std::size_t at = line.find('\\'); at < line.size(); at = line.find('\\', at)) {
    const char c = at + 1 < line.size() ? line[at + 1] : ' ';
    if (is_control(c) && c != '\r' && c != '\n') {
      line.erase(at, 2);
    } else {
      at += 2;
    }
  }
}

// "SIP/2.0" SP 3DIGIT [ SP phrase ]; the last space is missing in many implementations.
std::optional<Response> parse_status_line(std::string_view line) {
  if (!equals_ignoring_case(take_until(line, ' '), kVersion)) return std::nullopt;
  const auto digits = take_until(line, ' ');
  const auto status = parse_decimal<std::uint16_t>(digits);
  if (digits.size() != 3 || !status || *status < 100 || *status > 699) return std::nullopt;
  Response response;
  response.status = *status;
  response.reason_phrase = line;
  return response;
}

// nullopt where it is no request line at all; what else is wrong goes to `fault`.
std::optional<Request> parse_request_line(std::string_view line, Fault& fault) {
  if (line.ends_with(' ')) fault.set(400, "white space at the end of the request line");
  line = line.substr(0, line.find_last_not_of(' ') + 1);
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  const auto method = line.substr(0, first);
  const auto version = line.substr(last + 1);
  if (!is_token(method) || !equals_ignoring_case(version.substr(0, 4), "SIP/")) return std::nullopt;

  Request request;
  request.method = method_from(method);
  if (request.method == Method::Unknown) request.unknown_method = method;
  if (!equals_ignoring_case(version, kVersion)) fault.set(505, "the version is not SIP/2.0");
  const auto uri = line.substr(first + 1, last - first - 1);
  auto parsed = Uri::parse(uri);
  if (parsed && parsed->headers.empty()) {
    request.uri = std::move(*parsed);
  } else if (has_foreign_scheme(uri)) {
    fault.set(416, "the scheme of the Request-URI is not sip or sips");
  } else {
    fault.set(400, "malformed Request-URI");
  }
  return request;
}

// One header line with its continuations (RFC 3261 7.3.1), each fold as one space.
void read_header(std::string_view first, Lines& lines, HeaderReader& reader, Fault& fault) {
  std::string line(first);
  bool too_long = line.size() > limits::kSipHeaderLineBytes;
  while (lines.next_is_continuation()) {
    const auto continuation = lines.next();
    if (!continuation) break;
    too_long = too_long || line.size() + continuation->size() > limits::kSipHeaderLineBytes;
    if (!too_long) line.append(" ").append(trim(*continuation));
  }
  if (too_long) return fault.set(400, "a header line is too long");
  if (has_control(line)) drop_quoted_controls(line);
  if (has_control(line)) return fault.set(400, "a control character in a header");
  const auto colon = line.find(':');
  if (colon == std::string::npos) return fault.set(400, "a header line without a colon");
  const std::string_view before = std::string_view(line).substr(0, colon);
  const auto name = before.substr(0, before.find_last_not_of(" \t") + 1);
  if (!is_token(name)) return fault.set(400, "malformed header name");
  const auto read = reader.read(name, well_formed_utf8(std::string_view(line).substr(colon + 1)));
  if (!read) fault.set(400, read.error().message);
}

void read_headers(Lines& lines, HeaderReader& reader, Fault& fault) {
  for (std::size_t count = 0; count <= limits::kSipHeaderLines; ++count) {
    const auto line = lines.next();
    if (!line) return fault.set(400, "no empty line after the headers");
    if (line->empty()) return;
    if (count < limits::kSipHeaderLines) read_header(*line, lines, reader, fault);
  }
  fault.set(400, "too many header lines");
}

std::string read_body(std::string_view rest, const HeaderReader& reader, Fault& fault) {
  const auto length = reader.content_length();
  if (length && *length > rest.size()) {
    fault.set(400, "Content-Length is more than there is");
    return {};
  }
  return std::string(rest.substr(0, length.value_or(rest.size())));
}

// What RFC 3261 8.1.1 asks of every request and 8.1.1.8, 10.2.2 of some.
void check(const Request& request, Fault& fault) {
  const Headers& headers = request.headers;
  if (headers.cseq.method != request.method ||
      headers.cseq.unknown_method != request.unknown_method) {
    const bool known = request.method != Method::Unknown;
    fault.set(known ? 400 : 501, "CSeq names another method");
  }
  // No branch at all is the way of RFC 2543, which server transactions are matched by too (17.2.3).
  if (headers.via.front().branch() == kMagicCookie) fault.set(400, "an empty branch");
  if (headers.from.tag().empty()) fault.set(400, "From without a tag");
  if (request.method == Method::Invite && headers.contact.size() != 1) {
    fault.set(400, "INVITE needs exactly one Contact");
  }
  if (headers.contact_is_star && request.method != Method::Register) {
    fault.set(400, "Contact: * is for REGISTER only");
  }
}

// Nothing answers an ACK or a response, nor a request that does not say to whom.
ParseError refusal(ParseError error, const Request* request, const HeaderReader& reader) {
  if (request == nullptr || request->method == Method::Ack || !reader.is_complete()) {
    error.status = 0;
    return error;
  }
  Request addressed;
  addressed.headers = reader.headers();
  error.answer = make_response(addressed, error.status, stateless_tag(addressed.headers));
  return error;
}

}  // namespace

Result<Message, ParseError> parse_message(std::string_view bytes) {
  const auto dropped = [](std::string message) {
    return std::unexpected(ParseError{std::move(message), 0, std::nullopt});
  };
  if (bytes.size() > limits::kSipMessageBytes) return dropped("the message is too long");
  while (bytes.starts_with(kLineEnd)) bytes.remove_prefix(kLineEnd.size());  // RFC 3261 7.5
  Lines lines(bytes);
  const auto start = lines.next();
  if (!start || start->size() > limits::kSipHeaderLineBytes || has_control(*start)) {
    return dropped("no start line");
  }

  Fault fault;
  HeaderReader reader;
  auto response = parse_status_line(well_formed_utf8(*start));
  auto request = response ? std::nullopt : parse_request_line(*start, fault);
  if (!response && !request)
    return dropped("the start line is neither a request's nor a response's");
  read_headers(lines, reader, fault);
  std::string body = read_body(lines.rest(), reader, fault);
  if (!reader.is_complete()) fault.set(400, "Via, From, To, Call-ID or CSeq is missing");
  if (request && !fault) {
    request->headers = reader.headers();
    check(*request, fault);
  }
  if (fault) return std::unexpected(refusal(fault.take(), request ? &*request : nullptr, reader));

  if (request) {
    request->body = std::move(body);
    return std::move(*request);
  }
  response->headers = std::move(reader.headers());
  response->body = std::move(body);
  return std::move(*response);
}

}  // namespace offhook::sip
