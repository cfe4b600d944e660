#include "sip/invite_server.hpp"

#include <algorithm>
#include <utility>

namespace offhook::sip {

InviteServer::InviteServer(Request request, Reliability reliability, Timers timers)
    : request_(std::move(request)),
      reliability_(reliability),
      timers_(timers),
      interval_(timers.t1) {}

void InviteServer::handle(const Request& request, Time now) {
  if (request.method == Method::Invite) {
    if ((state_ == State::Proceeding || state_ == State::Completed) && last_) emit(Send{*last_});
  } else if (request.method == Method::Ack) {
    if (state_ == State::Accepted) {
      emit(RequestReceived{request});
    } else if (state_ == State::Completed) {
      state_ = State::Confirmed;
      retransmit_at_.reset();
      end_at_ = now + timers_.t4;
      if (reliability_ == Reliability::Reliable) terminate();  // timer I is 0
    }
  }
}

void InviteServer::respond(const Response& response, Time now) {
  if (state_ == State::Proceeding) {
    if (response.is_provisional()) {
      last_ = response;
      emit(Send{response});
    } else {
      respond_first_final(response, now);
    }
  } else if (state_ == State::Accepted && response.is_success()) {
    emit(Send{response});
  }
}

void InviteServer::respond_first_final(const Response& response, Time now) {
  emit(Send{response});
  end_at_ = now + timers_.timeout();
  if (response.is_success()) {
    state_ = State::Accepted;
    last_.reset();
    return;
  }
  state_ = State::Completed;
  last_ = response;
  if (reliability_ == Reliability::Unreliable) retransmit_at_ = now + interval_;
}

void InviteServer::handle_timeout(Time now) {
  if (is_due(end_at_, now)) {
    if (state_ == State::Completed) emit(TimedOut{});
    terminate();
  } else if (is_due(retransmit_at_, now)) {
    emit(Send{*last_});
    interval_ = std::min(interval_ * 2, timers_.t2);
    retransmit_at_ = now + interval_;
  }
}

std::optional<Time> InviteServer::next_timeout() const { return earliest(retransmit_at_, end_at_); }

void InviteServer::terminate() {
  state_ = State::Terminated;
  retransmit_at_.reset();
  end_at_.reset();
  emit(Terminated{});
}

}  // namespace offhook::sip
