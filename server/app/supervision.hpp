#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "io/back_off.hpp"

namespace offhook::app {

// When the supervisor starts, restarts and ends its children; without a process or a clock.
//
// | child   | input                   | becomes | outputs                                          |
// |---------|-------------------------|---------|--------------------------------------------------|
// | waiting | its time is due         | running | Start                                            |
// | running | exited                  | waiting | RestartScheduled: 100 ms, doubling up to 5 s;    |
// |         |                         |         | again 100 ms after one that ran for 10 s         |
// | running | exited as misconfigured | ended   | as for stop: no restart can help                 |
// | waiting | stop                    | ended   | AllEnded with the last one                       |
// | running | stop                    | running | AskToEnd to those of the first stage; to the     |
// |         |                         |         | next once these are gone, or 1.5 s after stop    |
// | running | 1.85 s after stop       | running | Kill                                             |
// | running | exited after stop       | ended   | AllEnded with the last one                       |
class Supervision {
 public:
  static constexpr Duration kFirstDelay = std::chrono::milliseconds(100);
  static constexpr Duration kLongestDelay = std::chrono::seconds(5);
  static constexpr Duration kHealthyAfter = std::chrono::seconds(10);
  static constexpr Duration kStageTime = std::chrono::milliseconds(1'500);
  static constexpr Duration kKillAfter = std::chrono::milliseconds(1'850);

  struct Start {
    std::size_t child;
  };
  struct RestartScheduled {
    std::size_t child;
    Duration delay;
  };
  struct AskToEnd {
    std::size_t child;
  };
  struct Kill {
    std::size_t child;
  };
  struct AllEnded {};
  using Output = std::variant<Start, RestartScheduled, AskToEnd, Kill, AllEnded>;

  enum class Exit : std::uint8_t { Failed, Misconfigured };

  // A stage a child: 0 is asked to end first, then 1. Each child's first start is due at once.
  Supervision(const std::vector<unsigned>& stages, Time now);

  void handle_exited(std::size_t child, Exit exit, Time now);
  void stop(Time now);
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Output> poll_output();
  [[nodiscard]] std::optional<Time> next_timeout() const;
  [[nodiscard]] bool is_stopping() const { return stopped_at_.has_value(); }

 private:
  enum class State : std::uint8_t { Waiting, Running, Ended };
  struct Child {
    unsigned stage;
    State state;
    Time start_at;  // due, or when it was
    io::BackOff back_off;
    bool is_asked = false;
  };
  void ask_next_stage(Time now);

  std::vector<Child> children_;
  std::optional<Time> stopped_at_;
  bool is_killed_ = false;
  std::deque<Output> outputs_;
};

}  // namespace offhook::app
