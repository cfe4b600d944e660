#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace offhook::srtp {

// IANA's numbers of DTLS-SRTP protection profiles (RFC 5764 4.1.2, RFC 7714 14.2).
enum class Profile : std::uint16_t {
  AesCm128HmacSha1_80 = 0x0001,
  AesCm128HmacSha1_32 = 0x0002,
  AeadAes128Gcm = 0x0007,
  AeadAes256Gcm = 0x0008,
};

// nullopt for a number that is none of Profile's.
[[nodiscard]] constexpr std::optional<Profile> profile_from_number(std::uint16_t number) {
  switch (number) {
    case 0x0001:
    case 0x0002:
    case 0x0007:
    case 0x0008:
      return static_cast<Profile>(number);
    default:
      return std::nullopt;
  }
}

[[nodiscard]] constexpr bool is_aead(Profile profile) {
  return profile == Profile::AeadAes128Gcm || profile == Profile::AeadAes256Gcm;
}

// Bytes of the master key and of the session encryption key.
[[nodiscard]] constexpr std::size_t key_bytes(Profile profile) {
  return profile == Profile::AeadAes256Gcm ? 32 : 16;
}

[[nodiscard]] constexpr std::size_t salt_bytes(Profile profile) {
  return is_aead(profile) ? 12 : 14;
}

// AES_CM_128_HMAC_SHA1_32 shortens the tag of SRTP only (RFC 3711 5.2).
[[nodiscard]] constexpr std::size_t rtp_tag_bytes(Profile profile) {
  if (is_aead(profile)) return 16;
  return profile == Profile::AesCm128HmacSha1_32 ? 4 : 10;
}

[[nodiscard]] constexpr std::size_t rtcp_tag_bytes(Profile profile) {
  return is_aead(profile) ? 16 : 10;
}

}  // namespace offhook::srtp
