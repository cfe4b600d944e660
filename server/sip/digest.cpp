#include "sip/digest.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/bytes.hpp"
#include "base/text.hpp"

namespace offhook::sip {
namespace {

struct Algorithm {
  std::string_view name;
  const EVP_MD* (*hash)();
};

// Strongest first (RFC 8760 2.4). The -sess variants and qop auth-int are refused: no provider is
// known that offers nothing else.
constexpr std::array<Algorithm, 3> kAlgorithms{{
    {"SHA-512-256", EVP_sha512_256},
    {"SHA-256", EVP_sha256},
    {"MD5", EVP_md5},
}};

const Algorithm* algorithm_named(std::string_view name) {
  if (name.empty()) name = "MD5";  // RFC 7616 3.3
  const auto* found = std::ranges::find_if(kAlgorithms, [&](const Algorithm& algorithm) {
    return equals_ignoring_case(algorithm.name, name);
  });
  return found == kAlgorithms.end() ? nullptr : found;
}

// nullopt where the library refuses the algorithm, as it does with MD5 in FIPS mode.
std::optional<std::string> hex_hash(const Algorithm& algorithm, std::string_view text) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &length, algorithm.hash(), nullptr) !=
      1) {
    return std::nullopt;
  }
  return to_hex(ByteView(digest).first(length));
}

// RFC 7616 3.4.1 to 3.4.3 with qop "auth", RFC 2617 3.2.2.1 without qop.
std::optional<std::string> response_for(const Algorithm& algorithm, const Credentials& credentials,
                                        std::string_view method, std::string_view password) {
  const auto secret = hex_hash(
      algorithm, credentials.username + ":" + credentials.realm + ":" + std::string(password));
  const auto request = hex_hash(algorithm, std::string(method) + ":" + credentials.uri);
  if (!secret || !request) return std::nullopt;
  std::string data = *secret + ":" + credentials.nonce + ":";
  if (!credentials.qop.empty()) {
    data += credentials.nonce_count + ":" + credentials.cnonce + ":" + credentials.qop + ":";
  }
  return hex_hash(algorithm, data + *request);
}

bool offers_auth(const Challenge& challenge) {
  return challenge.qop.empty() || std::ranges::any_of(challenge.qop, [](const std::string& option) {
           return equals_ignoring_case(option, "auth");
         });
}

const Challenge* strongest(const std::vector<Challenge>& challenges) {
  const Challenge* best = nullptr;
  for (const Challenge& challenge : challenges) {
    const Algorithm* algorithm = algorithm_named(challenge.algorithm);
    if (algorithm == nullptr || !offers_auth(challenge)) continue;
    if (best == nullptr || algorithm < algorithm_named(best->algorithm)) best = &challenge;
  }
  return best;
}

std::string why_not(const Challenge& challenge) {
  if (algorithm_named(challenge.algorithm) == nullptr) {
    return "the server wants the digest algorithm " + safe_text(challenge.algorithm) +
           ", which is not supported";
  }
  std::string qop;
  for (const std::string& option : challenge.qop) qop += (qop.empty() ? "" : ", ") + option;
  return "the server wants the quality of protection " + safe_text(qop) +
         ", which is not supported";
}

std::string eight_hex_digits(std::uint32_t value) {
  std::array<std::uint8_t, 4> bytes{};
  store_u32(bytes.data(), value);
  return to_hex(bytes);
}

}  // namespace

Result<Credentials> answer_challenge(const std::vector<Challenge>& challenges,
                                     const Account& account, std::string_view method,
                                     std::string_view uri, std::uint32_t nonce_count,
                                     Random& random) {
  if (challenges.empty())
    return failure("the server asks for credentials without a digest challenge");
  const Challenge* challenge = strongest(challenges);
  if (challenge == nullptr) return failure(why_not(challenges.front()));
  Credentials credentials;
  credentials.username = account.username;
  credentials.realm = challenge->realm;
  credentials.nonce = challenge->nonce;
  credentials.uri = uri;
  credentials.algorithm = challenge->algorithm;
  credentials.opaque = challenge->opaque;
  if (!challenge->qop.empty()) {
    credentials.qop = "auth";
    credentials.cnonce = random.hex(8);
    credentials.nonce_count = eight_hex_digits(nonce_count);
  }
  auto response =
      response_for(*algorithm_named(challenge->algorithm), credentials, method, account.password);
  if (!response) return failure("the cryptographic library refuses the server's digest algorithm");
  credentials.response = std::move(*response);
  return credentials;
}

bool is_weaker(std::string_view algorithm, std::string_view than) {
  const auto rank = [](const Algorithm* known) {
    return known == nullptr ? kAlgorithms.size()
                            : static_cast<std::size_t>(known - kAlgorithms.data());
  };
  return rank(algorithm_named(algorithm)) > rank(algorithm_named(than));
}

bool verify(const Credentials& credentials, std::string_view method, std::string_view password) {
  const Algorithm* algorithm = algorithm_named(credentials.algorithm);
  if (algorithm == nullptr || (!credentials.qop.empty() && credentials.qop != "auth")) return false;
  const auto expected = response_for(*algorithm, credentials, method, password);
  return expected && expected->size() == credentials.response.size() &&
         CRYPTO_memcmp(expected->data(), credentials.response.data(), expected->size()) == 0;
}

}  // namespace offhook::sip
