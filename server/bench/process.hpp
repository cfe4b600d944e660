#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "io/file_descriptor.hpp"

namespace offhook::bench {

[[noreturn]] void give_up(const std::string& what);

// As many descriptors as the system lets us have.
void raise_descriptor_limit();
// Returns whether this process runs on that CPU only from now on.
bool stay_on_cpu(int cpu);

// Before every ordinary process, on a machine that does other work too. Returns whether the system
// lets us.
bool run_first();

// Where and how a program runs; its priority it has from us.
struct Placement {
  std::optional<int> cpu;
  std::string cgroup{};  // its directory; empty: ours
  std::string output{};  // a file for what it prints, errors too; empty: where ours goes
};

// A process that we started; it ends with us.
class ChildProcess {
 public:
  // A program.
  explicit ChildProcess(const std::vector<std::string>& command, const Placement& placement = {});
  // A part of this one, which tells us by its descriptor.
  explicit ChildProcess(const std::function<void(int tell)>& run);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  // True once it has told so many bytes.
  [[nodiscard]] bool has_told(void* into, std::size_t size) const;
  [[nodiscard]] pid_t pid() const { return pid_; }
  // nullopt while it runs; -1 where a signal ended it.
  [[nodiscard]] std::optional<int> exit_status();

 private:
  io::FileDescriptor told_;
  pid_t pid_;
  std::optional<int> exit_status_;
};

// What the system knows of a process.
struct ProcessUse {
  std::size_t resident_kb = 0;
  std::size_t anonymous_kb = 0;  // RssAnon: what is its own, without the pages of files
  double cpu_seconds = 0;
};
[[nodiscard]] ProcessUse use_of(pid_t pid);
// Whether some socket of our network has this UDP port.
[[nodiscard]] bool has_udp_port(std::uint16_t port);
// Datagrams that found the buffer of the UDP socket with this port full, since it was opened.
[[nodiscard]] std::size_t overruns_of(std::uint16_t port);
// The one below `parent` whose command line holds `word`; each argument ends with a NUL there.
[[nodiscard]] pid_t child_of(pid_t parent, const std::string& word);

}  // namespace offhook::bench
