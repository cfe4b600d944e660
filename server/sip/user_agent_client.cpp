#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "sip/session_digest.hpp"
#include "sip/user_agent_impl.hpp"

// Sessions that we invite to, up to the answer (RFC 3261 9.1, 13.2).
namespace offhook::sip {

SessionId UserAgent::Impl::invite(InviteRequest order, Time now) {
  Session& session =
      add_session({.flow = order.flow,
                   .identity = std::move(order.identity),
                   .local_tag = random_.hex(8),
                   .timer = timer_for(order.flow),
                   .account = std::move(order.account),
                   .realm = std::move(order.realm),
                   .least_algorithm = std::move(order.least_algorithm),
                   .invite_options = {order.max_datagram_bytes, order.invite_timeout}});
  Request request;
  request.method = Method::Invite;
  request.uri = std::move(order.target);
  Headers& headers = request.headers;
  headers.from = session.identity.local;
  headers.from.set_tag(session.local_tag);
  headers.to = std::move(order.remote);
  headers.call_id = random_.hex(16);
  headers.cseq = {1, Method::Invite, {}};
  headers.max_forwards = 70;
  headers.contact = {session.identity.contact};
  headers.route = std::move(order.route);
  headers.remote_party_id = std::move(order.remote_party_id);
  headers.replaces = std::move(order.replaces);
  if (!order.offer.empty()) headers.content_type = "application/sdp";
  request.body = std::move(order.offer);
  const SessionId id = session.id;
  request = in_session(session, std::move(request));
  if (order.reliable_provisional && !request.body.empty() &&
      !is_web_socket(session.flow.transport)) {
    request.headers.supported.emplace_back(kReliable);
  }
  if (session.timer) {
    session.timer->write_request(request.headers);
    session.local_sdp = request.body;
  }
  session.invite =
      send_in_session(session, {.session = id, .request = std::move(request), .nonces = {}}, now);
  drain(now);
  return id;
}

Request UserAgent::Impl::in_session(const Session& session, Request request) const {
  const Identity& identity = session.identity;
  Headers& headers = request.headers;
  if (!identity.via_host.empty()) {
    Via via;
    via.host = identity.via_host;
    via.port = identity.via_port;
    headers.via = {std::move(via)};
  }
  headers.user_agent = identity.user_agent.empty() ? config_.user_agent : identity.user_agent;
  if (request.method != Method::Ack) {
    headers.allow = allowed_methods();
    headers.supported = config_.supported;
    std::erase(headers.supported, kReliable);
  }
  return request;
}

ClientId UserAgent::Impl::send_in_session(Session& session, SessionRequest request, Time now) {
  const bool is_first_invite =
      request.request.method == Method::Invite && session.state == Session::State::Calling;
  const ClientId id = layer_.send(session.flow, request.request, now,
                                  is_first_invite ? session.invite_options : SendOptions{});
  own_requests_.emplace(id, std::move(request));
  ++session.client_transactions;
  return id;
}

void UserAgent::Impl::cancel(Session& session, Time now) {
  const auto id = layer_.cancel(*session.invite, session.hang_up_reason, now);
  if (!id) return;
  Request request;
  request.method = Method::Cancel;
  own_requests_.emplace(
      *id, SessionRequest{.session = session.id, .request = std::move(request), .nonces = {}});
  ++session.client_transactions;
  session.cancel_ends_at = now + config_.timers.timeout();
}

void UserAgent::Impl::on_invite_response(Session& session, const SessionRequest& sent, ClientId id,
                                         const Response& response, bool local, Time now) {
  if (response.is_success()) {
    on_invite_success(session, sent, response, now);
    return;
  }
  if (session.invite != id) return;
  if (!response.is_provisional()) return on_invite_refused(session, sent, response, local, now);
  const bool first = !std::exchange(session.provisional_received, true);
  if (!session.visible && first) cancel(session, now);
  if (!session.visible || response.status == 100) return;
  note_early_dialog(session, sent, response);
  if (!acknowledge(session, sent, response, now)) return;
  emit(Progressed{session.id, response});
}

void UserAgent::Impl::on_invite_refused(Session& session, const SessionRequest& sent,
                                        const Response& response, bool local, Time now) {
  session.invite.reset();
  session.cancel_ends_at.reset();
  forget_early_dialogs(session);
  if (session.visible) {
    if (auto again = improved(session, sent, response)) {
      session.provisional_received = false;
      session.invite = send_in_session(session, std::move(*again), now);
      return;
    }
    emit(Refused{session.id, response, local});
    hide(session);
  }
  session.state = Session::State::Over;
}

std::optional<SessionRequest> UserAgent::Impl::improved(Session& session,
                                                        const SessionRequest& sent,
                                                        const Response& response) {
  if (response.status != 422) return answer_challenge(session, sent, response, random_);
  if (!session.timer || !session.timer->handle_too_small(response.headers)) return std::nullopt;
  SessionRequest next = sent;
  next.nonces.clear();
  Headers& headers = next.request.headers;
  ++headers.cseq.number;
  headers.authorization.clear();  // it was let through once, and is a new request now
  headers.proxy_authorization.clear();
  session.timer->write_request(headers);
  return next;
}

// RFC 3261 12.1: one for each To tag; the callee may send UPDATE in it.
void UserAgent::Impl::note_early_dialog(Session& session, const SessionRequest& sent,
                                        const Response& response) {
  if (response.headers.to.tag().empty()) return;
  Dialog dialog = Dialog::as_client(sent.request, response);
  if (session.early_dialogs.size() == limits::kSipForks) return;
  if (!dialogs_.emplace(dialog.id(), session.id).second) return;
  session.early_dialogs.push_back(std::move(dialog));
}

void UserAgent::Impl::forget_early_dialogs(Session& session) {
  for (const Dialog& each : std::exchange(session.early_dialogs, {})) dialogs_.erase(each.id());
  session.acknowledged.clear();
}

void UserAgent::Impl::on_invite_success(Session& session, const SessionRequest& sent,
                                        const Response& response, Time now) {
  const std::string remote_tag(response.headers.to.tag());
  const auto known = std::ranges::find(session.forks, remote_tag, &AnsweredFork::remote_tag);
  if (known != session.forks.end()) {
    transmit(session.flow, known->ack);
    return;
  }
  if (session.forks.size() >= limits::kSipForks) return;
  session.invite.reset();
  session.cancel_ends_at.reset();

  Dialog dialog = Dialog::as_client(sent.request, response);
  Request ack = in_session(session, dialog.make_ack(sent.request.headers.cseq.number));
  // RFC 3261 22.1: an ACK cannot be challenged, so it repeats what its INVITE was let through with.
  ack.headers.authorization = sent.request.headers.authorization;
  ack.headers.proxy_authorization = sent.request.headers.proxy_authorization;
  ack = layer_.with_via(session.flow, std::move(ack));
  transmit(session.flow, ack);
  session.forks.push_back({.remote_tag = remote_tag, .ack = std::move(ack)});

  if (session.state == Session::State::Calling && session.visible) {
    session.state = Session::State::Established;
    for (const Dialog& early : session.early_dialogs) {
      if (early.id() == dialog.id()) dialog.go_on_from(early);
    }
    forget_early_dialogs(session);
    dialogs_.insert_or_assign(dialog.id(), session.id);
    session.dialog = std::move(dialog);
    if (session.timer) session.timer->handle_success(response.headers, now);
    emit(Accepted{session.id, response});
    return;
  }
  // Another fork was first, or this 2xx crossed our CANCEL.
  send_bye(session, dialog, session.hang_up_reason, now);
  if (session.state == Session::State::Calling) session.state = Session::State::Over;
}

}  // namespace offhook::sip
