#include "base/limits.hpp"
#include "base/text.hpp"
#include "sip/parser_values.hpp"

// "Digest" 1#( name "=" ( token | quoted-string ) ), of challenges and of credentials (RFC
// 3261 25.1).
namespace offhook::sip {
namespace {

constexpr CharSet kBareEnd = CharSet::of(", \t");

// Calls `each` with the name and text of every parameter; false where malformed.
bool walk_digest(std::string_view value, auto&& each) {
  Lexer lexer(value);
  lexer.skip_space();
  if (!equals_ignoring_case(lexer.take_token(), "Digest")) return false;
  UniqueNames names;
  do {
    lexer.skip_space();
    const auto name = lexer.take_token();
    if (name.empty() || !names.add(name) || !lexer.take_spaced('=')) return false;
    std::optional<TextView> text;
    if (lexer.next_is('"')) {
      text = lexer.take_quoted();
    } else if (const auto bare = lexer.take_until(kBareEnd); !bare.empty()) {
      text = TextView{bare};
    }
    if (!text) return false;
    each(name, *text);
  } while (lexer.take_spaced(','));
  lexer.skip_space();
  return lexer.at_end();
}

struct Field {
  std::string_view name;
  std::string Credentials::* text;
};
constexpr Field kCredentials[] = {
    {"username", &Credentials::username}, {"realm", &Credentials::realm},
    {"nonce", &Credentials::nonce},       {"uri", &Credentials::uri},
    {"response", &Credentials::response}, {"algorithm", &Credentials::algorithm},
    {"cnonce", &Credentials::cnonce},     {"qop", &Credentials::qop},
    {"nc", &Credentials::nonce_count},
};

void read_options(std::string_view text, std::vector<std::string>& options) {
  while (!text.empty() && options.size() < limits::kSipListElements) {
    if (const auto option = trim(take_until(text, ',')); !option.empty()) {
      options.emplace_back(option);
    }
  }
}

}  // namespace

bool is_digest(std::string_view value) {
  Lexer lexer(value);
  lexer.skip_space();
  return equals_ignoring_case(lexer.take_token(), "Digest");
}

bool is_well_formed_digest(std::string_view value) {
  return walk_digest(value, [](std::string_view, TextView) {});
}

std::optional<Challenge> parse_challenge(std::string_view value) {
  Challenge challenge;
  bool realm = false;
  bool nonce = false;
  const bool well_formed = walk_digest(value, [&](std::string_view name, TextView text) {
    if (equals_ignoring_case(name, "realm")) {
      challenge.realm = text.str();
      realm = true;
    } else if (equals_ignoring_case(name, "nonce")) {
      challenge.nonce = text.str();
      nonce = true;
    } else if (equals_ignoring_case(name, "algorithm")) {
      challenge.algorithm = text.str();
    } else if (equals_ignoring_case(name, "opaque")) {
      challenge.opaque = text.str();
    } else if (equals_ignoring_case(name, "qop")) {
      read_options(text.str(), challenge.qop);
    } else if (equals_ignoring_case(name, "stale")) {
      challenge.stale = equals_ignoring_case(text.str(), "true");
    }
  });
  if (!well_formed || !realm || !nonce) return std::nullopt;
  return challenge;
}

std::optional<Credentials> parse_credentials(std::string_view value) {
  Credentials credentials;
  const bool well_formed = walk_digest(value, [&](std::string_view name, TextView text) {
    if (equals_ignoring_case(name, "opaque")) credentials.opaque = text.str();
    for (const Field& field : kCredentials) {
      if (equals_ignoring_case(name, field.name)) credentials.*field.text = text.str();
    }
  });
  if (!well_formed) return std::nullopt;
  return credentials;
}

}  // namespace offhook::sip
