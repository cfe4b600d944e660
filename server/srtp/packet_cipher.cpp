#include "srtp/packet_cipher.hpp"

#include <algorithm>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/assert.hpp"

namespace offhook::srtp {

namespace {

const EVP_CIPHER* cipher_type(Profile profile) {
  switch (profile) {
    case Profile::AeadAes128Gcm:
      return EVP_aes_128_gcm();
    case Profile::AeadAes256Gcm:
      return EVP_aes_256_gcm();
    case Profile::AesCm128HmacSha1_80:
    case Profile::AesCm128HmacSha1_32:
      break;
  }
  return EVP_aes_128_ctr();
}

void update(EVP_CIPHER_CTX* cipher, std::uint8_t* out, ByteView in) {
  if (in.empty()) return;
  int size = 0;
  const int done = EVP_CipherUpdate(cipher, out, &size, in.data(), static_cast<int>(in.size()));
  OFFHOOK_ASSERT(done == 1);
}

}  // namespace

void PacketCipher::Free::operator()(EVP_CIPHER_CTX* cipher) const { EVP_CIPHER_CTX_free(cipher); }

PacketCipher::PacketCipher(Profile profile, PacketKind kind, const SessionKeys& keys,
                           Direction direction)
    : cipher_(EVP_CIPHER_CTX_new()),
      salt_(keys.salt),
      kind_(kind),
      tag_bytes_(static_cast<std::uint8_t>(kind == PacketKind::Rtp ? rtp_tag_bytes(profile)
                                                                   : rtcp_tag_bytes(profile))) {
  if (!is_aead(profile)) hmac_.emplace(keys.authentication);
  const int encrypt = direction == Direction::Protect || !is_aead(profile) ? 1 : 0;
  OFFHOOK_ASSERT(cipher_ != nullptr);
  const int done = EVP_CipherInit_ex(cipher_.get(), cipher_type(profile), nullptr,
                                     keys.encryption.data(), nullptr, encrypt);
  OFFHOOK_ASSERT(done == 1);
}

// Counter mode: salt * 2^16 XOR SSRC * 2^64 XOR index * 2^16 (RFC 3711 4.1.1). AEAD: salt XOR (two
// zero bytes, SSRC, 48 bits of index) (RFC 7714 8.1 and 9.1). They differ in where SSRC and index
// begin.
PacketCipher::Iv PacketCipher::iv_of(const Packet& packet) const {
  Iv iv{};
  std::ranges::copy(salt_, iv.begin());
  std::array<std::uint8_t, 10> ssrc_and_index;
  store_u32(ssrc_and_index.data(), packet.ssrc);
  store_u16(ssrc_and_index.data() + 4, static_cast<std::uint16_t>(packet.index >> 32));
  store_u32(ssrc_and_index.data() + 6, static_cast<std::uint32_t>(packet.index));
  const std::size_t at = hmac_ ? 4 : 2;
  for (std::size_t i = 0; i < ssrc_and_index.size(); ++i) {
    iv[at + i] = static_cast<std::uint8_t>(iv[at + i] ^ ssrc_and_index[i]);
  }
  return iv;
}

HmacSha1::Digest PacketCipher::authenticate(const Packet& packet) const {
  std::array<std::uint8_t, 4> word;
  store_u32(word.data(), packet.word);
  return hmac_->digest({packet.header.data(), packet.header.size() + packet.body.size()}, word);
}

void PacketCipher::crypt_in_counter_mode(const Packet& packet) {
  const Iv iv = iv_of(packet);
  const int done = EVP_CipherInit_ex(cipher_.get(), nullptr, nullptr, nullptr, iv.data(), -1);
  OFFHOOK_ASSERT(done == 1);
  update(cipher_.get(), packet.body.data(), packet.body);
}

void PacketCipher::start_aead(const Packet& packet) {
  const Iv iv = iv_of(packet);
  const int done = EVP_CipherInit_ex(cipher_.get(), nullptr, nullptr, nullptr, iv.data(), -1);
  OFFHOOK_ASSERT(done == 1);
  update(cipher_.get(), nullptr, packet.header);
  if (kind_ == PacketKind::Rtcp) {  // RFC 7714 9.2
    std::array<std::uint8_t, 4> word;
    store_u32(word.data(), packet.word);
    update(cipher_.get(), nullptr, word);
  }
}

void PacketCipher::protect(const Packet& packet, std::uint8_t* tag) {
  if (hmac_) {
    crypt_in_counter_mode(packet);
    std::ranges::copy_n(authenticate(packet).begin(), tag_bytes_, tag);
    return;
  }
  start_aead(packet);
  update(cipher_.get(), packet.body.data(), packet.body);
  int size = 0;
  const bool done = EVP_CipherFinal_ex(cipher_.get(), tag, &size) == 1 &&
                    EVP_CIPHER_CTX_ctrl(cipher_.get(), EVP_CTRL_AEAD_GET_TAG, tag_bytes_, tag) == 1;
  OFFHOOK_ASSERT(done);
}

bool PacketCipher::unprotect(const Packet& packet, const std::uint8_t* tag) {
  if (hmac_) {
    if (CRYPTO_memcmp(authenticate(packet).data(), tag, tag_bytes_) != 0) return false;
    crypt_in_counter_mode(packet);
    return true;
  }
  start_aead(packet);
  update(cipher_.get(), packet.body.data(), packet.body);
  std::array<std::uint8_t, 16> expected;
  std::ranges::copy_n(tag, tag_bytes_, expected.begin());
  std::uint8_t nothing = 0;
  int size = 0;
  return EVP_CIPHER_CTX_ctrl(cipher_.get(), EVP_CTRL_AEAD_SET_TAG, tag_bytes_, expected.data()) ==
             1 &&
         EVP_CipherFinal_ex(cipher_.get(), &nothing, &size) == 1;
}

}  // namespace offhook::srtp
