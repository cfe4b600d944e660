#include "provider/authenticator.hpp"

#include <algorithm>
#include <utility>

#include "sip/digest.hpp"

namespace offhook::provider {

Authenticator::Authenticator(std::string realm, const std::vector<Account>& accounts,
                             Random& random)
    : realm_(std::move(realm)),
      accounts_(accounts),
      random_(random),
      nobodys_password_(random.hex(8)) {}

Authenticator::Verdict Authenticator::check(const sip::Request& request, Time now) {
  const auto& answers = request.headers.authorization;
  const auto answer = std::ranges::find(answers, realm_, &sip::Credentials::realm);
  if (answer == answers.end()) return challenge(false, now);
  if (!take(answer->nonce, now)) return challenge(true, now);

  const Account* account = find(answer->username);
  const auto uri = sip::Uri::parse(answer->uri);
  // An unknown account is verified too, against a password that nobody has: the answer takes the
  // same time.
  const bool verified = sip::verify(*answer, request.method_token(),
                                    account != nullptr ? account->password : nobodys_password_);
  if (account == nullptr || !verified || !uri || !uri->equivalent(request.uri)) {
    return {.outcome = Outcome::Wrong};
  }
  return {.outcome = Outcome::Right, .account = account};
}

const Account* Authenticator::find(std::string_view username) const {
  const auto found = std::ranges::find(accounts_, username, &Account::username);
  return found == accounts_.end() ? nullptr : &*found;
}

Authenticator::Verdict Authenticator::challenge(bool stale, Time now) {
  if (nonces_.size() == kMaxNonces) nonces_.pop_front();
  nonces_.push_back({.text = random_.hex(4), .expires_at = now + kNonceLifetime});
  return {.outcome = Outcome::Challenge,
          .challenge = {.realm = realm_,
                        .nonce = nonces_.back().text,
                        .algorithm = "MD5",
                        .opaque = std::nullopt,
                        .qop = {},
                        .stale = stale}};
}

bool Authenticator::take(std::string_view nonce, Time now) {
  while (!nonces_.empty() && nonces_.front().expires_at <= now) nonces_.pop_front();
  const auto found = std::ranges::find(nonces_, nonce, &Nonce::text);
  if (found == nonces_.end()) return false;
  nonces_.erase(found);
  return true;
}

}  // namespace offhook::provider
