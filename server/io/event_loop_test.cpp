#include "io/event_loop.hpp"

#include <array>
#include <chrono>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "io/file_descriptor.hpp"
#include "io/machine_driver.hpp"

namespace offhook::io {
namespace {

using namespace std::chrono_literals;

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
    read = FileDescriptor(ends[0]);
    write = FileDescriptor(ends[1]);
  }
  FileDescriptor read;
  FileDescriptor write;
};

TEST(EventLoopTest, RunsWhatAnotherThreadPosts) {
  EventLoop loop;
  bool ran = false;
  std::thread other([&] {
    loop.post([&] {
      ran = true;
      loop.stop();
    });
  });
  loop.run();
  other.join();
  EXPECT_TRUE(ran);
}

TEST(TimerTest, IsDueAtTheLastDeadlineSetAndOnlyOnce) {
  EventLoop loop;
  int due = 0;
  Timer timer(loop, [&] { ++due; });
  Timer end(loop, [&] { loop.stop(); });
  const Time start = now();
  timer.set(start);
  timer.set(start + 1h);
  timer.set(start + 1ms);
  end.set(start + 20ms);
  loop.run();
  EXPECT_EQ(due, 1);
}

TEST(TimerTest, IsNotDueWhenTurnedOffOrDestroyed) {
  EventLoop loop;
  int due = 0;
  Timer off(loop, [&] { ++due; });
  off.set(now());
  off.set(std::nullopt);
  {
    Timer destroyed(loop, [&] { ++due; });
    destroyed.set(now());
  }
  Timer end(loop, [&] { loop.stop(); });
  end.set(now() + 5ms);
  loop.run();
  EXPECT_EQ(due, 0);
}

TEST(DescriptorWatchTest, CallsAgainWhileThereIsMoreToRead) {
  EventLoop loop;
  Pipe pipe;
  ASSERT_EQ(::write(pipe.write.get(), "abc", 3), 3);
  std::string read;
  DescriptorWatch watch(loop, pipe.read.get(), [&] {
    char c{};
    ASSERT_EQ(::read(pipe.read.get(), &c, 1), 1);
    read += c;
    if (read.size() == 3) loop.stop();
  });
  loop.run();
  EXPECT_EQ(read, "abc");
}

TEST(DescriptorWatchTest, MayBeDestroyedFromItsOwnCallback) {
  EventLoop loop;
  Pipe pipe;
  ASSERT_EQ(::write(pipe.write.get(), "abc", 3), 3);
  int calls = 0;
  std::unique_ptr<DescriptorWatch> watch;
  watch = std::make_unique<DescriptorWatch>(loop, pipe.read.get(), [&] {
    ++calls;
    watch.reset();
    loop.post([&] { loop.stop(); });
  });
  loop.run();
  EXPECT_EQ(calls, 1);
}

TEST(DescriptorWatchTest, TellsOnceWhenWritable) {
  EventLoop loop;
  Pipe pipe;
  int writable = 0;
  DescriptorWatch watch(
      loop, pipe.write.get(), [] {},
      [&] {
        ++writable;
        loop.post([&] { loop.stop(); });
      });
  watch.wait_until_writable();
  watch.wait_until_writable();
  loop.run();
  EXPECT_EQ(writable, 1);
}

// Counts down, a tick each millisecond.
class Countdown {
 public:
  void start(int from, Time time) {
    left_ = from;
    next_ = time;
  }
  void handle_timeout(Time time) {
    if (!is_due(next_, time)) return;
    output_ = left_--;
    next_ = left_ > 0 ? std::optional(time + 1ms) : std::nullopt;
  }
  [[nodiscard]] std::optional<int> poll_output() { return std::exchange(output_, std::nullopt); }
  [[nodiscard]] std::optional<Time> next_timeout() const { return next_; }

 private:
  int left_ = 0;
  std::optional<int> output_;
  std::optional<Time> next_;
};

TEST(MachineDriverTest, DrainsOutputsAndFollowsTheDeadlines) {
  EventLoop loop;
  Countdown machine;
  std::vector<int> seen;
  MachineDriver driver(loop, machine, [&](int left) {
    seen.push_back(left);
    if (left == 1) loop.stop();
  });
  driver.feed([](Countdown& countdown, Time time) { countdown.start(3, time); });
  loop.run();
  EXPECT_EQ(seen, (std::vector{3, 2, 1}));
}

TEST(MachineDriverTest, TakesInputFromWithinAnOutput) {
  EventLoop loop;
  Countdown machine;
  std::vector<int> seen;
  std::function<void(int)> on_output;
  MachineDriver driver(loop, machine, [&](int left) { on_output(left); });
  on_output = [&](int left) {
    seen.push_back(left);
    if (seen.size() == 1) {
      driver.feed([](Countdown& countdown, Time time) { countdown.start(1, time); });
    } else {
      loop.stop();
    }
  };
  driver.feed([](Countdown& countdown, Time time) { countdown.start(9, time); });
  loop.run();
  EXPECT_EQ(seen, (std::vector{9, 1}));
}

}  // namespace
}  // namespace offhook::io
