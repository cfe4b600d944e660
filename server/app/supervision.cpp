#include "app/supervision.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace offhook::app {

Supervision::Supervision(const std::vector<unsigned>& stages, Time now) {
  for (const unsigned stage : stages) {
    children_.push_back({.stage = stage,
                         .state = State::Waiting,
                         .start_at = now,
                         .back_off = {kFirstDelay, kLongestDelay}});
  }
}

void Supervision::handle_exited(std::size_t child, Exit exit, Time now) {
  Child& exited = children_.at(child);
  OFFHOOK_ASSERT(exited.state == State::Running);
  if (!is_stopping() && exit == Exit::Failed) {
    if (now - exited.start_at >= kHealthyAfter) exited.back_off.reset();
    const Duration delay = exited.back_off.next();
    exited.state = State::Waiting;
    exited.start_at = now + delay;
    outputs_.emplace_back(RestartScheduled{child, delay});
    return;
  }
  exited.state = State::Ended;
  is_stopping() ? ask_next_stage(now) : stop(now);
}

void Supervision::stop(Time now) {
  if (is_stopping()) return;
  stopped_at_ = now;
  for (Child& child : children_) {
    if (child.state == State::Waiting) child.state = State::Ended;
  }
  ask_next_stage(now);
}

void Supervision::ask_next_stage(Time now) {
  const auto is_running = [](const Child& child) { return child.state == State::Running; };
  if (std::ranges::none_of(children_, is_running)) {
    outputs_.emplace_back(AllEnded{});
    return;
  }
  const bool is_first_over =
      now - *stopped_at_ >= kStageTime || std::ranges::none_of(children_, [&](const Child& c) {
        return is_running(c) && c.stage == 0;
      });
  for (std::size_t i = 0; i < children_.size(); ++i) {
    Child& child = children_[i];
    if (!is_running(child) || child.is_asked || (child.stage > 0 && !is_first_over)) continue;
    child.is_asked = true;
    outputs_.emplace_back(AskToEnd{i});
  }
}

void Supervision::handle_timeout(Time now) {
  if (!is_stopping()) {
    for (std::size_t i = 0; i < children_.size(); ++i) {
      Child& child = children_[i];
      if (child.state != State::Waiting || child.start_at > now) continue;
      child.state = State::Running;
      child.start_at = now;
      outputs_.emplace_back(Start{i});
    }
    return;
  }
  const bool is_anyone_left = std::ranges::any_of(
      children_, [](const Child& child) { return child.state == State::Running; });
  if (!is_anyone_left) return;
  if (now - *stopped_at_ >= kStageTime) ask_next_stage(now);
  if (now - *stopped_at_ >= kKillAfter && !std::exchange(is_killed_, true)) {
    for (std::size_t i = 0; i < children_.size(); ++i) {
      if (children_[i].state == State::Running) outputs_.emplace_back(Kill{i});
    }
  }
}

std::optional<Supervision::Output> Supervision::poll_output() {
  if (outputs_.empty()) return std::nullopt;
  const Output output = outputs_.front();
  outputs_.pop_front();
  return output;
}

std::optional<Time> Supervision::next_timeout() const {
  std::optional<Time> next;
  for (const Child& child : children_) {
    if (child.state == State::Waiting) next = earliest(next, child.start_at);
    if (child.state != State::Running || !is_stopping() || is_killed_) continue;
    next = earliest(next, *stopped_at_ + (child.is_asked ? kKillAfter : kStageTime));
  }
  return next;
}

}  // namespace offhook::app
