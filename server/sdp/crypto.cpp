#include "sdp/crypto.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"

namespace offhook::sdp {
namespace {

constexpr std::array<std::pair<std::string_view, CryptoSuite>, 4> kSuites{{
    {"AES_CM_128_HMAC_SHA1_80", CryptoSuite::AesCm128HmacSha1_80},
    {"AES_CM_128_HMAC_SHA1_32", CryptoSuite::AesCm128HmacSha1_32},
    {"AEAD_AES_128_GCM", CryptoSuite::AeadAes128Gcm},
    {"AEAD_AES_256_GCM", CryptoSuite::AeadAes256Gcm},
}};
constexpr std::string_view kInline = "inline:";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// RFC 4648 4. The padding may be missing: some leave it away.
std::optional<Bytes> from_base64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  Bytes bytes;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const std::size_t value = kBase64.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<std::uint8_t>(bits >> count));
  }
  return bytes;
}

std::string to_base64(ByteView bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t size = std::min<std::size_t>(bytes.size() - at, 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) bits = (bits << 8) | (i < size ? bytes[at + i] : 0U);
    for (std::size_t i = 0; i < 4; ++i) {
      text += i <= size ? kBase64[(bits >> (18 - 6 * i)) & 0x3F] : '=';
    }
  }
  return text;
}

// "20" or "2^20". How long a key lives is for its owner to watch.
bool is_lifetime(std::string_view text) {
  if (text.starts_with("2^")) text.remove_prefix(2);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<Bytes> read_key(std::string_view parameters) {
  if (!equals_ignoring_case(parameters.substr(0, kInline.size()), kInline)) return std::nullopt;
  parameters.remove_prefix(kInline.size());
  if (parameters.contains(';')) return std::nullopt;  // several keys
  const std::string_view key = take_until(parameters, '|');
  // Behind the lifetime comes the identifier, which every packet would carry.
  if (!parameters.empty() && !is_lifetime(parameters)) return std::nullopt;
  return from_base64(key);
}

// RFC 4568 6.3. The window is a hint, what begins with '-' may be passed over.
bool is_harmless(std::string_view parameter) {
  return parameter.empty() || parameter == "KDR=0" || parameter.starts_with("WSH=") ||
         parameter.starts_with('-');
}

}  // namespace

std::size_t key_and_salt_bytes(CryptoSuite suite) {
  switch (suite) {
    case CryptoSuite::AeadAes128Gcm:
      return 16 + 12;
    case CryptoSuite::AeadAes256Gcm:
      return 32 + 12;
    case CryptoSuite::AesCm128HmacSha1_80:
    case CryptoSuite::AesCm128HmacSha1_32:
      break;
  }
  return 16 + 14;
}

Crypto make_crypto(std::uint32_t tag, CryptoSuite suite, Random& random) {
  Crypto crypto{.tag = tag, .suite = suite, .key_and_salt = Bytes(key_and_salt_bytes(suite))};
  random.fill(crypto.key_and_salt);
  return crypto;
}

std::optional<Crypto> read_crypto(std::string_view value) {
  constexpr std::size_t kTagDigits = 9;
  const std::string_view tag_text = take_until(value, ' ');
  const auto tag = parse_decimal<std::uint32_t>(tag_text);
  const std::string_view suite_name = take_until(value = trim(value), ' ');
  const auto* const suite = std::ranges::find_if(
      kSuites, [&](const auto& known) { return equals_ignoring_case(known.first, suite_name); });
  if (!tag || tag_text.size() > kTagDigits || suite == kSuites.end()) return std::nullopt;
  auto key = read_key(take_until(value = trim(value), ' '));
  if (!key || key->size() != key_and_salt_bytes(suite->second)) return std::nullopt;
  while (!value.empty()) {
    if (!is_harmless(take_until(value, ' '))) return std::nullopt;
  }
  return Crypto{*tag, suite->second, std::move(*key)};
}

std::string write_crypto(const Crypto& crypto) {
  const auto* const suite =
      std::ranges::find(kSuites, crypto.suite, &std::pair<std::string_view, CryptoSuite>::second);
  return std::to_string(crypto.tag) + " " + std::string(suite->first) + " " + std::string(kInline) +
         to_base64(crypto.key_and_salt);
}

}  // namespace offhook::sdp
