#include "bench/process.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace offhook::bench {

void give_up(const std::string& what) {
  std::fprintf(stderr, "bench: %s\n", what.c_str());
  std::exit(1);
}

void raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

bool stay_on_cpu(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(cpu), &set);
  return ::sched_setaffinity(0, sizeof set, &set) == 0;
}

bool run_first() {
  constexpr int kPriority = 10;
  const sched_param parameters{.sched_priority = kPriority};
  return ::sched_setscheduler(0, SCHED_FIFO, &parameters) == 0;
}

ChildProcess::ChildProcess(const std::vector<std::string>& command, const Placement& placement)
    : pid_(::fork()) {
  if (pid_ < 0) give_up("cannot start a process");
  if (pid_ > 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (placement.cpu) (void)stay_on_cpu(*placement.cpu);
  if (!placement.cgroup.empty()) std::ofstream(placement.cgroup + "/cgroup.procs") << 0;
  if (!placement.output.empty()) {
    const int file = ::open(placement.output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(file, STDOUT_FILENO);
    ::dup2(file, STDERR_FILENO);
  }
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execv(arguments.front(), arguments.data());
  ::_exit(127);
}

ChildProcess::ChildProcess(const std::function<void(int tell)>& run) {
  int ends[2];
  if (::pipe(ends) != 0) give_up("cannot open a pipe");
  told_ = io::FileDescriptor(ends[0]);
  const io::FileDescriptor tell(ends[1]);
  pid_ = ::fork();
  if (pid_ < 0) give_up("cannot start a process");
  if (pid_ > 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  run(tell.get());
  ::_exit(0);
}

ChildProcess::~ChildProcess() {
  if (exit_status_) return;
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
}

std::optional<int> ChildProcess::exit_status() {
  int status = 0;
  if (!exit_status_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
    exit_status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  return exit_status_;
}

bool ChildProcess::has_told(void* into, std::size_t size) const {
  pollfd ready{told_.get(), POLLIN, 0};
  if (::poll(&ready, 1, 0) <= 0) return false;
  if (::read(told_.get(), into, size) != static_cast<ssize_t>(size)) {
    give_up("a part of the load ended early");
  }
  return true;
}

ProcessUse use_of(pid_t pid) {
  const std::string directory = "/proc/" + std::to_string(pid);
  ProcessUse use;
  std::ifstream status(directory + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) use.resident_kb = std::stoul(line.substr(6));
    if (line.starts_with("RssAnon:")) use.anonymous_kb = std::stoul(line.substr(8));
  }
  std::string text;
  std::getline(std::ifstream(directory + "/stat"), text);
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string word;
  constexpr int kBeforeUserTime = 11;
  for (int i = 0; i < kBeforeUserTime; ++i) fields >> word;
  unsigned long user = 0;
  unsigned long system = 0;
  fields >> user >> system;
  use.cpu_seconds =
      static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  return use;
}

namespace {

// The last column of the socket with this port in /proc/net/udp: its drops.
std::optional<std::size_t> drops_of(std::uint16_t port) {
  std::ifstream table("/proc/net/udp");
  std::string line;
  std::getline(table, line);  // the heading
  while (std::getline(table, line)) {
    std::istringstream fields(line);
    std::string number;
    std::string local;
    fields >> number >> local;
    if (std::stoul(local.substr(local.find(':') + 1), nullptr, 16) != port) continue;
    std::string last;
    while (fields >> number) last = number;
    return std::stoul(last);
  }
  return std::nullopt;
}

}  // namespace

bool has_udp_port(std::uint16_t port) { return drops_of(port).has_value(); }

std::size_t overruns_of(std::uint16_t port) {
  const auto drops = drops_of(port);
  if (!drops) give_up("the gateway has no SIP socket");
  return *drops;
}

pid_t child_of(pid_t parent, const std::string& word) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::string stat;
    std::getline(std::ifstream(entry.path() / "stat"), stat);
    std::istringstream fields(stat.substr(stat.rfind(')') + 1));
    std::string state;
    pid_t above = 0;
    fields >> state >> above;
    if (above != parent) continue;
    std::string command;
    std::getline(std::ifstream(entry.path() / "cmdline"), command);
    if (command.find(word) != std::string::npos) return std::stoi(name);
  }
  give_up("the gateway has no process " + word);
}

}  // namespace offhook::bench
