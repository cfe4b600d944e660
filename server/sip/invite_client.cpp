#include "sip/invite_client.hpp"

#include <utility>

namespace offhook::sip {
namespace {

// RFC 3261 17.1.1.3: everything of the INVITE but To, which is the response's with its tag.
Request ack_to_refusal(const Request& invite, const Response& response) {
  Request ack;
  ack.method = Method::Ack;
  ack.uri = invite.uri;
  ack.headers.via = {invite.headers.via.front()};
  ack.headers.from = invite.headers.from;
  ack.headers.to = response.headers.to;
  ack.headers.call_id = invite.headers.call_id;
  ack.headers.cseq = {invite.headers.cseq.number, Method::Ack, {}};
  ack.headers.max_forwards = invite.headers.max_forwards;
  ack.headers.route = invite.headers.route;
  return ack;
}

}  // namespace

InviteClient::InviteClient(Request request, Reliability reliability, Timers timers, Time now)
    : request_(std::move(request)),
      reliability_(reliability),
      timers_(timers),
      interval_(timers.t1),
      end_at_(now + timers.invite_timeout.value_or(timers.timeout())) {
  emit(Send{request_});
  if (reliability_ == Reliability::Unreliable) retransmit_at_ = now + interval_;
}

void InviteClient::handle(const Response& response, Time now) {
  switch (state_) {
    case State::Calling:
    case State::Proceeding:
      if (response.is_provisional()) {
        state_ = State::Proceeding;
        retransmit_at_.reset();
        end_at_.reset();
        emit(ResponseReceived{response});
      } else if (response.is_success()) {
        state_ = State::Accepted;
        retransmit_at_.reset();
        end_at_ = now + timers_.timeout();
        emit(ResponseReceived{response});
      } else {
        complete(response, now);
      }
      return;
    case State::Completed:
      if (response.status >= 300) emit(Send{ack_});
      return;
    case State::Accepted:
      if (response.is_success()) emit(ResponseReceived{response});
      return;
    case State::Terminated:
      return;
  }
}

void InviteClient::complete(const Response& response, Time now) {
  state_ = State::Completed;
  retransmit_at_.reset();
  ack_ = ack_to_refusal(request_, response);
  emit(Send{ack_});
  emit(ResponseReceived{response});
  end_at_ = now + timers_.timeout();
  if (reliability_ == Reliability::Reliable) terminate();  // timer D is 0
}

void InviteClient::handle_transport_error() {
  if (reliability_ == Reliability::Unreliable && state_ != State::Calling) return;
  if (state_ == State::Calling || state_ == State::Proceeding) emit(TransportFailed{});
  if (state_ != State::Terminated) terminate();
}

void InviteClient::handle_timeout(Time now) {
  if (is_due(end_at_, now)) {
    if (state_ == State::Calling) emit(TimedOut{});
    terminate();
  } else if (is_due(retransmit_at_, now)) {
    emit(Send{request_});
    interval_ *= 2;
    retransmit_at_ = now + interval_;
  }
}

std::optional<Time> InviteClient::next_timeout() const { return earliest(retransmit_at_, end_at_); }

void InviteClient::terminate() {
  state_ = State::Terminated;
  retransmit_at_.reset();
  end_at_.reset();
  emit(Terminated{});
}

}  // namespace offhook::sip
