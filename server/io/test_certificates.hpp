#pragma once

#include <cstdio>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

namespace offhook::io {

// Certificates for tests, made as they run: no key lies in the repository.
class TestCertificates {
 public:
  struct Wanted {
    std::string names;  // as OpenSSL's subjectAltName: "DNS:a.example,IP:127.0.0.1"; "": none
    std::string common_name = "provider";
    int valid_from_days = -1;
    int valid_to_days = 1;
    bool self_signed = false;
  };

  TestCertificates()
      : directory_(std::filesystem::temp_directory_path() / "offhook_certificates_XXXXXX") {
    EXPECT_NE(::mkdtemp(directory_.data()), nullptr);
    write(ca_file(), *authority_);
    FILE* file = std::fopen(key_file().c_str(), "w");
    PEM_write_PrivateKey(file, key(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
  }
  ~TestCertificates() { std::filesystem::remove_all(directory_); }
  TestCertificates(const TestCertificates&) = delete;
  TestCertificates& operator=(const TestCertificates&) = delete;

  [[nodiscard]] std::string ca_file() const { return directory_ + "/ca.pem"; }
  [[nodiscard]] std::string key_file() const { return directory_ + "/key.pem"; }
  [[nodiscard]] const std::string& directory() const { return directory_; }
  // The file of a certificate by "Test Authority", or self-signed.
  [[nodiscard]] std::string make(const Wanted& wanted) {
    ++count_;
    write(last_file(), *sign(wanted, authority_.get()));
    return last_file();
  }
  [[nodiscard]] std::string last_file() const {
    return directory_ + "/" + std::to_string(count_) + ".pem";
  }

 private:
  struct Free {
    void operator()(X509* certificate) const { X509_free(certificate); }
  };
  using Certificate = std::unique_ptr<X509, Free>;

  // RSA, as RSA key exchange needs; one for all, as making it takes its time.
  static EVP_PKEY* key() {
    static EVP_PKEY* const made = EVP_RSA_gen(2'048);
    return made;
  }
  static void write(const std::string& path, X509& certificate) {
    FILE* file = std::fopen(path.c_str(), "w");
    PEM_write_X509(file, &certificate);
    std::fclose(file);
  }
  static void add_extension(X509& certificate, int nid, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    X509_add_ext(&certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
  static Certificate sign(const Wanted& wanted, X509* issuer) {
    Certificate certificate(X509_new());
    X509_set_version(certificate.get(), 2);
    static long serial = 0;
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
    constexpr long kDay = 86'400;
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), wanted.valid_from_days * kDay);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), wanted.valid_to_days * kDay);
    X509_set_pubkey(certificate.get(), key());
    X509_NAME* name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(wanted.common_name.c_str()),
                               -1, -1, 0);
    const bool is_authority = issuer == nullptr;
    const bool is_own = is_authority || wanted.self_signed;
    X509_set_issuer_name(certificate.get(), is_own ? name : X509_get_subject_name(issuer));
    if (is_authority) add_extension(*certificate, NID_basic_constraints, "critical,CA:TRUE");
    if (!wanted.names.empty()) add_extension(*certificate, NID_subject_alt_name, wanted.names);
    X509_sign(certificate.get(), key(), EVP_sha256());
    return certificate;
  }

  std::string directory_;
  Certificate authority_ = sign({.names = "", .common_name = "Test Authority"}, nullptr);
  int count_ = 0;
};

}  // namespace offhook::io
