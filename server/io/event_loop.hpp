#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "base/time.hpp"

namespace boost::asio {
class io_context;
}

namespace offhook::io {

// The steady clock as the core counts it.
[[nodiscard]] Time now();

// One thread's event loop. Everything in io/ and http/ belongs to one loop and is used on its
// thread only, but for post().
class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Runs until stop().
  void run();
  void stop();
  // Runs `task` in a later turn of the loop. The one call that any thread may make.
  void post(std::move_only_function<void()> task);
  // For the few files that speak Asio themselves.
  [[nodiscard]] boost::asio::io_context& context();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Calls back once at a deadline. May be set again or destroyed from within the callback.
class Timer {
 public:
  Timer(EventLoop& loop, std::move_only_function<void()> on_due);
  ~Timer();

  // Replaces the deadline; nullopt turns the timer off. A deadline in the past is due in the next
  // turn.
  void set(std::optional<Time> deadline);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// Calls back whenever a descriptor is readable, and, when asked, once it is writable. Does not own
// the descriptor, which must outlive it. May be destroyed from within a callback.
class DescriptorWatch {
 public:
  DescriptorWatch(EventLoop& loop, int fd, std::move_only_function<void()> on_readable,
                  std::move_only_function<void()> on_writable = {});
  ~DescriptorWatch();

  // on_writable is called once for each call of this.
  void wait_until_writable();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace offhook::io
