#include "sip/uri.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "sip/serializer_text.hpp"
#include "sip/uri_escapes.hpp"
#include "sip/uri_view.hpp"

namespace offhook::sip {
namespace {

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
  const auto view = UriView::parse(text);
  if (!view) return std::unexpected(view.error());
  return view->to_uri();
}

void Uri::append_to(std::string& out, bool with_headers) const {
  out += scheme == "sips" ? "sips:" : "sip:";
  if (!user.empty()) {
    append_escaped(out, user, kUriUserChars, EscapedNul::Allowed);
    out += '@';
  }
  append_host(out, host);
  if (port.value_or(0) != 0) append_number(out.append(1, ':'), *port);
  for (const Parameter& item : parameters.items()) {
    append_escaped(out.append(1, ';'), item.name.empty() ? "_" : item.name, kUriParameterChars);
    if (item.value.value_or("").empty()) continue;
    append_escaped(out.append(1, '='), *item.value, kUriParameterChars);
  }
  if (with_headers && !headers.empty() && is_escaped(headers, kUriHeadersChars)) {
    out.append(1, '?') += headers;
  }
}

std::string Uri::to_string() const {
  std::string out;
  append_to(out);
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

std::optional<std::string> uri_header(const Uri& uri, std::string_view name) {
  if (!is_escaped(uri.headers, kUriHeadersChars)) return std::nullopt;
  for (std::string_view rest = uri.headers; !rest.empty();) {
    std::string_view value = take_until(rest, '&');
    if (equals_ignoring_case(unescaped(take_until(value, '=')), name)) return unescaped(value);
  }
  return std::nullopt;
}

void add_uri_header(Uri& uri, std::string_view name, std::string_view value) {
  constexpr CharSet kInOneHeader = kUriHeadersChars - CharSet::of("&=");
  if (!uri.headers.empty()) uri.headers += '&';
  append_escaped(uri.headers, name, kInOneHeader);
  append_escaped(uri.headers.append(1, '='), value, kInOneHeader);
}

}  // namespace offhook::sip
