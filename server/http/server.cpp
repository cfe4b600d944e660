#include "http/server.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "http/stream.hpp"
#include "http/web_socket.hpp"

namespace offhook::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

using Parser = wire::request_parser<wire::string_body>;

// To every answer. Media comes from blobs (ringtones made in the page) and over WebRTC, which is
// not a matter of CSP.
constexpr std::pair<std::string_view, std::string_view> kSecurityHeaders[] = {
    {"Content-Security-Policy",
     "default-src 'self'; connect-src 'self'; media-src 'self' blob: data:; img-src 'self' data:; "
     "style-src 'self'; frame-ancestors 'none'; base-uri 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Permissions-Policy", "microphone=(self)"},
};

IpAddress to_address(const asio::ip::address& address) {
  return IpAddress::parse(address.to_string()).value_or(IpAddress{});
}
Endpoint to_endpoint(const tcp::endpoint& endpoint) {
  return {to_address(endpoint.address()), endpoint.port()};
}

Request to_request(const wire::request<wire::string_body>& message, const Endpoint& peer) {
  const auto text = [&](wire::field field) { return std::string(message[field]); };
  Request request{.method = std::string(message.method_string()),
                  .target = std::string(message.target()),
                  .host = text(wire::field::host),
                  .cookie = text(wire::field::cookie),
                  .accept_encoding = text(wire::field::accept_encoding),
                  .if_none_match = text(wire::field::if_none_match),
                  .wants_websocket = beast::websocket::is_upgrade(message),
                  .websocket_protocols = text(wire::field::sec_websocket_protocol),
                  .peer = peer.address};
  if (message.count(wire::field::origin) == 1) request.origin = text(wire::field::origin);
  return request;
}

// What the client sent was not a request that we take; nullopt where nobody waits for an answer.
std::optional<Response> refusal(error_code error) {
  if (error == wire::error::header_limit) {
    return error_response(431, "headers_too_large", "The request's headers are too long.");
  }
  if (error == wire::error::body_limit) {
    return error_response(413, "body_too_large", "The request's body is too long.");
  }
  const bool is_malformed =
      error.category() == wire::make_error_code(wire::error::bad_target).category() &&
      error != wire::error::end_of_stream && error != wire::error::partial_message;
  if (!is_malformed) return std::nullopt;
  return error_response(400, "bad_request", "This is not an HTTP request.");
}

}  // namespace

struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
  Impl(io::EventLoop& event_loop, Router& the_router, Handlers the_handlers, ServerTimes the_times,
       Room the_room)
      : context(event_loop.context()),
        router(the_router),
        handlers(std::move(the_handlers)),
        times(the_times),
        room(the_room) {}

  Result<Endpoint> listen(const Endpoint& endpoint, std::shared_ptr<io::TlsContext> tls);
  static asio::awaitable<void> accept(std::shared_ptr<Impl> self,
                                      std::shared_ptr<tcp::acceptor> acceptor,
                                      std::shared_ptr<io::TlsContext> tls);
  static asio::awaitable<void> serve(std::shared_ptr<Impl> self, tcp::socket socket,
                                     std::shared_ptr<io::TlsContext> tls);
  // Every request of a connection.
  asio::awaitable<void> serve_all(Stream& stream, const Endpoint& remote);
  // True while the connection may carry another request.
  asio::awaitable<bool> serve_one(Stream& stream, beast::flat_buffer& buffer,
                                  const Endpoint& remote);
  asio::awaitable<Response> fetch_report(const ReportWanted& wanted);
  static asio::awaitable<bool> write(Stream& stream, const Response& response, bool is_head,
                                     bool keep_alive);
  asio::awaitable<void> run_web_socket(Stream& stream, WebSocket::Upgrade request, std::string user,
                                       const Endpoint& remote);
  void finish_shut_down();

  asio::io_context& context;
  Router& router;
  Handlers handlers;
  ServerTimes times;
  Room room;
  std::vector<std::shared_ptr<tcp::acceptor>> acceptors;
  std::size_t connections = 0;
  std::map<IpAddress, std::size_t> by_network;  // connections; 0 is not kept
  ConnectionId last_id = 0;
  std::map<ConnectionId, std::shared_ptr<WebSocket>> web_sockets;
  bool is_ended = false;  // the server is gone: coroutines that are left touch nothing of its owner
  std::function<void()> on_shut_down;
};

Server::Server(io::EventLoop& loop, Router& router, Handlers handlers, ServerTimes times, Room room)
    : impl_(std::make_shared<Impl>(loop, router, std::move(handlers), times, room)) {}

Server::~Server() {
  impl_->is_ended = true;
  for (const auto& acceptor : impl_->acceptors) acceptor->close();
  for (const auto& [id, web_socket] : impl_->web_sockets) web_socket->cut();
}

Result<Endpoint> Server::listen(const Endpoint& endpoint, std::shared_ptr<io::TlsContext> tls) {
  return impl_->listen(endpoint, std::move(tls));
}

void Server::send(ConnectionId id, std::string message) {
  const auto found = impl_->web_sockets.find(id);
  if (found != impl_->web_sockets.end()) found->second->send(std::move(message));
}

void Server::shut_down(std::function<void()> on_done) {
  for (const auto& acceptor : impl_->acceptors) acceptor->close();
  impl_->on_shut_down = std::move(on_done);
  for (const auto& [id, web_socket] : impl_->web_sockets) web_socket->close_in_order();
  impl_->finish_shut_down();
}

void Server::Impl::finish_shut_down() {
  if (on_shut_down && web_sockets.empty()) asio::post(context, std::exchange(on_shut_down, {}));
}

Result<Endpoint> Server::Impl::listen(const Endpoint& endpoint,
                                      std::shared_ptr<io::TlsContext> tls) {
  const ByteView bytes = endpoint.address.bytes();
  tcp::endpoint wanted(asio::ip::address_v4{}, endpoint.port);
  if (endpoint.address.is_v4()) {
    asio::ip::address_v4::bytes_type v4{};
    std::ranges::copy(bytes, v4.begin());
    wanted.address(asio::ip::address_v4(v4));
  } else {
    asio::ip::address_v6::bytes_type v6{};
    std::ranges::copy(bytes, v6.begin());
    wanted.address(asio::ip::address_v6(v6));
  }
  auto acceptor = std::make_shared<tcp::acceptor>(context);
  error_code error;
  const auto step = [&](auto&& act) {
    if (!error) act();
  };
  step([&] { acceptor->open(wanted.protocol(), error); });
  step([&] { acceptor->set_option(asio::socket_base::reuse_address(true), error); });
  if (endpoint.address.is_v6()) {
    step([&] { acceptor->set_option(asio::ip::v6_only(true), error); });
  }
  step([&] { acceptor->bind(wanted, error); });
  step([&] { acceptor->listen(asio::socket_base::max_listen_connections, error); });
  if (error)
    return failure("cannot listen on TCP " + endpoint.to_string() + ": " + error.message());
  acceptors.push_back(acceptor);
  asio::co_spawn(context, accept(shared_from_this(), acceptor, std::move(tls)), asio::detached);
  return to_endpoint(acceptor->local_endpoint());
}

asio::awaitable<void> Server::Impl::accept(std::shared_ptr<Impl> self,
                                           std::shared_ptr<tcp::acceptor> acceptor,
                                           std::shared_ptr<io::TlsContext> tls) {
  while (acceptor->is_open()) {
    error_code error;
    tcp::socket socket =
        co_await acceptor->async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted) co_return;
    if (error) {
      // Out of descriptors or memory: those who are connected go first, and nothing is gained by
      // trying at once.
      asio::steady_timer pause(self->context, std::chrono::milliseconds(100));
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
      continue;
    }
    if (self->connections >= self->room.connections) continue;  // closes the socket
    asio::co_spawn(self->context, serve(self, std::move(socket), tls), asio::detached);
  }
}

asio::awaitable<void> Server::Impl::serve(std::shared_ptr<Impl> self, tcp::socket socket,
                                          std::shared_ptr<io::TlsContext> tls) {
  error_code error;
  const Endpoint remote = to_endpoint(socket.remote_endpoint(error));
  if (error) co_return;
  const auto place = self->by_network.try_emplace(remote.address.network(), 0).first;
  if (place->second >= self->room.per_address) co_return;
  socket.set_option(tcp::no_delay(true), error);
  ++self->connections;
  ++place->second;
  Stream stream(std::move(socket), std::move(tls));
  if (co_await stream.open(limits::kTlsHandshakeTime)) co_await self->serve_all(stream, remote);
  --self->connections;
  if (--place->second == 0) self->by_network.erase(place);
}

asio::awaitable<void> Server::Impl::serve_all(Stream& stream, const Endpoint& remote) {
  if (is_ended) co_return;
  beast::flat_buffer buffer;
  while (co_await serve_one(stream, buffer, remote) && !is_ended) {
  }
  co_await stream.close(limits::kStreamCloseTime);
}

asio::awaitable<bool> Server::Impl::serve_one(Stream& stream, beast::flat_buffer& buffer,
                                              const Endpoint& remote) {
  error_code error;
  if (buffer.size() == 0) {
    constexpr std::size_t kFirstRead = 4'096;
    stream.next_layer().expires_after(times.idle);
    buffer.commit(co_await stream.async_read_some(
        buffer.prepare(kFirstRead), asio::redirect_error(asio::use_awaitable, error)));
    if (error || is_ended) co_return false;
  }
  Parser parser;
  parser.header_limit(limits::kHttpHeaderBytes);
  parser.body_limit(limits::kHttpBodyBytes);
  stream.next_layer().expires_after(times.request);
  co_await wire::async_read(stream, buffer, parser,
                            asio::redirect_error(asio::use_awaitable, error));
  if (is_ended) co_return false;
  if (error) {
    if (const std::optional<Response> response = refusal(error)) {
      co_await write(stream, *response, false, false);
    }
    co_return false;
  }
  WebSocket::Upgrade message = parser.release();
  Decision decision = router.route(to_request(message, remote), io::now());
  if (auto* upgrade = std::get_if<SipUpgrade>(&decision)) {
    co_await run_web_socket(stream, std::move(message), std::move(upgrade->user), remote);
    co_return false;
  }
  if (const auto* wanted = std::get_if<ReportWanted>(&decision)) {
    Response report = co_await fetch_report(*wanted);
    if (is_ended) co_return false;
    decision = std::move(report);
  }
  const bool is_head = message.method() == wire::verb::head;
  co_return co_await write(stream, std::get<Response>(decision), is_head, message.keep_alive());
}

asio::awaitable<Response> Server::Impl::fetch_report(const ReportWanted& wanted) {
  struct Waiting {
    explicit Waiting(asio::io_context& context) : reply(context) {}
    asio::steady_timer reply;  // cancelled when the reply is there
    Response report = error_response(503, "no_answer", "The answer took too long.");
  };
  const auto waiting = std::make_shared<Waiting>(context);
  waiting->reply.expires_after(times.request);
  handlers.on_report_wanted(wanted, [waiting](Response report) {
    waiting->report = std::move(report);
    waiting->reply.expires_at(asio::steady_timer::time_point::min());
  });
  error_code ignored;
  co_await waiting->reply.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  co_return std::move(waiting->report);
}

asio::awaitable<bool> Server::Impl::write(Stream& stream, const Response& response, bool is_head,
                                          bool keep_alive) {
  static const std::string kEmpty;
  const std::string& body = response.body ? *response.body : kEmpty;
  wire::response<wire::span_body<const char>> message(wire::int_to_status(response.status), 11);
  for (const auto& [name, value] : response.headers) message.insert(name, value);
  for (const auto& [name, value] : kSecurityHeaders) message.insert(name, value);
  message.keep_alive(keep_alive);
  if (response.status != 304) message.content_length(body.size());
  if (!is_head) message.body() = {body.data(), body.size()};
  wire::response_serializer<wire::span_body<const char>> serializer(message);
  if (is_head || response.status == 304) serializer.split(true);
  error_code error;
  stream.next_layer().expires_after(limits::kHttpRequestTime);
  if (is_head || response.status == 304) {
    co_await wire::async_write_header(stream, serializer,
                                      asio::redirect_error(asio::use_awaitable, error));
  } else {
    co_await wire::async_write(stream, serializer,
                               asio::redirect_error(asio::use_awaitable, error));
  }
  co_return !error && keep_alive;
}

asio::awaitable<void> Server::Impl::run_web_socket(Stream& stream, WebSocket::Upgrade request,
                                                   std::string user, const Endpoint& remote) {
  error_code error;
  const bool is_secure = stream.is_secure();
  const Endpoint local = to_endpoint(stream.next_layer().socket().local_endpoint(error));
  const auto web_socket = std::make_shared<WebSocket>(std::move(stream), times.web_socket_silence);
  const bool is_accepted = co_await web_socket->accept(std::move(request));
  if (is_ended || !is_accepted) co_return;
  const ConnectionId id = ++last_id;
  web_sockets[id] = web_socket;
  handlers.on_open({.id = id,
                    .user = std::move(user),
                    .is_secure = is_secure,
                    .local = local,
                    .remote = remote});
  co_await web_socket->read([this, id](std::string_view message) {
    if (!is_ended) handlers.on_message(id, message);
  });
  web_sockets.erase(id);
  if (is_ended) co_return;
  handlers.on_close(id);
  finish_shut_down();
}

}  // namespace offhook::http
