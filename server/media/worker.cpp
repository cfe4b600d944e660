#include "media/worker.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <ctime>
#include <span>
#include <utility>

#include "base/system_random.hpp"
#include "control/unix_address.hpp"
#include "media/alarm_clock.hpp"
#include "media/browser_connections.hpp"
#include "media/datagram_batch.hpp"
#include "media/epoll.hpp"
#include "media/mailbox.hpp"

namespace offhook::media {
namespace {

// What epoll says is ready: a SocketId, or one of these.
constexpr std::uint64_t kMailboxTag = 1ULL << 32U;
constexpr std::uint64_t kAlarmTag = kMailboxTag + 1;

// A browser's socket carries every browser; a trunk's one call, where more than one packet at a
// time is a burst, of which epoll tells again.
constexpr std::size_t kBrowserBatch = 32;
constexpr std::size_t kTrunkBatch = 1;
// How often a browser's socket may have more than a batch before deadlines are looked at all the same:
// some 10 ms of work.
constexpr int kBatchesBeforeTimeouts = 64;
// Half a second of 1,000 calls; a burst while the process is not scheduled must not be lost.
constexpr int kBrowserReceiveBuffer = 4 << 20;

Time read_clock() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return Time(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

Engine::Config engine_config(const Worker::Config& config) {
  Engine::Config made;
  const auto tell = [&](const auto& sockets, std::vector<Endpoint>& candidates) {
    for (std::size_t i = 0; i < sockets.size(); ++i) {
      candidates.push_back(sockets[i].local());
      if (config.advertised_browser_addresses.empty()) continue;
      candidates.back().address = config.advertised_browser_addresses[i];
    }
  };
  tell(config.browser_sockets, made.browser_candidates);
  tell(config.browser_listeners, made.browser_tcp_candidates);
  made.software = config.software;
  made.hold_music = config.hold_music;
  return made;
}

}  // namespace

class Worker::Impl {
 public:
  Impl(Config config, control::FileDescriptor epoll, const dtls::Certificate& certificate,
       EventSink events)
      : epoll_(std::move(epoll)),
        events_(std::move(events)),
        trunk_ports_(config.trunk, epoll_.get(), random_),
        told_(engine_config(config)),
        engine_(told_, certificate, trunk_ports_, random_),
        browser_sockets_(std::move(config.browser_sockets)),
        connections_(std::move(config.browser_listeners), epoll_.get(),
                     [this](SocketId socket, const Endpoint& remote) {
                       return engine_.is_claimed(socket, remote);
                     }) {}

  [[nodiscard]] bool watch_all();
  void post(std::uint64_t connection, control::Command command) {
    mailbox_.post({connection, std::move(command)});
  }
  void end() {
    ended_ = true;
    mailbox_.post({});
  }
  bool step(std::chrono::milliseconds longest);

  [[nodiscard]] const Engine::Config& told() const { return told_; }
  [[nodiscard]] std::size_t trunk_port_pairs() const { return trunk_ports_.pairs(); }
  [[nodiscard]] std::uint64_t unsent_datagrams() const {
    return outgoing_.dropped() + connections_.dropped();
  }

 private:
  struct Posted {
    std::uint64_t connection = 0;
    std::optional<control::Command> command;
  };

  // Whether it may have more.
  bool handle_socket(SocketId socket);
  // The legs of a batch of browsers' datagrams; commands, which end legs, do not come within one. Of
  // a single datagram, which a trunk's always is, none: there is nothing to gain.
  using ForeseenLegs = std::span<const BrowserLeg* const>;
  [[nodiscard]] ForeseenLegs foresee(SocketId socket, ReceiveBatch::Range batch);
  void handle_connection(SocketId socket);
  void handle_commands();
  void handle_timeouts(bool packets_wait);
  void drain();
  [[nodiscard]] int fd_of(SocketId socket) const;
  // Whether it goes where its socket is connected to.
  [[nodiscard]] bool is_peer(const OutgoingDatagram& datagram) const;

  SystemRandom random_;
  control::FileDescriptor epoll_;
  EventSink events_;
  Mailbox<Posted> mailbox_;
  AlarmClock alarm_;
  std::atomic<bool> ended_ = false;
  TrunkPortRange trunk_ports_;
  Engine::Config told_;
  Engine engine_;
  std::vector<UdpSocket> browser_sockets_;
  BrowserConnections connections_;
  std::uint64_t connection_ = 0;  // of the command that is carried out
  int turns_without_timeouts_ = 0;
  ReceiveBatch received_;
  std::array<const BrowserLeg*, kBrowserBatch> foreseen_{};  // of the batch at hand only
  SendBatch outgoing_;
};

bool Worker::Impl::watch_all() {
  bool watched = watch(epoll_.get(), mailbox_.fd(), kMailboxTag) &&
                 watch(epoll_.get(), alarm_.fd(), kAlarmTag) && connections_.watch_listeners();
  for (std::size_t i = 0; i < browser_sockets_.size(); ++i) {
    watched = watched && watch(epoll_.get(), browser_sockets_[i].fd(),
                               i == 0 ? kBrowserSocket : kFurtherBrowserSockets + i);
    browser_sockets_[i].set_receive_buffer(kBrowserReceiveBuffer);
  }
  return watched;
}

bool Worker::Impl::step(std::chrono::milliseconds longest) {
  if (const auto deadline = earliest(engine_.next_timeout(), connections_.next_timeout())) {
    alarm_.wake_at(*deadline);
  }
  std::array<epoll_event, 256> ready{};
  const int count = ::epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()),
                                 static_cast<int>(longest.count()));
  bool packets_wait = false;
  for (int i = 0; i < count; ++i) {
    const std::uint64_t tag = ready[static_cast<std::size_t>(i)].data.u64;
    if (tag == kMailboxTag) {
      handle_commands();
    } else if (tag == kAlarmTag) {
      alarm_.acknowledge();
    } else {
      packets_wait = handle_socket(static_cast<SocketId>(tag)) || packets_wait;
    }
  }
  handle_timeouts(packets_wait);
  outgoing_.flush();
  received_.restart();
  return !ended_;
}

Worker::Impl::ForeseenLegs Worker::Impl::foresee(SocketId socket, ReceiveBatch::Range batch) {
  const std::size_t size = batch.last - batch.first;
  if (size < 2) return {};
  for (std::size_t i = 0; i < size; ++i) {
    foreseen_[i] = engine_.foresee(socket, received_.remote(batch.first + i));
  }
  return ForeseenLegs(foreseen_).first(size);
}

bool Worker::Impl::handle_socket(SocketId socket) {
  if (socket >= kBrowserConnections) {
    handle_connection(socket);
    return false;
  }
  const bool is_browser = socket == kBrowserSocket || socket >= kFurtherBrowserSockets;
  const int fd = fd_of(socket);
  if (fd < 0) return false;  // closed by a command in this very turn
  const std::size_t limit = is_browser ? kBrowserBatch : kTrunkBatch;
  if (received_.free_slots() < limit) {
    outgoing_.flush();
    received_.restart();
  }
  const auto [first, last] = received_.receive(fd, limit);
  const Time now = read_clock();
  ForeseenLegs legs = foresee(socket, {first, last});
  for (std::size_t slot = first; slot < last; ++slot) {
    if (!legs.empty()) legs = legs.subspan(1);
    Engine::prefetch(legs);
    engine_.handle_datagram(socket, received_.remote(slot), received_.bytes(slot), now);
    drain();
  }
  return is_browser && last - first == limit;
}

void Worker::Impl::handle_connection(SocketId socket) {
  const Time now = read_clock();
  connections_.handle_ready(socket, now);
  while (const auto packet = connections_.receive()) {
    engine_.handle_datagram(packet->socket, packet->remote, packet->bytes, now);
    drain();
  }
}

void Worker::Impl::handle_commands() {
  // Packets that wait know their socket by its descriptor: a command may close it, and the next
  // give the descriptor to another.
  outgoing_.flush();
  const Time now = read_clock();
  trunk_ports_.set_time(now);
  for (const Posted& posted : mailbox_.take_all()) {
    if (!posted.command) continue;
    connection_ = posted.connection;
    engine_.handle_command(*posted.command, now);
    drain();
  }
}

// A process that has not run for a while finds packets and deadlines at once. The packets are first:
// else a stream would be filled with silence although its audio is there.
void Worker::Impl::handle_timeouts(bool packets_wait) {
  if (packets_wait && ++turns_without_timeouts_ < kBatchesBeforeTimeouts) return;
  turns_without_timeouts_ = 0;
  const Time now = read_clock();
  while (is_due(engine_.next_timeout(), now)) {
    engine_.handle_timeout(now);
    drain();
  }
  connections_.handle_timeout(now);
}

// Relayed packets lie in received_ and may be gathered; what the engine made itself is gone with
// its next input.
void Worker::Impl::drain() {
  bool flush_now = false;
  while (const auto datagram = engine_.poll_datagram()) {
    if (datagram->socket >= kBrowserConnections) {
      connections_.send(datagram->socket, datagram->bytes);
      continue;
    }
    const int fd = fd_of(datagram->socket);
    if (fd < 0) continue;
    if (outgoing_.is_full()) outgoing_.flush();
    outgoing_.add(fd, is_peer(*datagram) ? nullptr : &datagram->remote, datagram->bytes);
    flush_now = flush_now || !received_.holds(datagram->bytes.data());
  }
  if (flush_now) outgoing_.flush();
  while (auto event = engine_.poll_event()) events_(connection_, std::move(*event));
}

bool Worker::Impl::is_peer(const OutgoingDatagram& datagram) const {
  return datagram.socket != kBrowserSocket && datagram.socket < kFurtherBrowserSockets &&
         trunk_ports_.is_peer(datagram.socket, datagram.remote);
}

int Worker::Impl::fd_of(SocketId socket) const {
  if (socket == kBrowserSocket) return browser_sockets_.front().fd();
  if (socket < kFurtherBrowserSockets) return trunk_ports_.fd(socket);
  return browser_sockets_[socket - kFurtherBrowserSockets].fd();
}

Worker::Worker(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Worker::~Worker() = default;

Result<std::unique_ptr<Worker>> Worker::open(Config config, const dtls::Certificate& certificate,
                                             EventSink events) {
  control::FileDescriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.is_open()) return failure(control::system_error("cannot make an epoll"));
  auto impl =
      std::make_unique<Impl>(std::move(config), std::move(epoll), certificate, std::move(events));
  if (!impl->watch_all()) return failure(control::system_error("cannot watch the media sockets"));
  return std::unique_ptr<Worker>(new Worker(std::move(impl)));
}

void Worker::post(std::uint64_t connection, control::Command command) {
  impl_->post(connection, std::move(command));
}
void Worker::end() { impl_->end(); }
bool Worker::step(std::chrono::milliseconds longest) { return impl_->step(longest); }
const std::vector<Endpoint>& Worker::browser_candidates() const {
  return impl_->told().browser_candidates;
}
const std::vector<Endpoint>& Worker::browser_tcp_candidates() const {
  return impl_->told().browser_tcp_candidates;
}
std::size_t Worker::trunk_port_pairs() const { return impl_->trunk_port_pairs(); }
std::uint64_t Worker::unsent_datagrams() const { return impl_->unsent_datagrams(); }

}  // namespace offhook::media
