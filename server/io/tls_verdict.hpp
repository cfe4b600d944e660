#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <openssl/ossl_typ.h>

#include "base/endpoint.hpp"

// What is wrong with a TLS connection, in words for the person who configured it. Internal to io/, as it speaks OpenSSL.
namespace offhook::io {

// Whether the certificate is for `host` (RFC 5922 7.1, 7.2): a SIP URI, DNS name or address among its subjectAltNames;
// its common name only where it has none. Beyond the RFC "*.example.com" is for one label, because providers live by it.
[[nodiscard]] bool is_for(X509* certificate, const std::string& host);
// "the certificate of PEER is for a.example and b.example, not HOST"
[[nodiscard]] std::string describe_other_name(X509* certificate, const std::string& host,
                                              const Endpoint& peer);
// Why the chain is not trusted, from within the verification: expired, self-signed, by an unknown issuer, ...
[[nodiscard]] std::string describe_distrust(X509_STORE_CTX* verification, const Endpoint& peer);
// Why the handshake broke off; `error` as OpenSSL's error queue has it, `offer` as TlsContext says it.
[[nodiscard]] std::string describe_handshake_error(unsigned long error, const Endpoint& peer,
                                                   std::string_view offer);

}  // namespace offhook::io
