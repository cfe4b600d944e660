#include "dtls/context.hpp"

#include <openssl/ssl.h>

#include "dtls/association.hpp"
#include "dtls/session.hpp"

namespace offhook::dtls {

namespace {

// As a server only the ECDSA ones can be chosen, our certificate being one; as a client we may meet
// an RSA certificate.
constexpr char kCiphers[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES256-GCM-SHA384";
constexpr char kGroups[] = "X25519:P-256:P-384";
// Our order decides. The shortened tag is the last resort.
constexpr char kSrtpProfiles[] =
    "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_32";
// A self-signed certificate has some 300 to 1,200 bytes.
constexpr long kMaxCertificateBytes = 8'192;

// OpenSSL wants to be able to make cookies where it checks them. Those are made elsewhere.
int make_no_cookie(SSL*, unsigned char*, unsigned int*) { return 0; }

}  // namespace

Result<Context> Context::make(const Certificate& certificate) {
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(DTLS_method()), &SSL_CTX_free);
  SSL_CTX* raw = context.get();
  if (raw == nullptr) return failure("OpenSSL has no DTLS");
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_QUERY_MTU);
  // Our certificate stands alone; by itself OpenSSL looks for its issuer in every handshake.
  SSL_CTX_set_mode(raw, SSL_MODE_NO_AUTO_CHAIN);
  // Its buffer has this size, and 16 kB otherwise.
  SSL_CTX_set_max_send_fragment(raw, kMtu);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(raw, kMaxCertificateBytes);
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(raw, &Association::verify_certificate, nullptr);
  SSL_CTX_set_cookie_generate_cb(raw, &make_no_cookie);
  SSL_CTX_set_cookie_verify_cb(raw, &Association::verify_cookie);
  const bool done = SSL_CTX_set_min_proto_version(raw, DTLS1_2_VERSION) == 1 &&
                    SSL_CTX_set_max_proto_version(raw, DTLS1_2_VERSION) == 1 &&
                    SSL_CTX_set_cipher_list(raw, kCiphers) == 1 &&
                    SSL_CTX_set1_groups_list(raw, kGroups) == 1 &&
                    SSL_CTX_set_tlsext_use_srtp(raw, kSrtpProfiles) == 0 &&  // 0 is success here
                    SSL_CTX_use_certificate(raw, certificate.x509()) == 1 &&
                    SSL_CTX_use_PrivateKey(raw, certificate.key()) == 1;
  if (!done) return failure("OpenSSL cannot do what DTLS-SRTP needs");
  return Context(context);
}

}  // namespace offhook::dtls
