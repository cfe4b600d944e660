#include "dtls/key_and_salt.hpp"

#include <algorithm>

#include <openssl/crypto.h>

#include "base/assert.hpp"

namespace offhook::dtls {

KeyAndSalt::KeyAndSalt(ByteView key, ByteView salt)
    : size_(static_cast<std::uint8_t>(key.size() + salt.size())) {
  OFFHOOK_ASSERT(key.size() + salt.size() <= bytes_.size());
  std::ranges::copy(salt, std::ranges::copy(key, bytes_.begin()).out);
}

KeyAndSalt::~KeyAndSalt() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

}  // namespace offhook::dtls
