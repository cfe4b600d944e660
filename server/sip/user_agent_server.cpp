#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "sip/user_agent_impl.hpp"

// Sessions that we are invited to, up to the ACK, and re-INVITEs (RFC 3261 9.2, 13.3, 14.2).
namespace offhook::sip {

void UserAgent::Impl::on_invite(const TransactionLayer::RequestArrived& arrived, Time now) {
  if (visible_ >= config_.max_sessions) {
    Response response = answer(arrived.request, 503);
    response.headers.retry_after = RetryAfter{.delay = std::chrono::seconds(10)};
    layer_.respond(arrived.id, response, now);
    return;
  }
  const auto timer = timer_for(arrived.flow);
  if (timer && refuse_short_interval(*timer, arrived, now)) return;
  Session& session = add_session({.state = Session::State::Ringing,
                                  .flow = arrived.flow,
                                  .local_tag = random_.hex(8),
                                  .timer = timer,
                                  .unanswered = arrived.id});
  session.dialog = Dialog::as_server(arrived.request, session.local_tag);
  session.reliable = reliable_answers(arrived.request);
  dialogs_.emplace(session.dialog->id(), session.id);
  unanswered_.emplace(arrived.id, session.id);
  layer_.respond(arrived.id, make_response(arrived.request, 100, {}), now);
  emit(InviteReceived{session.id, arrived.flow, arrived.request});
}

void UserAgent::Impl::on_reinvite(Session& session, const TransactionLayer::RequestArrived& arrived,
                                  Time now) {
  if (session.unanswered) {
    refuse_for_now(arrived, now);
  } else if (session.unacknowledged || session.reinvite.pending) {
    refuse(arrived, 491, now);
  } else if (!session.timer || !refuse_short_interval(*session.timer, arrived, now)) {
    layer_.respond(arrived.id, make_response(arrived.request, 100, {}), now);
    hand_to_user(session, arrived);
  }
}

void UserAgent::Impl::refuse_for_now(const TransactionLayer::RequestArrived& arrived, Time now) {
  Response response = answer(arrived.request, 500);
  response.headers.retry_after = RetryAfter{.delay = std::chrono::seconds(random_.below(11))};
  layer_.respond(arrived.id, response, now);
}

void UserAgent::Impl::hand_to_user(Session& session,
                                   const TransactionLayer::RequestArrived& arrived) {
  session.unanswered = arrived.id;
  unanswered_.emplace(arrived.id, session.id);
  emit(Reinvited{session.id, arrived.request});
}

std::optional<SessionTimer> UserAgent::Impl::timer_for(const Flow& flow) const {
  if (!config_.session_timer || is_web_socket(flow.transport)) return std::nullopt;
  return SessionTimer(*config_.session_timer);
}

bool UserAgent::Impl::refuse_short_interval(const SessionTimer& timer,
                                            const TransactionLayer::RequestArrived& arrived,
                                            Time now) {
  const auto least = timer.too_small(arrived.request.headers);
  if (!least) return false;
  Response response = answer(arrived.request, 422);
  response.headers.min_se = least;
  layer_.respond(arrived.id, response, now);
  return true;
}

const Request& UserAgent::Impl::unanswered_request(const Session& session) const {
  return session.update ? *session.update : layer_.request(*session.unanswered);
}

Response UserAgent::Impl::session_answer(const Session& session, std::uint16_t status) const {
  const Request& request = unanswered_request(session);
  Response response = make_response(request, status, session.local_tag);
  response.headers.server = config_.user_agent;
  if (status >= 300) return response;
  response.headers.record_route = request.headers.record_route;  // 12.1.1
  response.headers.contact = {session.identity.contact};
  response.headers.allow = allowed_methods();
  response.headers.supported = extensions(session.flow);
  return response;
}

void UserAgent::Impl::ring(SessionId id, const Identity& identity, Time now) {
  answer_provisionally(id, identity, 180, {}, now);
}

void UserAgent::Impl::progress(SessionId id, const Identity& identity, std::string sdp, Time now) {
  answer_provisionally(id, identity, 183, std::move(sdp), now);
}

void UserAgent::Impl::answer_provisionally(SessionId id, const Identity& identity,
                                           std::uint16_t status, std::string sdp, Time now) {
  Session* session = find(id);
  if (session == nullptr || session->state != Session::State::Ringing) return;
  session->identity = identity;
  Response response = session_answer(*session, status);
  if (!sdp.empty()) response.headers.content_type = "application/sdp";
  response.body = std::move(sdp);
  if (session->reliable) {
    send_reliably(*session, std::move(response), now);
    settle(*session);
  } else {
    layer_.respond(*session->unanswered, response, now);
  }
  drain(now);
}

void UserAgent::Impl::accept(SessionId id, const Identity& identity, std::string sdp, Time now) {
  Session* session = find(id);
  if (session == nullptr || !session->visible || !session->unanswered) return;
  ReliableAnswers* reliable = session->reliable.get();
  if (reliable != nullptr && reliable->retransmit_at && !reliable->unacknowledged->body.empty()) {
    if (!reliable->acceptance) reliable->acceptance = {identity, std::move(sdp)};  // RFC 3262 3
    return;
  }
  accept_now(*session, identity, std::move(sdp), now);
  drain(now);
}

void UserAgent::Impl::accept_now(Session& session, const Identity& identity, std::string sdp,
                                 Time now) {
  session.identity = identity;
  Response response = session_answer(session, 200);
  if (!sdp.empty()) response.headers.content_type = "application/sdp";
  response.body = std::move(sdp);
  const Headers& asked = unanswered_request(session).headers;
  session.dialog->refresh_target(asked);
  if (session.timer) {
    session.timer->write_answer(asked, response.headers, now);
    if (!response.body.empty()) session.local_sdp = response.body;
  }
  if (session.state == Session::State::Ringing) session.state = Session::State::Answered;
  const bool wants_ack = !session.update;
  const ServerId transaction = give_final_answer(session, response, now);
  if (!wants_ack) return settle(session);
  session.unacknowledged = {.transaction = transaction,
                            .response = std::move(response),
                            .interval = config_.timers.t1,
                            .retransmit_at = now + config_.timers.t1,
                            .give_up_at = now + config_.timers.timeout()};
  settle(session);
}

void UserAgent::Impl::reject(SessionId id, std::uint16_t status, std::string_view reason,
                             Time now) {
  OFFHOOK_ASSERT(status >= 300 && status <= 699);
  Session* session = find(id);
  if (session == nullptr || !session->visible || !session->unanswered) return;
  refuse_unanswered(*session, status, reason, now);
  if (session->state == Session::State::Ringing) {
    session->state = Session::State::Over;
    hide(*session);
  }
  settle(*session);
  drain(now);
}

void UserAgent::Impl::refuse_unanswered(Session& session, std::uint16_t status,
                                        std::string_view reason, Time now) {
  if (!session.unanswered) return;
  Response response = session_answer(session, status);
  response.headers.reason = safe_text(reason);
  give_final_answer(session, response, now);
}

ServerId UserAgent::Impl::give_final_answer(Session& session, const Response& response, Time now) {
  const ServerId transaction = *session.unanswered;
  if (session.reliable) session.reliable->stop();
  layer_.respond(transaction, response, now);
  unanswered_.erase(transaction);
  session.unanswered.reset();
  session.update.reset();
  return transaction;
}

void UserAgent::Impl::retransmit_answer(Session& session, Time now) {
  UnacknowledgedAnswer& answer = *session.unacknowledged;
  layer_.respond(answer.transaction, answer.response, now);
  ++answers_again_;
  answer.interval = std::min(answer.interval * 2, config_.timers.t2);
  answer.retransmit_at = now + answer.interval;
}

void UserAgent::Impl::on_cancel(const TransactionLayer::RequestArrived& arrived, Time now) {
  if (!arrived.cancelled) {
    refuse(arrived, 481, now);
    return;
  }
  const auto known = unanswered_.find(*arrived.cancelled);
  Response response = answer(arrived.request, 200);
  if (known == unanswered_.end()) {  // answered already: the CANCEL changes nothing (9.2)
    layer_.respond(arrived.id, response, now);
    return;
  }
  Session& session = sessions_.at(known->second);
  response.headers.to.set_tag(session.local_tag);
  layer_.respond(arrived.id, response, now);
  refuse_unanswered(session, 487, {}, now);
  if (session.state == Session::State::Ringing) {
    session.state = Session::State::Over;
    emit(Cancelled{session.id, arrived.request.headers.reason});
    hide(session);
  }
  settle(session);
}

void UserAgent::Impl::on_ack(const TransactionLayer::AckArrived& arrived, Time now) {
  Session* session = find_by_dialog(arrived.request);
  if (session == nullptr || !on_flow_of(*session, arrived.flow)) return;
  if (!session->unacknowledged || session->unacknowledged->response.headers.cseq.number !=
                                      arrived.request.headers.cseq.number) {
    return;  // a retransmission, or to nothing
  }
  session->unacknowledged.reset();
  if (session->state == Session::State::Answered) session->state = Session::State::Established;
  if (session->visible) {
    emit(Confirmed{session->id, arrived.request.body});
  } else {  // hung up before it came
    send_bye(*session, *session->dialog, session->hang_up_reason, now);
    session->state = Session::State::Over;
  }
  settle(*session);
}

}  // namespace offhook::sip
