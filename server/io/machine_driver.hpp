#pragma once

#include <optional>
#include <utility>

#include "io/event_loop.hpp"

namespace offhook::io {

// Drives one sans-IO machine in real time: after every input it drains the outputs and moves the
// timer to the machine's next deadline.
template <typename Machine, typename OnOutput>
class MachineDriver {
 public:
  MachineDriver(EventLoop& loop, Machine& machine, OnOutput on_output)
      : machine_(machine), on_output_(std::move(on_output)), timer_(loop, [this] {
          set_to_.reset();
          feed([](Machine& due, Time time) { due.handle_timeout(time); });
        }) {}

  // input(machine, now). May be called from within on_output: what it brings out is then drained by
  // the outer call.
  template <typename Input>
  void feed(Input&& input) {
    input(machine_, now());
    if (draining_) return;
    draining_ = true;
    while (auto output = machine_.poll_output()) on_output_(std::move(*output));
    draining_ = false;
    const std::optional<Time> next = machine_.next_timeout();
    if (next != set_to_) timer_.set(next);  // most inputs leave it as it is
    set_to_ = next;
  }

 private:
  Machine& machine_;
  OnOutput on_output_;
  Timer timer_;
  std::optional<Time> set_to_;
  bool draining_ = false;
};

}  // namespace offhook::io
