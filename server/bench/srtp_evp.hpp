#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "base/bytes.hpp"
#include "srtp/profile.hpp"

namespace offhook::bench {

// What SRTP of one packet costs at the very least with OpenSSL's public interface: a context that
// is kept, of which only the IV is set, and of HMAC-SHA1 the states behind both key blocks. No
// header is read, no index is kept, nothing can be refused but a wrong tag.
class BareEvp {
 public:
  BareEvp(srtp::Profile profile, bool encrypt);

  // `packet` begins with a fixed RTP header; the tag is written behind `size` bytes.
  void protect(MutableByteView packet, std::size_t size);
  [[nodiscard]] bool unprotect(MutableByteView packet, std::size_t size);

 private:
  struct Free {
    void operator()(EVP_CIPHER_CTX* cipher) const { EVP_CIPHER_CTX_free(cipher); }
  };
  using Digest = std::array<std::uint8_t, SHA_DIGEST_LENGTH>;

  void set_iv(MutableByteView packet);
  void crypt(MutableByteView packet, std::size_t size);
  [[nodiscard]] Digest authenticate(MutableByteView packet, std::size_t size) const;

  std::unique_ptr<EVP_CIPHER_CTX, Free> cipher_;
  SHA_CTX inner_{};
  SHA_CTX outer_{};
  bool aead_;
  std::size_t tag_bytes_;
};

}  // namespace offhook::bench
