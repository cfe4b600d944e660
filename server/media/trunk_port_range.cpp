#include "media/trunk_port_range.hpp"

#include <cerrno>

#include "base/assert.hpp"
#include "media/epoll.hpp"

namespace offhook::media {
namespace {

// The browsers' socket has 0, so pairs begin at 1 and 2.
SocketId rtp_socket(std::size_t index) { return static_cast<SocketId>(1 + 2 * index); }
std::size_t index_of(SocketId socket) { return (socket - 1) / 2; }

}  // namespace

TrunkPortRange::TrunkPortRange(const Config& config, int epoll, Random& random)
    : config_(config), epoll_(epoll) {
  const unsigned first = config.first + config.first % 2U;
  const std::size_t pairs = config.last > first ? (config.last - first + 1U) / 2U : 0;
  config_.first = static_cast<std::uint16_t>(first);
  sockets_.resize(pairs);
  const std::size_t start = pairs > 0 ? random.below(pairs) : 0;
  for (std::size_t i = 0; i < pairs; ++i) free_.push_back({(start + i) % pairs, Time::min()});
}

std::uint16_t TrunkPortRange::rtp_port(std::size_t index) const {
  return static_cast<std::uint16_t>(config_.first + 2 * index);
}

Result<TrunkPorts::Pair> TrunkPortRange::open() {
  // Pairs that somebody else holds go to the end of the queue; one turn and no more.
  for (std::size_t tries = free_.size(); tries > 0; --tries) {
    const Free next = free_.front();
    if (next.rested_at > now_) break;
    free_.pop_front();
    const auto pair = open_at(next.index);
    if (pair) return *pair;
    free_.push_back({next.index, now_});
    if (pair.error() != std::errc::address_in_use) {
      return failure("cannot open a trunk port: " + pair.error().message());
    }
  }
  return failure("all " + std::to_string(pairs()) + " trunk port pairs from " +
                 std::to_string(config_.first) + " to " + std::to_string(config_.last) +
                 " are in use or were until a moment ago; --trunk-ports can name more");
}

std::expected<TrunkPorts::Pair, std::error_code> TrunkPortRange::open_at(std::size_t index) {
  const std::uint16_t port = rtp_port(index);
  auto rtp = UdpSocket::bind({config_.bind, port});
  if (!rtp) return std::unexpected(rtp.error());
  const auto next_port = static_cast<std::uint16_t>(port + 1);
  auto rtcp = UdpSocket::bind({config_.bind, next_port});
  if (!rtcp) return std::unexpected(rtcp.error());
  const SocketId id = rtp_socket(index);
  if (!watch(epoll_, rtp->fd(), id) || !watch(epoll_, rtcp->fd(), id + 1)) {
    return std::unexpected(std::error_code(errno, std::system_category()));
  }
  sockets_[index] = {std::move(*rtp), std::move(*rtcp), std::nullopt};
  return Pair{id, id + 1, {config_.advertise, port}, {config_.advertise, next_port}};
}

void TrunkPortRange::close(const Pair& pair) {
  const std::size_t index = index_of(pair.rtp_socket);
  OFFHOOK_ASSERT(index < sockets_.size() && sockets_[index].rtp);
  sockets_[index] = {};  // closing also takes them out of epoll
  free_.push_back({index, now_ + kRest});
}

void TrunkPortRange::set_peer(const Pair& pair, const std::optional<Endpoint>& peer) {
  Sockets& sockets = sockets_[index_of(pair.rtp_socket)];
  OFFHOOK_ASSERT(sockets.rtp);
  sockets.peer = sockets.rtp->connect(peer) ? peer : std::nullopt;
}

bool TrunkPortRange::is_peer(SocketId socket, const Endpoint& remote) const {
  return socket % 2 == 1 && sockets_[index_of(socket)].peer == remote;
}

int TrunkPortRange::fd(SocketId socket) const {
  const std::size_t index = index_of(socket);
  if (socket == kBrowserSocket || index >= sockets_.size()) return -1;
  const auto& opened = socket % 2 == 1 ? sockets_[index].rtp : sockets_[index].rtcp;
  return opened ? opened->fd() : -1;
}

}  // namespace offhook::media
