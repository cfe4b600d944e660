#include "app/supervisor.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <span>
#include <utility>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/exit_status.hpp"
#include "base/overloaded.hpp"
#include "io/system_error.hpp"

namespace offhook::app {

namespace {

constexpr int kExitNotStarted = 127;  // as a shell says it

std::vector<unsigned> stages_of(const std::vector<ChildCommand>& commands) {
  std::vector<unsigned> stages;
  for (const ChildCommand& command : commands) stages.push_back(command.stage);
  return stages;
}

// A secret goes through memory that has no name: not through arguments or the environment, which
// others can read.
io::FileDescriptor hold_secret(const std::string& secret) {
  if (secret.empty()) return {};
  io::FileDescriptor fd(::memfd_create("offhook-secret", MFD_CLOEXEC));
  const bool is_written = fd && ::pwrite(fd.get(), secret.data(), secret.size(), 0) ==
                                    static_cast<ssize_t>(secret.size());
  return is_written ? std::move(fd) : io::FileDescriptor();
}

// glibc 2.36 declares pidfd_open() for C only.
int open_pidfd(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

struct Lifelines {
  io::FileDescriptor ours;
  io::FileDescriptor theirs;
};
Lifelines make_lifelines() {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return {};
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return {io::FileDescriptor(ends[0]), io::FileDescriptor(ends[1])};
}

// In the child, between fork and exec: only calls that are safe after a signal.
[[noreturn]] void become(char* const* arguments, pid_t supervisor,
                         std::span<const int> descriptors) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGUSR2);
  if (::getppid() != supervisor) ::_exit(kExitNotStarted);  // it died before we asked
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, STDIN_FILENO);
  if (null != STDIN_FILENO) ::close(null);
  ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  for (const int fd : descriptors) {
    if (fd >= 0) ::fcntl(fd, F_SETFD, 0);
  }
  ::execv(arguments[0], arguments);
  ::_exit(kExitNotStarted);
}

std::string describe_exit(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) {
    if (info.si_status == kExitNotStarted) return "it could not be started";
    return "it exited with status " + std::to_string(info.si_status);
  }
  return "it was ended by signal " + std::to_string(info.si_status) + " (" +
         ::strsignal(info.si_status) + ")";
}

}  // namespace

Supervisor::Supervisor(io::EventLoop& loop, std::vector<ChildCommand> commands, Log& log,
                       Handlers handlers)
    : loop_(loop),
      log_(log),
      handlers_(std::move(handlers)),
      supervision_(stages_of(commands), io::now()),
      driver_(loop, supervision_,
              [this](const Supervision::Output& output) { carry_out(output); }) {
  for (ChildCommand& command : commands) children_.push_back({.command = std::move(command)});
}

void Supervisor::start() {
  driver_.feed([](Supervision& supervision, Time now) { supervision.handle_timeout(now); });
}

void Supervisor::stop() {
  driver_.feed([](Supervision& supervision, Time now) { supervision.stop(now); });
}

void Supervisor::carry_out(const Supervision::Output& output) {
  std::visit(
      Overloaded{
          [this](const Supervision::Start& start) { spawn(start.child); },
          [this](const Supervision::RestartScheduled& restart) {
            const auto delay = std::chrono::duration_cast<std::chrono::milliseconds>(restart.delay);
            log_.write(LogLevel::Warning, "restart_scheduled",
                       {{"child", children_[restart.child].command.name},
                        {"in_ms", std::to_string(delay.count())}});
          },
          [this](const Supervision::AskToEnd& ask) {
            ::send(children_[ask.child].lifeline.get(), "q", 1, MSG_NOSIGNAL);
          },
          [this](const Supervision::Kill& kill) {
            log_.write(LogLevel::Error, "killed",
                       {{"child", children_[kill.child].command.name},
                        {"reason", "it did not end in time"}});
            ::kill(children_[kill.child].pid, SIGKILL);
          },
          [this](const Supervision::AllEnded&) { handlers_.on_all_ended(is_misconfigured_); }},
      output);
}

void Supervisor::spawn(std::size_t index) {
  Child& child = children_[index];
  Lifelines lifelines = make_lifelines();
  const io::FileDescriptor secret = hold_secret(child.command.secret);
  std::vector<std::string> words = child.command.arguments;
  words.insert(words.end(), {"--lifeline-fd", std::to_string(lifelines.theirs.get())});
  if (secret) words.insert(words.end(), {"--secret-fd", std::to_string(secret.get())});
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  const std::array descriptors{lifelines.theirs.get(), secret.get(), child.command.inherited_fd};
  const pid_t supervisor = ::getpid();
  const pid_t pid = lifelines.theirs ? ::fork() : -1;
  if (pid == 0) become(arguments.data(), supervisor, descriptors);
  io::FileDescriptor process(pid > 0 ? open_pidfd(pid) : -1);
  if (!process) {
    log_.write(LogLevel::Error, "not_started",
               {{"child", child.command.name}, {"reason", io::describe_errno(errno)}});
    if (pid > 0) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
    loop_.post([this, index] {
      driver_.feed([index](Supervision& supervision, Time now) {
        supervision.handle_exited(index, Supervision::Exit::Failed, now);
      });
    });
    return;
  }
  child.pid = pid;
  child.process = std::move(process);
  child.lifeline = std::move(lifelines.ours);
  child.exit_watch = std::make_unique<io::DescriptorWatch>(loop_, child.process.get(),
                                                           [this, index] { reap(index); });
  child.lifeline_watch = std::make_unique<io::DescriptorWatch>(
      loop_, child.lifeline.get(), [this, index] { read_lifeline(index); });
  log_.write(LogLevel::Debug, "started",
             {{"child", child.command.name}, {"pid", std::to_string(pid)}});
}

void Supervisor::read_lifeline(std::size_t index) {
  Child& child = children_[index];
  char said = 0;
  const ssize_t count = ::read(child.lifeline.get(), &said, 1);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return child.lifeline_watch.reset();  // its process ends, which reap() sees
  if (said == 'r' && handlers_.on_ready) handlers_.on_ready(child.command.name);
}

void Supervisor::reap(std::size_t index) {
  Child& child = children_[index];
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(child.pid), &info, WEXITED | WNOHANG) != 0) return;
  if (info.si_pid == 0) return;  // not yet
  child.exit_watch.reset();
  child.lifeline_watch.reset();
  child.lifeline.reset();
  child.process.reset();
  child.pid = 0;
  const bool is_misconfigured = info.si_code == CLD_EXITED && info.si_status == kExitMisconfigured;
  is_misconfigured_ = is_misconfigured_ || is_misconfigured;
  log_.write(supervision_.is_stopping() ? LogLevel::Debug : LogLevel::Error, "exited",
             {{"child", child.command.name}, {"reason", describe_exit(info)}});
  driver_.feed([&](Supervision& supervision, Time now) {
    supervision.handle_exited(
        index, is_misconfigured ? Supervision::Exit::Misconfigured : Supervision::Exit::Failed,
        now);
  });
}

}  // namespace offhook::app
