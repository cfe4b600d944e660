#include "io/tls_verdict.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <memory>
#include <vector>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/text.hpp"

namespace offhook::io {

namespace {

// The other side wrote it.
std::string printable(std::string_view text) {
  constexpr std::size_t kLongest = 100;
  std::string safe(text.substr(0, kLongest));
  std::ranges::replace_if(safe, [](char c) { return c < ' ' || c > '~'; }, '?');
  return safe;
}

std::string_view text_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

struct Names {
  std::vector<std::string> hosts;      // DNS names and addresses
  std::vector<std::string> sip_hosts;  // of sip: URIs without a user
};

void add(const GENERAL_NAME& name, Names& names) {
  if (name.type == GEN_DNS) {
    names.hosts.emplace_back(text_of(name.d.dNSName));
  } else if (name.type == GEN_IPADD) {
    const auto address = IpAddress::from_bytes(as_bytes(text_of(name.d.iPAddress)));
    if (address) names.hosts.push_back(address->to_string());
  } else if (name.type == GEN_URI) {
    constexpr std::string_view kScheme = "sip:";
    const std::string_view uri = text_of(name.d.uniformResourceIdentifier);
    if (equals_ignoring_case(uri.substr(0, kScheme.size()), kScheme) && !uri.contains('@')) {
      names.sip_hosts.emplace_back(uri.substr(kScheme.size()));
    }
  }
}

Names names_of(const X509* certificate) {
  Names names;
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> all(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  for (int i = 0; i < sk_GENERAL_NAME_num(all.get()); ++i) {
    add(*sk_GENERAL_NAME_value(all.get(), i), names);
  }
  return names;
}

std::string common_name(const X509_NAME* name) {
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0) return "nobody";
  return printable(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at))));
}

std::string date(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unknown date";
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &parts)};
}

}  // namespace

bool is_for(X509* certificate, const std::string& host) {
  if (std::ranges::any_of(names_of(certificate).sip_hosts, [&](const std::string& name) {
        return equals_ignoring_case(name, host);
      })) {
    return true;
  }
  if (const auto address = IpAddress::parse(host)) {  // in a URI's brackets, too
    return X509_check_ip_asc(certificate, address->to_string().c_str(), 0) == 1;
  }
  return X509_check_host(certificate, host.data(), host.size(),
                         X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr) == 1;
}

std::string describe_other_name(X509* certificate, const std::string& host, const Endpoint& peer) {
  constexpr std::size_t kNamesShown = 3;
  const Names names = names_of(certificate);
  std::string shown;
  std::size_t count = 0;
  for (const auto* list : {&names.hosts, &names.sip_hosts}) {
    for (const std::string& name : *list) {
      if (++count > kNamesShown) continue;
      shown += (shown.empty() ? "" : ", ") + printable(name);
    }
  }
  if (count > kNamesShown) shown += ", ...";
  if (shown.empty()) shown = common_name(X509_get_subject_name(certificate));
  return "the certificate of " + peer.to_string() + " is for " + shown + ", not " + host;
}

std::string describe_distrust(X509_STORE_CTX* verification, const Endpoint& peer) {
  const int error = X509_STORE_CTX_get_error(verification);
  const int depth = X509_STORE_CTX_get_error_depth(verification);
  const X509* certificate = X509_STORE_CTX_get_current_cert(verification);
  const std::string of = depth == 0 ? "the certificate of " + peer.to_string()
                                    : "an issuer of the certificate of " + peer.to_string();
  if (certificate == nullptr) return of + ": " + X509_verify_cert_error_string(error);
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return of + " expired on " + date(X509_get0_notAfter(certificate));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return of + " is valid from " + date(X509_get0_notBefore(certificate)) +
             " only; is this machine's clock right?";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return of + " is self-signed, and not among the trusted ones";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return of + " was issued by " + common_name(X509_get_issuer_name(certificate)) +
             ", which is not among the trusted authorities";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return "the certificate of " + peer.to_string() + " goes back to " +
             common_name(X509_get_subject_name(certificate)) +
             ", which is not among the trusted authorities";
    default:
      return of + " is not accepted: " + X509_verify_cert_error_string(error);
  }
}

std::string describe_handshake_error(unsigned long error, const Endpoint& peer,
                                     std::string_view offer) {
  switch (ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_WRONG_SSL_VERSION:
      return peer.to_string() + " speaks no TLS version of ours: we offered " + std::string(offer);
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY:
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_CIPHERS_AVAILABLE:
      return peer.to_string() + " has no TLS cipher or version in common with us: we offered " +
             std::string(offer);
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
      return peer.to_string() + " does not speak TLS on this port";
    default:
      break;
  }
  const char* reason = ERR_reason_error_string(error);
  return "the TLS handshake with " + peer.to_string() +
         " failed: " + (reason != nullptr ? reason : "error " + std::to_string(error));
}

}  // namespace offhook::io
