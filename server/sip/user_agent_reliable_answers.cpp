#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "sip/user_agent_impl.hpp"

// Reliable provisional responses to INVITEs that require them (RFC 3262 3). One that only supports
// them gets none: nobody here has news that must not be lost.
namespace offhook::sip {

bool UserAgent::Impl::sends_reliably() const {
  return std::ranges::find(config_.supported, kReliable) != config_.supported.end();
}

std::vector<std::string> UserAgent::Impl::extensions(const Flow& flow) const {
  std::vector<std::string> options = config_.supported;
  if (is_web_socket(flow.transport)) std::erase(options, kReliable);
  return options;
}

std::unique_ptr<ReliableAnswers> UserAgent::Impl::reliable_answers(const Request& invite) {
  const auto& required = invite.headers.require;
  if (std::ranges::find(required, kReliable) == required.end()) return nullptr;
  auto answers = std::make_unique<ReliableAnswers>();
  answers->has_offer = !invite.body.empty();
  answers->next_rseq = 1 + static_cast<std::uint32_t>(random_.below(INT32_MAX));
  return answers;
}

void UserAgent::Impl::send_reliably(Session& session, Response response, Time now) {
  ReliableAnswers& answers = *session.reliable;
  // RFC 3261 13.2.1: without an offer in the INVITE the first reliable response must have it. That is
  // the 2xx.
  if (!answers.has_offer || answers.acceptance) return;
  if (answers.unacknowledged) {
    if (answers.waiting.size() < limits::kSipReliableAnswers) {
      answers.waiting.push_back(std::move(response));
    }
    return;
  }
  response.headers.require = {std::string(kReliable)};
  response.headers.rseq = answers.next_rseq++;
  layer_.respond(*session.unanswered, response, now);
  answers.unacknowledged = std::move(response);
  answers.interval = config_.timers.t1;
  answers.retransmit_at = now + answers.interval;
  answers.give_up_at = now + config_.timers.timeout();
}

void UserAgent::Impl::on_prack(Session& session, const TransactionLayer::RequestArrived& arrived,
                               Time now) {
  const auto& rack = arrived.request.headers.rack;
  if (!rack) return refuse(arrived, 400, now);
  ReliableAnswers* answers = session.reliable.get();
  const bool matches = answers != nullptr && answers->unacknowledged &&
                       rack->rseq == answers->unacknowledged->headers.rseq &&
                       rack->cseq == answers->unacknowledged->headers.cseq;
  if (!matches) return refuse(arrived, 481, now);
  // 5: an offer in it would have to be answered at once.
  if (arrived.request.body.empty()) {
    layer_.respond(arrived.id, answer(arrived.request, 200), now);
  } else {
    refuse(arrived, 488, now);
  }
  answers->unacknowledged.reset();
  answers->retransmit_at.reset();
  answers->give_up_at.reset();
  if (auto acceptance = std::exchange(answers->acceptance, std::nullopt)) {
    return accept_now(session, acceptance->identity, std::move(acceptance->sdp), now);
  }
  if (!answers->waiting.empty()) {
    Response next = std::move(answers->waiting.front());
    answers->waiting.pop_front();
    send_reliably(session, std::move(next), now);
  }
  settle(session);
}

void UserAgent::Impl::on_reliable_timeout(Session& session, Time now) {
  ReliableAnswers* answers = session.reliable.get();
  if (answers == nullptr) return;
  if (is_due(answers->give_up_at, now)) {
    refuse_unanswered(session, 504, {}, now);
    session.state = Session::State::Over;
    emit(Cancelled{session.id, {}});
    hide(session);
  } else if (is_due(answers->retransmit_at, now)) {
    layer_.respond(*session.unanswered, *answers->unacknowledged, now);
    ++answers_again_;
    answers->interval *= 2;
    answers->retransmit_at = now + answers->interval;
  }
}

}  // namespace offhook::sip
