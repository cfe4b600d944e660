#include "base/limits.hpp"
#include "base/text.hpp"
#include "sip/parser_values.hpp"

// "Digest" 1#( name "=" ( token | quoted-string ) ), of challenges and of credentials (RFC
// 3261 25.1).
namespace offhook::sip {
namespace {

std::optional<Parameters> parse_digest_parameters(std::string_view value) {
  Lexer lexer(value);
  lexer.skip_space();
  if (!equals_ignoring_case(lexer.take_token(), "Digest")) return std::nullopt;
  Parameters parameters;
  do {
    lexer.skip_space();
    const auto name = lexer.take_token();
    if (name.empty() || parameters.has(name) || !lexer.take_spaced('=')) return std::nullopt;
    if (parameters.items().size() == limits::kSipParameters) return std::nullopt;
    std::optional<std::string> text;
    if (lexer.next_is('"')) {
      text = lexer.take_quoted();
    } else if (const auto bare = trim(lexer.take_until_any(", \t")); !bare.empty()) {
      text = bare;
    }
    if (!text) return std::nullopt;
    parameters.set(name, std::move(text));
  } while (lexer.take_spaced(','));
  lexer.skip_space();
  if (!lexer.at_end()) return std::nullopt;
  return parameters;
}

std::string text_of(const Parameters& parameters, std::string_view name) {
  return std::string(parameters.get(name).value_or(""));
}

std::optional<std::string> optional_text_of(const Parameters& parameters, std::string_view name) {
  const auto value = parameters.get(name);
  return value ? std::optional<std::string>(*value) : std::nullopt;
}

}  // namespace

bool is_digest(std::string_view value) {
  Lexer lexer(value);
  lexer.skip_space();
  return equals_ignoring_case(lexer.take_token(), "Digest");
}

std::optional<Challenge> parse_challenge(std::string_view value) {
  const auto parameters = parse_digest_parameters(value);
  if (!parameters || !parameters->has("realm") || !parameters->has("nonce")) return std::nullopt;
  Challenge challenge{
      .realm = text_of(*parameters, "realm"),
      .nonce = text_of(*parameters, "nonce"),
      .algorithm = text_of(*parameters, "algorithm"),
      .opaque = optional_text_of(*parameters, "opaque"),
      .qop = {},
      .stale = equals_ignoring_case(text_of(*parameters, "stale"), "true"),
  };
  const std::string options = text_of(*parameters, "qop");
  std::string_view rest = options;
  while (!rest.empty() && challenge.qop.size() < limits::kSipListElements) {
    if (const auto option = trim(take_until(rest, ',')); !option.empty()) {
      challenge.qop.emplace_back(option);
    }
  }
  return challenge;
}

std::optional<Credentials> parse_credentials(std::string_view value) {
  const auto parameters = parse_digest_parameters(value);
  if (!parameters) return std::nullopt;
  return Credentials{
      .username = text_of(*parameters, "username"),
      .realm = text_of(*parameters, "realm"),
      .nonce = text_of(*parameters, "nonce"),
      .uri = text_of(*parameters, "uri"),
      .response = text_of(*parameters, "response"),
      .algorithm = text_of(*parameters, "algorithm"),
      .cnonce = text_of(*parameters, "cnonce"),
      .qop = text_of(*parameters, "qop"),
      .nonce_count = text_of(*parameters, "nc"),
      .opaque = optional_text_of(*parameters, "opaque"),
  };
}

}  // namespace offhook::sip
