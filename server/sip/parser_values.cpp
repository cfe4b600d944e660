#include "sip/parser_values.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "base/text.hpp"

namespace offhook::sip {
namespace {

constexpr std::uint32_t kMaxCSeq = 0x7fff'ffff;  // RFC 3261 8.1.1.5: below 2^31

enum class Taken : std::uint8_t { Yes, ForeignScheme, Malformed };

bool take_uri(std::string_view text, Uri& uri, Taken& taken) {
  auto parsed = Uri::parse(text);
  if (parsed) {
    uri = std::move(*parsed);
  } else if (has_foreign_scheme(text)) {
    taken = Taken::ForeignScheme;
  } else {
    return false;
  }
  return true;
}

// [ display-name ] "<" URI ">" or a bare URI, then parameters. Without the brackets every parameter
// is the header's and the URI has no "?" (RFC 3261 20.10). A display name that should be in quotes
// and is not ends at one of `stops`.
Taken take_address(Lexer& lexer, NameAddress& address, std::string_view stops) {
  Taken taken = Taken::Yes;
  lexer.skip_space();
  std::string_view before;
  if (lexer.next_is('"')) {
    auto name = lexer.take_quoted();
    if (!name) return Taken::Malformed;
    address.display_name = std::move(*name);
    lexer.skip_space();
    if (!lexer.next_is('<')) return Taken::Malformed;
  } else {
    before = trim(lexer.take_until_any(stops));
  }
  if (lexer.take('<')) {
    if (!before.empty()) address.display_name = before;
    const auto uri = trim(lexer.take_until_any("<>"));  // spaces: RFC 4475 3.1.2.14
    if (!lexer.take('>') || !take_uri(uri, address.uri, taken)) return Taken::Malformed;
  } else if (before.contains('?') || !take_uri(before, address.uri, taken)) {
    return Taken::Malformed;
  }
  return lexer.take_parameters(address.parameters) ? taken : Taken::Malformed;
}

bool take_via(Lexer& lexer, Via& via) {
  lexer.skip_space();
  if (!equals_ignoring_case(lexer.take_token(), "SIP") || !lexer.take_spaced('/')) return false;
  if (lexer.take_token().empty() || !lexer.take_spaced('/')) return false;  // whoever's version
  via.transport = lexer.take_token();
  std::ranges::transform(via.transport, via.transport.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  const auto before = lexer.rest();
  lexer.skip_space();
  if (via.transport.empty() || lexer.rest() == before) return false;

  via.host = lexer.next_is('[') ? lexer.take_until_any("]") : lexer.take_until_any(" \t:;,");
  if (via.host.starts_with('[') && lexer.take(']')) via.host += ']';
  if (!is_host(via.host)) return false;
  if (lexer.take_spaced(':')) {
    via.port = parse_decimal<std::uint16_t>(lexer.take_until_any(" \t;,"));
    if (via.port.value_or(0) == 0) return false;
  }
  return lexer.take_parameters(via.parameters);
}

}  // namespace

bool parse_via(std::string_view value, std::vector<Via>& list) {
  Lexer lexer(value);
  do {
    Via via;
    if (list.size() == limits::kSipListElements || !take_via(lexer, via)) return false;
    list.push_back(std::move(via));
  } while (lexer.take(','));
  return lexer.at_end();
}

bool parse_addresses(std::string_view value, std::vector<NameAddress>& list) {
  Lexer lexer(value);
  do {
    NameAddress address;
    if (list.size() == limits::kSipListElements) return false;
    const Taken taken = take_address(lexer, address, "<>,;\"");
    if (taken == Taken::Malformed) return false;
    if (taken == Taken::Yes) list.push_back(std::move(address));
  } while (lexer.take(','));
  return lexer.at_end();
}

std::optional<NameAddress> parse_address(std::string_view value) {
  Lexer lexer(value);
  NameAddress address;
  // No list, so a comma before the brackets is one of a name (RFC 4475 3.1.2.15).
  if (take_address(lexer, address, "<>;\"") != Taken::Yes || !lexer.at_end()) return std::nullopt;
  return address;
}

std::optional<CSeq> parse_cseq(std::string_view value) {
  std::string_view rest = trim(value);
  const auto digits = rest.substr(0, rest.find_first_of(" \t"));
  const auto method = trim(rest.substr(digits.size()));
  const auto number = parse_decimal<std::uint32_t>(digits);
  if (!number || *number > kMaxCSeq || !is_token(method)) return std::nullopt;
  CSeq cseq{*number, method_from(method), {}};
  if (cseq.method == Method::Unknown) cseq.unknown_method = method;
  return cseq;
}

bool is_call_id(std::string_view value) {
  return !value.empty() && std::ranges::all_of(value, [](char c) { return c > ' ' && c < 0x7f; });
}

std::optional<std::chrono::seconds> parse_delta_seconds(std::string_view value) {
  const auto digits = trim(value);
  if (digits.empty() || !std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; })) {
    return std::nullopt;
  }
  return std::chrono::seconds(parse_decimal<std::uint32_t>(digits).value_or(UINT32_MAX));
}

bool parse_list(std::string_view value, std::vector<std::string>& list) {
  Lexer lexer(value);
  std::string element;
  while (true) {
    element += lexer.take_until_any(",\"");
    if (lexer.next_is('"')) {
      const auto before = lexer.rest();
      if (!lexer.take_quoted()) return false;
      element += before.substr(0, before.size() - lexer.rest().size());
      continue;
    }
    if (const auto text = trim(element); !text.empty()) {
      if (list.size() == limits::kSipListElements) return false;
      list.emplace_back(text);
    }
    if (!lexer.take(',')) return true;
    element.clear();
  }
}

}  // namespace offhook::sip
