#include <algorithm>
#include <utility>

#include "sip/session_digest.hpp"
#include "sip/user_agent_impl.hpp"

// Reliable provisional responses to our INVITEs (RFC 3262). An offer never comes in one, for our
// INVITEs that allow them have it; so no PRACK has SDP.
namespace offhook::sip {
namespace {

bool wants_prack(const Response& response) {
  const auto& required = response.headers.require;
  return response.headers.rseq && std::ranges::find(required, kReliable) != required.end();
}

// The early dialog that a response belongs to; nullptr: there are too many.
Dialog* early_dialog(Session& session, std::string_view remote_tag) {
  const auto found = std::ranges::find_if(session.early_dialogs, [&](const Dialog& dialog) {
    return dialog.id().remote_tag == remote_tag;
  });
  return found == session.early_dialogs.end() ? nullptr : &*found;
}

}  // namespace

bool UserAgent::Impl::acknowledge(Session& session, const SessionRequest& sent,
                                  const Response& response, Time now) {
  if (!wants_prack(response) || is_web_socket(session.flow.transport)) return true;
  const std::string tag(response.headers.to.tag());
  Dialog* dialog = early_dialog(session, tag);
  if (dialog == nullptr) return false;
  const std::uint32_t rseq = *response.headers.rseq;
  // 4: the first may have any number, all others the next one; what is out of order comes again.
  const auto [last, first] = session.acknowledged.try_emplace(tag, rseq);
  if (!first && rseq != last->second + 1) return false;
  last->second = rseq;
  Request prack = in_session(session, dialog->make_request(Method::Prack));
  prack.headers.rack = RAck{.rseq = rseq, .cseq = sent.request.headers.cseq};
  send_in_session(session, {.session = session.id, .request = std::move(prack), .nonces = {}}, now);
  return true;
}

void UserAgent::Impl::on_prack_response(Session& session, const SessionRequest& sent,
                                        const Response& response, Time now) {
  if (!session.visible) return;
  auto again = answer_challenge(session, sent, response, random_);
  if (!again) return;
  Dialog* dialog = early_dialog(session, sent.request.headers.to.tag());
  if (dialog == nullptr && session.dialog) dialog = &*session.dialog;
  if (dialog == nullptr) return;
  again->request.headers.cseq.number = dialog->take_cseq();
  send_in_session(session, std::move(*again), now);
}

}  // namespace offhook::sip
