#include "sip/serializer_text.hpp"

#include "base/utf8.hpp"
#include "sip/parser_lexer.hpp"

namespace offhook::sip {
namespace {

constexpr CharSet kAsciiText = kVisibleAscii | CharSet::of(" \t");
constexpr CharSet kPlainQuoted = kAsciiText - CharSet::of("\"\\");

void append_only(std::string& out, std::string_view text, const CharSet& allowed) {
  while (true) {
    const std::size_t run = allowed.run(text);
    out += text.substr(0, run);
    if (run == text.size()) return;
    out += '_';
    text.remove_prefix(run + 1);
  }
}

void append_some(std::string& out, std::string_view text, const CharSet& allowed) {
  append_only(out, text.empty() ? "_" : text, allowed);
}

void append_quoted_byte(std::string& out, char c) {
  if (c == '"' || c == '\\') out += '\\';
  out += is_control(c) && c != '\t' ? '?' : c;
}

}  // namespace

void append_token(std::string& out, std::string_view text) { append_some(out, text, kTokenChars); }

void append_word(std::string& out, std::string_view text) { append_some(out, text, kVisibleAscii); }

void append_host(std::string& out, std::string_view text) {
  if (text.starts_with('[') && is_host(text)) {
    out += text;
  } else {
    append_some(out, text, kHostChars);
  }
}

void append_text(std::string& out, std::string_view text) {
  if (kAsciiText.holds(text)) {
    out += text;
    return;
  }
  for (const char c : well_formed_utf8(text)) out += is_control(c) && c != '\t' ? '?' : c;
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  const std::size_t plain = kPlainQuoted.run(text);
  out += text.substr(0, plain);
  if (plain < text.size()) {
    for (const char c : well_formed_utf8(text.substr(plain))) append_quoted_byte(out, c);
  }
  out += '"';
}

void append_token_or_quoted(std::string& out, std::string_view text) {
  if (is_token(text)) {
    out += text;
  } else {
    append_quoted(out, text);
  }
}

void append_parameter_value(std::string& out, std::string_view name, std::string_view value) {
  // Feature tags (RFC 3840 9) have their values in quotes always.
  if (!name.starts_with('+') && !value.empty() && kValueChars.holds(value)) {
    out += value;
  } else {
    append_quoted(out, value);
  }
}

}  // namespace offhook::sip
