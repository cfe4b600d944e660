#include "srtp/session_keys.hpp"

#include <algorithm>
#include <memory>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/assert.hpp"

namespace offhook::srtp {

namespace {

// RFC 3711 4.3.1
constexpr std::uint8_t kLabelOfEncryption = 0;
constexpr std::uint8_t kLabelOfAuthentication = 1;
constexpr std::uint8_t kLabelOfSalt = 2;
constexpr std::uint8_t kLabelsOfRtcp = 3;  // the same three, from here on
constexpr std::size_t kLabelAt = 7;        // a 56-bit key id at the end of a 112-bit salt

// The key stream of AES in counter mode from the master key, starting at (salt XOR label) * 2^16.
void derive(ByteView master_key, ByteView master_salt, std::uint8_t label, MutableByteView out) {
  std::array<std::uint8_t, 16> counter{};  // a 96-bit salt is padded with zeros (RFC 7714 11)
  std::ranges::copy(master_salt, counter.begin());
  counter[kLabelAt] = static_cast<std::uint8_t>(counter[kLabelAt] ^ label);
  std::ranges::fill(out, std::uint8_t{0});
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> cipher(
      EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  const auto* type = master_key.size() == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
  int size = 0;
  const bool done =
      cipher != nullptr &&
      EVP_EncryptInit_ex(cipher.get(), type, nullptr, master_key.data(), counter.data()) == 1 &&
      EVP_EncryptUpdate(cipher.get(), out.data(), &size, out.data(),
                        static_cast<int>(out.size())) == 1;
  OFFHOOK_ASSERT(done);
}

}  // namespace

SessionKeys::~SessionKeys() { OPENSSL_cleanse(this, sizeof *this); }

SessionKeys derive_session_keys(Profile profile, PacketKind kind, ByteView key_and_salt) {
  OFFHOOK_ASSERT(key_and_salt.size() == key_bytes(profile) + salt_bytes(profile));
  const ByteView key = key_and_salt.first(key_bytes(profile));
  const ByteView salt = key_and_salt.subspan(key_bytes(profile));
  const std::uint8_t labels = kind == PacketKind::Rtp ? 0 : kLabelsOfRtcp;
  const auto label = [&](std::uint8_t of) { return static_cast<std::uint8_t>(labels + of); };

  SessionKeys keys;
  derive(key, salt, label(kLabelOfEncryption),
         MutableByteView(keys.encryption).first(key_bytes(profile)));
  if (!is_aead(profile)) derive(key, salt, label(kLabelOfAuthentication), keys.authentication);
  derive(key, salt, label(kLabelOfSalt), MutableByteView(keys.salt).first(salt_bytes(profile)));
  return keys;
}

}  // namespace offhook::srtp
