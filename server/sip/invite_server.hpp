#pragma once

#include "sip/transaction.hpp"

namespace offhook::sip {

// The server transaction of an INVITE (RFC 3261 17.2.1 as amended by RFC 6026 7.1). The 100 is the
// user's to send.
//
//   state      | input            | next       | output                                               | test                                             | test
//   -          | start            | Proceeding | none                                                 | StartsProceedingWithoutATimer                    | StartsProceedingWithoutATimer
//   Proceeding | INVITE again     | Proceeding | Send the last provisional response, if there was one | RepeatedInviteInProceedingGetsTheLastProvisional | RepeatedInviteInProceedingGetsTheLastProvisional
//   Proceeding | respond 1xx      | Proceeding | Send                                                 | ProvisionalInProceedingIsSent                    | ProvisionalInProceedingIsSent
//   Proceeding | respond 2xx      | Accepted   | Send; timer L                                        | SuccessInProceedingIsAcceptedForTimerL           | SuccessInProceedingIsAcceptedForTimerL
//   Proceeding | respond 3xx..6xx | Completed  | Send; timers G (unreliable only) and H               | RefusalInProceedingIsCompletedWithTimersGAndH    | RefusalInProceedingIsCompletedWithTimersGAndH
//   Completed  | INVITE again     | Completed  | Send the final response                              | RepeatedInviteInCompletedGetsTheFinalResponse    | RepeatedInviteInCompletedGetsTheFinalResponse
//   Completed  | timer G          | Completed  | Send the final response; G doubles up to T2          | RetransmitsTheRefusalUpToT2ThenTimesOut          | RetransmitsTheRefusalUpToT2ThenTimesOut
//   Completed  | timer H          | Terminated | TimedOut, Terminated                                 | TimerHInCompletedTimesOut                        | TimerHInCompletedTimesOut
//   Completed  | ACK              | Confirmed  | none; timer I                                        | AckInCompletedIsConfirmedForTimerI               | AckInCompletedIsConfirmedForTimerI
//   Confirmed  | INVITE, ACK      | Confirmed  | none                                                 | InviteAndAckInConfirmedAreIgnored                | InviteAndAckInConfirmedAreIgnored
//   Confirmed  | timer I          | Terminated | Terminated (at once where reliable)                  | TimerIInConfirmedTerminates                      | TimerIInConfirmedTerminates
//   Accepted   | INVITE again     | Accepted   | none                                                 | RepeatedInviteInAcceptedIsIgnored                | RepeatedInviteInAcceptedIsIgnored
//   Accepted   | respond 2xx      | Accepted   | Send (the user retransmits the 2xx)                  | SuccessInAcceptedIsSentAgain                     | SuccessInAcceptedIsSentAgain
//   Accepted   | ACK              | Accepted   | RequestReceived                                      | AckInAcceptedIsHandedUp                          | AckInAcceptedIsHandedUp
//   Accepted   | timer L          | Terminated | Terminated                                           | TimerLInAcceptedTerminates                       | TimerLInAcceptedTerminates
//
// Whatever is not in the table is ignored.
class InviteServer : public TransactionMachine {
 public:
  enum class State : std::uint8_t { Proceeding, Completed, Confirmed, Accepted, Terminated };

  InviteServer(Request request, Reliability reliability, Timers timers);

  void handle(const Request& request, Time now);  // the INVITE again, or the ACK
  void respond(const Response& response, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Time> next_timeout() const;
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const Request& request() const { return request_; }

 private:
  void respond_first_final(const Response& response, Time now);
  void terminate();

  Request request_;
  Reliability reliability_;
  Timers timers_;
  State state_ = State::Proceeding;
  std::optional<Response> last_;       // what a repeated INVITE is answered with
  Duration interval_;                  // of timer G
  std::optional<Time> retransmit_at_;  // timer G
  std::optional<Time> end_at_;         // timer H, I or L
};

}  // namespace offhook::sip
