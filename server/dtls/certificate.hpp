#pragma once

#include <memory>
#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"

using X509 = struct x509_st;
using EVP_PKEY = struct evp_pkey_st;

namespace offhook::dtls {

// A self-signed ECDSA P-256 certificate with its key, made at process start and never stored.
class Certificate {
 public:
  [[nodiscard]] static Result<Certificate> make();

  // Over the DER form; `algorithm` is "sha-256", "sha-384" or "sha-512".
  [[nodiscard]] Bytes fingerprint(std::string_view algorithm = "sha-256") const;

  [[nodiscard]] X509* x509() const { return x509_.get(); }
  [[nodiscard]] EVP_PKEY* key() const { return key_.get(); }

 private:
  Certificate() = default;
  std::shared_ptr<X509> x509_;
  std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace offhook::dtls
