#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "provider/provider.hpp"
#include "sip/message.hpp"

namespace offhook::provider {

// Challenges every request and checks what comes back, as chan_sip does: MD5, no qop, a nonce of 8
// hexadecimal digits that is good for one answer.
class Authenticator {
 public:
  // Nonces that wait for their answer; above, the oldest is forgotten and its answer is stale.
  static constexpr std::size_t kMaxNonces = 1'024;
  static constexpr Duration kNonceLifetime = std::chrono::seconds(60);

  // `accounts` outlives the authenticator.
  Authenticator(std::string realm, const std::vector<Account>& accounts, Random& random);

  enum class Outcome : std::uint8_t {
    Challenge,  // no answer to a challenge of ours: send `challenge` with 401
    Wrong,      // unknown account or wrong password, which look the same from outside: 403
    Right,
  };
  struct Verdict {
    Outcome outcome;
    sip::Challenge challenge{};        // Challenge
    const Account* account = nullptr;  // Right
  };
  [[nodiscard]] Verdict check(const sip::Request& request, Time now);

  [[nodiscard]] const Account* find(std::string_view username) const;  // nullptr: unknown

 private:
  struct Nonce {
    std::string text;
    Time expires_at;
  };

  [[nodiscard]] Verdict challenge(bool stale, Time now);
  // True once for each nonce that we gave out and that has not expired.
  [[nodiscard]] bool take(std::string_view nonce, Time now);

  std::string realm_;
  const std::vector<Account>& accounts_;
  Random& random_;
  std::string nobodys_password_;
  std::deque<Nonce> nonces_;  // oldest first
};

}  // namespace offhook::provider
