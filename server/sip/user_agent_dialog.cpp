#include <algorithm>
#include <utility>

#include "sip/user_agent_impl.hpp"

// What comes and goes inside of a dialog (RFC 3261 12.2, 15).
namespace offhook::sip {

Session* UserAgent::Impl::find_by_dialog(const Request& request) {
  const auto known = dialogs_.find(DialogId::of_request(request));
  return known == dialogs_.end() ? nullptr : find(known->second);
}

Dialog& UserAgent::Impl::dialog_of(Session& session, const Request& request) {
  const auto early =
      std::ranges::find(session.early_dialogs, DialogId::of_request(request), &Dialog::id);
  return early == session.early_dialogs.end() ? session.dialog.value() : *early;
}

// A browser speaks on its own WebSocket only. A dialog with anybody else is tied to no connection
// (RFC 3261 12): the far side may open another, and the user of the agent knows whose messages it
// lets in.
bool UserAgent::Impl::on_flow_of(const Session& session, const Flow& flow) {
  if (is_web_socket(session.flow.transport) || is_web_socket(flow.transport)) {
    return flow.transport == session.flow.transport && flow.connection == session.flow.connection;
  }
  return true;
}

void UserAgent::Impl::on_request_inside(const TransactionLayer::RequestArrived& arrived, Time now) {
  Session* session = find_by_dialog(arrived.request);
  const Method method = arrived.request.method;
  // In an early dialog of ours nothing but UPDATE is of use: 15 forbids the callee's BYE. A REFER is
  // refused by itself, for a 481 would end the dialog (RFC 5057 5.1).
  const bool early = session != nullptr && session->state == Session::State::Calling;
  if (session == nullptr || !(session->visible || method == Method::Bye) ||
      (early && method != Method::Update && method != Method::Refer)) {
    refuse(arrived, 481, now);
  } else if (!on_flow_of(*session, arrived.flow)) {
    refuse(arrived, 403, now);
  } else if (!dialog_of(*session, arrived.request)
                  .take_remote_cseq(arrived.request.headers.cseq.number)) {
    refuse(arrived, 500, now);
  } else if (method == Method::Bye) {
    on_bye(*session, arrived, now);
  } else if (method == Method::Invite) {
    on_reinvite(*session, arrived, now);
  } else if (method == Method::Update) {
    on_update(*session, arrived, now);
  } else if (method == Method::Info) {
    on_info(*session, arrived, now);
  } else if (method == Method::Prack) {
    on_prack(*session, arrived, now);
  } else if (method == Method::Options) {
    answer_options(arrived, now);
  } else if (method == Method::Refer) {
    on_refer(*session, arrived, now);
  } else if (method == Method::Notify) {
    on_notify(*session, arrived, now);
  } else {
    refuse(arrived, 405, now);
  }
}

void UserAgent::Impl::on_bye(Session& session, const TransactionLayer::RequestArrived& arrived,
                             Time now) {
  layer_.respond(arrived.id, answer(arrived.request, 200), now);
  refuse_unanswered(session, 487, {}, now);  // 15.1.2
  end_refer(session, now);
  if (session.visible) {
    const std::string& reason = arrived.request.headers.reason;
    if (session.state == Session::State::Ringing) {
      emit(Cancelled{session.id, reason});
    } else {
      emit(Ended{session.id, Ended::Cause::RemoteHangup, reason});
    }
    hide(session);
  }
  session.state = Session::State::Over;
  settle(session);
}

void UserAgent::Impl::on_info(Session& session, const TransactionLayer::RequestArrived& arrived,
                              Time now) {
  layer_.respond(arrived.id, answer(arrived.request, 200), now);
  emit(InfoReceived{session.id, arrived.request.headers.content_type, arrived.request.body});
}

void UserAgent::Impl::hang_up(SessionId id, std::string_view reason, Time now) {
  Session* session = find(id);
  if (session == nullptr || !session->visible) return;
  session->hang_up_reason = safe_text(reason);
  send_notify(*session, now);
  end_refer(*session, now);
  hide(*session);
  switch (session->state) {
    case Session::State::Calling:
      if (session->provisional_received) cancel(*session, now);  // else with the first one
      break;
    case Session::State::Ringing:
      refuse_unanswered(*session, 603, session->hang_up_reason, now);
      session->state = Session::State::Over;
      break;
    case Session::State::Answered:
      break;  // RFC 3261 15: no BYE from the callee before the ACK or its timeout
    case Session::State::Established:
      refuse_unanswered(*session, 487, session->hang_up_reason, now);
      send_bye(*session, *session->dialog, session->hang_up_reason, now);
      session->state = Session::State::Over;
      break;
    case Session::State::Over:
      break;
  }
  settle(*session);
  drain(now);
}

void UserAgent::Impl::send_bye(Session& session, Dialog& dialog, std::string_view reason,
                               Time now) {
  Request bye = in_session(session, dialog.make_request(Method::Bye));
  bye.headers.reason = reason;
  send_in_session(session, {.session = session.id, .request = std::move(bye), .nonces = {}}, now);
}

void UserAgent::Impl::give_up(Session& session, Ended::Cause cause, Time now) {
  refuse_unanswered(session, 487, {}, now);
  end_refer(session, now);
  send_bye(session, *session.dialog, session.hang_up_reason, now);
  session.state = Session::State::Over;
  if (!session.visible) return;
  emit(Ended{session.id, cause, {}});
  hide(session);
}

}  // namespace offhook::sip
