#include "sip/non_invite_client.hpp"

#include <algorithm>
#include <utility>

namespace offhook::sip {

NonInviteClient::NonInviteClient(Request request, Reliability reliability, Timers timers, Time now)
    : request_(std::move(request)),
      reliability_(reliability),
      timers_(timers),
      interval_(timers.t1),
      end_at_(now + timers.timeout()) {
  emit(Send{request_});
  if (reliability_ == Reliability::Unreliable) retransmit_at_ = now + interval_;
}

void NonInviteClient::handle(const Response& response, Time now) {
  if (state_ != State::Trying && state_ != State::Proceeding) return;
  emit(ResponseReceived{response});
  if (response.is_provisional()) {
    state_ = State::Proceeding;
    return;
  }
  state_ = State::Completed;
  retransmit_at_.reset();
  end_at_ = now + timers_.t4;
  if (reliability_ == Reliability::Reliable) terminate();  // timer K is 0
}

bool NonInviteClient::survives_hint() const {
  return state_ != State::Trying || request_.method == Method::Bye ||
         request_.method == Method::Cancel;
}

void NonInviteClient::handle_transport_error() {
  if (reliability_ == Reliability::Unreliable && survives_hint()) return;
  if (state_ == State::Trying || state_ == State::Proceeding) emit(TransportFailed{});
  if (state_ != State::Terminated) terminate();
}

void NonInviteClient::handle_timeout(Time now) {
  if (is_due(end_at_, now)) {
    if (state_ != State::Completed) emit(TimedOut{});
    terminate();
  } else if (is_due(retransmit_at_, now)) {
    emit(Send{request_});
    interval_ = state_ == State::Proceeding ? timers_.t2 : std::min(interval_ * 2, timers_.t2);
    retransmit_at_ = now + interval_;
  }
}

std::optional<Time> NonInviteClient::next_timeout() const {
  return earliest(retransmit_at_, end_at_);
}

void NonInviteClient::terminate() {
  state_ = State::Terminated;
  retransmit_at_.reset();
  end_at_.reset();
  emit(Terminated{});
}

}  // namespace offhook::sip
