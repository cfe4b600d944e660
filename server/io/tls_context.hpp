#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"

namespace boost::asio::ssl {
class context;
}

namespace offhook::io {

// Which TLS versions and ciphers to speak, as a person writes them.
struct TlsVersions {
  std::string minimum = "1.2";  // "1.0", "1.1", "1.2", "1.3"; below 1.2 also weak keys and hashes
  std::string maximum = "1.3";
  std::string ciphers{};  // OpenSSL's cipher list for TLS 1.2 and below; "": its default
};

struct TlsClientSettings {
  TlsVersions versions{};
  std::string ca_file{};    // PEM: authorities, or the server's own certificate; "": the system's
  bool verify_name = true;  // that the certificate is for the host that we meant (RFC 5922 7.2)
};

struct TlsServerSettings {
  std::string certificate_file;  // PEM, with the chain behind it
  std::string key_file;          // PEM
  TlsVersions versions{};
};

// What connections of one kind have in common: versions, ciphers, trusted authorities or our own certificate.
class TlsContext {
 public:
  // Errors name the setting or the file and what is wrong with it.
  [[nodiscard]] static Result<std::shared_ptr<TlsContext>> client(
      const TlsClientSettings& settings);
  [[nodiscard]] static Result<std::shared_ptr<TlsContext>> server(
      const TlsServerSettings& settings);
  ~TlsContext();

  // "TLS 1.2 to 1.3", with the cipher list where one is set.
  [[nodiscard]] const std::string& offer() const { return offer_; }
  [[nodiscard]] bool is_client() const { return is_client_; }
  [[nodiscard]] bool verifies_name() const { return verifies_name_; }
  // For the few files that speak Asio themselves.
  [[nodiscard]] boost::asio::ssl::context& context() { return *context_; }

 private:
  explicit TlsContext(bool is_client);
  Result<void> apply(const TlsVersions& versions);

  std::unique_ptr<boost::asio::ssl::context> context_;
  std::string offer_;
  bool is_client_;
  bool verifies_name_ = false;
};

}  // namespace offhook::io
