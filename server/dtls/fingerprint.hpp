#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.hpp"

using X509 = struct x509_st;

namespace offhook::dtls {

// The hash over a certificate's DER form (RFC 8122 5). `algorithm` is "sha-256", "sha-384" or
// "sha-512"; nullopt for any other: the weak ones are no proof of anything.
[[nodiscard]] std::optional<Bytes> fingerprint_of(const X509& certificate,
                                                  std::string_view algorithm);

}  // namespace offhook::dtls
