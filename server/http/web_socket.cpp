#include "http/web_socket.hpp"

#include <chrono>
#include <utility>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "base/limits.hpp"

namespace offhook::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

WebSocket::WebSocket(Stream&& stream, Duration silence) : stream_(std::move(stream)) {
  beast::get_lowest_layer(stream_).expires_never();  // from here on the WebSocket's own timeouts
  stream_.set_option(websocket::stream_base::timeout{
      .handshake_timeout = limits::kHttpRequestTime,
      .idle_timeout = std::chrono::duration_cast<std::chrono::milliseconds>(silence),
      .keep_alive_pings = true});
  stream_.set_option(websocket::permessage_deflate{});  // off: it costs 300 kB a connection
  stream_.set_option(websocket::stream_base::decorator([](websocket::response_type& response) {
    response.set(beast::http::field::sec_websocket_protocol, "sip");
  }));
  stream_.read_message_max(limits::kSipMessageBytes);
  stream_.auto_fragment(false);
}

asio::awaitable<bool> WebSocket::accept(Upgrade request) {
  error_code error;
  co_await stream_.async_accept(request, asio::redirect_error(asio::use_awaitable, error));
  co_return !error;
}

asio::awaitable<void> WebSocket::read(std::function<void(std::string_view)> on_message) {
  const auto self = shared_from_this();
  beast::flat_buffer buffer;
  while (true) {
    error_code error;
    co_await stream_.async_read(buffer, asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
    const auto data = buffer.cdata();
    on_message({static_cast<const char*>(data.data()), data.size()});
    buffer.consume(buffer.size());
  }
  cut();
}

void WebSocket::send(std::string message) {
  if (is_closing_) return;
  if (queued_bytes_ + message.size() > limits::kWebSocketQueueBytes) return cut();
  queued_bytes_ += message.size();
  queue_.push_back(std::move(message));
  if (queue_.size() == 1) write_next();
}

void WebSocket::write_next() {
  stream_.text(true);
  stream_.async_write(asio::buffer(queue_.front()),
                      [self = shared_from_this()](error_code error, std::size_t) {
                        if (error) return self->cut();
                        self->queued_bytes_ -= self->queue_.front().size();
                        self->queue_.pop_front();
                        if (!self->queue_.empty()) return self->write_next();
                        if (self->is_closing_) self->close_now();
                      });
}

void WebSocket::close_in_order() {
  if (std::exchange(is_closing_, true)) return;
  if (queue_.empty()) close_now();
}

void WebSocket::close_now() {
  stream_.async_close(websocket::close_code::going_away,
                      [self = shared_from_this()](error_code) { self->cut(); });
}

void WebSocket::cut() {
  is_closing_ = true;
  error_code ignored;
  beast::get_lowest_layer(stream_).socket().close(ignored);
}

}  // namespace offhook::http
