#include "media/browser_connections.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/assert.hpp"
#include "media/epoll.hpp"

namespace offhook::media {
namespace {

// So that packets are not kept waiting by who connects and connects.
constexpr int kAcceptsPerTurn = 16;

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

void set_options(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const int bytes = limits::kBrowserConnectionKernelBytes;
  ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
  ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

}  // namespace

BrowserConnections::BrowserConnections(std::vector<TcpListener> listeners, int epoll,
                                       IsClaimed is_claimed)
    : listeners_(std::move(listeners)), epoll_(epoll), is_claimed_(std::move(is_claimed)) {
  OFFHOOK_ASSERT(listeners_.size() <= kFirstConnection - kBrowserConnections);
}

bool BrowserConnections::watch_listeners() {
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    if (!media::watch(epoll_, listeners_[i].fd(), kBrowserConnections + i)) return false;
  }
  return true;
}

void BrowserConnections::handle_ready(SocketId socket, Time now) {
  if (socket < kFirstConnection) return accept_from(listeners_[socket - kBrowserConnections], now);
  Connection* connection = find(socket);
  if (connection == nullptr) return;  // closed in this very turn
  if (!send_unsent(socket, *connection)) return close(socket);
  read(socket, *connection);
}

void BrowserConnections::accept_from(TcpListener& listener, Time now) {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    auto accepted = listener.accept();
    if (accepted) {
      if (has_room_for(accepted->remote)) add(std::move(*accepted), now);
      continue;
    }
    const auto& error = accepted.error();
    if (error == std::errc::connection_aborted) continue;  // it went before it was its turn
    // Without a descriptor for it, a connection would wait and be reported for ever.
    if (!would_block(error.value())) pause_listeners(true);
    break;
  }
  if (!sweep_at_ && (paused_ || !connections_.empty())) sweep_at_ = now + kSweepInterval;
}

bool BrowserConnections::has_room_for(const Endpoint& remote) const {
  if (connections_.size() >= limits::kBrowserConnections) return false;
  const auto source = sources_.find(remote.address.network());
  return source == sources_.end() || source->second < limits::kBrowserConnectionsPerSource;
}

void BrowserConnections::add(TcpListener::Accepted accepted, Time now) {
  while (connections_.contains(next_connection_)) {
    next_connection_ = std::max(next_connection_ + 1, kFirstConnection);  // around the end
  }
  const SocketId socket = next_connection_;
  next_connection_ = std::max(next_connection_ + 1, kFirstConnection);
  set_options(accepted.socket.get());
  if (!media::watch(epoll_, accepted.socket.get(), socket)) return;
  ++sources_[accepted.remote.address.network()];
  connections_.emplace(socket, Connection{.socket = std::move(accepted.socket),
                                          .remote = accepted.remote,
                                          .accepted_at = now});
}

void BrowserConnections::read(SocketId socket, Connection& connection) {
  const ssize_t size = ::recv(connection.socket.get(), input_.data(), input_.size(), 0);
  if (size < 0 && would_block(errno)) return;
  if (size <= 0) return close(socket);
  reading_ = socket;
  connection.reader.feed(ByteView(input_).first(static_cast<std::size_t>(size)));
}

std::optional<BrowserConnections::Packet> BrowserConnections::receive() {
  Connection* connection = find(reading_);
  if (connection == nullptr) return std::nullopt;
  // The packet before this one may have been the check that makes it a leg's, for less than a sweep.
  if (!connection->was_claimed) {
    connection->was_claimed = is_claimed_(reading_, connection->remote);
  }
  const auto packet = connection->reader.next();
  if (packet) {
    std::ranges::copy(*packet, packet_.begin());
    return Packet{reading_, connection->remote, MutableByteView(packet_).first(packet->size())};
  }
  const SocketId socket = std::exchange(reading_, 0);
  if (connection->reader.is_broken()) close(socket);
  return std::nullopt;
}

void BrowserConnections::send(SocketId socket, ByteView packet) {
  Connection* connection = find(socket);
  if (connection == nullptr || !connection->unsent.empty() || packet.size() > 0xFFFF) {
    ++dropped_;
    return;
  }
  std::array<std::uint8_t, kFrameHeaderBytes> header;
  store_u16(header.data(), static_cast<std::uint16_t>(packet.size()));
  // The kernel only reads what a vector to be sent points at.
  std::array<iovec, 2> parts{
      {{header.data(), header.size()}, {const_cast<std::uint8_t*>(packet.data()), packet.size()}}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  const ssize_t size = ::sendmsg(connection->socket.get(), &message, MSG_NOSIGNAL);
  if (size < 0) {
    ++dropped_;
    if (!would_block(errno)) close(socket);
    return;
  }
  const auto sent = static_cast<std::size_t>(size);
  if (sent == header.size() + packet.size()) return;
  for (std::size_t at = sent; at < header.size(); ++at) connection->unsent.push_back(header[at]);
  const ByteView rest = packet.subspan(sent - std::min(sent, header.size()));
  connection->unsent.insert(connection->unsent.end(), rest.begin(), rest.end());
  watch(socket, *connection, true);
}

bool BrowserConnections::send_unsent(SocketId socket, Connection& connection) {
  if (connection.unsent.empty()) return true;
  const ssize_t size = ::send(connection.socket.get(), connection.unsent.data(),
                              connection.unsent.size(), MSG_NOSIGNAL);
  if (size < 0) return would_block(errno);
  connection.unsent.erase(connection.unsent.begin(), connection.unsent.begin() + size);
  if (connection.unsent.empty()) watch(socket, connection, false);
  return true;
}

void BrowserConnections::watch(SocketId socket, const Connection& connection, bool for_writing) {
  epoll_event event{};
  event.events = EPOLLIN;
  if (for_writing) event.events |= EPOLLOUT;
  event.data.u64 = socket;
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.socket.get(), &event);
}

void BrowserConnections::pause_listeners(bool paused) {
  paused_ = paused;
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    epoll_event event{};
    if (!paused) event.events = EPOLLIN;
    event.data.u64 = kBrowserConnections + i;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, listeners_[i].fd(), &event);
  }
}

void BrowserConnections::handle_timeout(Time now) {
  if (!is_due(sweep_at_, now)) return;
  if (paused_) pause_listeners(false);
  std::vector<SocketId> useless;
  for (auto& [socket, connection] : connections_) {
    const bool is_claimed = is_claimed_(socket, connection.remote);
    const bool had_time = connection.was_claimed ||
                          now - connection.accepted_at >= limits::kBrowserConnectionProofTime;
    if (!is_claimed && had_time) useless.push_back(socket);
    connection.was_claimed = is_claimed;
  }
  for (const SocketId socket : useless) close(socket);
  sweep_at_.reset();
  if (!connections_.empty()) sweep_at_ = now + kSweepInterval;
}

void BrowserConnections::close(SocketId socket) {
  const auto found = connections_.find(socket);
  OFFHOOK_ASSERT(found != connections_.end());
  const auto source = sources_.find(found->second.remote.address.network());
  if (--source->second == 0) sources_.erase(source);
  connections_.erase(found);  // out of the epoll, too: nobody else holds the descriptor
}

BrowserConnections::Connection* BrowserConnections::find(SocketId socket) {
  const auto found = connections_.find(socket);
  return found == connections_.end() ? nullptr : &found->second;
}

}  // namespace offhook::media
