#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "base/time.hpp"

namespace offhook::media {

// The deadlines of many owners, one each, as a binary heap in which an owner knows its place: set,
// move and remove cost O(log n) and nothing stale stays behind.
template <typename Owner>
class TimerQueue {
 public:
  class Timer {
   public:
    explicit Timer(Owner& owner) : owner_(&owner) {}
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

   private:
    friend TimerQueue;
    static constexpr std::size_t kIdle = SIZE_MAX;
    Owner* owner_;
    Time when_{};
    std::size_t place_ = kIdle;
  };

  // nullopt: never.
  void set(Timer& timer, std::optional<Time> when) {
    if (!when) return remove(timer);
    if (timer.place_ == Timer::kIdle) {
      timer.place_ = heap_.size();
      heap_.push_back(&timer);
    }
    timer.when_ = *when;
    settle(timer.place_);
  }

  // For the packet path: deadlines mostly move away, and a leg that is woken too early just looks
  // again.
  void set_if_earlier(Timer& timer, std::optional<Time> when) {
    if (when && (timer.place_ == Timer::kIdle || *when < timer.when_)) set(timer, when);
  }

  void remove(Timer& timer) {
    if (timer.place_ == Timer::kIdle) return;
    const std::size_t place = std::exchange(timer.place_, Timer::kIdle);
    Timer* last = heap_.back();
    heap_.pop_back();
    if (last == &timer) return;
    heap_[place] = last;
    last->place_ = place;
    settle(place);
  }

  [[nodiscard]] std::optional<Time> next() const {
    return heap_.empty() ? std::nullopt : std::optional(heap_.front()->when_);
  }
  // The owner whose deadline is the earliest, if it is due; its timer is idle afterwards.
  [[nodiscard]] Owner* take_due(Time now) {
    if (heap_.empty() || heap_.front()->when_ > now) return nullptr;
    Timer& timer = *heap_.front();
    remove(timer);
    return timer.owner_;
  }

 private:
  void settle(std::size_t place) {
    while (place > 0 && heap_[place]->when_ < heap_[(place - 1) / 2]->when_) {
      place = swap(place, (place - 1) / 2);
    }
    for (;;) {
      std::size_t least = place;
      for (const std::size_t child : {2 * place + 1, 2 * place + 2}) {
        if (child < heap_.size() && heap_[child]->when_ < heap_[least]->when_) least = child;
      }
      if (least == place) return;
      place = swap(place, least);
    }
  }

  std::size_t swap(std::size_t from, std::size_t to) {
    std::swap(heap_[from], heap_[to]);
    heap_[from]->place_ = from;
    heap_[to]->place_ = to;
    return to;
  }

  std::vector<Timer*> heap_;
};

}  // namespace offhook::media
