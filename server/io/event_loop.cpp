#include "io/event_loop.hpp"

#include <chrono>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/assert.hpp"

namespace offhook::io {

namespace asio = boost::asio;
using boost::system::error_code;

Time now() {
  return Time(
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

struct EventLoop::Impl {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
};

EventLoop::EventLoop() : impl_(std::make_unique<Impl>()) {}
EventLoop::~EventLoop() = default;

void EventLoop::run() {
  impl_->context.restart();
  impl_->context.run();
}

void EventLoop::stop() { impl_->context.stop(); }

void EventLoop::post(std::move_only_function<void()> task) {
  asio::post(impl_->context, std::move(task));
}

asio::io_context& EventLoop::context() { return impl_->context; }

struct Timer::Impl {
  Impl(EventLoop& loop, std::move_only_function<void()> callback)
      : timer(loop.context()), on_due(std::move(callback)) {}

  asio::steady_timer timer;
  std::move_only_function<void()> on_due;
  // Counts the settings, so that an expiry already queued when the timer is set anew is not taken
  // for the new one.
  std::uint64_t setting = 0;
};

Timer::Timer(EventLoop& loop, std::move_only_function<void()> on_due)
    : impl_(std::make_shared<Impl>(loop, std::move(on_due))) {}

Timer::~Timer() {
  ++impl_->setting;
  impl_->timer.cancel();
}

void Timer::set(std::optional<Time> deadline) {
  const std::uint64_t setting = ++impl_->setting;
  if (!deadline) {
    impl_->timer.cancel();
    return;
  }
  impl_->timer.expires_at(std::chrono::steady_clock::time_point(deadline->time_since_epoch()));
  impl_->timer.async_wait([impl = impl_, setting](error_code error) {
    if (!error && setting == impl->setting) impl->on_due();
  });
}

struct DescriptorWatch::Impl {
  Impl(EventLoop& loop, int fd, std::move_only_function<void()> readable,
       std::move_only_function<void()> writable)
      : descriptor(loop.context(), fd),
        on_readable(std::move(readable)),
        on_writable(std::move(writable)) {}

  asio::posix::stream_descriptor descriptor;
  std::move_only_function<void()> on_readable;
  std::move_only_function<void()> on_writable;
  bool closed = false;
  bool waiting_to_write = false;

  static void wait_readable(const std::shared_ptr<Impl>& impl) {
    impl->descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                                [impl](error_code error) {
                                  if (error || impl->closed) return;
                                  impl->on_readable();
                                  if (!impl->closed) wait_readable(impl);
                                });
  }
};

DescriptorWatch::DescriptorWatch(EventLoop& loop, int fd,
                                 std::move_only_function<void()> on_readable,
                                 std::move_only_function<void()> on_writable)
    : impl_(std::make_shared<Impl>(loop, fd, std::move(on_readable), std::move(on_writable))) {
  Impl::wait_readable(impl_);
}

DescriptorWatch::~DescriptorWatch() {
  impl_->closed = true;
  impl_->descriptor.release();
}

void DescriptorWatch::wait_until_writable() {
  OFFHOOK_ASSERT(impl_->on_writable);
  if (impl_->waiting_to_write) return;
  impl_->waiting_to_write = true;
  impl_->descriptor.async_wait(asio::posix::stream_descriptor::wait_write,
                               [impl = impl_](error_code error) {
                                 impl->waiting_to_write = false;
                                 if (!error && !impl->closed) impl->on_writable();
                               });
}

}  // namespace offhook::io
