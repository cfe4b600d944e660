#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sip/dialog.hpp"
#include "sip/transaction_layer.hpp"
#include "sip/user_agent.hpp"

namespace offhook::sip {

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

// One INVITE session as the agent keeps it.
//
//   state       | it is over when
//   Calling     | ours: no final answer has come; after hang_up() it waits for what CANCEL brings
//   Ringing     | theirs: no final answer was given
//   Answered    | theirs: our 2xx has no ACK; after hang_up() the BYE waits for it (RFC 3261 15)
//   Established | both
//   Over        | refused, cancelled, BYE sent or received; kept until its client transactions are
//   gone
struct Session {
  enum class State : std::uint8_t { Calling, Ringing, Answered, Established, Over };

  SessionId id{};
  State state = State::Calling;
  bool visible = true;  // to the user of the agent: events about it may follow
  Flow flow{};
  Identity identity{};
  std::string local_tag{};
  std::optional<Dialog> dialog{};
  std::size_t client_transactions = 0;  // not terminated yet

  // Ours.
  std::optional<Account> account{};
  std::string realm{};               // the only one that the account answers; "" until one was seen
  std::optional<ClientId> invite{};  // the INVITE under way
  bool provisional_received = false;     // to `invite`: only then may CANCEL be sent (9.1)
  std::optional<Time> cancel_ends_at{};  // no final answer came to a cancelled INVITE
  std::string hang_up_reason{};
  std::vector<AnsweredFork> forks{};

  // Theirs.
  std::optional<ServerId> unanswered{};  // the INVITE or re-INVITE that the user has to answer
  std::optional<UnacknowledgedAnswer> unacknowledged{};

  [[nodiscard]] bool quiet() const {
    return !visible && state == State::Over && client_transactions == 0;
  }
  [[nodiscard]] std::optional<Time> next_timeout() const {
    std::optional<Time> next = cancel_ends_at;
    if (unacknowledged) {
      next = earliest(next, earliest(unacknowledged->retransmit_at, unacknowledged->give_up_at));
    }
    return next;
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
