#include "bench/media_placement.hpp"

#include <csignal>
#include <fstream>
#include <sstream>
#include <utility>

#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace offhook::bench {
namespace {

// Where version 2 of control groups is mounted, alone or beside version 1.
std::filesystem::path unified_hierarchy() {
  std::ifstream mounts("/proc/mounts");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields(line);
    std::string device;
    std::string path;
    std::string type;
    fields >> device >> path >> type;
    if (type == "cgroup2") return path;
  }
  return {};
}

constexpr std::string_view kPrefix = "offhook-bench-";

// Of runs that were ended half-way. Those in use cannot be removed.
void remove_left_over(const std::filesystem::path& root) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(root, error)) {
    if (entry.path().filename().string().starts_with(kPrefix)) ::rmdir(entry.path().c_str());
  }
}

}  // namespace

ControlGroup::ControlGroup() {
  const std::filesystem::path root = unified_hierarchy();
  if (root.empty()) return;
  remove_left_over(root);
  static int count = 0;
  const std::filesystem::path wanted =
      root / (std::string(kPrefix) + std::to_string(::getpid()) + "-" + std::to_string(++count));
  std::error_code error;
  if (std::filesystem::create_directory(wanted, error) &&
      std::filesystem::exists(wanted / "cpu.stat", error)) {
    directory_ = wanted;
  }
}

ControlGroup::~ControlGroup() {
  if (exists()) ::rmdir(directory_.c_str());
}

std::chrono::microseconds ControlGroup::cpu_time() const {
  std::ifstream file(directory_ / "cpu.stat");
  std::string name;
  std::int64_t value = 0;
  while (file >> name >> value) {
    if (name == "usage_usec") return std::chrono::microseconds(value);
  }
  give_up("no usage_usec in " + (directory_ / "cpu.stat").string());
}

std::vector<pid_t> ControlGroup::processes() const {
  std::ifstream file(directory_ / "cgroup.procs");
  std::vector<pid_t> all;
  for (pid_t pid = 0; file >> pid;) all.push_back(pid);
  return all;
}

namespace {

std::chrono::microseconds cpu_time_of(const ControlGroup& group, pid_t pid) {
  if (group.exists()) return group.cpu_time();
  return std::chrono::microseconds(static_cast<std::int64_t>(use_of(pid).cpu_seconds * 1e6));
}

}  // namespace

MeasuredProcess::MeasuredProcess(const std::vector<std::string>& command, std::string output)
    : process_(command,
               {.cpu = kTargetCpu, .cgroup = group_.directory(), .output = std::move(output)}) {}

std::chrono::microseconds MeasuredProcess::cpu_time() const {
  return cpu_time_of(group_, process_.pid());
}

std::size_t MeasuredProcess::anonymous_kb() const {
  if (!group_.exists()) return use_of(process_.pid()).anonymous_kb;
  std::size_t sum = 0;
  for (const pid_t pid : group_.processes()) sum += use_of(pid).anonymous_kb;
  return sum;
}

bool MeasuredProcess::is_alive() const { return ::waitpid(process_.pid(), nullptr, WNOHANG) == 0; }

WatchedProcess::WatchedProcess(pid_t pid) : pid_(pid) {
  if (group_.exists()) std::ofstream(group_.directory() / "cgroup.procs") << pid;
}

std::chrono::microseconds WatchedProcess::cpu_time() const { return cpu_time_of(group_, pid_); }

std::chrono::microseconds busy_time(int cpu) {
  constexpr int kColumns = 8;  // user nice system idle iowait irq softirq steal
  const std::string name = "cpu" + std::to_string(cpu) + ' ';
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(name)) continue;
    std::istringstream fields(line.substr(name.size()));
    std::int64_t ticks = 0;
    std::int64_t value = 0;
    for (int column = 0; column < kColumns && fields >> value; ++column) {
      const bool is_idle = column == 3 || column == 4;
      if (!is_idle) ticks += value;
    }
    return std::chrono::seconds(1) * ticks / ::sysconf(_SC_CLK_TCK);
  }
  return {};
}

std::uint64_t receive_buffer_errors() {
  constexpr std::string_view kUdp = "Udp:";
  std::ifstream file("/proc/self/net/snmp");
  std::string names;
  std::string values;
  while (std::getline(file, names)) {
    if (!names.starts_with(kUdp)) continue;
    std::getline(file, values);
    std::istringstream name(names);
    std::istringstream value(values);
    std::string n;
    std::string v;
    while (name >> n && value >> v) {
      if (n == "RcvbufErrors") return std::stoull(v);
    }
  }
  give_up("no RcvbufErrors in /proc/net/snmp");
}

}  // namespace offhook::bench
