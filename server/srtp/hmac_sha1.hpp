#pragma once

#include <array>
#include <cstdint>

#include <openssl/sha.h>

#include "base/bytes.hpp"

namespace offhook::srtp {

// HMAC-SHA1 (RFC 2104) under a key that stays: what the key contributes to both hashes is computed
// once, and a message starts from there. OpenSSL's EVP_MAC would allocate for each of them. Small,
// because each call's is fetched from far memory for each packet.
class HmacSha1 {
 public:
  using Digest = std::array<std::uint8_t, SHA_DIGEST_LENGTH>;

  explicit HmacSha1(ByteView key);  // 64 bytes at most
  ~HmacSha1();
  HmacSha1(const HmacSha1&) = default;
  HmacSha1& operator=(const HmacSha1&) = default;

  // Over both parts, one behind the other.
  [[nodiscard]] Digest digest(ByteView first, ByteView second) const;

 private:
  // SHA-1's chaining value behind one block.
  using Chain = std::array<std::uint32_t, 5>;

  Chain inner_;
  Chain outer_;
};

}  // namespace offhook::srtp
