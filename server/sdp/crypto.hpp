#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/random.hpp"

// Keys of SRTP in session descriptions (RFC 4568): as secret as what they protect, so nothing may
// write a session down but into the message that carries it.
namespace offhook::sdp {

// The numbers are those of the DTLS-SRTP profiles with the same transforms (RFC 5764, RFC 7714).
enum class CryptoSuite : std::uint8_t {
  AesCm128HmacSha1_80 = 1,
  AesCm128HmacSha1_32 = 2,
  AeadAes128Gcm = 7,
  AeadAes256Gcm = 8,
};

// Bytes of master key and master salt together.
[[nodiscard]] std::size_t key_and_salt_bytes(CryptoSuite suite);

// One a=crypto line.
struct Crypto {
  std::uint32_t tag = 1;  // 9 digits at most
  CryptoSuite suite = CryptoSuite::AesCm128HmacSha1_80;
  Bytes key_and_salt{};
  bool operator==(const Crypto&) const = default;
};

// A key of its own.
[[nodiscard]] Crypto make_crypto(std::uint32_t tag, CryptoSuite suite, Random& random);

// The value of an a=crypto attribute. nullopt for what we cannot do, where RFC 4568 5.1.2 wants the
// line passed over: another suite, a master key identifier or several keys (6.1), session parameters
// that turn a protection off or derive keys anew (6.3), a key of the wrong length.
[[nodiscard]] std::optional<Crypto> read_crypto(std::string_view value);
[[nodiscard]] std::string write_crypto(const Crypto& crypto);

}  // namespace offhook::sdp
