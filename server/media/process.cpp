#include "media/process.hpp"

#include <array>
#include <csignal>
#include <string_view>
#include <thread>
#include <utility>

#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/overloaded.hpp"
#include "control/unix_address.hpp"
#include "media/command_router.hpp"
#include "media/control_server.hpp"
#include "media/epoll.hpp"
#include "media/mailbox.hpp"
#include "media/worker.hpp"

namespace offhook::media {
namespace {

enum Tag : std::uint64_t { kListenerTag, kControlTag, kLifelineTag, kSignalsTag, kEventsTag };

// So that workers' news are not kept waiting by a signal process that talks much.
constexpr int kCommandsPerTurn = 64;

// A call has two sockets, and 1,024 descriptors are the usual soft limit.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Blocked in every thread that is started from here on.
control::FileDescriptor open_signals() {
  sigset_t set{};
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return control::FileDescriptor(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
}

std::string explain_bind(std::string_view transport, const Endpoint& local,
                         const std::error_code& error) {
  const std::string name = std::string(transport) + " " + local.to_string();
  const bool is_tcp = transport == "TCP";
  if (error == std::errc::address_in_use) {
    return name + " is in use by another process: stop it (ss " + (is_tcp ? "-tlpn" : "-ulpn") +
           " shows which it is), or choose another port with " +
           (is_tcp ? "--browser-tcp-port" : "--browser-port");
  }
  if (error == std::errc::address_not_available) {
    return local.address.to_string() +
           " is not an address of this machine: --browser-address wants one that `ip address` "
           "shows. Where browsers reach another, it belongs in --advertise-browser-address";
  }
  return "cannot open " + name + ": " + error.message();
}

// One worker's towards the browsers.
struct Sockets {
  std::vector<UdpSocket> udp;
  std::vector<TcpListener> tcp;
};

std::uint16_t port_of(std::uint16_t first, std::size_t worker) {
  return first == 0 ? std::uint16_t{0} : static_cast<std::uint16_t>(first + worker);
}

// The same port on each address.
template <typename Socket>
Result<void> open_browser_ports(const Process::Config& config, std::string_view transport,
                                std::uint16_t port, std::vector<Socket>& sockets) {
  for (const IpAddress& address : config.browser_addresses) {
    auto socket = Socket::bind({address, port});
    if (!socket) return failure(explain_bind(transport, {address, port}, socket.error()));
    port = socket->local().port;
    sockets.push_back(std::move(*socket));
  }
  return {};
}

Result<Sockets> open_browser_sockets(const Process::Config& config, std::size_t worker) {
  Sockets sockets;
  const auto udp =
      open_browser_ports(config, "UDP", port_of(config.browser_port, worker), sockets.udp);
  if (!udp) return std::unexpected(udp.error());
  if (config.browser_tcp_port == 0) return sockets;
  const std::uint16_t first_port = config.browser_tcp_port.value_or(config.browser_port);
  const auto tcp = open_browser_ports(config, "TCP", port_of(first_port, worker), sockets.tcp);
  if (!tcp) return std::unexpected(tcp.error());
  return sockets;
}

// An equal part of the range for each worker.
TrunkPortRange::Config trunk_config(const Process::Config& config, std::size_t worker) {
  const std::size_t first = config.first_trunk_port + config.first_trunk_port % 2U;
  const std::size_t end = std::size_t{config.last_trunk_port} + 1;
  const std::size_t pairs = end > first ? (end - first) / 2 : 0;
  const auto begin_of = [&](std::size_t index) {
    return first + 2 * (pairs * index / config.workers);
  };
  return {config.trunk_address, config.advertise_trunk_address.value_or(config.trunk_address),
          static_cast<std::uint16_t>(begin_of(worker)),
          static_cast<std::uint16_t>(begin_of(worker + 1) - 1)};
}

}  // namespace

class Process::Impl {
 public:
  Impl(const Config& config, control::FileDescriptor epoll, control::Listener listener, LogSink log)
      : epoll_(std::move(epoll)),
        signals_(open_signals()),
        lifeline_(config.lifeline_fd.value_or(-1)),
        control_(std::move(listener), epoll_.get(), kListenerTag, kControlTag, std::move(log)),
        router_(config.workers) {
    watch(epoll_.get(), signals_.get(), kSignalsTag);
    watch(epoll_.get(), events_.fd(), kEventsTag);
  }
  ~Impl() { end(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] Result<void> open_workers(const Config& config, std::vector<Sockets> sockets,
                                          const dtls::Certificate& certificate);
  void start_workers();
  bool step(std::chrono::milliseconds longest);
  std::uint64_t end();

  [[nodiscard]] const std::vector<Endpoint>& candidates() const { return candidates_; }
  [[nodiscard]] const std::vector<Endpoint>& tcp_candidates() const { return tcp_candidates_; }
  [[nodiscard]] std::size_t trunk_port_pairs() const;
  [[nodiscard]] const std::string& end_reason() const { return end_reason_; }

 private:
  struct Posted {
    std::uint64_t connection;
    control::Event event;
  };

  void handle_ready(std::uint64_t tag);
  void handle_commands();
  void handle_events();
  void drain();

  control::FileDescriptor epoll_;
  control::FileDescriptor signals_;
  control::FileDescriptor lifeline_;
  ControlServer control_;
  CommandRouter router_;
  Mailbox<Posted> events_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
  std::vector<Endpoint> candidates_;
  std::vector<Endpoint> tcp_candidates_;
  std::string end_reason_;
};

Result<void> Process::Impl::open_workers(const Config& config, std::vector<Sockets> sockets,
                                         const dtls::Certificate& certificate) {
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    auto worker = Worker::open({.browser_sockets = std::move(sockets[i].udp),
                                .browser_listeners = std::move(sockets[i].tcp),
                                .advertised_browser_addresses = config.advertised_browser_addresses,
                                .trunk = trunk_config(config, i),
                                .software = config.software,
                                .hold_music = config.hold_music},
                               certificate, [this](std::uint64_t connection, control::Event event) {
                                 events_.post({connection, std::move(event)});
                               });
    if (!worker) return std::unexpected(worker.error());
    for (const Endpoint& told : (*worker)->browser_candidates()) candidates_.push_back(told);
    for (const Endpoint& told : (*worker)->browser_tcp_candidates())
      tcp_candidates_.push_back(told);
    workers_.push_back(std::move(*worker));
  }
  return {};
}

void Process::Impl::start_workers() {
  for (const auto& worker : workers_) {
    threads_.emplace_back([&worker = *worker] {
      while (worker.step(std::chrono::milliseconds(-1))) {
      }
    });
  }
}

std::uint64_t Process::Impl::end() {
  for (const auto& worker : workers_) worker->end();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  std::uint64_t unsent = 0;
  for (const auto& worker : workers_) unsent += worker->unsent_datagrams();
  return unsent;
}

std::size_t Process::Impl::trunk_port_pairs() const {
  std::size_t pairs = 0;
  for (const auto& worker : workers_) pairs += worker->trunk_port_pairs();
  return pairs;
}

bool Process::Impl::step(std::chrono::milliseconds longest) {
  std::array<epoll_event, 8> ready{};
  const int count = ::epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()),
                                 static_cast<int>(longest.count()));
  for (int i = 0; i < count; ++i) handle_ready(ready[static_cast<std::size_t>(i)].data.u64);
  return end_reason_.empty();
}

void Process::Impl::handle_ready(std::uint64_t tag) {
  switch (tag) {
    case kListenerTag:
      if (control_.handle_listener_ready()) router_.handle_connected();
      return;
    case kControlTag:
      return handle_commands();
    case kEventsTag:
      return handle_events();
    case kSignalsTag: {
      signalfd_siginfo signal{};
      if (::read(signals_.get(), &signal, sizeof(signal)) == sizeof(signal)) {
        end_reason_ = "signal " + std::to_string(signal.ssi_signo);
      }
      return;
    }
    default:
      end_reason_ = "the supervisor said so, or is gone";
  }
}

void Process::Impl::handle_commands() {
  control_.handle_connection_ready();
  for (int i = 0; i < kCommandsPerTurn; ++i) {
    auto command = control_.next_command();
    if (!command) return;
    router_.handle_command(std::move(*command));
    drain();
  }
}

void Process::Impl::handle_events() {
  for (Posted& posted : events_.take_all()) {
    router_.handle_event(posted.connection, std::move(posted.event));
    drain();
  }
}

void Process::Impl::drain() {
  while (auto output = router_.poll_output()) {
    std::visit(Overloaded{[&](CommandRouter::ToWorker& to) {
                            workers_[to.worker]->post(to.connection, std::move(to.command));
                          },
                          [&](CommandRouter::ToSignal& to) { control_.send(to.event); }},
               *output);
  }
}

Process::Process(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Process::~Process() = default;

Result<std::unique_ptr<Process>> Process::open(const Config& config, LogSink log) {
  raise_descriptor_limit();
  control::FileDescriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.is_open()) return failure(control::system_error("cannot make an epoll"));
  if (config.lifeline_fd && !watch(epoll.get(), *config.lifeline_fd, kLifelineTag)) {
    return failure(control::system_error("--lifeline-fd " + std::to_string(*config.lifeline_fd) +
                                         " wants the reading end of a pipe"));
  }
  // One for all workers: a page's second call may be another worker's.
  const auto certificate = dtls::Certificate::make();
  if (!certificate) return std::unexpected(certificate.error());
  std::vector<Sockets> sockets;
  for (std::size_t i = 0; i < config.workers; ++i) {
    auto opened = open_browser_sockets(config, i);
    if (!opened) return std::unexpected(opened.error());
    sockets.push_back(std::move(*opened));
  }
  auto listener = control::Listener::open(config.control_path);
  if (!listener) return std::unexpected(listener.error());
  auto impl =
      std::make_unique<Impl>(config, std::move(epoll), std::move(*listener), std::move(log));
  if (auto opened = impl->open_workers(config, std::move(sockets), *certificate); !opened) {
    return std::unexpected(opened.error());
  }
  impl->start_workers();
  return std::unique_ptr<Process>(new Process(std::move(impl)));
}

bool Process::step(std::chrono::milliseconds longest) { return impl_->step(longest); }
std::uint64_t Process::end() { return impl_->end(); }
const std::vector<Endpoint>& Process::browser_candidates() const { return impl_->candidates(); }
const std::vector<Endpoint>& Process::browser_tcp_candidates() const {
  return impl_->tcp_candidates();
}
std::size_t Process::trunk_port_pairs() const { return impl_->trunk_port_pairs(); }
const std::string& Process::end_reason() const { return impl_->end_reason(); }

}  // namespace offhook::media
