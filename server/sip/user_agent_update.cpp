#include <memory>

#include "sip/user_agent_impl.hpp"

// UPDATE (RFC 3311) of the other side, in early and in answered sessions. None is ever sent: VoIP.ms
// and SIP.js know none.
namespace offhook::sip {

void UserAgent::Impl::on_update(Session& session, const TransactionLayer::RequestArrived& arrived,
                                Time now) {
  const Headers& headers = arrived.request.headers;
  const bool offers = !arrived.request.body.empty();
  // 5.2: whose offer is still to be answered, theirs (an INVITE's while it rings) or ours.
  if (session.update || (offers && session.unanswered)) return refuse_for_now(arrived, now);
  const bool ours_is_open = session.state == Session::State::Calling || session.unacknowledged ||
                            session.reinvite.pending;
  if (offers && ours_is_open) return refuse(arrived, 491, now);
  const bool early =
      session.state == Session::State::Calling || session.state == Session::State::Ringing;
  // Before the session is there it has no timer (RFC 4028 7.4, 8).
  if (session.timer && !early && refuse_short_interval(*session.timer, arrived, now)) return;
  if (offers) {
    session.update = std::make_unique<const Request>(arrived.request);
    return hand_to_user(session, arrived);
  }
  dialog_of(session, arrived.request).refresh_target(headers);
  Response response = answer(arrived.request, 200);
  if (!session.identity.contact.uri.host.empty()) {
    response.headers.contact = {session.identity.contact};
  }
  response.headers.allow = allowed_methods();
  response.headers.supported = extensions(session.flow);
  if (session.timer && !early) session.timer->write_answer(headers, response.headers, now);
  layer_.respond(arrived.id, response, now);
  settle(session);
}

}  // namespace offhook::sip
