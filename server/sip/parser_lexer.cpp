#include "sip/parser_lexer.hpp"

#include <algorithm>

#include "base/endpoint.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"

namespace offhook::sip {
namespace {

constexpr std::size_t kHostBytes = 255;  // RFC 1035 2.3.4
constexpr std::string_view kSpace = " \t";

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_char);
}

bool is_host(std::string_view text) {
  if (text.empty() || text.size() > kHostBytes) return false;
  if (text.starts_with('[')) {
    // The grammar of RFC 3261 has a colon too many before an IPv4 part; RFC 5118 4.10 wants it
    // tolerated.
    std::string address(text);
    const auto colons = address.find(":::");
    if (address.contains('.') && colons < address.find('.')) address.erase(colons, 1);
    return IpAddress::parse(address).has_value();
  }
  // "_" is no part of a host name, but service and container names in use have it.
  return std::ranges::all_of(
      text, [](char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == '_'; });
}

bool has_foreign_scheme(std::string_view uri) {
  const auto colon = uri.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const auto scheme = uri.substr(0, colon);
  return std::ranges::all_of(
             scheme,
             [](char c) { return is_alphanumeric(c) || c == '+' || c == '-' || c == '.'; }) &&
         !equals_ignoring_case(scheme, "sip") && !equals_ignoring_case(scheme, "sips");
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

std::string parameter_value(std::string_view name, std::string_view value) {
  // Feature tags (RFC 3840 9) have their values in quotes always.
  const bool bare =
      !name.starts_with('+') && !value.empty() && std::ranges::all_of(value, is_value_char);
  return bare ? std::string(value) : quoted(value);
}

void Lexer::skip_space() {
  rest_.remove_prefix(std::min(rest_.find_first_not_of(kSpace), rest_.size()));
}

bool Lexer::take(char c) {
  if (!next_is(c)) return false;
  rest_.remove_prefix(1);
  return true;
}

bool Lexer::take_spaced(char c) {
  Lexer ahead = *this;
  ahead.skip_space();
  if (!ahead.take(c)) return false;
  ahead.skip_space();
  *this = ahead;
  return true;
}

std::string_view Lexer::take_count(std::size_t count) {
  const auto taken = rest_.substr(0, count);
  rest_.remove_prefix(taken.size());
  return taken;
}

std::string_view Lexer::take_token() {
  const auto end = std::ranges::find_if_not(rest_, is_token_char);
  return take_count(static_cast<std::size_t>(end - rest_.begin()));
}

std::string_view Lexer::take_until_any(std::string_view stops) {
  return take_count(rest_.find_first_of(stops));
}

std::optional<std::string> Lexer::take_quoted() {
  if (!next_is('"')) return std::nullopt;
  std::string text;
  for (std::size_t at = 1; at < rest_.size(); ++at) {
    if (rest_[at] == '"') {
      rest_.remove_prefix(at + 1);
      return text;
    }
    if (rest_[at] == '\\') ++at;
    if (at < rest_.size()) text += rest_[at];
  }
  return std::nullopt;
}

bool Lexer::take_parameters(Parameters& parameters) {
  while (take_spaced(';')) {
    const auto name = take_token();
    if (name.empty() || parameters.has(name)) return false;
    if (parameters.items().size() == limits::kSipParameters) return false;
    std::optional<std::string> value;
    if (take_spaced('=')) {
      if (next_is('"')) {
        value = take_quoted();
        if (!value) return false;
      } else {
        const auto end = std::ranges::find_if_not(rest_, is_value_char);
        value = take_count(static_cast<std::size_t>(end - rest_.begin()));
        if (value->empty()) return false;
      }
    }
    parameters.set(name, std::move(value));
  }
  skip_space();
  return true;
}

}  // namespace offhook::sip
