#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/overloaded.hpp"
#include "control/message.hpp"
#include "fuzz/media_commands.hpp"
#include "fuzz/pinned_randomness.hpp"
#include "fuzz/program.hpp"
#include "fuzz/target.hpp"
#include "media/command_router.hpp"
#include "media/engine.hpp"
#include "sim/media_path.hpp"

// Packets of any kind on the control socket, and commands that make sense, through the router to
// two engines that work whenever they please, and new signal processes in between. Whatever it is:
// each command has one answer (a list its pages), none after its asker is gone, and who releases
// all that a list names leaves nothing behind.
namespace offhook::fuzz {
namespace {

constexpr std::size_t kWorkers = 2;
constexpr Time kNow{std::chrono::hours(1)};

class World {
 public:
  explicit World(Program& program) : program_(program) {
    for (Worker& worker : workers_) {
      worker.engine = std::make_unique<media::Engine>(
          media::Engine::Config{.browser_candidates = {}, .software = "fuzz", .max_legs = 2},
          pinned_certificate(), worker.ports, random_);
    }
  }

  void run() {
    while (!program_.done()) step();
    settle();
    release_all();
    for (std::size_t i = 0; i < kWorkers; ++i) {
      OFFHOOK_ASSERT(workers_[i].engine->leg_count() == 0 && router_.legs_on(i) == 0);
      OFFHOOK_ASSERT(workers_[i].engine->bridge_count() == 0);
      OFFHOOK_ASSERT(workers_[i].ports.open_now() == 0);
    }
  }

 private:
  struct Asked {
    std::uint64_t connection;
    control::Command command;
  };
  struct Worker {
    sim::CountingPorts ports;
    std::unique_ptr<media::Engine> engine;
    std::deque<Asked> waiting;
  };

  void step() {
    switch (program_.below(6)) {
      case 0: {
        const ByteView bytes = program_.bytes();
        (void)control::decode_event(bytes);
        auto command = control::decode_command(bytes);
        if (command) ask(std::move(*command));
        return;
      }
      case 1:
      case 2:
        return ask(read_command(program_));
      case 3:
        unanswered_.clear();  // whoever asked is gone
        return router_.handle_connected();
      default:
        work(workers_[program_.below(kWorkers)]);
    }
  }

  void ask(control::Command command) {
    // Signal makes up a leg's id and does not give it again; here it waits until all is over.
    if (command.has_allocate_leg()) settle();
    command.set_sequence(++sequence_);
    unanswered_.insert(sequence_);
    const auto encoded = control::encode(command);
    OFFHOOK_ASSERT(encoded.has_value());
    router_.handle_command(control::decode_command(as_bytes(*encoded)).value());
    drain();
  }
  void work(Worker& worker) {
    if (worker.waiting.empty()) return;
    const Asked asked = std::move(worker.waiting.front());
    worker.waiting.pop_front();
    worker.engine->handle_command(asked.command, kNow);
    while (worker.engine->poll_datagram()) {
    }
    // Closes the ports of a leg that was released.
    if (is_due(worker.engine->next_timeout(), kNow)) worker.engine->handle_timeout(kNow);
    while (auto event = worker.engine->poll_event()) {
      router_.handle_event(asked.connection, std::move(*event));
      drain();
    }
  }
  void settle() {
    for (Worker& worker : workers_) {
      while (!worker.waiting.empty()) work(worker);
    }
    OFFHOOK_ASSERT(unanswered_.empty());
  }
  void release_all() {
    listed_.clear();
    control::Command list;
    list.mutable_list();
    ask(std::move(list));
    settle();
    std::size_t legs = 0;
    for (const Worker& worker : workers_) legs += worker.engine->leg_count();
    OFFHOOK_ASSERT(listed_.size() == legs);
    for (const std::string& leg_id : std::exchange(listed_, {})) {
      control::Command release;
      release.mutable_release()->set_leg_id(leg_id);
      ask(std::move(release));
    }
    settle();
  }

  void drain() {
    while (auto output = router_.poll_output()) {
      std::visit(Overloaded{[&](media::CommandRouter::ToWorker& out) {
                              OFFHOOK_ASSERT(out.worker < kWorkers);
                              workers_[out.worker].waiting.push_back(
                                  {out.connection, std::move(out.command)});
                            },
                            [&](media::CommandRouter::ToSignal& out) { take(out.event); }},
                 *output);
    }
  }
  void take(const control::Event& event) {
    OFFHOOK_ASSERT(control::encode(event).has_value());
    if (event.in_reply_to() == 0) return;
    for (const std::string& leg_id : event.leg_list().leg_id()) listed_.insert(leg_id);
    if (event.leg_list().more()) {
      OFFHOOK_ASSERT(unanswered_.contains(event.in_reply_to()));
    } else {
      OFFHOOK_ASSERT(unanswered_.erase(event.in_reply_to()) == 1);
    }
  }

  Program& program_;
  SeededRandom random_{1};
  std::array<Worker, kWorkers> workers_;
  media::CommandRouter router_{kWorkers};
  std::uint64_t sequence_ = 0;
  std::set<std::uint64_t> unanswered_;
  std::set<std::string> listed_;
};

}  // namespace
}  // namespace offhook::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  offhook::fuzz::pin_randomness();
  return offhook::fuzz::run_program<offhook::fuzz::World>(data, size);
}
