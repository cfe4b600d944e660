#include "sip/uri_view.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "sip/parser_lexer.hpp"
#include "sip/uri_escapes.hpp"

namespace offhook::sip {
namespace {

// Those of a user, where "#" should be escaped and often is not.
constexpr CharSet kReadUserChars = kAlphanumeric | CharSet::of("-_.!~*'()&=+$,;?/#");
constexpr CharSet kPasswordChars = kAlphanumeric | CharSet::of("-_.!~*'()&=+$,");

struct UriParameter {
  std::string_view name;
  std::optional<std::string_view> value;
};

UriParameter take_uri_parameter(std::string_view& text) {
  std::string_view item = take_until(text, ';');
  const bool has_value = item.contains('=');
  UriParameter parameter{.name = take_until(item, '='), .value = std::nullopt};
  if (has_value) parameter.value = item;
  return parameter;
}

bool are_parameters(std::string_view text) {
  UniqueNames names;
  while (!text.empty()) {
    const auto [name, value] = take_uri_parameter(text);
    if (name.empty() || !is_escaped(name, kUriParameterChars)) return false;
    if (value && (value->empty() || !is_escaped(*value, kUriParameterChars))) return false;
    if (!names.add(name, same_unescaped)) return false;
  }
  return true;
}

bool parse_host_port(std::string_view text, UriView& uri) {
  const auto bracket = text.starts_with('[') ? text.find(']') : 0;
  const auto colon = text.find(':', std::min(bracket, text.size()));
  uri.host = text.substr(0, colon);
  if (!is_host(uri.host)) return false;
  if (colon == std::string_view::npos) return true;
  uri.port = parse_decimal<std::uint16_t>(text.substr(colon + 1));
  return uri.port.value_or(0) != 0;
}

}  // namespace

Result<UriView> UriView::parse(std::string_view text) {
  UriView uri;
  const auto colon = text.find(':');
  const auto scheme = text.substr(0, std::min(colon, text.size()));
  uri.secure = equals_ignoring_case(scheme, "sips");
  if (colon == std::string_view::npos || (!uri.secure && !equals_ignoring_case(scheme, "sip"))) {
    return failure("a URI must start with sip: or sips:");
  }
  std::string_view rest = text.substr(colon + 1);
  if (rest.contains('@')) {
    // The password (RFC 3261 19.1.1 advises against one) is not kept. An empty user is no grammar,
    // but is sent for callers who withhold their number.
    std::string_view password = take_until(rest, '@');
    uri.user = take_until(password, ':');
    if (!is_escaped(uri.user, kReadUserChars, EscapedNul::Allowed) ||
        !is_escaped(password, kPasswordChars)) {
      return failure("bad user in the URI");
    }
  }
  if (const auto question = rest.find('?'); question != std::string_view::npos) {
    uri.headers = rest.substr(question + 1);
    rest = rest.substr(0, question);
    if (!is_escaped(uri.headers, kUriHeadersChars)) return failure("bad headers in the URI");
  }
  const auto semicolon = rest.find(';');
  if (!parse_host_port(rest.substr(0, semicolon), uri)) {
    return failure("bad host or port in the URI");
  }
  if (semicolon != std::string_view::npos) {
    uri.parameters = rest.substr(semicolon + 1);
    if (uri.parameters.empty() || uri.parameters.ends_with(';') ||
        !are_parameters(uri.parameters)) {
      return failure("bad parameters in the URI");
    }
  }
  return uri;
}

Uri UriView::to_uri() const {
  std::vector<Parameter> items;
  for (std::string_view rest = parameters; !rest.empty();) {
    const auto [name, value] = take_uri_parameter(rest);
    Parameter& item = items.emplace_back(unescaped(name));
    if (value) item.value = unescaped(*value);
  }
  return {.scheme = secure ? "sips" : "sip",
          .user = unescaped(user),
          .host = std::string(host),
          .port = port,
          .parameters = Parameters(std::move(items)),
          .headers = std::string(headers)};
}

}  // namespace offhook::sip
