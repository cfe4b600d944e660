#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.hpp"
#include "srtp/hmac_sha1.hpp"
#include "srtp/profile.hpp"
#include "srtp/session_keys.hpp"

using EVP_CIPHER_CTX = struct evp_cipher_ctx_st;
using OSSL_PARAM = struct ossl_param_st;

namespace offhook::srtp {

enum class Direction : std::uint8_t { Protect, Unprotect };

// The session keys of SRTP and SRTCP in one direction, at work. No call allocates.
//
// With thousands of calls what a packet costs beyond its bytes is memory that is far away, so there
// is one cipher context for both kinds: RTCP, a packet in 5 s, changes its key and RTP changes it
// back.
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

  PacketCipher(Profile profile, const SessionKeys& rtp, const SessionKeys& rtcp,
               Direction direction);

  [[nodiscard]] bool is_aead() const { return aead_; }
  [[nodiscard]] std::size_t tag_bytes(PacketKind kind) const { return keys(kind).tag_bytes; }
  // Writes tag_bytes() to `tag`. header and body are adjacent in memory.
  void protect(PacketKind kind, const Packet& packet, std::uint8_t* tag);
  // False where the tag is wrong; the body is unspecified then. An empty body only authenticates
  // the header.
  [[nodiscard]] bool unprotect(PacketKind kind, const Packet& packet, std::uint8_t* tag);
  // Has the processor fetch what this points to and the next RTP packet needs, while it is busy with
  // others. Reads this object.
  void prefetch() const;

 private:
  struct Free {
    void operator()(EVP_CIPHER_CTX* cipher) const;
  };
  // 128 bits as two numbers. Made of bytes one by one it would have to leave the processor's store
  // buffer before it can be read again as a whole.
  struct Iv {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    void write(std::uint8_t* to) const;  // 16 bytes, network order
  };
  struct Keys {
    Keys(Profile profile, PacketKind kind, const SessionKeys& session);

    Iv salt;                       // zeros behind
    std::optional<HmacSha1> hmac;  // without it: AEAD
    std::uint8_t tag_bytes;
    SessionKeys session;
  };

  [[nodiscard]] const Keys& keys(PacketKind kind) const {
    return kind == PacketKind::Rtp ? rtp_ : rtcp_;
  }
  [[nodiscard]] Iv iv_of(const Keys& keys, const Packet& packet) const;
  void use(PacketKind kind);
  void crypt_in_counter_mode(const Keys& keys, const Packet& packet);
  // Up to the tag. `parameters` of OpenSSL go with the IV.
  void start_aead(PacketKind kind, const Packet& packet, const OSSL_PARAM* parameters);

  std::unique_ptr<EVP_CIPHER_CTX, Free> cipher_;
  const std::uint8_t* cipher_state_ = nullptr;  // only a hint: see prefetch()
  bool aead_;
  bool encrypts_;
  PacketKind in_use_ = PacketKind::Rtp;  // whose key cipher_ has
  Keys rtp_;
  Keys rtcp_;
};

}  // namespace offhook::srtp
