#pragma once

#include <memory>
#include <utility>

#include "base/result.hpp"
#include "dtls/certificate.hpp"

using SSL_CTX = struct ssl_ctx_st;

namespace offhook::dtls {

// What all associations of a process share: the certificate and our choices. DTLS 1.2 only, ECDHE
// with AEAD only; no renegotiation, no tickets, no session cache; a certificate is demanded of the
// peer. Cheap to copy.
class Context {
 public:
  [[nodiscard]] static Result<Context> make(const Certificate& certificate);
  [[nodiscard]] SSL_CTX* get() const { return context_.get(); }

 private:
  explicit Context(std::shared_ptr<SSL_CTX> context) : context_(std::move(context)) {}
  std::shared_ptr<SSL_CTX> context_;
};

}  // namespace offhook::dtls
