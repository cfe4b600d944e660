#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "sip/message.hpp"

namespace offhook::sip {

// How an agent uses session timers (RFC 4028). A shorter interval than `least`, which is 90 s or
// more, is refused.
struct SessionTimerPolicy {
  std::chrono::seconds interval{1'800};  // what it wants
  std::chrono::seconds least{90};
  bool asks = true;  // for a timer of its own accord; else only where the other side does
};

// The session timer of one session: what requests and answers say about it, and what is due by what
// was agreed. "A 2xx" is one to an INVITE, re-INVITE or UPDATE, ours or theirs; each agrees anew.
//
//   state      | input                          | next       | output  | test
//   any        | a 2xx makes us the refresher   | Refreshing |         | WhoIsNamedRefreshesAtHalfTheInterval
//   any        | a 2xx makes them the refresher | Watching   |         | WhoIsNotNamedWaitsForTheOtherOne
//   any        | a 2xx says nothing             | Off        |         | AnAnswerThatSaysNothingEndsTheTimer
//   Refreshing | half the interval is over      | Waiting    | Refresh | ARefreshIsDueOnce
//   Waiting    | the refresh is refused         | Refreshing |         | ARefusedRefreshIsTriedAgainAfterHalfOfWhatIsLeft
//   Waiting    | the interval is over           | Off        | Expired | WithoutAnAnswerToTheRefreshTheSessionExpires
//   Watching   | less 32 s or a third, is over  | Off        | Expired | WithoutTheirRefreshTheSessionExpiresEarly
//
// Refusals end nothing by themselves: with less than 64 s left we try no more, and whether the
// session goes on is the other side's business.
class SessionTimer {
 public:
  enum class State : std::uint8_t { Off, Refreshing, Waiting, Watching };
  enum class Due : std::uint8_t { Nothing, Refresh, Expired };

  explicit SessionTimer(const SessionTimerPolicy& policy) : policy_(policy) {}

  // ---- requests of ours ----
  // Of an INVITE or re-INVITE: Supported, Session-Expires and Min-SE (7.1, 7.4).
  void write_request(Headers& headers) const;
  // A 2xx came to it (7.2).
  void handle_success(const Headers& response, Time now);
  // A 422 came. True: the request may be sent again, with what write_request() says now (7.3).
  [[nodiscard]] bool handle_too_small(const Headers& response);
  // A refresh was refused otherwise, or could not be sent.
  void handle_refused(Time now);

  // ---- requests of theirs ----
  // Whether one is to be refused by a 422 with this Min-SE (9).
  [[nodiscard]] std::optional<std::chrono::seconds> too_small(const Headers& request) const;
  // Of our 2xx, which is sent now.
  void write_answer(const Headers& request, Headers& response, Time now);

  [[nodiscard]] Due handle_timeout(Time now);
  [[nodiscard]] std::optional<Time> next_timeout() const { return due_at_; }
  [[nodiscard]] State state() const { return state_; }

 private:
  void start(State state, std::chrono::seconds interval, Time now);
  void stop();

  SessionTimerPolicy policy_;
  State state_ = State::Off;
  std::chrono::seconds interval_{0};                 // as agreed
  std::optional<std::chrono::seconds> their_min_{};  // of a 422
  std::size_t raised_ = 0;                           // how many 422 came since the last 2xx
  std::optional<Time> due_at_{};
  Time ends_at_{};  // the interval is over
};

}  // namespace offhook::sip
