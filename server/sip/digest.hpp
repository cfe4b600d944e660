#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/result.hpp"
#include "sip/message.hpp"

namespace offhook::sip {

// What answers a challenge: the account at a provider. Never logged.
struct Account {
  std::string username;
  std::string password;
};

// Picks the strongest challenge that we can answer (SHA-512-256, SHA-256, MD5; qop auth or none)
// and answers it (RFC 7616 3.4, RFC 2617 3.2.2 without qop) for a request with this method and
// Request-URI. `nonce_count` says how often the nonce has been used, this time included. An error
// says why none can be answered.
[[nodiscard]] Result<Credentials> answer_challenge(const std::vector<Challenge>& challenges,
                                                   const Account& account, std::string_view method,
                                                   std::string_view uri, std::uint32_t nonce_count,
                                                   Random& random);

// In the order SHA-512-256, SHA-256, MD5 (RFC 8760 2.4); one that we do not know is weaker than each.
[[nodiscard]] bool is_weaker(std::string_view algorithm, std::string_view than);

// The server's side: whether `credentials` answer a challenge of ours for this password. Compares
// in constant time. That username, realm, nonce and uri are those of the account, the challenge and
// the request is for the caller to check.
[[nodiscard]] bool verify(const Credentials& credentials, std::string_view method,
                          std::string_view password);

}  // namespace offhook::sip
