#include "dtls/fingerprint.hpp"

#include <openssl/evp.h>
#include <openssl/x509.h>

namespace offhook::dtls {

std::optional<Bytes> fingerprint_of(const X509& certificate, std::string_view algorithm) {
  const EVP_MD* hash = nullptr;
  if (algorithm == "sha-256") hash = EVP_sha256();
  if (algorithm == "sha-384") hash = EVP_sha384();
  if (algorithm == "sha-512") hash = EVP_sha512();
  if (hash == nullptr) return std::nullopt;
  Bytes value(EVP_MAX_MD_SIZE);
  unsigned int size = 0;
  if (X509_digest(&certificate, hash, value.data(), &size) != 1) return std::nullopt;
  value.resize(size);
  return value;
}

}  // namespace offhook::dtls
