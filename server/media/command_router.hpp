#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "control/control.pb.h"

namespace offhook::media {

// Which worker does what signal asks for: a leg's commands go to the worker that has it, and legs of
// one group live on one worker, so that a bridge never reaches across two. A new group goes to
// the worker with the fewest legs.
//
//   command              | goes to                       | reply
//   ---------------------|-------------------------------|------------------------------------------
//   AllocateLeg          | the leg's worker, else its    | as it comes
//                        | group's, else the least loaded|
//   Bridge               | the worker of both legs       | as it comes; refused where they differ
//   Hello, List, Unbridge| all                           | one of all: a failure counts, pages are
//                        |                               | put together
//   GetEngineStatistics  | all                           | the sums of all
//   RenewLease           | each worker its legs          | one of all: a failure counts
//   about one leg        | the leg's worker              | as it comes
//
// No thread and no socket: the process drives it.
class CommandRouter {
 public:
  using WorkerIndex = std::size_t;
  struct ToWorker {
    WorkerIndex worker;
    std::uint64_t connection;  // to be said with the reply
    control::Command command;
  };
  struct ToSignal {
    control::Event event;
  };
  using Output = std::variant<ToWorker, ToSignal>;

  explicit CommandRouter(std::size_t workers);  // 1 or more

  // A new signal process, which counts its commands anew: replies that the last one still waits for
  // are nobody's any more.
  void handle_connected();
  void handle_command(control::Command command);
  // `connection`: of the command, where the event is a reply.
  void handle_event(std::uint64_t connection, control::Event event);
  [[nodiscard]] std::optional<Output> poll_output();  // drain after every input

  [[nodiscard]] std::size_t legs_on(WorkerIndex worker) const { return load_[worker]; }

 private:
  struct Group {
    WorkerIndex worker = 0;
    std::size_t legs = 0;
  };
  struct Leg {
    std::string group;
    WorkerIndex worker = 0;
  };
  // A command that went to several workers.
  struct Gathering {
    std::size_t missing = 0;  // workers that have not answered
    std::vector<control::Event> pages;
    std::optional<control::Event> answer;  // to other commands than List
  };

  void allocate(control::Command command);
  void bridge(control::Command command);
  void renew(const control::Command& command);
  void to_all(const control::Command& command);
  void to_leg(const std::string& leg_id, control::Command command);
  void send(WorkerIndex worker, control::Command command);
  void gather(Gathering& gathering, control::Event event);
  void answer_list(Gathering& gathering);
  void forget_leg(const std::string& leg_id);
  [[nodiscard]] WorkerIndex least_loaded() const;
  // Of an unknown leg the first: it says that there is none.
  [[nodiscard]] WorkerIndex worker_of(const std::string& leg_id) const;

  std::uint64_t connection_ = 0;
  std::vector<std::size_t> load_;  // legs, by worker
  std::unordered_map<std::string, Group> groups_;
  std::unordered_map<std::string, Leg> legs_;
  std::map<std::uint64_t, Gathering> gathering_;  // by sequence
  std::deque<Output> outputs_;
};

}  // namespace offhook::media
