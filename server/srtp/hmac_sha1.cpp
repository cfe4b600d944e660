#include "srtp/hmac_sha1.hpp"

#include <algorithm>

#include <openssl/crypto.h>

#include "base/assert.hpp"

// OpenSSL 3 calls its plain SHA-1 functions deprecated; EVP_MD in their place cannot copy a state
// without malloc.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"

namespace offhook::srtp {

namespace {

// Behind the one block that is the key XORed with `pad`.
std::array<std::uint32_t, 5> chain_of(ByteView key, std::uint8_t pad) {
  std::array<std::uint8_t, SHA_CBLOCK> block;
  block.fill(pad);
  for (std::size_t i = 0; i < key.size(); ++i) block[i] = static_cast<std::uint8_t>(key[i] ^ pad);
  SHA_CTX state;
  SHA1_Init(&state);
  SHA1_Update(&state, block.data(), block.size());
  const std::array<std::uint32_t, 5> chain{state.h0, state.h1, state.h2, state.h3, state.h4};
  OPENSSL_cleanse(block.data(), block.size());
  OPENSSL_cleanse(&state, sizeof state);
  return chain;
}

// The hash from there on. SHA_CTX's data needs no value as long as its number of bytes is 0.
void resume(SHA_CTX& state, const std::array<std::uint32_t, 5>& chain) {
  constexpr SHA_LONG kBitsBehind = 8 * SHA_CBLOCK;
  state.h0 = chain[0];
  state.h1 = chain[1];
  state.h2 = chain[2];
  state.h3 = chain[3];
  state.h4 = chain[4];
  state.Nl = kBitsBehind;
  state.Nh = 0;
  state.num = 0;
}

}  // namespace

HmacSha1::HmacSha1(ByteView key) {
  OFFHOOK_ASSERT(key.size() <= SHA_CBLOCK);
  inner_ = chain_of(key, 0x36);
  outer_ = chain_of(key, 0x5C);
}

HmacSha1::~HmacSha1() {
  OPENSSL_cleanse(&inner_, sizeof inner_);
  OPENSSL_cleanse(&outer_, sizeof outer_);
}

HmacSha1::Digest HmacSha1::digest(ByteView first, ByteView second) const {
  Digest digest;
  SHA_CTX state;
  resume(state, inner_);
  SHA1_Update(&state, first.data(), first.size());
  SHA1_Update(&state, second.data(), second.size());
  SHA1_Final(digest.data(), &state);
  resume(state, outer_);
  SHA1_Update(&state, digest.data(), digest.size());
  SHA1_Final(digest.data(), &state);
  return digest;
}

}  // namespace offhook::srtp

#pragma clang diagnostic pop
