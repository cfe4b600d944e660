#include "io/lifeline.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace offhook::io {

Lifeline::Lifeline(EventLoop& loop, int fd, std::function<void()> on_end)
    : fd_(fd), on_end_(std::move(on_end)) {
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  watch_ = std::make_unique<DescriptorWatch>(loop, fd, [this] { receive(); });
}

void Lifeline::say_ready() {
  // Where the supervisor is gone there is nobody to tell, and the end of file says so to us.
  [[maybe_unused]] const ssize_t sent = ::send(fd_.get(), "r", 1, MSG_NOSIGNAL);
}

void Lifeline::receive() {
  std::array<char, 16> buffer{};
  const ssize_t count = ::read(fd_.get(), buffer.data(), buffer.size());
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  watch_.reset();
  std::exchange(on_end_, {})();
}

void limit_life_without_supervisor() {
  struct sigaction action{};
  action.sa_handler = [](int) { ::alarm(3); };
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGUSR2, &action, nullptr);
}

}  // namespace offhook::io
