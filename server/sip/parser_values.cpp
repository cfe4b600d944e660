#include "sip/parser_values.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace offhook::sip {
namespace {

constexpr std::uint32_t kMaxCSeq = 0x7fff'ffff;  // RFC 3261 8.1.1.5: below 2^31

constexpr CharSet kBeforeUri = CharSet::of("<>;\"");
constexpr CharSet kBeforeUriInList = kBeforeUri | CharSet::of(",");
constexpr CharSet kAngles = CharSet::of("<>");
constexpr CharSet kAfterHost = CharSet::of(" \t:;,");
constexpr CharSet kAfterPort = CharSet::of(" \t;,");
constexpr CharSet kReferenceEnd = CharSet::of("]");
constexpr CharSet kListStops = CharSet::of(",\"");
constexpr CharSet kBeforeParameters = CharSet::of(";");
constexpr CharSet kDigits = CharSet::between('0', '9');

Element uri_of(std::string_view text, UriView& uri) {
  if (auto parsed = UriView::parse(text)) {
    uri = *parsed;
    return Element::Taken;
  }
  return has_foreign_scheme(text) ? Element::Foreign : Element::Malformed;
}

// [ display-name ] "<" URI ">" or a bare URI, then parameters. Without the brackets every parameter
// is the header's and the URI has no "?" (RFC 3261 20.10). A display name that should be in quotes
// and is not ends at one of `stops`.
Element take_address_before(const CharSet& stops, Lexer& lexer, AddressView& address) {
  lexer.skip_space();
  std::string_view before;
  if (lexer.next_is('"')) {
    const auto name = lexer.take_quoted();
    if (!name) return Element::Malformed;
    address.display_name = *name;
    lexer.skip_space();
    if (!lexer.next_is('<')) return Element::Malformed;
  } else {
    before = trim(lexer.take_until(stops));
  }
  Element element = Element::Malformed;
  if (lexer.take('<')) {
    if (!before.empty()) address.display_name = {before};
    const auto uri = trim(lexer.take_until(kAngles));  // spaces: RFC 4475 3.1.2.14
    if (lexer.take('>')) element = uri_of(uri, address.uri);
  } else if (!before.contains('?')) {
    element = uri_of(before, address.uri);
  }
  if (element == Element::Malformed) return element;
  const auto parameters = lexer.take_parameters();
  if (!parameters) return Element::Malformed;
  address.parameters = *parameters;
  return element;
}

}  // namespace

Element take_address(Lexer& lexer, AddressView& address) {
  return take_address_before(kBeforeUriInList, lexer, address);
}

Element take_via(Lexer& lexer, ViaView& via) {
  lexer.skip_space();
  if (!equals_ignoring_case(lexer.take_token(), "SIP") || !lexer.take_spaced('/') ||
      lexer.take_token().empty() || !lexer.take_spaced('/')) {  // whoever's version
    return Element::Malformed;
  }
  via.transport = lexer.take_token();
  const auto before = lexer.rest();
  lexer.skip_space();
  if (via.transport.empty() || lexer.rest().size() == before.size()) return Element::Malformed;

  const auto host = lexer.rest();
  const bool reference = lexer.next_is('[');
  const auto name = lexer.take_until(reference ? kReferenceEnd : kAfterHost);
  via.host = host.substr(0, name.size() + (reference && lexer.take(']') ? 1 : 0));
  if (!is_host(via.host)) return Element::Malformed;
  if (lexer.take_spaced(':')) {
    via.port = parse_decimal<std::uint16_t>(lexer.take_until(kAfterPort));
    if (via.port.value_or(0) == 0) return Element::Malformed;
  }
  const auto parameters = lexer.take_parameters();
  if (!parameters) return Element::Malformed;
  via.parameters = *parameters;
  return Element::Taken;
}

std::optional<AddressView> parse_address(std::string_view value) {
  Lexer lexer(value);
  AddressView address;
  // No list, so a comma before the brackets is one of a name (RFC 4475 3.1.2.15).
  const Element element = take_address_before(kBeforeUri, lexer, address);
  if (element != Element::Taken || !lexer.at_end()) return std::nullopt;
  return address;
}

std::optional<CSeqView> parse_cseq(std::string_view value) {
  const std::string_view rest = trim(value);
  const auto digits = rest.substr(0, kDigits.run(rest));
  const auto method = trim(rest.substr(digits.size()));
  const auto number = parse_decimal<std::uint32_t>(digits);
  const bool apart = digits.size() + method.size() < rest.size();
  if (!number || *number > kMaxCSeq || !apart || !is_token(method)) return std::nullopt;
  return CSeqView{*number, method};
}

bool is_call_id(std::string_view value) { return !value.empty() && kVisibleAscii.holds(value); }

std::optional<std::chrono::seconds> parse_delta_seconds(std::string_view value) {
  const auto digits = trim(value);
  if (digits.empty() || !kDigits.holds(digits)) return std::nullopt;
  return std::chrono::seconds(parse_decimal<std::uint32_t>(digits).value_or(UINT32_MAX));
}

std::optional<SessionExpires> parse_session_expires(std::string_view value) {
  Lexer lexer(trim(value));
  const auto interval = parse_delta_seconds(lexer.take_until(kBeforeParameters));
  const auto parameters = lexer.take_parameters();
  if (!interval || !parameters || !lexer.at_end()) return std::nullopt;
  const std::string refresher = parameters->get("refresher").str();
  using Refresher = SessionExpires::Refresher;
  return SessionExpires{*interval, equals_ignoring_case(refresher, "uac")   ? Refresher::Uac
                                   : equals_ignoring_case(refresher, "uas") ? Refresher::Uas
                                                                            : Refresher::Unnamed};
}

std::optional<ReplacesView> view_replaces(std::string_view value) {
  Lexer lexer(value);
  const auto call_id = trim(lexer.take_until(kBeforeParameters));
  const auto parameters = lexer.take_parameters();
  if (!is_call_id(call_id) || !parameters || !lexer.at_end()) return std::nullopt;
  if (parameters->get("to-tag").empty() || parameters->get("from-tag").empty()) return std::nullopt;
  return ReplacesView{call_id, *parameters};
}

std::optional<RAck> parse_rack(std::string_view value) {
  std::string_view rest = trim(value);
  const auto rseq = parse_decimal<std::uint32_t>(rest.substr(0, kDigits.run(rest)));
  rest.remove_prefix(kDigits.run(rest));
  const auto cseq = parse_cseq(rest);
  if (!rseq || !cseq || rest.size() == trim(rest).size()) return std::nullopt;
  return RAck{*rseq, cseq->to_cseq()};
}

Result<Replaces> parse_replaces(std::string_view text) {
  const auto view = view_replaces(text);
  if (!view) return failure("Replaces needs a Call-ID, a to-tag and a from-tag");
  return view->to_replaces();
}

std::optional<std::string_view> TextList::next() {
  if (ended_) return std::nullopt;
  const auto from = lexer_.rest();
  lexer_.take_until(kListStops);
  while (lexer_.next_is('"')) {
    if (!lexer_.take_quoted()) {
      malformed_ = ended_ = true;
      return std::nullopt;
    }
    lexer_.take_until(kListStops);
  }
  const auto element = from.substr(0, from.size() - lexer_.rest().size());
  ended_ = !lexer_.take(',');
  return trim(element);
}

Via ViaView::to_via() const {
  Via via{.transport = std::string(transport),
          .host = std::string(host),
          .port = port,
          .parameters = parameters.to_parameters()};
  std::ranges::transform(via.transport, via.transport.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return via;
}

NameAddress AddressView::to_name_address() const {
  return {.display_name = display_name.str(),
          .uri = uri.to_uri(),
          .parameters = parameters.to_parameters()};
}

Replaces ReplacesView::to_replaces() const {
  return {.call_id = std::string(call_id),
          .to_tag = parameters.get("to-tag").str(),
          .from_tag = parameters.get("from-tag").str(),
          .early_only = parameters.has("early-only")};
}

CSeq CSeqView::to_cseq() const {
  const Method known = method_from(method);
  return {number, known, known == Method::Unknown ? std::string(method) : std::string()};
}

}  // namespace offhook::sip
