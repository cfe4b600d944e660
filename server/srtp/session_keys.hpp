#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.hpp"
#include "srtp/profile.hpp"

namespace offhook::srtp {

enum class PacketKind : std::uint8_t { Rtp, Rtcp };

// What encrypts and authenticates packets, made from a master key. Wiped when it goes.
struct SessionKeys {
  std::array<std::uint8_t, 32> encryption{};      // key_bytes(profile) of it
  std::array<std::uint8_t, 20> authentication{};  // unused with AEAD
  std::array<std::uint8_t, 14> salt{};            // salt_bytes(profile) of it

  SessionKeys() = default;
  SessionKeys(const SessionKeys&) = default;
  SessionKeys& operator=(const SessionKeys&) = default;
  ~SessionKeys();
};

// RFC 3711 4.3.3 with key derivation rate 0, and RFC 7714 11 for AEAD. `key_and_salt` has the
// profile's length.
[[nodiscard]] SessionKeys derive_session_keys(Profile profile, PacketKind kind,
                                              ByteView key_and_salt);

}  // namespace offhook::srtp
