#include "bench/srtp_evp.hpp"

#include <algorithm>

#include <openssl/crypto.h>

#include "base/assert.hpp"

// OpenSSL 3 calls its plain SHA-1 functions deprecated; EVP_MD in their place cannot copy a state
// without malloc.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"

namespace offhook::bench {
namespace {

constexpr std::size_t kHeaderBytes = 12;

const EVP_CIPHER* cipher_of(srtp::Profile profile) {
  if (!srtp::is_aead(profile)) return EVP_aes_128_ctr();
  return srtp::key_bytes(profile) == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
}

}  // namespace

BareEvp::BareEvp(srtp::Profile profile, bool encrypt)
    : cipher_(EVP_CIPHER_CTX_new()),
      aead_(srtp::is_aead(profile)),
      tag_bytes_(srtp::rtp_tag_bytes(profile)) {
  const std::array<std::uint8_t, SHA_CBLOCK> key{1, 2, 3};
  const int done = EVP_CipherInit_ex(cipher_.get(), cipher_of(profile), nullptr, key.data(),
                                     nullptr, encrypt ? 1 : 0);
  OFFHOOK_ASSERT(done == 1);
  SHA1_Init(&inner_);
  SHA1_Update(&inner_, key.data(), key.size());
  outer_ = inner_;
}

void BareEvp::set_iv(MutableByteView packet) {
  std::array<std::uint8_t, 16> iv{};
  std::ranges::copy(packet.first(kHeaderBytes), iv.begin());
  EVP_CipherInit_ex(cipher_.get(), nullptr, nullptr, nullptr, iv.data(), -1);
}

void BareEvp::crypt(MutableByteView packet, std::size_t size) {
  int done = 0;
  EVP_CipherUpdate(cipher_.get(), packet.data() + kHeaderBytes, &done, packet.data() + kHeaderBytes,
                   static_cast<int>(size - kHeaderBytes));
}

BareEvp::Digest BareEvp::authenticate(MutableByteView packet, std::size_t size) const {
  constexpr std::array<std::uint8_t, 4> kRollOver{};
  Digest digest;
  SHA_CTX state = inner_;
  SHA1_Update(&state, packet.data(), size);
  SHA1_Update(&state, kRollOver.data(), kRollOver.size());
  SHA1_Final(digest.data(), &state);
  state = outer_;
  SHA1_Update(&state, digest.data(), digest.size());
  SHA1_Final(digest.data(), &state);
  return digest;
}

void BareEvp::protect(MutableByteView packet, std::size_t size) {
  set_iv(packet);
  if (!aead_) {
    crypt(packet, size);
    std::ranges::copy_n(authenticate(packet, size).begin(), static_cast<std::ptrdiff_t>(tag_bytes_),
                        packet.data() + size);
    return;
  }
  int done = 0;
  EVP_CipherUpdate(cipher_.get(), nullptr, &done, packet.data(), kHeaderBytes);
  crypt(packet, size);
  EVP_CipherFinal_ex(cipher_.get(), packet.data() + size, &done);
  EVP_CIPHER_CTX_ctrl(cipher_.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag_bytes_),
                      packet.data() + size);
}

bool BareEvp::unprotect(MutableByteView packet, std::size_t size) {
  if (!aead_) {
    if (CRYPTO_memcmp(authenticate(packet, size).data(), packet.data() + size, tag_bytes_) != 0) {
      return false;
    }
    set_iv(packet);
    crypt(packet, size);
    return true;
  }
  set_iv(packet);
  int done = 0;
  EVP_CipherUpdate(cipher_.get(), nullptr, &done, packet.data(), kHeaderBytes);
  crypt(packet, size);
  EVP_CIPHER_CTX_ctrl(cipher_.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag_bytes_),
                      packet.data() + size);
  return EVP_CipherFinal_ex(cipher_.get(), packet.data() + size, &done) == 1;
}

}  // namespace offhook::bench

#pragma clang diagnostic pop
