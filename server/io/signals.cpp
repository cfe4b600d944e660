#include "io/signals.hpp"

#include <csignal>
#include <utility>

#include <sys/signalfd.h>

#include "base/assert.hpp"

namespace offhook::io {

Signals::Signals(EventLoop& loop, std::initializer_list<int> signals,
                 std::function<void(int)> on_signal)
    : on_signal_(std::move(on_signal)) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) ::sigaddset(&set, signal);
  OFFHOOK_ASSERT(::sigprocmask(SIG_BLOCK, &set, nullptr) == 0);
  fd_ = FileDescriptor(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  OFFHOOK_ASSERT(fd_);
  watch_ = std::make_unique<DescriptorWatch>(loop, fd_.get(), [this] { receive(); });
}

void Signals::receive() {
  signalfd_siginfo info{};
  while (::read(fd_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    on_signal_(static_cast<int>(info.ssi_signo));
  }
}

}  // namespace offhook::io
