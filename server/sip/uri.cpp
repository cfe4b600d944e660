#include "sip/uri.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "sip/parser_lexer.hpp"

namespace offhook::sip {
namespace {

// What stands unescaped beside letters and digits (RFC 3261 25.1).
constexpr std::string_view kUserChars = "-_.!~*'()&=+$,;?/";
constexpr std::string_view kParameterChars = "-_.!~*'()[]/:&+$";
constexpr std::string_view kHeadersChars = "-_.!~*'()[]/?:+$&=%";

// A part of a URI without its escapes. An escaped control character is refused: no number, name or
// parameter has one, and text that starts a new line must not get past here in any dress. Only NUL
// may stand in a user, because RFC 4475 3.1.1.4 has it there: it ends nothing here, and no user of
// ours has one.
std::optional<std::string> unescape(std::string_view text, std::string_view allowed,
                                    bool nul_allowed = false) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '%') {
      const auto byte = from_hex(text.substr(at + 1, 2));
      if (!byte || byte->empty()) return std::nullopt;
      c = static_cast<char>(byte->front());
      if (is_control(c) && !(nul_allowed && c == '\0')) return std::nullopt;
      at += 2;
    } else if (!is_alphanumeric(c) && !allowed.contains(c)) {
      return std::nullopt;
    }
    plain += c;
  }
  return plain;
}

void escape(std::string& out, std::string_view text, std::string_view allowed) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_alphanumeric(c) || allowed.contains(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
}

bool parse_host_port(std::string_view text, Uri& uri) {
  const auto bracket = text.starts_with('[') ? text.find(']') : 0;
  const auto colon = text.find(':', std::min(bracket, text.size()));
  uri.host = text.substr(0, colon);
  if (!is_host(uri.host)) return false;
  if (colon == std::string_view::npos) return true;
  uri.port = parse_decimal<std::uint16_t>(text.substr(colon + 1));
  return uri.port.value_or(0) != 0;
}

bool parse_parameters(std::string_view text, Parameters& parameters) {
  while (!text.empty()) {
    std::string_view item = take_until(text, ';');
    const bool has_value = item.contains('=');
    const auto name = unescape(take_until(item, '='), kParameterChars);
    if (!name || name->empty() || parameters.has(*name)) return false;
    std::optional<std::string> value;
    if (has_value) {
      value = unescape(item, kParameterChars);
      if (!value || value->empty()) return false;
    }
    if (parameters.items().size() == limits::kSipParameters) return false;
    parameters.set(*name, std::move(value));
  }
  return true;
}

bool same_value(const Parameters& a, const Parameters& b, std::string_view name) {
  return a.has(name) == b.has(name) &&
         equals_ignoring_case(a.get(name).value_or(""), b.get(name).value_or(""));
}

}  // namespace

bool Parameters::has(std::string_view name) const {
  return std::ranges::any_of(
      items_, [&](const Parameter& item) { return equals_ignoring_case(item.name, name); });
}

std::optional<std::string_view> Parameters::get(std::string_view name) const {
  for (const Parameter& item : items_) {
    if (equals_ignoring_case(item.name, name)) return item.value;
  }
  return std::nullopt;
}

void Parameters::set(std::string_view name, std::optional<std::string> value) {
  for (Parameter& item : items_) {
    if (equals_ignoring_case(item.name, name)) {
      item.value = std::move(value);
      return;
    }
  }
  items_.push_back({std::string(name), std::move(value)});
}

void Parameters::remove(std::string_view name) {
  std::erase_if(items_,
                [&](const Parameter& item) { return equals_ignoring_case(item.name, name); });
}

Result<Uri> Uri::parse(std::string_view text) {
  Uri uri;
  const auto colon = text.find(':');
  uri.scheme = to_lower(text.substr(0, std::min(colon, text.size())));
  if (colon == std::string_view::npos || (uri.scheme != "sip" && uri.scheme != "sips")) {
    return failure("a URI must start with sip: or sips:");
  }
  std::string_view rest = text.substr(colon + 1);
  if (rest.contains('@')) {
    // The password (RFC 3261 19.1.1 advises against one) is not kept. An empty user is no grammar,
    // but is sent for callers who withhold their number. "#" should be escaped and often is not.
    std::string_view userinfo = take_until(rest, '@');
    auto user = unescape(take_until(userinfo, ':'), std::string(kUserChars) + '#', true);
    if (!user || !unescape(userinfo, "-_.!~*'()&=+$,")) return failure("bad user in the URI");
    uri.user = std::move(*user);
  }
  if (const auto question = rest.find('?'); question != std::string_view::npos) {
    uri.headers = rest.substr(question + 1);
    rest = rest.substr(0, question);
    if (!unescape(uri.headers, kHeadersChars)) return failure("bad headers in the URI");
  }
  const auto semicolon = rest.find(';');
  if (!parse_host_port(rest.substr(0, semicolon), uri))
    return failure("bad host or port in the URI");
  if (semicolon != std::string_view::npos) {
    const auto parameters = rest.substr(semicolon + 1);
    if (parameters.empty() || parameters.ends_with(';') ||
        !parse_parameters(parameters, uri.parameters)) {
      return failure("bad parameters in the URI");
    }
  }
  return uri;
}

std::string Uri::to_string() const {
  std::string out = scheme + ":";
  if (!user.empty()) {
    escape(out, user, kUserChars);
    out += '@';
  }
  out += host;
  if (port) out += ":" + std::to_string(*port);
  for (const Parameter& item : parameters.items()) {
    out += ';';
    escape(out, item.name, kParameterChars);
    if (item.value) {
      out += '=';
      escape(out, *item.value, kParameterChars);
    }
  }
  if (!headers.empty()) out += "?" + headers;
  return out;
}

bool Uri::equivalent(const Uri& other) const {
  if (scheme != other.scheme || user != other.user || port != other.port) return false;
  if (!equals_ignoring_case(host, other.host)) return false;
  constexpr std::array<std::string_view, 5> kCompared{"user", "ttl", "method", "maddr",
                                                      "transport"};
  return std::ranges::all_of(kCompared, [&](std::string_view name) {
    return same_value(parameters, other.parameters, name);
  });
}

}  // namespace offhook::sip
