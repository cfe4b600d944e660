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

// The state after the one block that is the key XORed with `pad`.
SHA_CTX keyed_state(ByteView key, std::uint8_t pad) {
  std::array<std::uint8_t, SHA_CBLOCK> block;
  block.fill(pad);
  for (std::size_t i = 0; i < key.size(); ++i) block[i] = static_cast<std::uint8_t>(key[i] ^ pad);
  SHA_CTX state;
  SHA1_Init(&state);
  SHA1_Update(&state, block.data(), block.size());
  OPENSSL_cleanse(block.data(), block.size());
  return state;
}

}  // namespace

HmacSha1::HmacSha1(ByteView key) {
  OFFHOOK_ASSERT(key.size() <= SHA_CBLOCK);
  inner_ = keyed_state(key, 0x36);
  outer_ = keyed_state(key, 0x5C);
}

HmacSha1::~HmacSha1() {
  OPENSSL_cleanse(&inner_, sizeof inner_);
  OPENSSL_cleanse(&outer_, sizeof outer_);
}

HmacSha1::Digest HmacSha1::digest(ByteView first, ByteView second) const {
  Digest digest;
  SHA_CTX state = inner_;
  SHA1_Update(&state, first.data(), first.size());
  SHA1_Update(&state, second.data(), second.size());
  SHA1_Final(digest.data(), &state);
  state = outer_;
  SHA1_Update(&state, digest.data(), digest.size());
  SHA1_Final(digest.data(), &state);
  return digest;
}

}  // namespace offhook::srtp

#pragma clang diagnostic pop
