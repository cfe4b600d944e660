#include "bench/media_forwarder.hpp"

#include <array>
#include <cerrno>
#include <istream>
#include <limits>
#include <memory>
#include <ostream>

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "bench/process.hpp"
#include "io/file_descriptor.hpp"
#include "io/socket_address.hpp"
#include "io/system_error.hpp"

namespace offhook::bench {
namespace {

constexpr std::size_t kSlots = 64;
constexpr std::size_t kSlotBytes = 2'048;
// As offhook-media has it. From a call's own socket a datagram at a time: there is no second one.
constexpr std::size_t kSharedBatch = 32;
constexpr int kSharedReceiveBuffer = 4 << 20;
constexpr std::uint32_t kNobody = std::numeric_limits<std::uint32_t>::max();

sockaddr_in local(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

io::FileDescriptor open_udp(std::uint16_t port) {
  io::FileDescriptor fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const sockaddr_in address = local(port);
  if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    give_up("the forwarder has no port " + std::to_string(port) + ": " + io::describe_errno(errno));
  }
  return fd;
}

class Forwarder {
 public:
  explicit Forwarder(const ForwarderConfig& config);
  [[noreturn]] void run();

 private:
  using CallsByPort = std::array<std::uint32_t, 65'536>;

  void watch(const io::FileDescriptor& fd, std::uint32_t tag);
  void receive(std::uint32_t tag);
  [[nodiscard]] std::size_t receive_one(int fd);
  [[nodiscard]] std::size_t receive_many(int fd);
  void relay_to_far_end(std::size_t slot);
  void relay_to_browser(std::size_t slot);
  // Without an address: to where the socket is connected.
  void send(int fd, std::size_t slot, const sockaddr_in* to);
  void flush();
  // The socket of a call towards its far end.
  [[nodiscard]] int trunk_fd(std::uint32_t call) const {
    return trunk_sockets_[mode_ == TrunkSockets::One ? 0 : 2 * call].get();
  }

  TrunkSockets mode_;
  io::FileDescriptor epoll_;
  io::FileDescriptor browser_socket_;
  std::vector<io::FileDescriptor> trunk_sockets_;  // RTP and RTCP in turn, or one for all
  std::vector<sockaddr_in> browsers_;
  std::vector<sockaddr_in> far_ends_;
  CallsByPort call_of_browser_{};
  CallsByPort call_of_far_end_{};

  std::array<std::array<std::uint8_t, kSlotBytes>, kSlots> buffers_;
  std::array<sockaddr_in, kSlots> sources_;
  std::array<iovec, kSlots> incoming_vectors_;
  std::array<mmsghdr, kSlots> incoming_;
  std::size_t received_ = 0;
  std::array<iovec, kSlots> outgoing_vectors_;
  std::array<sockaddr_in, kSlots> destinations_;
  std::array<mmsghdr, kSlots> outgoing_;
  std::array<int, kSlots> outgoing_fds_;
  std::size_t queued_ = 0;
};

constexpr std::uint32_t kBrowserTag = kNobody;

Forwarder::Forwarder(const ForwarderConfig& config)
    : mode_(config.trunk_sockets),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      browser_socket_(open_udp(config.browser_port)) {
  const auto set_buffer = [](const io::FileDescriptor& fd) {
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &kSharedReceiveBuffer,
                 sizeof kSharedReceiveBuffer);
  };
  set_buffer(browser_socket_);
  watch(browser_socket_, kBrowserTag);
  const std::size_t sockets = mode_ == TrunkSockets::One ? 1 : 2 * config.far_ends.size();
  for (std::size_t i = 0; i < sockets; ++i) {
    trunk_sockets_.push_back(open_udp(static_cast<std::uint16_t>(config.first_trunk_port + i)));
    watch(trunk_sockets_.back(), static_cast<std::uint32_t>(i));
  }
  if (mode_ == TrunkSockets::One) set_buffer(trunk_sockets_.front());
  call_of_browser_.fill(kNobody);
  call_of_far_end_.fill(kNobody);
  for (std::uint32_t call = 0; call < config.browsers.size(); ++call) {
    browsers_.push_back(local(config.browsers[call]));
    far_ends_.push_back(local(config.far_ends[call]));
    call_of_browser_[config.browsers[call]] = call;
    call_of_far_end_[config.far_ends[call]] = call;
    if (mode_ != TrunkSockets::Connected) continue;
    const sockaddr_in& far_end = far_ends_.back();
    ::connect(trunk_fd(call), reinterpret_cast<const sockaddr*>(&far_end), sizeof far_end);
  }
  for (std::size_t i = 0; i < kSlots; ++i) {
    incoming_vectors_[i] = {buffers_[i].data(), kSlotBytes};
    incoming_[i].msg_hdr = {};
    incoming_[i].msg_hdr.msg_name = &sources_[i];
    incoming_[i].msg_hdr.msg_iov = &incoming_vectors_[i];
    incoming_[i].msg_hdr.msg_iovlen = 1;
    outgoing_[i].msg_hdr = {};
    outgoing_[i].msg_hdr.msg_iov = &outgoing_vectors_[i];
    outgoing_[i].msg_hdr.msg_iovlen = 1;
  }
}

void Forwarder::watch(const io::FileDescriptor& fd, std::uint32_t tag) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u32 = tag;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd.get(), &event);
}

void Forwarder::run() {
  std::array<epoll_event, 256> ready;
  while (true) {
    const int count = ::epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()), -1);
    for (int i = 0; i < count; ++i) receive(ready[static_cast<std::size_t>(i)].data.u32);
    flush();
  }
}

void Forwarder::receive(std::uint32_t tag) {
  const bool from_browsers = tag == kBrowserTag;
  const bool is_shared = from_browsers || mode_ == TrunkSockets::One;
  if (kSlots - received_ < (is_shared ? kSharedBatch : 1)) flush();
  const int fd = from_browsers ? browser_socket_.get() : trunk_sockets_[tag].get();
  const std::size_t count = is_shared ? receive_many(fd) : receive_one(fd);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t slot = received_++;
    if (from_browsers) {
      relay_to_far_end(slot);
    } else {
      relay_to_browser(slot);
    }
  }
}

std::size_t Forwarder::receive_one(int fd) {
  socklen_t size = sizeof(sockaddr_in);
  const ssize_t bytes = ::recvfrom(fd, buffers_[received_].data(), kSlotBytes, MSG_DONTWAIT,
                                   reinterpret_cast<sockaddr*>(&sources_[received_]), &size);
  if (bytes < 0) return 0;
  incoming_[received_].msg_len = static_cast<unsigned>(bytes);
  return 1;
}

std::size_t Forwarder::receive_many(int fd) {
  for (std::size_t i = 0; i < kSharedBatch; ++i) {
    incoming_[received_ + i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
  }
  const int count = ::recvmmsg(fd, &incoming_[received_], kSharedBatch, MSG_DONTWAIT, nullptr);
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

void Forwarder::relay_to_far_end(std::size_t slot) {
  const std::uint32_t call = call_of_browser_[ntohs(sources_[slot].sin_port)];
  if (call == kNobody) return;
  send(trunk_fd(call), slot, mode_ == TrunkSockets::Connected ? nullptr : &far_ends_[call]);
}

void Forwarder::relay_to_browser(std::size_t slot) {
  const std::uint32_t call = call_of_far_end_[ntohs(sources_[slot].sin_port)];
  if (call != kNobody) send(browser_socket_.get(), slot, &browsers_[call]);
}

void Forwarder::send(int fd, std::size_t slot, const sockaddr_in* to) {
  msghdr& header = outgoing_[queued_].msg_hdr;
  header.msg_name = to == nullptr ? nullptr : &destinations_[queued_];
  header.msg_namelen = to == nullptr ? 0 : sizeof destinations_[queued_];
  if (to != nullptr) destinations_[queued_] = *to;
  outgoing_vectors_[queued_] = {buffers_[slot].data(), incoming_[slot].msg_len};
  outgoing_fds_[queued_] = fd;
  ++queued_;
}

void Forwarder::flush() {
  for (std::size_t first = 0; first < queued_;) {
    std::size_t last = first + 1;
    while (last < queued_ && outgoing_fds_[last] == outgoing_fds_[first]) ++last;
    const int fd = outgoing_fds_[first];
    if (last - first == 1) {
      const msghdr& header = outgoing_[first].msg_hdr;
      ::sendto(fd, header.msg_iov->iov_base, header.msg_iov->iov_len, MSG_DONTWAIT,
               static_cast<const sockaddr*>(header.msg_name), header.msg_namelen);
      first = last;
    }
    while (first < last) {
      const int sent =
          ::sendmmsg(fd, &outgoing_[first], static_cast<unsigned>(last - first), MSG_DONTWAIT);
      first += sent > 0 ? static_cast<std::size_t>(sent) : 1;
    }
  }
  queued_ = 0;
  received_ = 0;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const ForwarderConfig& config) {
  out << config.browser_port << ' ' << config.first_trunk_port << ' '
      << static_cast<int>(config.trunk_sockets) << '\n';
  for (std::size_t i = 0; i < config.browsers.size(); ++i) {
    out << config.browsers[i] << ' ' << config.far_ends[i] << '\n';
  }
  return out;
}

std::istream& operator>>(std::istream& in, ForwarderConfig& config) {
  int trunk_sockets = 0;
  in >> config.browser_port >> config.first_trunk_port >> trunk_sockets;
  config.trunk_sockets = static_cast<TrunkSockets>(trunk_sockets);
  std::uint16_t browser = 0;
  std::uint16_t far_end = 0;
  while (in >> browser >> far_end) {
    config.browsers.push_back(browser);
    config.far_ends.push_back(far_end);
  }
  return in;
}

void forward(const ForwarderConfig& config) {
  raise_descriptor_limit();
  const auto forwarder = std::make_unique<Forwarder>(config);
  forwarder->run();
}

}  // namespace offhook::bench
