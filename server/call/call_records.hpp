#pragma once

#include <deque>
#include <list>
#include <optional>

#include "base/time.hpp"
#include "call/switchboard.hpp"

namespace offhook::call {

// Records of calls that are over, each kept back until media has said how its legs fared. Nothing
// else of a call waits for that.
//
//   state   | input                         | next    | output           | test
//   -       | a call ends, legs were asked  | Waiting | -                | ARecordWhoseLegsWereAskedWaits
//   -       | a call ends, nobody was asked | -       | the record       | ARecordWithoutLegsGoesOutAtOnce
//   Waiting | statistics of its last leg    | -       | the whole record | KeepsARecordBackUntilItsLegsAreDescribed
//   Waiting | kPatience is over             | -       | what there is    | ARecordDoesNotWaitForMediaThatDoesNotAnswer
//   Waiting | media is lost, or it shuts    | -       | what there is    | ARecordDoesNotWaitForMediaThatIsGone
//           | down                          |         |                  |
class CallRecords {
 public:
  // A process on the same machine that has not answered in this time will not.
  static constexpr Duration kPatience = std::chrono::milliseconds(500);

  // Legs with an id, and without statistics, were asked.
  void handle(CallEnded record, Time now);
  void handle(const control::LegStatistics& statistics);
  void stop_waiting();
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<CallEnded> poll_output();
  [[nodiscard]] std::optional<Time> next_timeout() const;

 private:
  struct Waiting {
    CallEnded record;
    Time until;
  };

  std::list<Waiting> waiting_;  // the oldest first
  std::deque<CallEnded> outputs_;
};

}  // namespace offhook::call
