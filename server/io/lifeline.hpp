#pragma once

#include <functional>
#include <memory>

#include "io/event_loop.hpp"
#include "io/file_descriptor.hpp"

namespace offhook::io {

// A child's end of what ties it to its supervisor. The supervisor says 'q' for "end in order";
// where it dies instead, the end of file says the same. The child says 'r' when it is ready for
// work.
class Lifeline {
 public:
  // Takes `fd` over. `on_end` comes once; it may destroy the lifeline.
  Lifeline(EventLoop& loop, int fd, std::function<void()> on_end);

  void say_ready();

 private:
  void receive();

  FileDescriptor fd_;
  std::function<void()> on_end_;
  std::unique_ptr<DescriptorWatch> watch_;
};

// SIGUSR2 is what the kernel sends to a child whose supervisor died (PR_SET_PDEATHSIG). This gives
// the process three more seconds to end in order, even where it hangs and no longer reads its
// lifeline: then SIGALRM ends it.
void limit_life_without_supervisor();

}  // namespace offhook::io
