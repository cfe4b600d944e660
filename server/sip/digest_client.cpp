#include "sip/digest_client.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"

namespace offhook::sip {
namespace {

std::string quoted(std::string_view realm) { return "\"" + safe_text(realm) + "\""; }

}  // namespace

DigestClient::DigestClient(Account account, std::string realm, std::string least_algorithm)
    : account_(std::move(account)), is_configured_(!realm.empty()), realm_(std::move(realm)) {
  if (!least_algorithm.empty()) strongest_.emplace(realm_, std::move(least_algorithm));
}

void DigestClient::begin_attempt() {
  credentials_.reset();
  proxy_credentials_.reset();
}

Result<void> DigestClient::answer(const Response& response, std::string_view method,
                                  std::string_view uri, Random& random) {
  const bool by_proxy = response.status == 407;
  const auto challenges = answerable(by_proxy ? response.headers.proxy_authenticate
                                              : response.headers.www_authenticate);
  if (!challenges) return std::unexpected(challenges.error());
  std::optional<Credentials>& sent = by_proxy ? proxy_credentials_ : credentials_;
  const bool is_fresh = !sent || std::ranges::any_of(*challenges, [&](const Challenge& challenge) {
    return challenge.stale && challenge.nonce != sent->nonce;
  });
  if (!is_fresh) return failure("the provider refused the user name or password");
  auto credentials = answer_challenge(*challenges, account_, method, uri, 1, random);
  if (!credentials) return std::unexpected(credentials.error());
  sent = std::move(*credentials);
  return {};
}

Result<std::vector<Challenge>> DigestClient::answerable(std::vector<Challenge> challenges) const {
  if (challenges.empty()) return challenges;  // answer_challenge() says what is missing
  const std::string asked = challenges.front().realm;
  const bool is_known = std::ranges::count(challenges, realm_, &Challenge::realm) > 0;
  if (is_configured_ && !is_known) {
    return failure("the provider asks for credentials of the realm " + quoted(asked) + ", not of " +
                   quoted(realm_));
  }
  const std::string& realm = is_known ? realm_ : asked;
  std::erase_if(challenges, [&](const Challenge& challenge) { return challenge.realm != realm; });
  if (const auto least = strongest_.find(realm); least != strongest_.end()) {
    std::erase_if(challenges, [&](const Challenge& challenge) {
      return is_weaker(challenge.algorithm, least->second);
    });
    if (challenges.empty()) {
      return failure("the provider asks for a weaker digest algorithm than " + least->second +
                     ", which it took before");
    }
  }
  return challenges;
}

void DigestClient::write(Headers& headers) const {
  if (credentials_) headers.authorization = {*credentials_};
  if (proxy_credentials_) headers.proxy_authorization = {*proxy_credentials_};
}

void DigestClient::handle_success() {
  if (proxy_credentials_) learn(*proxy_credentials_);
  if (credentials_) learn(*credentials_);
}

void DigestClient::learn(const Credentials& credentials) {
  if (!is_configured_) realm_ = credentials.realm;
  const auto known = strongest_.find(credentials.realm);
  if (known != strongest_.end()) {
    if (is_weaker(known->second, credentials.algorithm)) known->second = credentials.algorithm;
  } else if (strongest_.size() < limits::kDigestRealms) {
    strongest_.emplace(credentials.realm, credentials.algorithm);
  }
}

void DigestClient::handle_moved() {
  begin_attempt();
  if (!is_configured_) realm_.clear();
}

std::string_view DigestClient::least_algorithm() const {
  const auto known = strongest_.find(realm_);
  return known == strongest_.end() ? std::string_view() : std::string_view(known->second);
}

}  // namespace offhook::sip
