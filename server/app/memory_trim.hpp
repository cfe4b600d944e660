#pragma once

#include "io/event_loop.hpp"

namespace offhook::app {

// Gives memory back to the system that nobody needs any more. The allocator itself does so only with
// what lies behind the last piece in use: after a flood that one live piece keeps all of it.
class MemoryTrim {
 public:
  explicit MemoryTrim(io::EventLoop& loop);

 private:
  void trim();

  io::Timer timer_;
};

}  // namespace offhook::app
