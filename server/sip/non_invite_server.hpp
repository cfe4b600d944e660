#pragma once

#include "sip/transaction.hpp"

namespace offhook::sip {

// The server transaction of any request but INVITE and ACK (RFC 3261 17.2.2). It keeps nothing of
// the request: over UDP there is one for each, for 32 s.
//
//   state      | input            | next       | output                              | test                                           | test
//   -          | start            | Trying     | none                                | StartsTryingWithoutATimer                      | StartsTryingWithoutATimer
//   Trying     | request again    | Trying     | none                                | RepeatedRequestInTryingIsIgnored               | RepeatedRequestInTryingIsIgnored
//   Trying     | respond 1xx      | Proceeding | Send                                | ProvisionalInTryingProceeds                    | ProvisionalInTryingProceeds
//   Trying     | respond 2xx..6xx | Completed  | Send; timer J                       | FinalInTryingIsCompletedForTimerJ              | FinalInTryingIsCompletedForTimerJ
//   Proceeding | request again    | Proceeding | Send the last response              | RepeatedRequestInProceedingGetsTheLastResponse | RepeatedRequestInProceedingGetsTheLastResponse
//   Proceeding | respond 1xx      | Proceeding | Send                                | ProvisionalInProceedingIsSent                  | ProvisionalInProceedingIsSent
//   Proceeding | respond 2xx..6xx | Completed  | Send; timer J                       | FinalInProceedingIsCompletedForTimerJ          | FinalInProceedingIsCompletedForTimerJ
//   Completed  | request again    | Completed  | Send the final response             | RepeatedRequestInCompletedGetsTheFinalResponse | RepeatedRequestInCompletedGetsTheFinalResponse
//   Completed  | respond          | Completed  | none                                | ASecondFinalResponseInCompletedIsIgnored       | ASecondFinalResponseInCompletedIsIgnored
//   Completed  | timer J          | Terminated | Terminated (at once where reliable) | TimerJInCompletedTerminates                    | TimerJInCompletedTerminates
class NonInviteServer : public TransactionMachine {
 public:
  enum class State : std::uint8_t { Trying, Proceeding, Completed, Terminated };

  NonInviteServer(Reliability reliability, Timers timers);

  void handle(const Request& request, Time now);  // the request again
  void respond(const Response& response, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Time> next_timeout() const { return end_at_; }
  [[nodiscard]] State state() const { return state_; }

 private:
  void terminate();

  Reliability reliability_;
  Timers timers_;
  State state_ = State::Trying;
  std::optional<Response> last_;  // what a repeated request is answered with
  std::optional<Time> end_at_;    // timer J
};

}  // namespace offhook::sip
