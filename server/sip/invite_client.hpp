#pragma once

#include "sip/transaction.hpp"

namespace offhook::sip {

// The client transaction of an INVITE (RFC 3261 17.1.1 as amended by RFC 6026 7.2).
//
//   state      | input           | next       | output                                        | test
//   -          | start           | Calling    | Send INVITE; timers A (unreliable only) and B | StartSendsAndSetsTimersAAndB
//   Calling    | timer A         | Calling    | Send INVITE; A doubles                        | RetransmitsWithDoublingIntervalsThenTimesOut
//   Calling    | timer B         | Terminated | TimedOut, Terminated                          | TimerBInCallingTimesOut
//   Calling    | 1xx             | Proceeding | ResponseReceived; no timer runs any more      | ProvisionalInCallingProceedsAndStopsAllTimers
//   Calling    | 2xx             | Accepted   | ResponseReceived; timer M                     | SuccessInCallingIsAcceptedForTimerM
//   Calling    | 3xx..6xx        | Completed  | Send ACK, ResponseReceived; timer D           | RefusalInCallingIsAcknowledgedAndCompleted
//   Calling    | transport error | Terminated | TransportFailed, Terminated                   | TransportErrorInCallingFails
//   Proceeding | 1xx             | Proceeding | ResponseReceived                              | ProvisionalInProceedingIsReported
//   Proceeding | 2xx             | Accepted   | ResponseReceived; timer M                     | SuccessInProceedingIsAcceptedForTimerM
//   Proceeding | 3xx..6xx        | Completed  | Send ACK, ResponseReceived; timer D           | RefusalInProceedingIsAcknowledgedAndCompleted
//   Proceeding | transport error | Terminated | TransportFailed, Terminated (reliable only)   | TransportErrorInProceedingFails
//   Completed  | 3xx..6xx        | Completed  | Send ACK                                      | RefusalInCompletedIsAcknowledgedAgain
//   Completed  | timer D         | Terminated | Terminated (at once where reliable)           | TimerDInCompletedTerminates
//   Accepted   | 2xx             | Accepted   | ResponseReceived (again, or of another fork)  | SuccessInAcceptedIsReportedEachTime
//   Accepted   | timer M         | Terminated | Terminated                                    | TimerMInAcceptedTerminates
//   Accepted   | transport error | Terminated | Terminated (reliable only)                    | TransportErrorInAcceptedTerminates
//
// Over UDP a transport error is an ICMP message: a hint that anybody can forge. It may spare the
// wait for a first answer, but it ends nothing that the far side has spoken of already.
//
// The ACK to a 2xx is the user's (13.2.2.4). Whatever is not in the table is ignored.
class InviteClient : public TransactionMachine {
 public:
  enum class State : std::uint8_t { Calling, Proceeding, Completed, Accepted, Terminated };

  // `request` has its top Via already.
  InviteClient(Request request, Reliability reliability, Timers timers, Time now);

  void handle(const Response& response, Time now);
  void handle_transport_error();
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Time> next_timeout() const;
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const Request& request() const { return request_; }

 private:
  void complete(const Response& response, Time now);
  void terminate();

  Request request_;
  Request ack_;  // to the non-2xx final response; set in Completed
  Reliability reliability_;
  Timers timers_;
  State state_ = State::Calling;
  Duration interval_;                  // of timer A
  std::optional<Time> retransmit_at_;  // timer A
  std::optional<Time> end_at_;         // timer B, D or M
};

}  // namespace offhook::sip
