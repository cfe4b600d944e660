#pragma once

#include <memory>
#include <utility>

#include "base/result.hpp"
#include "dtls/certificate.hpp"
#include "dtls/handshake_guard.hpp"

using SSL_CTX = struct ssl_ctx_st;

namespace offhook::dtls {

// What all associations of an engine share: the certificate, our choices and the guard of their
// handshakes. DTLS 1.2 only, ECDHE with AEAD only; no renegotiation, no tickets, no session cache; a
// certificate is demanded of the peer. Cheap to copy; for one thread.
class Context {
 public:
  [[nodiscard]] static Result<Context> make(const Certificate& certificate);
  [[nodiscard]] SSL_CTX* get() const { return context_.get(); }
  [[nodiscard]] HandshakeGuard& guard() const { return *guard_; }

 private:
  explicit Context(std::shared_ptr<SSL_CTX> context)
      : context_(std::move(context)), guard_(std::make_shared<HandshakeGuard>()) {}
  std::shared_ptr<SSL_CTX> context_;
  std::shared_ptr<HandshakeGuard> guard_;
};

}  // namespace offhook::dtls
