#include <algorithm>
#include <string>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "sdp/attributes.hpp"
#include "sdp/sdp.hpp"
#include "sdp/static_payloads.hpp"

namespace offhook::sdp {
namespace {

class Parser {
 public:
  Result<Session> parse(std::string_view text);

 private:
  Result<void> read_line(char type, std::string_view value);
  Result<void> read_version(std::string_view value);
  Result<void> read_origin(std::string_view value);
  Result<void> read_connection(std::string_view value);
  Result<void> read_media(std::string_view value);
  Result<void> read_attribute_line(std::string_view value);
  void read_group(std::string_view value);

  Media& section() { return session_.media.empty() ? defaults_ : session_.media.back(); }

  Session session_;
  Media defaults_;  // what the lines before the first m= say of every section
  bool has_version_ = false;
  bool has_origin_ = false;
  bool own_fingerprints_ = false;  // of this section: the session's are void (RFC 8122 5)
};

// RFC 8866 leaves no upper bound to the numbers of o=; they are only compared, so what does not fit
// is cut.
std::optional<std::uint64_t> parse_long_number(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  return parse_decimal<std::uint64_t>(text.substr(0, 19));
}

bool has_control_characters(std::string_view line) {
  return std::ranges::any_of(line, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0x7F;
  });
}

Result<Session> Parser::parse(std::string_view text) {
  if (text.size() > limits::kSdpBytes) return failure("the session description is too long");
  std::size_t number = 0;
  while (!text.empty()) {
    std::string_view line = take_until(text, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (++number > limits::kSdpLines) return failure("the session description has too many lines");
    if (line.empty()) continue;
    const auto prefix = "line " + std::to_string(number) + " of the session description: ";
    if (line.size() < 2 || line[1] != '=' || line[0] < 'a' || line[0] > 'z') {
      return failure(prefix + "not \"letter=value\"");
    }
    if (has_control_characters(line)) return failure(prefix + "control characters");
    if (const auto read = read_line(line[0], line.substr(2)); !read) {
      return failure(prefix + read.error().message);
    }
  }
  if (!has_version_) return failure("the session description is empty");
  if (!has_origin_) return failure("the session description has no o= line");
  return std::move(session_);
}

Result<void> Parser::read_line(char type, std::string_view value) {
  if (!has_version_ && type != 'v') return failure("v=0 must come first");
  switch (type) {
    case 'v':
      return read_version(value);
    case 'o':
      return read_origin(value);
    case 's':
      session_.name = value;
      return {};
    case 'c':
      return read_connection(value);
    case 'm':
      return read_media(value);
    case 'a':
      return read_attribute_line(value);
    default:
      return {};
  }
}

Result<void> Parser::read_version(std::string_view value) {
  if (has_version_ || trim(value) != "0") return failure("v= must be 0, and once");
  has_version_ = true;
  return {};
}

Result<void> Parser::read_origin(std::string_view value) {
  if (has_origin_) return failure("a second o= line");
  session_.username = take_until(value, ' ');
  const auto id = parse_long_number(take_until(value, ' '));
  const auto version = parse_long_number(take_until(value, ' '));
  (void)take_until(value, ' ');  // IN
  (void)take_until(value, ' ');  // IP4 or IP6
  const std::string_view address = trim(value);
  if (session_.username.empty() || !id || !version || !is_address(address)) {
    return failure("o= is not \"user id version IN IP4 address\"");
  }
  session_.id = *id;
  session_.version = *version;
  session_.origin_address = address;
  has_origin_ = true;
  return {};
}

Result<void> Parser::read_connection(std::string_view value) {
  const std::string_view network = take_until(value, ' ');
  const std::string_view type = take_until(value, ' ');
  const std::string_view address = take_until(value, '/');  // a multicast TTL may follow
  if (!equals_ignoring_case(network, "IN") ||
      !(equals_ignoring_case(type, "IP4") || equals_ignoring_case(type, "IP6")) ||
      !is_address(trim(address))) {
    return failure("c= is not \"IN IP4 address\"");
  }
  section().address = trim(address);
  return {};
}

Result<void> Parser::read_media(std::string_view value) {
  Media media = defaults_;
  own_fingerprints_ = false;
  media.type = take_until(value, ' ');
  std::string_view ports = take_until(value, ' ');
  const auto port = parse_decimal<std::uint16_t>(take_until(ports, '/'));
  media.protocol = take_until(value, ' ');
  std::string slashless = media.protocol;
  std::erase(slashless, '/');
  if (!is_token(media.type) || !port || !is_token(slashless)) {
    return failure("m= is not \"type port protocol formats\"");
  }
  media.port = *port;
  const bool is_rtp = media.protocol.contains("RTP/");
  for (value = trim(value); !value.empty(); value = trim(value)) {
    const std::string_view format = take_until(value, ' ');
    if (!is_rtp) {
      if (!is_token(format)) return failure("m= has a format that is no token");
      media.other_formats.emplace_back(format);
      continue;
    }
    const auto payload_type = parse_decimal<std::uint8_t>(format);
    if (!payload_type || *payload_type > 127) return failure("m= has a payload type beyond 0..127");
    const auto same = std::ranges::find(media.formats, *payload_type, &PayloadFormat::payload_type);
    if (same == media.formats.end()) media.formats.push_back(static_format(*payload_type));
  }
  if (media.formats.empty() && media.other_formats.empty()) return failure("m= without a format");
  session_.media.push_back(std::move(media));
  return {};
}

Result<void> Parser::read_attribute_line(std::string_view value) {
  if (session_.media.empty() && value.starts_with("group:")) {
    read_group(value.substr(6));
    return {};
  }
  if (!session_.media.empty() && value.starts_with("fingerprint:") && !own_fingerprints_) {
    own_fingerprints_ = true;
    section().fingerprints.clear();
  }
  return read_attribute(value, section());
}

// Only the first BUNDLE group counts: a browser makes one, and nobody else any.
void Parser::read_group(std::string_view value) {
  if (take_until(value, ' ') != "BUNDLE" || !session_.bundle.empty()) return;
  while (!value.empty()) {
    const std::string_view mid = take_until(value, ' ');
    if (is_token(mid)) session_.bundle.emplace_back(mid);
  }
}

}  // namespace

Result<Session> parse(std::string_view text) { return Parser().parse(text); }

}  // namespace offhook::sdp
