#include "media/worker.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <utility>

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/system_random.hpp"
#include "control/unix_address.hpp"
#include "media/control_server.hpp"
#include "media/datagram_batch.hpp"
#include "media/engine.hpp"
#include "media/trunk_port_range.hpp"
#include "media/udp_socket.hpp"

namespace offhook::media {
namespace {

// What epoll says is ready: a SocketId, or one of these.
constexpr std::uint64_t kListenerTag = 1ULL << 32U;
constexpr std::uint64_t kControlTag = 2ULL << 32U;
constexpr std::uint64_t kLifelineTag = 3ULL << 32U;
constexpr std::uint64_t kSignalsTag = 4ULL << 32U;

// A browser's socket carries every browser; a trunk's one call, where more than one packet at a
// time is a burst.
constexpr std::size_t kBrowserBatch = 32;
constexpr std::size_t kTrunkBatch = 4;
// So that a signal process that talks much does not keep packets waiting.
constexpr int kCommandsPerTurn = 64;
// Half a second of 1,000 calls; a burst while the process is not scheduled must not be lost.
constexpr int kBrowserReceiveBuffer = 4 << 20;

Time read_clock() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return Time(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

// A call has two sockets, and 1,024 descriptors are the usual soft limit.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

bool watch(int epoll, int fd, std::uint64_t tag) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = tag;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

control::FileDescriptor open_signals() {
  sigset_t set{};
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return control::FileDescriptor(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
}

std::string explain_bind(const Endpoint& local, const std::error_code& error) {
  if (error == std::errc::address_in_use) {
    return "UDP " + local.to_string() +
           " is in use by another process: stop it (ss -ulpn shows which it is), or choose another "
           "port with --browser-port";
  }
  if (error == std::errc::address_not_available) {
    return local.address.to_string() +
           " is not an address of this machine: --browser-address wants one that `ip address` "
           "shows";
  }
  return "cannot open UDP " + local.to_string() + ": " + error.message();
}

Result<std::vector<UdpSocket>> open_browser_sockets(const Worker::Config& config) {
  std::vector<UdpSocket> sockets;
  std::uint16_t port = config.browser_port;
  for (const IpAddress& address : config.browser_addresses) {
    auto socket = UdpSocket::bind({address, port});
    if (!socket) return failure(explain_bind({address, port}, socket.error()));
    port = socket->local().port;
    socket->set_receive_buffer(kBrowserReceiveBuffer);
    sockets.push_back(std::move(*socket));
  }
  return sockets;
}

Engine::Config engine_config(const Worker::Config& config, const std::vector<UdpSocket>& sockets) {
  Engine::Config made;
  for (const UdpSocket& socket : sockets) made.browser_candidates.push_back(socket.local());
  made.software = config.software;
  return made;
}

TrunkPortRange::Config trunk_config(const Worker::Config& config) {
  return {config.trunk_address, config.advertise_trunk_address.value_or(config.trunk_address),
          config.first_trunk_port, config.last_trunk_port};
}

}  // namespace

class Worker::Impl {
 public:
  Impl(const Config& config, control::FileDescriptor epoll, std::vector<UdpSocket> browser_sockets,
       control::Listener listener, const dtls::Certificate& certificate, LogSink log)
      : epoll_(std::move(epoll)),
        signals_(open_signals()),
        lifeline_(config.lifeline_fd.value_or(-1)),
        browser_sockets_(std::move(browser_sockets)),
        trunk_ports_(trunk_config(config), epoll_.get(), random_),
        candidates_(engine_config(config, browser_sockets_).browser_candidates),
        engine_(engine_config(config, browser_sockets_), certificate, trunk_ports_, random_),
        control_(std::move(listener), epoll_.get(), kListenerTag, kControlTag, std::move(log)) {
    watch(epoll_.get(), signals_.get(), kSignalsTag);
    for (std::size_t i = 0; i < browser_sockets_.size(); ++i) {
      watch(epoll_.get(), browser_sockets_[i].fd(),
            i == 0 ? kBrowserSocket : kFurtherBrowserSockets + i);
    }
  }

  bool step(std::chrono::milliseconds longest);

  [[nodiscard]] const std::vector<Endpoint>& candidates() const { return candidates_; }
  [[nodiscard]] std::size_t trunk_port_pairs() const { return trunk_ports_.pairs(); }
  [[nodiscard]] std::uint64_t unsent_datagrams() const { return outgoing_.dropped(); }
  [[nodiscard]] const std::string& end_reason() const { return end_reason_; }

 private:
  [[nodiscard]] int wait_ms(std::chrono::milliseconds longest) const;
  void handle_ready(std::uint64_t tag);
  void handle_socket(SocketId socket);
  void handle_commands();
  void handle_timeouts();
  void drain();
  [[nodiscard]] int fd_of(SocketId socket) const;

  SystemRandom random_;
  control::FileDescriptor epoll_;
  control::FileDescriptor signals_;
  control::FileDescriptor lifeline_;
  std::vector<UdpSocket> browser_sockets_;
  TrunkPortRange trunk_ports_;
  std::vector<Endpoint> candidates_;
  Engine engine_;
  ControlServer control_;
  ReceiveBatch received_;
  SendBatch outgoing_;
  std::string end_reason_;
};

int Worker::Impl::wait_ms(std::chrono::milliseconds longest) const {
  const auto deadline = engine_.next_timeout();
  if (!deadline) return static_cast<int>(longest.count());
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - read_clock());
  const auto until_deadline = std::max(left, std::chrono::milliseconds(0));
  return static_cast<int>(
      (longest.count() < 0 ? until_deadline : std::min(until_deadline, longest)).count());
}

bool Worker::Impl::step(std::chrono::milliseconds longest) {
  std::array<epoll_event, 256> ready{};
  const int count =
      ::epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()), wait_ms(longest));
  for (int i = 0; i < count; ++i) handle_ready(ready[static_cast<std::size_t>(i)].data.u64);
  handle_timeouts();
  outgoing_.flush();
  received_.restart();
  return end_reason_.empty();
}

void Worker::Impl::handle_ready(std::uint64_t tag) {
  switch (tag) {
    case kListenerTag:
      return control_.handle_listener_ready();
    case kControlTag:
      return handle_commands();
    case kLifelineTag:
      end_reason_ = "the supervisor said so, or is gone";
      return;
    case kSignalsTag: {
      signalfd_siginfo signal{};
      if (::read(signals_.get(), &signal, sizeof(signal)) == sizeof(signal)) {
        end_reason_ = "signal " + std::to_string(signal.ssi_signo);
      }
      return;
    }
    default:
      return handle_socket(static_cast<SocketId>(tag));
  }
}

void Worker::Impl::handle_socket(SocketId socket) {
  const bool is_browser = socket == kBrowserSocket || socket >= kFurtherBrowserSockets;
  const int fd = fd_of(socket);
  if (fd < 0) return;  // closed by a command in this very turn
  const std::size_t limit = is_browser ? kBrowserBatch : kTrunkBatch;
  if (received_.free_slots() < limit) {
    outgoing_.flush();
    received_.restart();
  }
  const auto [first, last] = received_.receive(fd, limit);
  const Time now = read_clock();
  for (std::size_t slot = first; slot < last; ++slot) {
    engine_.handle_datagram(socket, received_.remote(slot), received_.bytes(slot), now);
    drain();
  }
}

void Worker::Impl::handle_commands() {
  // Packets that wait know their socket by its descriptor: a command may close it, and the next
  // give the descriptor to another.
  outgoing_.flush();
  control_.handle_connection_ready();
  const Time now = read_clock();
  trunk_ports_.set_time(now);
  for (int i = 0; i < kCommandsPerTurn; ++i) {
    const auto command = control_.next_command();
    if (!command) return;
    engine_.handle_command(*command, now);
    drain();
  }
}

void Worker::Impl::handle_timeouts() {
  const Time now = read_clock();
  while (is_due(engine_.next_timeout(), now)) {
    engine_.handle_timeout(now);
    drain();
  }
}

// Relayed packets lie in received_ and may be gathered; what the engine made itself is gone with
// its next input.
void Worker::Impl::drain() {
  bool flush_now = false;
  while (const auto datagram = engine_.poll_datagram()) {
    const int fd = fd_of(datagram->socket);
    if (fd < 0) continue;
    if (outgoing_.is_full()) outgoing_.flush();
    outgoing_.add(fd, datagram->remote, datagram->bytes);
    flush_now = flush_now || !received_.holds(datagram->bytes.data());
  }
  if (flush_now) outgoing_.flush();
  while (const auto event = engine_.poll_event()) control_.send(*event);
}

int Worker::Impl::fd_of(SocketId socket) const {
  if (socket == kBrowserSocket) return browser_sockets_.front().fd();
  if (socket < kFurtherBrowserSockets) return trunk_ports_.fd(socket);
  return browser_sockets_[socket - kFurtherBrowserSockets].fd();
}

Worker::Worker(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Worker::~Worker() = default;

Result<std::unique_ptr<Worker>> Worker::open(const Config& config, LogSink log) {
  raise_descriptor_limit();
  control::FileDescriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.is_open()) return failure(control::system_error("cannot make an epoll"));
  if (config.lifeline_fd && !watch(epoll.get(), *config.lifeline_fd, kLifelineTag)) {
    return failure(control::system_error("--lifeline-fd " + std::to_string(*config.lifeline_fd) +
                                         " wants the reading end of a pipe"));
  }
  auto certificate = dtls::Certificate::make();
  if (!certificate) return std::unexpected(certificate.error());
  auto sockets = open_browser_sockets(config);
  if (!sockets) return std::unexpected(sockets.error());
  auto listener = control::Listener::open(config.control_path);
  if (!listener) return std::unexpected(listener.error());
  return std::unique_ptr<Worker>(
      new Worker(std::make_unique<Impl>(config, std::move(epoll), std::move(*sockets),
                                        std::move(*listener), *certificate, std::move(log))));
}

bool Worker::step(std::chrono::milliseconds longest) { return impl_->step(longest); }
const std::vector<Endpoint>& Worker::browser_candidates() const { return impl_->candidates(); }
std::size_t Worker::trunk_port_pairs() const { return impl_->trunk_port_pairs(); }
std::uint64_t Worker::unsent_datagrams() const { return impl_->unsent_datagrams(); }
const std::string& Worker::end_reason() const { return impl_->end_reason(); }

}  // namespace offhook::media
