#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sip/dialog.hpp"
#include "sip/session_timer.hpp"
#include "sip/transaction_layer.hpp"
#include "sip/user_agent.hpp"

namespace offhook::sip {

// The option tag of RFC 3262.
inline constexpr std::string_view kReliable = "100rel";

// A 2xx of ours to an INVITE or re-INVITE, sent again until its ACK comes (RFC 3261 13.3.1.4).
struct UnacknowledgedAnswer {
  ServerId transaction;
  Response response;
  Duration interval;
  Time retransmit_at;
  Time give_up_at;
};

// A 2xx that came to our INVITE: the winner's, or that of another fork.
struct AnsweredFork {
  std::string remote_tag;
  Request ack;  // sent again, identical, for each retransmission of the 2xx
};

// A re-INVITE of ours (RFC 3261 14.1): it refreshes the session, or changes it.
struct OwnReinvite {
  bool change_wanted = false;          // by the user of the agent: the next one
  bool pending_change = false;         // the pending one is that
  std::optional<ClientId> pending{};   // has no final answer yet
  std::optional<Time> give_up_at{};    // nor will have one
  std::optional<Time> again_at{};      // crossed one of theirs
  std::optional<ClientId> answered{};  // by a 2xx
  // Sent again, identical, for each retransmission of the 2xx.
  std::unique_ptr<const Request> ack{};
};

// Provisional responses to an INVITE that requires them to be reliable (RFC 3262 3): one after the
// other is sent again until its PRACK comes.
struct ReliableAnswers {
  struct Acceptance {
    Identity identity;
    std::string sdp;
  };

  bool has_offer = false;       // the INVITE
  std::uint32_t next_rseq = 1;  // below 2^31 at first
  std::optional<Response> unacknowledged{};
  Duration interval{};
  std::optional<Time> retransmit_at{};
  std::optional<Time> give_up_at{};
  std::deque<Response> waiting{};
  std::optional<Acceptance> acceptance{};  // waits for the PRACK of early SDP

  // There is a final answer: a PRACK may still come, but nothing is sent.
  void stop() {
    retransmit_at.reset();
    give_up_at.reset();
    waiting.clear();
    acceptance.reset();
  }
};

// What is told of a REFER.
struct ReferNotification {
  std::uint16_t status = 100;
  std::string reason{};
  std::string subscription_state{};
  bool is_final = false;
};

// The last REFER of the other side, and the subscription that it has made (RFC 3515 2.4.4).
struct TheirRefer {
  std::optional<ServerId> unanswered{};      // the user has to answer it
  std::unique_ptr<const Request> request{};  // of `unanswered`
  bool subscribed = false;
  std::string event{};                         // of each NOTIFY
  std::optional<Time> expires_at{};            // the subscription does
  std::optional<ClientId> notifying{};         // has no final answer yet
  std::optional<ReferNotification> waiting{};  // for it to have one
  std::uint16_t last_status = 100;             // that was told
};

// One INVITE session as the agent keeps it.
//
// Ours:
//   state       | input                      | next        | output              | test in user_agent
//   -           | invite()                   | Calling     | INVITE              | OwnRequestsCarryWhatTheyMust
//   Calling     | 1xx                        | same        | Progressed          | EveryForksProgressIsReported
//   Calling     | reliable 1xx               | same        | PRACK, Progressed   | AReliableProvisionalResponseIsAcknowledged
//   Calling     | the reliable 1xx again     | same        | none                | ARepeatedOneIsNotToldAgain
//   Calling     | one behind a gap           | same        | none                | OneBehindAGapWaitsForItsRepetition
//   Calling     | 401, 407 to PRACK          | same        | PRACK anew          | AChallengedPrackIsAnswered
//   Calling     | 2xx                        | Established | ACK, Accepted       | TheFirstAnswerWinsAndLaterOnesAreAcknowledgedAndHungUp
//   Calling     | 401, 407 with an answer    | same        | INVITE anew         | AChallengeIsAnsweredInANewTransaction
//   Calling     | 422 with an interval       | same        | INVITE anew         | AnIntervalThatIsTooSmallIsRaised
//   Calling     | UPDATE without SDP         | same        | 200                 | AnUpdateInAnEarlyDialogOfOursIsAnswered
//   Calling     | UPDATE with SDP            | same        | 491                 | AnOfferInAnEarlyDialogOfOursGets491
//   Calling     | REFER                      | same        | 403                 | AReferInAnEarlyDialogOfOursGets403
//   Calling     | any other refusal          | Over        | Refused             | TellsTheCallerOfBusyAndSaysSoToTheTransaction
//   Calling     | no answer in time          | Over        | Refused, local      | WithoutAnyAnswerTheCallerTimesOut
//   Calling     | the flow is lost           | Over        | Refused, local      | AnUnreachableFlowFailsTheCallAtOnce
//   Calling     | hang_up() after 1xx        | Calling*    | CANCEL              | HangingUpAfterAProvisionalAnswerSendsCancel
//   Calling     | hang_up() before           | Calling*    | none                | HangingUpACallThatNobodyAnswersSendsNoCancel
//   Calling*    | first 1xx                  | same        | CANCEL              | CancelWaitsForAProvisionalAnswer
//   Calling*    | 2xx                        | Over        | ACK, BYE            | AnAnswerThatCrossesTheCancelIsAcknowledgedAndHungUp
//   Calling*    | any refusal                | Over        | none                | AChallengeAfterHangingUpIsNotAnswered
//   Calling*    | 64*T1 after CANCEL         | Over        | none                | ACancelledInviteWithoutFinalAnswerIsGivenUp
//   Established | the 2xx again              | same        | the ACK again       | ALostAckIsRepeatedIdentically
//   Over        | 2xx of another fork        | same        | ACK, BYE            | AfterHangingUpEveryAnswerIsAcknowledgedAndHungUp
//
// Theirs:
//   state       | input                      | next        | output              | test in user_agent
//   -           | INVITE                     | Ringing     | 100, InviteReceived | AnInviteGets100AtOnceAndIsHandedToTheUser
//   -           | INVITE, one too many       | -           | 503                 | OneMoreSessionIsRefused503
//   -           | INVITE, interval too small | -           | 422                 | TooShortAnIntervalGets422
//   Ringing     | ring(), progress()         | same        | 180, 183            | AnswersOfOneSessionCarryOneToTagAndTheSameEarlyAnswer
//   Ringing     | these, reliably            | same        | again until PRACK   | AProvisionalResponseIsSentAgainUntilItsPrack
//   Ringing     | a second before the PRACK  | same        | none, then 183      | TheNextOneWaitsForThePrack
//   Ringing     | PRACK of nothing           | same        | 481                 | APrackOfNothingGets481
//   Ringing     | accept() before the PRACK  | same        | none, then 200      | TheAnswerWaitsForThePrackOfEarlySdp
//   Ringing     | 64*T1 without PRACK        | Over        | 504, Cancelled      | WithoutAPrackTheInviteGets504
//   Ringing     | accept()                   | Answered    | 200                 | AnswersThatMakeADialogRepeatTheRecordRouteAndHaveAContact
//   Ringing     | reject()                   | Over        | its status          | RepeatedRequestsGetTheIdenticalAnswer
//   Ringing     | challenge()                | Over        | 401                 | AChallengedInviteIsOverAndComesAgainWithCredentials
//   Ringing     | hang_up()                  | Over        | 603                 | TheCalleeHangsUpInsteadOfAnswering
//   Ringing     | UPDATE without SDP         | same        | 200                 | AnUpdateWhileItRingsIsAnswered
//   Ringing     | UPDATE with SDP            | same        | 500                 | AnOfferWhileItRingsGets500
//   Ringing     | REFER                      | same        | 403                 | AReferWhileItRingsGets403
//   Ringing     | CANCEL                     | Over        | 200, 487, Cancelled | CancelWhileRingingEndsBothSides
//   Ringing     | BYE                        | Over        | 200, 487, Cancelled | AByeBeforeTheAnswerIsACancel
//   Answered    | T1, doubling up to T2      | same        | the 200 again       | TheAnswerIsRepeatedUntilItArrives
//   Answered    | ACK                        | Established | Confirmed           | TheAckConfirmsTheAnswer
//   Answered    | BYE                        | Over        | 200, Ended          | AByeInsteadOfTheAckEndsTheCallAndTheRepetitions
//   Answered    | 64*T1 without ACK          | Over        | BYE, Ended          | WithoutAnAckTheCalleeGivesUpAndHangsUp
//   Answered    | hang_up(), ACK             | Over        | BYE after the ACK   | TheCalleesByeWaitsForTheAck
//
// Both:
//   state       | input                      | next        | output              | test in user_agent
//   Established | hang_up()                  | Over        | BYE                 | TheCalleeHangsUp
//   Established | BYE                        | Over        | 200, Ended          | SetsACallUpAndTheCallerHangsUp
//   Established | re-INVITE                  | same        | 100, Reinvited      | AReinviteIsAcceptedAndItsAnswerRepeatedUntilTheAck
//   Established | a second before the answer | same        | 500                 | ASecondReinviteBeforeTheAnswerGets500WithRetryAfter
//   Established | a second before the ACK    | same        | 491                 | AReinviteBeforeTheAckOfTheLastGets491
//   Established | reject()                   | same        | its status          | ARefusedReinviteLeavesTheCall
//   Established | CANCEL of a re-INVITE      | same        | 200, 487            | ACancelledReinviteGets487AndLeavesTheCall
//   Established | 64*T1 without ACK          | Over        | BYE, Ended          | AReinviteWithoutAckEndsTheCall
//   Established | UPDATE without SDP         | same        | 200                 | AnUpdateWithoutSdpRefreshesTargetAndSession
//   Established | UPDATE with SDP            | same        | Reinvited           | AnUpdateWithAnOfferIsAnsweredByTheUser
//   Established | session timer: refresh     | same        | re-INVITE           | TheRefresherSendsAReinviteWithTheSameSdp
//   Established | session timer: expired     | Over        | BYE, Ended          | WithoutARefreshTheSessionIsEnded
//   Established | 2xx to our re-INVITE       | same        | ACK, Refreshed      | TheAnswerToARefreshIsAcknowledgedAndReported
//   Established | the 2xx again              | same        | the ACK again       | ALostAckOfARefreshIsRepeatedIdentically
//   Established | 401, 407 to our re-INVITE  | same        | re-INVITE anew      | AChallengedRefreshIsAnswered
//   Established | 422 to our re-INVITE       | same        | re-INVITE anew      | ARefreshWithTooSmallAnIntervalIsRaised
//   Established | 491 to our re-INVITE       | same        | re-INVITE later     | ARefreshThatCrossesAReinviteIsSentAgainLater
//   Established | 408, 481 to our re-INVITE  | Over        | BYE, Ended          | ARefreshThatFindsNoDialogEndsTheSession
//   Established | no final answer to it      | Over        | BYE, Ended          | ARefreshWithoutAFinalAnswerEndsTheSession
//   Established | any other refusal of it    | same        | none                | ARefusedRefreshLeavesTheSession
//   Established | re-INVITE, UPDATE during it| same        | 491                 | AReinviteDuringARefreshGets491
//   Established | hang_up(), BYE during it   | Over        | BYE or 200          | AByeDuringARefreshEndsBoth
//   Established | INFO                       | same        | 200, InfoReceived   | InfoIsAnsweredAndHandedToTheUser
//   Established | REFER                      | same        | ReferReceived       | AReferIsHandedToTheUser
//   Established | a second before its end    | same        | 491                 | ASecondReferBeforeTheEndOfTheFirstGets491
//   Established | it is refused              | same        | its status          | ARefusedReferMakesNoSubscription
//   Established | hang_up() before its answer| Over        | 487, BYE            | AReferThatNobodyAnsweredEndsWithTheCall
//   Established | BYE before its answer      | Over        | 200, 487, Ended     | AByeEndsTheReferBeforeIt
//   Established | notify_refer()             | same        | NOTIFY              | WhatBecomesOfAReferIsTold
//   Established | several at once            | same        | the last one later  | OnlyTheNewestNewsWaitsForTheAnswerToTheLast
//   Established | hang_up() with one to send | Over        | NOTIFY, BYE         | WhatIsNotToldYetIsToldBeforeTheBye
//   Established | BYE with one to send       | Over        | 200, Ended          | AByeEndsTheSubscription
//   Established | 481 to NOTIFY              | same        | none                | A481ToANotifyEndsTheSubscription
//   Established | 401, 407 to NOTIFY         | same        | NOTIFY anew         | AChallengedNotifyIsAnswered
//   Established | no answer to NOTIFY        | same        | none                | NoAnswerToANotifyChangesNothing
//   Established | 5 min after the 2xx        | same        | NOTIFY              | ASubscriptionThatNobodyEndsExpires
//   Established | 401, 407 to our REFER      | same        | REFER anew          | AChallengedReferIsAnswered
//   Established | no answer to it            | same        | ReferAnswered, 408  | AReferWithoutAnAnswerIsAnsweredHere
//   Established | NOTIFY after it            | same        | 200, NotifyReceived | ANotifyMayComeBeforeTheAnswerToItsRefer
//   Established | NOTIFY of nothing          | same        | 481                 | ANotifyOfNothingGets481
//   Established | the flow is lost           | same        | none                | AnEstablishedSessionOutlivesItsFlow
//   Over        | BYE                        | same        | 200                 | OnceHungUpOnlyAByeIsAnswered200
//   Over        | 401, 407 to BYE            | same        | BYE anew            | AChallengedByeIsAnswered
//
// An Over session is kept until its client transactions are gone. The star stands for one whose user
// has hung up: it is over for him, and waits for what becomes of its INVITE. What is asked of a
// session in a state that is not in the table does nothing.
struct Session {
  enum class State : std::uint8_t { Calling, Ringing, Answered, Established, Over };

  SessionId id{};
  State state = State::Calling;
  bool visible = true;  // to the user of the agent: events about it may follow
  Flow flow{};
  Identity identity{};
  std::string local_tag{};
  std::optional<Dialog> dialog{};
  std::vector<Dialog> early_dialogs{};  // of an INVITE of ours, until its 2xx (12.1)
  // The last RSeq of each early dialog, by its remote tag (RFC 3262 4).
  std::map<std::string, std::uint32_t> acknowledged{};
  std::size_t client_transactions = 0;  // not terminated yet
  std::optional<SessionTimer> timer{};  // absent: the other side is a browser
  std::string local_sdp{};  // what we have said last, where it may have to be said again
  OwnReinvite reinvite{};

  // Ours.
  std::optional<Account> account{};
  std::string realm{};            // the only one that the account answers; "" until one was seen
  std::string least_algorithm{};  // weaker ones are not answered; "" = any that we know
  SendOptions invite_options{};
  std::optional<ClientId> invite{};      // the INVITE under way
  bool provisional_received = false;     // to `invite`: only then may CANCEL be sent (9.1)
  std::optional<Time> cancel_ends_at{};  // no final answer came to a cancelled INVITE
  std::string hang_up_reason{};
  std::vector<AnsweredFork> forks{};

  // Theirs.
  std::optional<ServerId> unanswered{};  // what the user has to answer: INVITE, re-INVITE, UPDATE
  std::unique_ptr<const Request> update{};  // where it is an UPDATE
  std::optional<UnacknowledgedAnswer> unacknowledged{};
  std::unique_ptr<ReliableAnswers> reliable{};  // where the INVITE requires them

  bool was_referred = false;  // a REFER came, answered or not
  TheirRefer their_refer{};
  std::size_t own_subscriptions = 0;  // that REFERs of ours have made, or may yet

  [[nodiscard]] bool quiet() const {
    return !visible && state == State::Over && client_transactions == 0;
  }
  [[nodiscard]] std::optional<Time> next_timeout() const {
    std::optional<Time> next = cancel_ends_at;
    if (unacknowledged) {
      next = earliest(next, earliest(unacknowledged->retransmit_at, unacknowledged->give_up_at));
    }
    if (reliable) next = earliest(next, earliest(reliable->retransmit_at, reliable->give_up_at));
    next = earliest(next, reinvite.give_up_at);
    if (!visible || state == State::Over) return next;
    next = earliest(next, earliest(reinvite.again_at, their_refer.expires_at));
    return timer ? earliest(next, timer->next_timeout()) : next;
  }
};

// A request of ours in a session, until its transaction is gone: what has to be sent anew after a
// challenge.
struct SessionRequest {
  SessionId session{};
  Request request;                  // as sent, without branch
  std::vector<std::string> nonces;  // answered in it
};

}  // namespace offhook::sip
