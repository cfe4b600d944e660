#include "io/tls_context.hpp"

#include <array>
#include <optional>
#include <string_view>

#include <boost/asio/ssl/context.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace offhook::io {

namespace ssl = boost::asio::ssl;

namespace {

std::optional<int> version_of(std::string_view text) {
  if (text == "1.0") return TLS1_VERSION;
  if (text == "1.1") return TLS1_1_VERSION;
  if (text == "1.2") return TLS1_2_VERSION;
  if (text == "1.3") return TLS1_3_VERSION;
  return std::nullopt;
}

// What OpenSSL or the system said last.
std::string last_error() {
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  std::array<char, 256> text{};
  const char* reason = ERR_reason_error_string(error);
  if (reason != nullptr) return reason;
  ERR_error_string_n(error, text.data(), text.size());
  return text.data();
}

}  // namespace

TlsContext::TlsContext(bool is_client)
    : context_(std::make_unique<ssl::context>(is_client ? ssl::context::tls_client
                                                        : ssl::context::tls_server)),
      is_client_(is_client) {
  SSL_CTX* context = context_->native_handle();
  SSL_CTX_set_options(
      context, SSL_OP_ALL | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);  // 34 kB less for each idle connection
  SSL_CTX_set_dh_auto(context, 1);
}

TlsContext::~TlsContext() = default;

Result<void> TlsContext::apply(const TlsVersions& versions) {
  SSL_CTX* context = context_->native_handle();
  const std::optional<int> minimum = version_of(versions.minimum);
  const std::optional<int> maximum = version_of(versions.maximum);
  if (!minimum || !maximum || *minimum > *maximum) {
    return failure("TLS from " + versions.minimum + " to " + versions.maximum +
                   ": expected two of 1.0, 1.1, 1.2 and 1.3, the lower first");
  }
  // Their signatures are by SHA-1, which every other level forbids.
  if (*minimum < TLS1_2_VERSION) SSL_CTX_set_security_level(context, 0);
  SSL_CTX_set_min_proto_version(context, *minimum);
  SSL_CTX_set_max_proto_version(context, *maximum);
  offer_ = "TLS " + versions.minimum;
  if (maximum != minimum) offer_ += " to " + versions.maximum;
  if (versions.ciphers.empty()) return {};
  if (SSL_CTX_set_cipher_list(context, versions.ciphers.c_str()) != 1) {
    ERR_clear_error();
    return failure("no cipher fits \"" + versions.ciphers + "\"");
  }
  offer_ += " with the ciphers \"" + versions.ciphers + "\"";
  return {};
}

Result<std::shared_ptr<TlsContext>> TlsContext::client(const TlsClientSettings& settings) {
  std::shared_ptr<TlsContext> made(new TlsContext(true));
  made->verifies_name_ = settings.verify_name;
  if (const auto applied = made->apply(settings.versions); !applied) {
    return std::unexpected(applied.error());
  }
  SSL_CTX* context = made->context_->native_handle();
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  // What a person names in ca_file is trusted as it is, also where it is a server's own certificate.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  const bool is_read =
      settings.ca_file.empty()
          ? SSL_CTX_set_default_verify_paths(context) == 1
          : SSL_CTX_load_verify_locations(context, settings.ca_file.c_str(), nullptr) == 1;
  if (is_read) return made;
  return failure("cannot read certificates from " + settings.ca_file + ": " + last_error());
}

Result<std::shared_ptr<TlsContext>> TlsContext::server(const TlsServerSettings& settings) {
  std::shared_ptr<TlsContext> made(new TlsContext(false));
  if (const auto applied = made->apply(settings.versions); !applied) {
    return std::unexpected(applied.error());
  }
  SSL_CTX* context = made->context_->native_handle();
  if (SSL_CTX_use_certificate_chain_file(context, settings.certificate_file.c_str()) != 1) {
    return failure("cannot read the certificate " + settings.certificate_file + ": " +
                   last_error());
  }
  if (SSL_CTX_use_PrivateKey_file(context, settings.key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return failure("cannot use the key " + settings.key_file + " with the certificate " +
                   settings.certificate_file + ": " + last_error());
  }
  return made;
}

}  // namespace offhook::io
