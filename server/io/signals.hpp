#pragma once

#include <functional>
#include <initializer_list>
#include <memory>

#include "io/event_loop.hpp"
#include "io/file_descriptor.hpp"

namespace offhook::io {

// Turns signals of the operating system into callbacks in the loop. They stay blocked for the rest
// of the process's life, so that one that comes late cannot end it; a child process must unblock
// them (see supervisor).
class Signals {
 public:
  // For SIGTERM, SIGINT and the like. To be made before any thread is started.
  Signals(EventLoop& loop, std::initializer_list<int> signals, std::function<void(int)> on_signal);

 private:
  void receive();

  FileDescriptor fd_;
  std::function<void(int)> on_signal_;
  std::unique_ptr<DescriptorWatch> watch_;
};

}  // namespace offhook::io
