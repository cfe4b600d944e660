#include "sip/user_agent_impl.hpp"

// Digest authentication of those who invite us (RFC 3261 22.2).
namespace offhook::sip {

void UserAgent::Impl::challenge(SessionId id, const Challenge& challenge, Time now) {
  Session* session = find(id);
  if (session == nullptr || session->state != Session::State::Ringing || !session->unanswered) {
    return;
  }
  Response response = session_answer(*session, 401);
  response.headers.www_authenticate = {challenge};
  give_final_answer(*session, response, now);
  session->state = Session::State::Over;
  hide(*session);
  settle(*session);
  drain(now);
}

void UserAgent::challenge(SessionId session, const Challenge& challenge, Time now) {
  impl_->challenge(session, challenge, now);
}

}  // namespace offhook::sip
