#include "sip/session_digest.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"

namespace offhook::sip {
namespace {

std::vector<Challenge> answerable(const Session& session, const SessionRequest& sent,
                                  std::vector<Challenge> challenges) {
  const std::string realm =
      session.realm.empty() && !challenges.empty() ? challenges.front().realm : session.realm;
  std::erase_if(challenges, [&](const Challenge& challenge) {
    const bool answered = std::ranges::find(sent.nonces, challenge.nonce) != sent.nonces.end();
    const bool weak =
        !session.least_algorithm.empty() && is_weaker(challenge.algorithm, session.least_algorithm);
    return challenge.realm != realm || weak || (answered && !challenge.stale);
  });
  return challenges;
}

}  // namespace

std::optional<SessionRequest> answer_challenge(Session& session, const SessionRequest& sent,
                                               const Response& response, Random& random) {
  const bool by_proxy = response.status == 407;
  if (!session.account || (response.status != 401 && !by_proxy)) return std::nullopt;
  if (sent.nonces.size() >= limits::kDigestAttempts) return std::nullopt;
  const auto challenges = answerable(
      session, sent,
      by_proxy ? response.headers.proxy_authenticate : response.headers.www_authenticate);
  if (challenges.empty()) return std::nullopt;

  SessionRequest next = sent;
  const auto credentials =
      answer_challenge(challenges, *session.account, next.request.method_token(),
                       next.request.uri.to_string(), 1, random);
  if (!credentials) return std::nullopt;
  session.realm = credentials->realm;
  next.nonces.push_back(credentials->nonce);
  ++next.request.headers.cseq.number;
  Headers& headers = next.request.headers;
  (by_proxy ? headers.proxy_authorization : headers.authorization) = {*credentials};
  return next;
}

}  // namespace offhook::sip
