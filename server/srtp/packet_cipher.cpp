#include "srtp/packet_cipher.hpp"

#include <algorithm>
#include <cstring>

#include <endian.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/assert.hpp"
#include "base/prefetch.hpp"

namespace offhook::srtp {

namespace {

constexpr std::size_t kBlockBytes = 16;

std::uint64_t load_u64(const std::uint8_t* at) {
  return (std::uint64_t{load_u32(at)} << 32) | load_u32(at + 4);
}

// Counter mode is made of single blocks here: the context then has no IV, and to set one costs
// OpenSSL 3.0 as much as the encryption of 160 bytes.
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
  return EVP_aes_128_ecb();
}

void set_key(EVP_CIPHER_CTX* cipher, const EVP_CIPHER* type, const SessionKeys& keys,
             bool encrypts) {
  const int done =
      EVP_CipherInit_ex(cipher, type, nullptr, keys.encryption.data(), nullptr, encrypts ? 1 : 0);
  OFFHOOK_ASSERT(done == 1);
}

void update(EVP_CIPHER_CTX* cipher, std::uint8_t* out, ByteView in) {
  if (in.empty()) return;
  int size = 0;
  const int done = EVP_CipherUpdate(cipher, out, &size, in.data(), static_cast<int>(in.size()));
  OFFHOOK_ASSERT(done == 1);
}

// Where OpenSSL keeps the state behind `cipher`: it tells by a pointer to the IV in there. nullptr: it
// does not tell.
const std::uint8_t* state_of(EVP_CIPHER_CTX* cipher, bool aead) {
  if (aead) {  // it does not before the first; no packet is encrypted under this one
    const std::array<std::uint8_t, 12> any{};
    EVP_CipherInit_ex(cipher, nullptr, nullptr, nullptr, any.data(), -1);
  }
  void* iv = nullptr;
  std::array params{OSSL_PARAM_construct_octet_ptr(OSSL_CIPHER_PARAM_IV, &iv, kBlockBytes),
                    OSSL_PARAM_construct_end()};
  const int done = EVP_CIPHER_CTX_get_params(cipher, params.data());
  return done == 1 ? static_cast<const std::uint8_t*>(iv) : nullptr;
}

}  // namespace

void PacketCipher::Free::operator()(EVP_CIPHER_CTX* cipher) const { EVP_CIPHER_CTX_free(cipher); }

PacketCipher::Keys::Keys(Profile profile, PacketKind kind, const SessionKeys& keys)
    : tag_bytes(static_cast<std::uint8_t>(kind == PacketKind::Rtp ? rtp_tag_bytes(profile)
                                                                  : rtcp_tag_bytes(profile))),
      session(keys) {
  std::array<std::uint8_t, kBlockBytes> bytes{};
  std::ranges::copy(keys.salt, bytes.begin());
  salt = {load_u64(bytes.data()), load_u64(bytes.data() + 8)};
  if (!srtp::is_aead(profile)) hmac.emplace(keys.authentication);
}

PacketCipher::PacketCipher(Profile profile, const SessionKeys& rtp, const SessionKeys& rtcp,
                           Direction direction)
    : cipher_(EVP_CIPHER_CTX_new()),
      aead_(srtp::is_aead(profile)),
      encrypts_(direction == Direction::Protect || !aead_),
      rtp_(profile, PacketKind::Rtp, rtp),
      rtcp_(profile, PacketKind::Rtcp, rtcp) {
  OFFHOOK_ASSERT(cipher_ != nullptr);
  set_key(cipher_.get(), cipher_type(profile), rtp, encrypts_);
  if (!aead_) EVP_CIPHER_CTX_set_padding(cipher_.get(), 0);
  cipher_state_ = state_of(cipher_.get(), aead_);
}

void PacketCipher::use(PacketKind kind) {
  if (in_use_ == kind) return;
  set_key(cipher_.get(), nullptr, keys(kind).session, encrypts_);
  in_use_ = kind;
}

void PacketCipher::Iv::write(std::uint8_t* to) const {
  using Both [[gnu::vector_size(kBlockBytes)]] = std::uint64_t;  // one store
  const Both bytes{htobe64(high), htobe64(low)};
  std::memcpy(to, &bytes, sizeof bytes);
}

// Counter mode: salt * 2^16 XOR SSRC * 2^64 XOR index * 2^16 (RFC 3711 4.1.1). AEAD: salt XOR (two
// zero bytes, SSRC, 48 bits of index), 96 bits of these 128 (RFC 7714 8.1 and 9.1).
PacketCipher::Iv PacketCipher::iv_of(const Keys& keys, const Packet& packet) const {
  const std::uint64_t ssrc = packet.ssrc;
  if (!aead_) return {keys.salt.high ^ ssrc, keys.salt.low ^ (packet.index << 16)};
  return {keys.salt.high ^ ((ssrc << 16) | (packet.index >> 32)),
          keys.salt.low ^ (packet.index << 32)};
}

namespace {

HmacSha1::Digest authenticate(const HmacSha1& hmac, const PacketCipher::Packet& packet) {
  std::array<std::uint8_t, 4> word;
  store_u32(word.data(), packet.word);
  return hmac.digest({packet.header.data(), packet.header.size() + packet.body.size()}, word);
}

}  // namespace

void PacketCipher::crypt_in_counter_mode(const Keys& keys, const Packet& packet) {
  constexpr std::size_t kBlocks = 16;  // at once: more than G.711 in 20 ms
  std::array<std::uint8_t, kBlocks * kBlockBytes> stream;
  Iv iv = iv_of(keys, packet);  // RFC 3711 4.1.1: the last 16 bits count, salt and index have none
  for (MutableByteView body = packet.body; !body.empty();) {
    const std::size_t size = std::min(body.size(), stream.size());
    const std::size_t blocks = (size + kBlockBytes - 1) / kBlockBytes;
    for (std::size_t i = 0; i < blocks; ++i) {
      iv.write(stream.data() + i * kBlockBytes);
      ++iv.low;
    }
    update(cipher_.get(), stream.data(), ByteView(stream).first(blocks * kBlockBytes));
    for (std::size_t i = 0; i < size; ++i) {
      body[i] = static_cast<std::uint8_t>(body[i] ^ stream[i]);
    }
    body = body.subspan(size);
  }
}

void PacketCipher::start_aead(PacketKind kind, const Packet& packet, const OSSL_PARAM* parameters) {
  std::array<std::uint8_t, kBlockBytes> iv;
  iv_of(keys(kind), packet).write(iv.data());
  const int done = EVP_CipherInit_ex2(cipher_.get(), nullptr, nullptr, iv.data(), -1, parameters);
  OFFHOOK_ASSERT(done == 1);
  update(cipher_.get(), nullptr, packet.header);
  if (kind == PacketKind::Rtcp) {  // RFC 7714 9.2
    std::array<std::uint8_t, 4> word;
    store_u32(word.data(), packet.word);
    update(cipher_.get(), nullptr, word);
  }
  update(cipher_.get(), packet.body.data(), packet.body);
}

void PacketCipher::protect(PacketKind kind, const Packet& packet, std::uint8_t* tag) {
  use(kind);
  const Keys& keys = this->keys(kind);
  if (keys.hmac) {
    crypt_in_counter_mode(keys, packet);
    std::ranges::copy_n(authenticate(*keys.hmac, packet).begin(), keys.tag_bytes, tag);
    return;
  }
  start_aead(kind, packet, nullptr);
  int size = 0;
  std::array parameters{
      OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, keys.tag_bytes),
      OSSL_PARAM_construct_end()};
  const bool done = EVP_CipherFinal_ex(cipher_.get(), tag, &size) == 1 &&
                    EVP_CIPHER_CTX_get_params(cipher_.get(), parameters.data()) == 1;
  OFFHOOK_ASSERT(done);
}

bool PacketCipher::unprotect(PacketKind kind, const Packet& packet, std::uint8_t* tag) {
  use(kind);
  const Keys& keys = this->keys(kind);
  if (keys.hmac) {
    if (CRYPTO_memcmp(authenticate(*keys.hmac, packet).data(), tag, keys.tag_bytes) != 0) {
      return false;
    }
    crypt_in_counter_mode(keys, packet);
    return true;
  }
  const std::array parameters{
      OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, keys.tag_bytes),
      OSSL_PARAM_construct_end()};
  start_aead(kind, packet, parameters.data());
  int size = 0;
  return EVP_CipherFinal_ex(cipher_.get(), tag, &size) == 1;
}

void PacketCipher::prefetch() const {
  // OpenSSL's two blocks. Of the state the IV stands near the beginning; behind it are the powers of
  // the hash key and the key schedule.
  constexpr std::size_t kContextBytes = 192;
  constexpr std::size_t kBeforeIv = 64;
  prefetch_memory(cipher_.get(), kContextBytes);
  if (cipher_state_ == nullptr) return;
  prefetch_memory(cipher_state_ - kBeforeIv, aead_ ? 960 : 448);
}

}  // namespace offhook::srtp
