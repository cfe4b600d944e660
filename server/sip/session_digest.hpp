#pragma once

#include <optional>

#include "base/random.hpp"
#include "sip/session.hpp"

namespace offhook::sip {

// The request to send after a 401 or 407 to `sent`: the same with credentials and the next CSeq
// (RFC 3261 22.2). nullopt where the session's account must not or cannot answer: no account,
// another realm, a nonce that was answered already and is not called stale, too many challenges.
[[nodiscard]] std::optional<SessionRequest> answer_challenge(Session& session,
                                                             const SessionRequest& sent,
                                                             const Response& response,
                                                             Random& random);

}  // namespace offhook::sip
