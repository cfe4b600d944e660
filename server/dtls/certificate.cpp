#include "dtls/certificate.hpp"

#include <array>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "base/assert.hpp"
#include "dtls/fingerprint.hpp"

namespace offhook::dtls {

namespace {

constexpr long kDay = 24L * 60 * 60;
// Peers look at the fingerprint only (RFC 8827 6.5), and no process runs as long.
constexpr long kValidFor = 3650 * kDay;

bool set_random_serial(X509* certificate) {
  std::array<std::uint8_t, 8> random;
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) return false;
  random[0] &= 0x7F;  // positive
  BIGNUM* number = BN_bin2bn(random.data(), static_cast<int>(random.size()), nullptr);
  const bool done = number != nullptr &&
                    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  return done;
}

bool set_names(X509* certificate) {
  // One name for all: it says nothing about the machine or the user.
  static constexpr char kName[] = "WebRTC";
  X509_NAME* name = X509_get_subject_name(certificate);
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                    reinterpret_cast<const unsigned char*>(kName), -1, -1,
                                    0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1;
}

}  // namespace

Result<Certificate> Certificate::make() {
  Certificate made;
  made.key_.reset(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  made.x509_.reset(X509_new(), &X509_free);
  X509* x509 = made.x509_.get();
  const bool done =
      made.key_ && x509 != nullptr && X509_set_version(x509, X509_VERSION_3) == 1 &&
      set_random_serial(x509) && X509_gmtime_adj(X509_getm_notBefore(x509), -kDay) != nullptr &&
      X509_gmtime_adj(X509_getm_notAfter(x509), kValidFor) != nullptr && set_names(x509) &&
      X509_set_pubkey(x509, made.key()) == 1 && X509_sign(x509, made.key(), EVP_sha256()) != 0;
  if (!done) return failure("OpenSSL could not make a certificate for media");
  return made;
}

Bytes Certificate::fingerprint(std::string_view algorithm) const {
  auto value = fingerprint_of(*x509_, algorithm);
  OFFHOOK_ASSERT(value.has_value());
  return std::move(*value);
}

}  // namespace offhook::dtls
