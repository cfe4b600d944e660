#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/process.hpp"

namespace offhook::bench {

// The same for all targets: each alone on the first CPU, the load alone on the second. With one CPU
// they share it.
inline constexpr int kTargetCpu = 0;
inline constexpr int kLoadCpu = 1;

// A control group that holds one process, so that what kernel threads do for it is counted too.
class ControlGroup {
 public:
  // Without a name where the system lets us make none.
  ControlGroup();
  ~ControlGroup();
  ControlGroup(const ControlGroup&) = delete;
  ControlGroup& operator=(const ControlGroup&) = delete;
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
  [[nodiscard]] bool exists() const { return !directory_.empty(); }
  // usage_usec of cpu.stat.
  [[nodiscard]] std::chrono::microseconds cpu_time() const;
  [[nodiscard]] std::vector<pid_t> processes() const;

 private:
  std::filesystem::path directory_;
};

// A program in a control group on the targets' CPU.
class MeasuredProcess {
 public:
  // `output`: of Placement.
  explicit MeasuredProcess(const std::vector<std::string>& command, std::string output = "");
  [[nodiscard]] std::chrono::microseconds cpu_time() const;
  // With the processes that it has started itself, where there is a control group.
  [[nodiscard]] std::size_t anonymous_kb() const;
  [[nodiscard]] bool counts_kernel_threads() const { return group_.exists(); }
  [[nodiscard]] bool is_alive() const;
  [[nodiscard]] pid_t pid() const { return process_.pid(); }

 private:
  ControlGroup group_;
  ChildProcess process_;
};

// One that runs already, in a control group of its own from now on.
class WatchedProcess {
 public:
  explicit WatchedProcess(pid_t pid);
  // While it was watched; where there is no control group, since it was started.
  [[nodiscard]] std::chrono::microseconds cpu_time() const;
  [[nodiscard]] std::size_t anonymous_kb() const { return use_of(pid_).anonymous_kb; }
  [[nodiscard]] bool counts_kernel_threads() const { return group_.exists(); }

 private:
  ControlGroup group_;
  pid_t pid_;
};

// How long a CPU has worked for anybody, since the machine started; in steps of 10 ms.
[[nodiscard]] std::chrono::microseconds busy_time(int cpu);

// Overruns of all UDP sockets in our network since it was made: UdpRcvbufErrors.
[[nodiscard]] std::uint64_t receive_buffer_errors();

}  // namespace offhook::bench
