#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include <sys/eventfd.h>
#include <unistd.h>

#include "control/file_descriptor.hpp"

namespace offhook::media {

// Messages from any thread to the one that watches fd() for reading. For what happens a few times a
// call: no packet passes here.
template <typename Message>
class Mailbox {
 public:
  Mailbox() : ready_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

  [[nodiscard]] int fd() const { return ready_.get(); }

  void post(Message message) {
    bool wake = false;
    {
      const std::lock_guard lock(mutex_);
      wake = messages_.empty();
      messages_.push_back(std::move(message));
    }
    if (!wake) return;
    const std::uint64_t one = 1;
    // The counter cannot overflow, so this cannot fail.
    [[maybe_unused]] const ssize_t written = ::write(ready_.get(), &one, sizeof(one));
  }

  // All that is there, in order. What is posted from here on makes fd() ready again.
  [[nodiscard]] std::vector<Message> take_all() {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(ready_.get(), &count, sizeof(count));
    const std::lock_guard lock(mutex_);
    return std::exchange(messages_, {});
  }

 private:
  control::FileDescriptor ready_;
  std::mutex mutex_;
  std::vector<Message> messages_;
};

}  // namespace offhook::media
