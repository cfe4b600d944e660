#include <utility>

#include "base/assert.hpp"
#include "base/text.hpp"
#include "sip/session_digest.hpp"
#include "sip/user_agent_impl.hpp"

// REFER in an answered session, both ways, and the subscription that it makes (RFC 3515, RFC 6665).
// A subscription of the other side shares the session's dialog and ends with it, and a session has
// one at a time.
namespace offhook::sip {
namespace {

// Longer than anybody lets a phone ring, so that it does not end before there is an answer.
constexpr std::chrono::seconds kSubscriptionTime{300};
constexpr std::string_view kReferEvent = "refer";

bool is_answered(const Session& session) {
  return session.state == Session::State::Answered || session.state == Session::State::Established;
}

// RFC 3420. The status line alone: some read it as nothing else.
std::string fragment(std::uint16_t status) {
  return "SIP/2.0 " + std::to_string(status) + " " + std::string(reason_phrase(status)) + "\r\n";
}

}  // namespace

// ---- theirs ----

void UserAgent::Impl::on_refer(Session& session, const TransactionLayer::RequestArrived& arrived,
                               Time now) {
  if (!config_.refer) return refuse(arrived, 405, now);
  const bool first = !std::exchange(session.was_referred, true);
  if (!is_answered(session)) return refuse(arrived, 403, now);
  TheirRefer& refer = session.their_refer;
  if (refer.unanswered || refer.subscribed) return refuse(arrived, 491, now);
  refer.unanswered = arrived.id;
  refer.request = std::make_unique<const Request>(arrived.request);
  refer.event = kReferEvent;
  // 2.4.6: which of several one NOTIFY is about.
  if (!first) refer.event += ";id=" + std::to_string(arrived.request.headers.cseq.number);
  unanswered_refers_.emplace(arrived.id, session.id);
  emit(ReferReceived{session.id, RequestId{std::to_underlying(arrived.id)}, arrived.request});
}

void UserAgent::Impl::note_refer_answer(ServerId id, Response& response, Time now) {
  const auto known = unanswered_refers_.find(id);
  if (known == unanswered_refers_.end() || response.is_provisional()) return;
  Session& session = sessions_.at(known->second);
  unanswered_refers_.erase(known);
  TheirRefer& refer = session.their_refer;
  refer.unanswered.reset();
  refer.request.reset();
  if (!response.is_success()) return;
  response.headers.contact = {session.identity.contact};
  refer.subscribed = true;
  refer.last_status = 100;
  refer.expires_at = now + kSubscriptionTime;
  settle(session);
}

void UserAgent::Impl::end_refer(Session& session, Time now) {
  const TheirRefer refer = std::exchange(session.their_refer, {});
  if (!refer.unanswered) return;
  unanswered_refers_.erase(*refer.unanswered);
  layer_.respond(*refer.unanswered, answer(*refer.request, 487), now);  // RFC 3261 15.1.2
}

void UserAgent::Impl::notify_refer(SessionId id, std::uint16_t status, std::string_view reason,
                                   bool is_final, Time now) {
  OFFHOOK_ASSERT(status >= 100 && status <= 699);
  Session* session = find(id);
  if (session == nullptr || !session->their_refer.expires_at) return;
  TheirRefer& refer = session->their_refer;
  const auto left = std::chrono::ceil<std::chrono::seconds>(*refer.expires_at - now);
  refer.waiting = {.status = status,
                   .reason = safe_text(reason),
                   .subscription_state = is_final
                                             ? "terminated;reason=noresource"
                                             : "active;expires=" + std::to_string(left.count()),
                   .is_final = is_final};
  refer.last_status = status;
  if (is_final) refer.expires_at.reset();
  if (!refer.notifying) send_notify(*session, now);
  settle(*session);
  drain(now);
}

void UserAgent::Impl::send_notify(Session& session, Time now) {
  TheirRefer& refer = session.their_refer;
  if (!refer.waiting) return;
  const ReferNotification notification = std::move(*refer.waiting);
  refer.waiting.reset();
  if (notification.is_final) refer.subscribed = false;
  Request notify = in_session(session, session.dialog->make_request(Method::Notify));
  Headers& headers = notify.headers;
  headers.contact = {session.identity.contact};
  headers.event = refer.event;
  headers.subscription_state = notification.subscription_state;
  headers.reason = notification.reason;
  headers.content_type = "message/sipfrag;version=2.0";
  notify.body = fragment(notification.status);
  refer.notifying = send_in_session(
      session, {.session = session.id, .request = std::move(notify), .nonces = {}}, now);
}

void UserAgent::Impl::on_notify_response(Session& session, const SessionRequest& sent, ClientId id,
                                         const Response& response, Time now) {
  TheirRefer& refer = session.their_refer;
  if (refer.notifying != id || !response.is_final()) return;
  refer.notifying.reset();
  if (auto again = answer_challenge(session, sent, response, random_)) {
    again->request.headers.cseq.number = session.dialog->take_cseq();
    refer.notifying = send_in_session(session, std::move(*again), now);
    return;
  }
  if (response.status == 481 && sent.request.headers.event == refer.event) {  // RFC 6665 4.2.2
    refer.subscribed = false;
    refer.expires_at.reset();
    refer.waiting.reset();
  }
  send_notify(session, now);
}

void UserAgent::Impl::on_subscription_timeout(Session& session, Time now) {
  TheirRefer& refer = session.their_refer;
  if (!is_due(refer.expires_at, now)) return;
  refer.expires_at.reset();
  refer.waiting = {.status = refer.last_status,
                   .subscription_state = "terminated;reason=timeout",
                   .is_final = true};
  if (!refer.notifying) send_notify(session, now);
}

// ---- ours ----

void UserAgent::Impl::refer(SessionId id, NameAddress refer_to, Time now) {
  Session* session = find(id);
  if (session == nullptr || !session->visible || !is_answered(*session)) return;
  Request request = in_session(*session, session->dialog->make_request(Method::Refer));
  request.headers.contact = {session->identity.contact};
  request.headers.refer_to = std::move(refer_to);
  ++session->own_subscriptions;
  send_in_session(*session, {.session = id, .request = std::move(request), .nonces = {}}, now);
  settle(*session);
  drain(now);
}

void UserAgent::Impl::on_refer_response(Session& session, const SessionRequest& sent,
                                        const Response& response, Time now) {
  if (!session.visible || !response.is_final()) return;
  if (auto again = answer_challenge(session, sent, response, random_)) {
    again->request.headers.cseq.number = session.dialog->take_cseq();
    send_in_session(session, std::move(*again), now);
    return;
  }
  if (!response.is_success() && session.own_subscriptions > 0) --session.own_subscriptions;
  emit(ReferAnswered{session.id, response.status});
}

// One may come before the answer to its REFER (RFC 6665 4.1.2.4).
void UserAgent::Impl::on_notify(Session& session, const TransactionLayer::RequestArrived& arrived,
                                Time now) {
  const Headers& headers = arrived.request.headers;
  std::string_view event = headers.event;
  std::string_view state = headers.subscription_state;
  if (trim(take_until(event, ';')) != kReferEvent || session.own_subscriptions == 0) {
    return refuse(arrived, 481, now);
  }
  layer_.respond(arrived.id, answer(arrived.request, 200), now);
  if (equals_ignoring_case(trim(take_until(state, ';')), "terminated")) --session.own_subscriptions;
  emit(NotifyReceived{session.id, headers.event, headers.subscription_state, headers.content_type,
                      arrived.request.body});
}

// ---- Replaces ----

std::optional<SessionId> UserAgent::Impl::find_session(const Replaces& replaces) const {
  const auto known = dialogs_.find(
      {.call_id = replaces.call_id, .local_tag = replaces.to_tag, .remote_tag = replaces.from_tag});
  if (known == dialogs_.end() || !sessions_.at(known->second).visible) return std::nullopt;
  return known->second;
}

// ---- the public face ----

void UserAgent::refer(SessionId session, NameAddress refer_to, Time now) {
  impl_->refer(session, std::move(refer_to), now);
}
void UserAgent::notify_refer(SessionId session, std::uint16_t status, std::string_view reason,
                             bool is_final, Time now) {
  impl_->notify_refer(session, status, reason, is_final, now);
}
std::optional<SessionId> UserAgent::find_session(const Replaces& replaces) const {
  return impl_->find_session(replaces);
}

}  // namespace offhook::sip
