#include "sip/parser_lexer.hpp"

#include <algorithm>

#include "base/endpoint.hpp"

namespace offhook::sip {
namespace {

constexpr std::size_t kHostBytes = 255;  // RFC 1035 2.3.4
constexpr CharSet kSpace = CharSet::of(" \t");
constexpr CharSet kSchemeChars = kAlphanumeric | CharSet::of("+-.");

}  // namespace

bool is_host(std::string_view text) {
  if (text.empty() || text.size() > kHostBytes) return false;
  if (text.starts_with('[')) {
    // The grammar of RFC 3261 has a colon too many before an IPv4 part; RFC 5118 4.10 wants it
    // tolerated.
    const auto colons = text.find(":::");
    if (colons == std::string_view::npos || colons > text.find('.') || !text.contains('.')) {
      return IpAddress::parse(text).has_value();
    }
    return IpAddress::parse(std::string(text).erase(colons, 1)).has_value();
  }
  return kHostChars.holds(text);
}

bool has_foreign_scheme(std::string_view uri) {
  const auto colon = uri.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const auto scheme = uri.substr(0, colon);
  return kSchemeChars.holds(scheme) && !equals_ignoring_case(scheme, "sip") &&
         !equals_ignoring_case(scheme, "sips");
}

void TextView::append_to(std::string& out) const {
  if (!escaped) {
    out += raw;
    return;
  }
  for (std::size_t at = 0; at < raw.size(); ++at) {
    if (raw[at] == '\\') ++at;  // a quoted string ends with no "\", so something follows
    out += raw[at];
  }
}

std::string TextView::str() const {
  std::string out;
  append_to(out);
  return out;
}

std::optional<ParameterView> ParametersView::find(std::string_view name) const {
  Lexer lexer(text_);
  ParameterView parameter;
  while (lexer.take_parameter(parameter) == Lexer::Taken::Yes) {
    if (equals_ignoring_case(parameter.name, name)) return parameter;
  }
  return std::nullopt;
}

TextView ParametersView::get(std::string_view name) const {
  const auto found = find(name);
  return found && found->value ? *found->value : TextView{};
}

Parameters ParametersView::to_parameters() const {
  std::vector<Parameter> items;
  items.reserve(static_cast<std::size_t>(std::ranges::count(text_, ';')));
  Lexer lexer(text_);
  ParameterView parameter;
  while (lexer.take_parameter(parameter) == Lexer::Taken::Yes) {
    Parameter& item = items.emplace_back(std::string(parameter.name));
    if (parameter.value) item.value = parameter.value->str();
  }
  return Parameters(std::move(items));
}

bool UniqueNames::add(std::string_view name, bool (*same)(std::string_view, std::string_view)) {
  for (std::size_t index = 0; index < size_; ++index) {
    if (same(names_.at(index), name)) return false;
  }
  if (size_ == names_.size()) return false;
  names_.at(size_++) = name;
  return true;
}

void Lexer::skip_space() { rest_.remove_prefix(kSpace.run(rest_)); }

bool Lexer::take(char c) {
  if (!next_is(c)) return false;
  rest_.remove_prefix(1);
  return true;
}

bool Lexer::take_spaced(char c) {
  const std::size_t space = kSpace.run(rest_);
  if (space == rest_.size() || rest_[space] != c) return false;
  rest_.remove_prefix(space + 1);
  skip_space();
  return true;
}

std::string_view Lexer::take_count(std::size_t count) {
  const auto taken = rest_.substr(0, count);
  rest_.remove_prefix(taken.size());
  return taken;
}

std::string_view Lexer::take_while(const CharSet& set) { return take_count(set.run(rest_)); }

std::string_view Lexer::take_until(const CharSet& stops) {
  return take_count(stops.run_outside(rest_));
}

std::optional<TextView> Lexer::take_quoted() {
  if (!next_is('"')) return std::nullopt;
  bool escaped = false;
  for (std::size_t at = 1; at < rest_.size(); ++at) {
    if (rest_[at] == '"') {
      const TextView text{rest_.substr(1, at - 1), escaped};
      rest_.remove_prefix(at + 1);
      return text;
    }
    if (rest_[at] == '\\') {
      escaped = true;
      ++at;
    }
  }
  return std::nullopt;
}

Lexer::Taken Lexer::take_parameter(ParameterView& parameter) {
  if (!take_spaced(';')) return Taken::Nothing;
  parameter = {.name = take_token(), .value = std::nullopt};
  if (parameter.name.empty()) return Taken::Malformed;
  if (!take_spaced('=')) return Taken::Yes;
  if (next_is('"')) {
    parameter.value = take_quoted();
    return parameter.value ? Taken::Yes : Taken::Malformed;
  }
  parameter.value = TextView{take_while(kValueChars)};
  return parameter.value->empty() ? Taken::Malformed : Taken::Yes;
}

std::optional<ParametersView> Lexer::take_parameters() {
  const auto before = rest_;
  UniqueNames names;
  ParameterView parameter;
  Taken taken = Taken::Yes;
  while ((taken = take_parameter(parameter)) == Taken::Yes) {
    if (!names.add(parameter.name)) return std::nullopt;
  }
  if (taken == Taken::Malformed) return std::nullopt;
  const ParametersView parameters(before.substr(0, before.size() - rest_.size()));
  skip_space();
  return parameters;
}

}  // namespace offhook::sip
