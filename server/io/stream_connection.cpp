#include "io/stream_connection.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <optional>
#include <tuple>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <netinet/tcp.h>
#include <openssl/ssl.h>

#include "io/tls_verdict.hpp"

namespace offhook::io {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t kReadBytes = 16'384;  // a TLS record's most

tcp::endpoint to_asio(const Endpoint& endpoint) {
  const ByteView bytes = endpoint.address.bytes();
  if (endpoint.address.is_v4()) {
    asio::ip::address_v4::bytes_type v4{};
    std::ranges::copy(bytes, v4.begin());
    return {asio::ip::address_v4(v4), endpoint.port};
  }
  asio::ip::address_v6::bytes_type v6{};
  std::ranges::copy(bytes, v6.begin());
  return {asio::ip::address_v6(v6), endpoint.port};
}

std::string seconds_text(Duration duration) {
  using Seconds = std::chrono::duration<double>;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%g s", Seconds(duration).count());
  return text.data();
}

void set(tcp::socket& socket, int level, int option, int value) {
  ::setsockopt(socket.native_handle(), level, option, &value, sizeof value);
}

// A dead peer is found by what we send and it does not acknowledge, else by TCP's own probes.
void set_options(tcp::socket& socket) {
  constexpr int kProbeAfter = 60;
  constexpr int kProbeEvery = 10;
  constexpr int kProbes = 3;
  constexpr auto kSilence = std::chrono::milliseconds(limits::kStreamSilence).count();
  set(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(socket, IPPROTO_TCP, TCP_KEEPIDLE, kProbeAfter);
  set(socket, IPPROTO_TCP, TCP_KEEPINTVL, kProbeEvery);
  set(socket, IPPROTO_TCP, TCP_KEEPCNT, kProbes);
  set(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(kSilence));
}

}  // namespace

struct StreamConnection::Impl : std::enable_shared_from_this<Impl> {
  Impl(EventLoop& loop, Peer the_peer, std::shared_ptr<TlsContext> the_tls, Handlers the_handlers,
       const StreamLimits& the_limits)
      : socket(loop.context()),
        peer(std::move(the_peer)),
        tls(std::move(the_tls)),
        handlers(std::move(the_handlers)),
        limits(the_limits),
        timer(loop, [this] { shared_from_this()->end(std::exchange(late, {})); }) {}

  void connect(const IpAddress& source);
  void start();
  void shake_hands();
  void handle_hands_shaken(error_code error);
  void open();
  void read();
  void write();
  void close_now();
  void set_timer(Duration duration, std::string what_is_late);
  void fail_later(std::string reason);
  void cut();
  void end(const std::string& reason);
  std::string describe(error_code error) const;

  // Either the socket itself or TLS over it.
  template <typename Use>
  void with_stream(Use&& use) {
    secure ? use(*secure) : use(socket);
  }

  tcp::socket socket;
  std::optional<ssl::stream<tcp::socket&>> secure;
  Peer peer;
  std::shared_ptr<TlsContext> tls;
  Handlers handlers;
  StreamLimits limits;
  std::string late;  // what to say when the timer is due
  Timer timer;
  std::string distrust;  // what the verification of the certificate said
  std::array<char, kReadBytes> buffer{};
  std::string waiting;
  std::string writing;
  bool is_open = false;
  bool is_writing = false;
  bool is_closing = false;
  bool is_ended = false;
};

// ---- the public face ----

StreamConnection::StreamConnection(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

StreamConnection::~StreamConnection() { impl_->cut(); }

std::unique_ptr<StreamConnection> StreamConnection::connect(EventLoop& loop, const Peer& peer,
                                                            const IpAddress& source,
                                                            std::shared_ptr<TlsContext> tls,
                                                            Handlers handlers,
                                                            const StreamLimits& stream_limits) {
  auto impl =
      std::make_shared<Impl>(loop, peer, std::move(tls), std::move(handlers), stream_limits);
  impl->connect(source);
  return std::unique_ptr<StreamConnection>(new StreamConnection(std::move(impl)));
}

std::unique_ptr<StreamConnection> StreamConnection::adopt(EventLoop& loop, FileDescriptor fd,
                                                          const Endpoint& remote,
                                                          std::shared_ptr<TlsContext> tls,
                                                          Handlers handlers,
                                                          const StreamLimits& stream_limits) {
  auto impl = std::make_shared<Impl>(loop, Peer{remote, {}}, std::move(tls), std::move(handlers),
                                     stream_limits);
  error_code error;
  const tcp protocol = remote.address.is_v6() ? tcp::v6() : tcp::v4();
  impl->socket.assign(protocol, fd.get(), error);
  if (error) {
    impl->fail_later(impl->describe(error));
  } else {
    std::ignore = fd.release();
    set_options(impl->socket);
    asio::post(impl->socket.get_executor(), [impl] { impl->start(); });
  }
  return std::unique_ptr<StreamConnection>(new StreamConnection(std::move(impl)));
}

void StreamConnection::send(std::string_view bytes) {
  Impl& impl = *impl_;
  if (impl.is_ended || impl.is_closing) return;
  if (impl.waiting.size() + impl.writing.size() + bytes.size() > impl.limits.queue_bytes) {
    const std::string name = impl.peer.endpoint.to_string();
    return impl.fail_later(impl.is_open ? name + " does not read what we send"
                                        : "too much waits for the connection to " + name);
  }
  impl.waiting.append(bytes);
  impl.write();
}

void StreamConnection::close_in_order() {
  if (std::exchange(impl_->is_closing, true) || impl_->is_ended) return;
  if (!impl_->is_open) return;  // it closes once it stands and all is sent
  impl_->set_timer(impl_->limits.close, {});
  if (!impl_->is_writing) impl_->close_now();
}

// ---- the beginning ----

void StreamConnection::Impl::connect(const IpAddress& source) {
  const tcp::endpoint remote = to_asio(peer.endpoint);
  error_code error;
  socket.open(remote.protocol(), error);
  if (!error) {
    set_options(socket);
    constexpr int kBytes = offhook::limits::kStreamKernelBytes;
    set(socket, SOL_SOCKET, SO_RCVBUF, kBytes);
    set(socket, SOL_SOCKET, SO_SNDBUF, kBytes);
    if (!source.is_unspecified()) socket.bind(to_asio({source, 0}), error);
  }
  if (error) return fail_later(describe(error));
  set_timer(limits.connect,
            peer.endpoint.to_string() + " did not answer in " + seconds_text(limits.connect));
  socket.async_connect(remote, [self = shared_from_this()](error_code connect_error) {
    if (self->is_ended) return;
    if (connect_error) return self->end(self->describe(connect_error));
    self->start();
  });
}

void StreamConnection::Impl::start() {
  if (is_ended) return;
  tls ? shake_hands() : open();
}

void StreamConnection::Impl::shake_hands() {
  secure.emplace(socket, tls->context());
  SSL* handle = secure->native_handle();
  if (tls->is_client()) {
    if (!IpAddress::parse(peer.name)) SSL_set_tlsext_host_name(handle, peer.name.c_str());
    secure->set_verify_callback([this](bool is_trusted, ssl::verify_context& verification) {
      if (!is_trusted && distrust.empty()) {
        distrust = describe_distrust(verification.native_handle(), peer.endpoint);
      }
      return is_trusted;
    });
  }
  set_timer(limits.handshake, peer.endpoint.to_string() + " did not finish the TLS handshake in " +
                                  seconds_text(limits.handshake));
  const auto role = tls->is_client() ? ssl::stream_base::client : ssl::stream_base::server;
  secure->async_handshake(role, [self = shared_from_this()](error_code error) {
    if (!self->is_ended) self->handle_hands_shaken(error);
  });
}

void StreamConnection::Impl::handle_hands_shaken(error_code error) {
  if (error) {
    if (!distrust.empty()) return end(distrust);
    if (error.category() == asio::error::get_ssl_category()) {
      return end(describe_handshake_error(static_cast<unsigned long>(error.value()), peer.endpoint,
                                          tls->offer()));
    }
    return end("the TLS handshake failed: " + describe(error));
  }
  if (tls->is_client()) {
    X509* certificate = SSL_get0_peer_certificate(secure->native_handle());
    if (certificate == nullptr) {  // by a cipher without authentication, where somebody set one
      return end(peer.endpoint.to_string() + " has no certificate");
    }
    if (tls->verifies_name() && !is_for(certificate, peer.name)) {
      return end(describe_other_name(certificate, peer.name, peer.endpoint));
    }
  }
  open();
}

void StreamConnection::Impl::open() {
  is_open = true;
  timer.set(std::nullopt);
  read();
  if (is_closing) set_timer(limits.close, {});
  if (waiting.empty() && is_closing) return close_now();
  write();
}

// ---- bytes ----

void StreamConnection::Impl::read() {
  with_stream([this](auto& stream) {
    stream.async_read_some(
        asio::buffer(buffer), [self = shared_from_this()](error_code error, std::size_t count) {
          if (self->is_ended) return;
          if (error) return self->end(self->is_closing ? std::string() : self->describe(error));
          if (!self->is_closing) self->handlers.on_bytes({self->buffer.data(), count});
          if (!self->is_ended) self->read();
        });
  });
}

void StreamConnection::Impl::write() {
  if (!is_open || is_writing || waiting.empty()) return;
  is_writing = true;
  std::swap(waiting, writing);
  with_stream([this](auto& stream) {
    asio::async_write(stream, asio::buffer(writing),
                      [self = shared_from_this()](error_code error, std::size_t) {
                        self->is_writing = false;
                        std::string().swap(self->writing);  // clear() would keep the memory
                        if (self->is_ended) return;
                        if (error) return self->end(self->describe(error));
                        self->write();
                        if (self->is_closing && !self->is_writing) self->close_now();
                      });
  });
}

// ---- the end ----

// The peer closes as well, or the timer cuts: closing at once, with bytes of the peer's unread, would reset the connection
// and take our last ones from the peer.
void StreamConnection::Impl::close_now() {
  if (secure) {
    secure->async_shutdown([self = shared_from_this()](error_code) { self->end({}); });
  } else {
    error_code error;
    socket.shutdown(tcp::socket::shutdown_send, error);
    if (error) fail_later({});
  }
}

void StreamConnection::Impl::set_timer(Duration duration, std::string what_is_late) {
  late = std::move(what_is_late);
  timer.set(now() + duration);
}

void StreamConnection::Impl::fail_later(std::string reason) {
  is_closing = true;  // takes no more
  asio::post(socket.get_executor(),
             [self = shared_from_this(), reason = std::move(reason)] { self->end(reason); });
}

void StreamConnection::Impl::cut() {
  is_ended = true;
  timer.set(std::nullopt);
  error_code ignored;
  socket.close(ignored);
}

void StreamConnection::Impl::end(const std::string& reason) {
  if (is_ended) return;
  cut();
  const auto on_closed = std::move(handlers.on_closed);
  on_closed(reason);
}

std::string StreamConnection::Impl::describe(error_code error) const {
  const std::string name = peer.endpoint.to_string();
  if (error == asio::error::connection_refused) return name + " refused the connection";
  if (error == asio::error::eof || error == ssl::error::stream_truncated) {
    return name + " closed the connection";
  }
  if (error == asio::error::connection_reset || error == asio::error::broken_pipe) {
    return name + " reset the connection";
  }
  if (error == asio::error::timed_out) return name + " does not answer any more";
  return "the connection to " + name + " failed: " + error.message();
}

}  // namespace offhook::io
