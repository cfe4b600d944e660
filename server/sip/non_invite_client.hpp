#pragma once

#include "sip/transaction.hpp"

namespace offhook::sip {

// The client transaction of any request but INVITE and ACK (RFC 3261 17.1.2).
//
//   state      | input           | next       | output                                                | test                                  | test
//   -          | start           | Trying     | Send; timers E (unreliable only) and F                | StartSendsAndSetsTimersEAndF          | StartSendsAndSetsTimersEAndF
//   Trying     | timer E         | Trying     | Send; E doubles up to T2                              | RetransmitsUpToT2ThenTimesOut         | RetransmitsUpToT2ThenTimesOut
//   Trying     | timer F         | Terminated | TimedOut, Terminated                                  | TimerFInTryingTimesOut                | TimerFInTryingTimesOut
//   Trying     | 1xx             | Proceeding | ResponseReceived                                      | ProvisionalInTryingProceeds           | ProvisionalInTryingProceeds
//   Trying     | 2xx..6xx        | Completed  | ResponseReceived; timer K                             | FinalInTryingIsCompletedForTimerK     | FinalInTryingIsCompletedForTimerK
//   Trying     | transport error | Terminated | TransportFailed, Terminated (BYE and CANCEL: reliable | TransportErrorInTryingFails           | TransportErrorInTryingFails
//              |                 |            | only)
//   Proceeding | timer E         | Proceeding | Send; E is T2                                         | RetransmitsEveryT2InProceeding        | RetransmitsEveryT2InProceeding
//   Proceeding | timer F         | Terminated | TimedOut, Terminated                                  | TimerFInProceedingTimesOut            | TimerFInProceedingTimesOut
//   Proceeding | 1xx             | Proceeding | ResponseReceived                                      | ProvisionalInProceedingIsReported     | ProvisionalInProceedingIsReported
//   Proceeding | 2xx..6xx        | Completed  | ResponseReceived; timer K                             | FinalInProceedingIsCompletedForTimerK | FinalInProceedingIsCompletedForTimerK
//   Proceeding | transport error | Terminated | TransportFailed, Terminated (reliable only)           | TransportErrorInProceedingFails       | TransportErrorInProceedingFails
//   Completed  | any response    | Completed  | none                                                  | AnyResponseInCompletedIsIgnored       | AnyResponseInCompletedIsIgnored
//   Completed  | timer K         | Terminated | Terminated (at once where reliable)                   | TimerKInCompletedTerminates           | TimerKInCompletedTerminates
//
// Over UDP a transport error is an ICMP message: a hint that anybody can forge. It may spare the
// wait for a first answer, but a BYE or CANCEL that is given up leaves a call that costs money.
class NonInviteClient : public TransactionMachine {
 public:
  enum class State : std::uint8_t { Trying, Proceeding, Completed, Terminated };

  // `request` has its top Via already.
  NonInviteClient(Request request, Reliability reliability, Timers timers, Time now);

  void handle(const Response& response, Time now);
  void handle_transport_error();
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Time> next_timeout() const;
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const Request& request() const { return request_; }

 private:
  // Whether a transport error over UDP changes nothing.
  [[nodiscard]] bool survives_hint() const;
  void terminate();

  Request request_;
  Reliability reliability_;
  Timers timers_;
  State state_ = State::Trying;
  Duration interval_;                  // of timer E
  std::optional<Time> retransmit_at_;  // timer E
  std::optional<Time> end_at_;         // timer F or K
};

}  // namespace offhook::sip
