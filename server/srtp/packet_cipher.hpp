#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.hpp"
#include "srtp/hmac_sha1.hpp"
#include "srtp/profile.hpp"
#include "srtp/session_keys.hpp"

using EVP_CIPHER_CTX = struct evp_cipher_ctx_st;

namespace offhook::srtp {

enum class Direction : std::uint8_t { Protect, Unprotect };

// The session keys of SRTP or SRTCP in one direction, at work. No call allocates.
class PacketCipher {
 public:
  // What a packet's protection covers besides its body.
  struct Packet {
    std::uint32_t ssrc = 0;
    std::uint64_t index = 0;  // 48 bits of SRTP, 31 bits of SRTCP
    ByteView header;          // in the clear, authenticated
    MutableByteView body;     // encrypted in place
    // Authenticated behind the body: the roll-over counter of SRTP (not with AEAD, where the IV
    // holds it), the E bit and index of SRTCP.
    std::uint32_t word = 0;
  };

  PacketCipher(Profile profile, PacketKind kind, const SessionKeys& keys, Direction direction);

  [[nodiscard]] std::size_t tag_bytes() const { return tag_bytes_; }
  // Writes tag_bytes() to `tag`. header and body are adjacent in memory.
  void protect(const Packet& packet, std::uint8_t* tag);
  // False where the tag is wrong; the body is unspecified then. An empty body only authenticates
  // the header.
  [[nodiscard]] bool unprotect(const Packet& packet, const std::uint8_t* tag);

 private:
  struct Free {
    void operator()(EVP_CIPHER_CTX* cipher) const;
  };
  using Iv = std::array<std::uint8_t, 16>;

  [[nodiscard]] Iv iv_of(const Packet& packet) const;
  [[nodiscard]] HmacSha1::Digest authenticate(const Packet& packet) const;
  void crypt_in_counter_mode(const Packet& packet);
  void start_aead(const Packet& packet);

  std::unique_ptr<EVP_CIPHER_CTX, Free> cipher_;
  std::optional<HmacSha1> hmac_;  // without it: AEAD
  std::array<std::uint8_t, 14> salt_;
  PacketKind kind_;
  std::uint8_t tag_bytes_;
};

}  // namespace offhook::srtp
