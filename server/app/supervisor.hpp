#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include "app/log.hpp"
#include "app/supervision.hpp"
#include "io/event_loop.hpp"
#include "io/file_descriptor.hpp"
#include "io/machine_driver.hpp"

namespace offhook::app {

struct ChildCommand {
  std::string name;                    // in the log
  std::vector<std::string> arguments;  // the first is the executable's path
  unsigned stage = 1;                  // 0 is ended first
  std::string secret{};                // "": none; else the child reads it from --secret-fd
  int inherited_fd = -1;  // a descriptor of ours that it may use, under the same number
};

// Starts the children, keeps them running and ends them. Each is in a process group of its own, so
// that Ctrl-C on a terminal reaches the supervisor only; and each is tied to us twice: it reads a
// lifeline, whose end of file tells that we are gone, and the kernel sends it SIGUSR2 when we die.
class Supervisor {
 public:
  struct Handlers {
    std::function<void(const std::string& child)> on_ready;
    // `misconfigured`: a child said that it cannot work as things are.
    std::function<void(bool misconfigured)> on_all_ended;
  };

  Supervisor(io::EventLoop& loop, std::vector<ChildCommand> commands, Log& log, Handlers handlers);

  void start();
  void stop();

 private:
  struct Child {
    ChildCommand command;
    pid_t pid = 0;  // 0: not running
    io::FileDescriptor process{};
    io::FileDescriptor lifeline{};
    std::unique_ptr<io::DescriptorWatch> exit_watch{};
    std::unique_ptr<io::DescriptorWatch> lifeline_watch{};
  };
  void carry_out(const Supervision::Output& output);
  void spawn(std::size_t index);
  void read_lifeline(std::size_t index);
  void reap(std::size_t index);

  io::EventLoop& loop_;
  Log& log_;
  Handlers handlers_;
  std::vector<Child> children_;
  bool is_misconfigured_ = false;
  Supervision supervision_;
  io::MachineDriver<Supervision, std::function<void(Supervision::Output)>> driver_;
};

}  // namespace offhook::app
