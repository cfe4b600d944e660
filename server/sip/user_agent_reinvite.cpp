#include <utility>

#include "base/assert.hpp"
#include "sip/session_digest.hpp"
#include "sip/user_agent_impl.hpp"

// Re-INVITEs of ours, which refresh a session or change it (RFC 3261 14.1, RFC 4028 7.4).
namespace offhook::sip {
namespace {

// RFC 3261 14.1: whoever has made the Call-ID waits longer, so that the two do not cross again.
Duration pause_after_crossing(const Session& session, Random& random) {
  constexpr std::chrono::milliseconds kStep{10};
  const bool call_id_is_ours = !session.forks.empty();
  return call_id_is_ours ? kStep * (210 + random.below(191)) : kStep * random.below(201);
}

}  // namespace

void UserAgent::Impl::reinvite(SessionId id, std::string offer, Time now) {
  OFFHOOK_ASSERT(!offer.empty());
  Session* session = find(id);
  if (session == nullptr || !session->visible || session->state != Session::State::Established) {
    return;
  }
  session->local_sdp = std::move(offer);
  session->reinvite.change_wanted = true;
  refresh(*session, now);
  settle(*session);
  drain(now);
}

void UserAgent::Impl::refresh(Session& session, Time now) {
  OwnReinvite& reinvite = session.reinvite;
  reinvite.again_at.reset();
  if (session.unanswered || session.unacknowledged || reinvite.pending) {
    reinvite.again_at = now + pause_after_crossing(session, random_);
    return;
  }
  if (session.local_sdp.empty()) return session.timer->handle_refused(now);
  Request request = in_session(session, session.dialog->make_request(Method::Invite));
  request.headers.contact = {session.identity.contact};
  request.headers.content_type = "application/sdp";
  request.body = session.local_sdp;
  if (session.timer) session.timer->write_request(request.headers);
  reinvite.pending_change = std::exchange(reinvite.change_wanted, false);
  send_reinvite(session, {.session = session.id, .request = std::move(request), .nonces = {}}, now);
}

// Nobody is asked about an unchanged session, so an answer that is not there soon will not come.
void UserAgent::Impl::send_reinvite(Session& session, SessionRequest request, Time now) {
  session.reinvite.give_up_at = now + 2 * config_.timers.timeout();
  session.reinvite.pending = send_in_session(session, std::move(request), now);
}

void UserAgent::Impl::on_reinvite_response(Session& session, const SessionRequest& sent,
                                           ClientId id, const Response& response, Time now) {
  OwnReinvite& reinvite = session.reinvite;
  if (response.is_success()) return on_reinvite_success(session, sent, id, response, now);
  if (reinvite.pending != id || response.is_provisional()) return;
  reinvite.pending.reset();
  reinvite.give_up_at.reset();
  if (!session.visible) return;
  if (auto again = improved(session, sent, response)) {
    again->request.headers.cseq.number = session.dialog->take_cseq();
    send_reinvite(session, std::move(*again), now);
  } else if (response.status == 491) {
    reinvite.change_wanted |= std::exchange(reinvite.pending_change, false);
    reinvite.again_at = now + pause_after_crossing(session, random_);
  } else if (response.status == 408 || response.status == 481) {
    give_up(session, Ended::Cause::DialogLost, now);
  } else if (std::exchange(reinvite.pending_change, false)) {
    emit(ReinviteRefused{session.id, response.status});
  } else {
    session.timer->handle_refused(now);
  }
}

void UserAgent::Impl::on_reinvite_success(Session& session, const SessionRequest& sent, ClientId id,
                                          const Response& response, Time now) {
  OwnReinvite& reinvite = session.reinvite;
  if (reinvite.answered == id) return transmit(session.flow, *reinvite.ack);
  if (reinvite.pending != id) return;
  reinvite.pending.reset();
  reinvite.give_up_at.reset();
  reinvite.answered = id;
  session.dialog->refresh_target(response.headers);
  Request ack = in_session(session, session.dialog->make_ack(sent.request.headers.cseq.number));
  ack.headers.authorization = sent.request.headers.authorization;  // 22.1
  ack.headers.proxy_authorization = sent.request.headers.proxy_authorization;
  reinvite.ack = std::make_unique<const Request>(layer_.with_via(session.flow, std::move(ack)));
  transmit(session.flow, *reinvite.ack);
  if (!session.visible) return;  // hung up meanwhile; its BYE is on the way
  reinvite.pending_change = false;
  if (session.timer) session.timer->handle_success(response.headers, now);
  emit(Refreshed{session.id, response.body});
}

void UserAgent::Impl::on_timer(Session& session, Time now) {
  OwnReinvite& reinvite = session.reinvite;
  if (is_due(reinvite.give_up_at, now)) {
    reinvite.give_up_at.reset();
    layer_.abandon(*std::exchange(reinvite.pending, std::nullopt));
    if (session.visible) give_up(session, Ended::Cause::DialogLost, now);
  }
  if (!session.visible || session.state == Session::State::Over) return;
  // An accepted re-INVITE or UPDATE of theirs has refreshed the session meanwhile.
  const bool wants_refresh =
      session.timer && session.timer->state() == SessionTimer::State::Waiting;
  if (is_due(reinvite.again_at, now)) {
    reinvite.again_at.reset();
    if (reinvite.change_wanted || wants_refresh) refresh(session, now);
  }
  if (!session.timer) return;
  switch (session.timer->handle_timeout(now)) {
    case SessionTimer::Due::Nothing:
      return;
    case SessionTimer::Due::Refresh:
      return refresh(session, now);
    case SessionTimer::Due::Expired:
      return give_up(session, Ended::Cause::Expired, now);
  }
}

// ---- the public face ----

void UserAgent::reinvite(SessionId session, std::string offer, Time now) {
  impl_->reinvite(session, std::move(offer), now);
}

}  // namespace offhook::sip
