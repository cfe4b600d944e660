#include "sip/non_invite_server.hpp"

#include <utility>

namespace offhook::sip {

NonInviteServer::NonInviteServer(Reliability reliability, Timers timers)
    : reliability_(reliability), timers_(timers) {}

void NonInviteServer::handle(const Request& /*request*/, Time /*now*/) {
  if (last_ && state_ != State::Terminated) emit(Send{*last_});
}

void NonInviteServer::respond(const Response& response, Time now) {
  if (state_ != State::Trying && state_ != State::Proceeding) return;
  last_ = response;
  emit(Send{response});
  if (response.is_provisional()) {
    state_ = State::Proceeding;
    return;
  }
  state_ = State::Completed;
  end_at_ = now + timers_.timeout();
  if (reliability_ == Reliability::Reliable) terminate();  // timer J is 0
}

void NonInviteServer::handle_timeout(Time now) {
  if (is_due(end_at_, now)) terminate();
}

void NonInviteServer::terminate() {
  state_ = State::Terminated;
  end_at_.reset();
  emit(Terminated{});
}

}  // namespace offhook::sip
