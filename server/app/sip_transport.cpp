#include "app/sip_transport.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "app/sip_connection.hpp"
#include "base/assert.hpp"
#include "io/local_address.hpp"
#include "io/stream_listener.hpp"
#include "io/udp_socket.hpp"

namespace offhook::app {

namespace {

// Port 0: what is free for UDP may be taken for TCP.
constexpr int kPortTries = 20;

}  // namespace

struct SipTransport::Impl {
  struct Connection {
    sip::Flow flow;
    std::optional<sip::Target> target;  // of one that we opened
    std::optional<IpAddress> source;    // of one that was accepted
    std::unique_ptr<SipConnection> sip;
  };
  using TlsKey = std::tuple<std::string, std::string, std::string, std::string, bool>;

  Impl(io::EventLoop& event_loop, Handlers the_handlers, const Bounds& the_bounds)
      : loop(event_loop), handlers(std::move(the_handlers)), bounds(the_bounds) {}

  Result<Endpoint> listen_tcp(const Endpoint& endpoint, const std::shared_ptr<io::TlsContext>& tls);
  void accept(io::FileDescriptor fd, const Endpoint& local, const Endpoint& remote,
              const std::shared_ptr<io::TlsContext>& tls);
  [[nodiscard]] bool has_room_for(const IpAddress& source) const;
  Result<Endpoint> local_towards(const sip::Target& target) const;
  Result<std::shared_ptr<io::TlsContext>> client_tls(const io::TlsClientSettings& settings);
  void add(Connection connection, const sip::StreamWatch::Config& watch,
           const SipConnection::Open& open);
  void handle_gone(std::uint64_t id, const std::string& reason);
  [[nodiscard]] const io::UdpSocket* udp_for(const IpAddress& remote) const;

  io::EventLoop& loop;
  Handlers handlers;
  Bounds bounds;
  std::vector<std::unique_ptr<io::UdpSocket>> udp;  // one for each family
  std::vector<std::unique_ptr<io::StreamListener>> listeners;
  std::map<TlsKey, std::shared_ptr<io::TlsContext>> contexts;  // as many as the configuration has
  std::map<std::uint64_t, Connection> connections;
  std::map<IpAddress, std::size_t> accepted;  // how many from each source
  std::size_t accepted_in_all = 0;
  std::uint64_t last_accepted = 0;
};

SipTransport::SipTransport(io::EventLoop& loop, Handlers handlers, const Bounds& bounds)
    : impl_(std::make_unique<Impl>(loop, std::move(handlers), bounds)) {}

SipTransport::~SipTransport() = default;

// ---- listening ----

Result<Endpoint> SipTransport::listen(const Endpoint& endpoint,
                                      std::optional<io::FileDescriptor> udp) {
  const io::UdpSocket::Handlers handlers{
      .on_datagram =
          [impl = impl_.get()](ByteView bytes, const Endpoint& local, const Endpoint& remote) {
            // What some phones send to keep their NAT open; there is no answer to it over UDP.
            if (as_text(bytes).find_first_not_of("\r\n") == std::string_view::npos) return;
            impl->handlers.on_message({sip::Transport::Udp, 0, local, remote}, as_text(bytes));
          },
      .on_unreachable =
          [impl = impl_.get()](const Endpoint& remote, ByteView quoted) {
            if (!impl->handlers.on_undelivered) return;
            const auto local = impl->local_towards({.endpoint = remote, .host = {}});
            impl->handlers.on_undelivered(
                {sip::Transport::Udp, 0, local.value_or(Endpoint{}), remote}, as_text(quoted));
          }};
  for (int tries = 1;; ++tries) {
    Result<io::FileDescriptor> fd = udp ? std::move(*udp) : io::UdpSocket::open(endpoint);
    if (!fd) return std::unexpected(fd.error());
    auto socket = io::UdpSocket::adopt(impl_->loop, std::move(*fd), handlers);
    const Endpoint bound = socket->local();
    Result<Endpoint> tcp = impl_->listen_tcp(bound, {});
    if (tcp) impl_->udp.push_back(std::move(socket));
    if (tcp || udp || endpoint.port != 0 || tries == kPortTries) return tcp;
  }
}

Result<Endpoint> SipTransport::listen_tls(const Endpoint& endpoint,
                                          const io::TlsServerSettings& tls) {
  auto context = io::TlsContext::server(tls);
  if (!context) return std::unexpected(context.error());
  return impl_->listen_tcp(endpoint, *context);
}

Result<Endpoint> SipTransport::Impl::listen_tcp(const Endpoint& endpoint,
                                                const std::shared_ptr<io::TlsContext>& tls) {
  auto listener = io::StreamListener::listen(
      loop, endpoint,
      [this, tls](io::FileDescriptor fd, const Endpoint& local, const Endpoint& remote) {
        accept(std::move(fd), local, remote, tls);
      });
  if (!listener) return std::unexpected(listener.error());
  listeners.push_back(std::move(*listener));
  return listeners.back()->local();
}

void SipTransport::Impl::accept(io::FileDescriptor fd, const Endpoint& local,
                                const Endpoint& remote,
                                const std::shared_ptr<io::TlsContext>& tls) {
  const IpAddress source = remote.address.network();
  if (!has_room_for(source)) return;  // closes it
  ++accepted[source];
  ++accepted_in_all;
  const auto transport = tls ? sip::Transport::Tls : sip::Transport::Tcp;
  add({.flow = {transport, ++last_accepted, local, remote},
       .target = std::nullopt,
       .source = source,
       .sip = nullptr},
      {.idle_time = bounds.idle, .message_time = bounds.message},
      [&](io::StreamConnection::Handlers stream_handlers) {
        return io::StreamConnection::adopt(loop, std::move(fd), remote, tls,
                                           std::move(stream_handlers));
      });
}

bool SipTransport::Impl::has_room_for(const IpAddress& source) const {
  const auto known = accepted.find(source);
  return accepted_in_all < bounds.connections &&
         (known == accepted.end() || known->second < bounds.connections_per_source);
}

// ---- opening ----

Result<sip::Flow> SipTransport::open(const sip::Target& target, std::uint64_t connection,
                                     const Wishes& wishes) {
  Impl& impl = *impl_;
  const Result<Endpoint> local = impl.local_towards(target);
  if (!local) return std::unexpected(local.error());
  if (target.transport == sip::Transport::Udp) {
    return sip::Flow{sip::Transport::Udp, 0, *local, target.endpoint};
  }
  OFFHOOK_ASSERT(target.transport == sip::Transport::Tcp ||
                 target.transport == sip::Transport::Tls);
  OFFHOOK_ASSERT((connection & sip::kChosenConnection) != 0);
  if (const auto known = impl.connections.find(connection); known != impl.connections.end()) {
    OFFHOOK_ASSERT(known->second.target == target);
    if (!known->second.sip->is_closing()) return known->second.flow;
    return failure("the connection to " + target.endpoint.to_string() + " is being closed");
  }
  std::shared_ptr<io::TlsContext> tls;
  if (target.transport == sip::Transport::Tls) {
    auto context = impl.client_tls(wishes.tls);
    if (!context) return std::unexpected(context.error());
    tls = std::move(*context);
  }
  sip::StreamWatch::Config watch{.pong_time = impl.bounds.pong,
                                 .message_time = impl.bounds.message};
  if (wishes.keep_alive > Duration::zero()) watch.ping_every = wishes.keep_alive;
  const sip::Flow flow{target.transport, connection, *local, target.endpoint};
  impl.add({.flow = flow, .target = target, .source = std::nullopt, .sip = nullptr}, watch,
           [&](io::StreamConnection::Handlers stream_handlers) {
             return io::StreamConnection::connect(impl.loop, {target.endpoint, target.host},
                                                  local->address, tls, std::move(stream_handlers));
           });
  return flow;
}

Result<Endpoint> SipTransport::Impl::local_towards(const sip::Target& target) const {
  const Endpoint& remote = target.endpoint;
  const io::UdpSocket* socket = udp_for(remote.address);
  if (socket == nullptr) {
    return failure("cannot reach " + remote.to_string() + ": SIP listens on no " +
                   (remote.address.is_v6() ? "IPv6" : "IPv4") + " address");
  }
  Endpoint local = socket->local();
  if (local.address.is_unspecified()) {
    const Result<IpAddress> ours = io::local_address_towards(remote.address);
    if (!ours) return std::unexpected(ours.error());
    local.address = *ours;
  }
  return local;
}

const io::UdpSocket* SipTransport::Impl::udp_for(const IpAddress& remote) const {
  const auto found = std::ranges::find_if(
      udp, [&](const auto& socket) { return socket->local().address.is_v6() == remote.is_v6(); });
  return found == udp.end() ? nullptr : found->get();
}

// Kept, because reading the system's authorities takes some 10 ms.
Result<std::shared_ptr<io::TlsContext>> SipTransport::Impl::client_tls(
    const io::TlsClientSettings& settings) {
  const TlsKey key{settings.versions.minimum, settings.versions.maximum, settings.versions.ciphers,
                   settings.ca_file, settings.verify_name};
  const auto known = contexts.find(key);
  if (known != contexts.end()) return known->second;
  auto made = io::TlsContext::client(settings);
  if (made) contexts.emplace(key, *made);
  return made;
}

// ---- connections ----

void SipTransport::Impl::add(Connection connection, const sip::StreamWatch::Config& watch,
                             const SipConnection::Open& open) {
  const sip::Flow flow = connection.flow;
  connection.sip = std::make_unique<SipConnection>(
      loop, flow.remote.to_string(), watch,
      SipConnection::Handlers{
          .on_message = [this,
                         flow](std::string_view message) { handlers.on_message(flow, message); },
          .on_gone =
              [this, id = flow.connection](const std::string& reason) { handle_gone(id, reason); }},
      open);
  connections.emplace(flow.connection, std::move(connection));
}

void SipTransport::Impl::handle_gone(std::uint64_t id, const std::string& reason) {
  const auto gone = connections.extract(id);
  OFFHOOK_ASSERT(!gone.empty());
  if (const auto& source = gone.mapped().source) {
    --accepted_in_all;
    if (--accepted[*source] == 0) accepted.erase(*source);
  }
  handlers.on_lost(gone.mapped().flow, reason);
}

void SipTransport::send(const sip::Flow& flow, std::string_view message) {
  if (flow.transport == sip::Transport::Udp) {
    for (const auto& socket : impl_->udp) {
      if (socket->local().address.is_v6() != flow.remote.address.is_v6()) continue;
      return socket->send(as_bytes(message), flow.remote, flow.local.address);
    }
    return;
  }
  const auto found = impl_->connections.find(flow.connection);
  if (found != impl_->connections.end()) found->second.sip->send(message);
}

}  // namespace offhook::app
