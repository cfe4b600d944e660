#include "http/web_socket.hpp"

#include <utility>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "base/limits.hpp"
#include "http/web_socket_stream.hpp"

namespace offhook::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

WebSocket::WebSocket(Stream&& stream, Duration silence) : stream_(std::move(stream)) {
  beast::get_lowest_layer(stream_).expires_never();  // from here on the WebSocket's own timeouts
  configure_web_socket(stream_, silence);
}

asio::awaitable<bool> WebSocket::accept(Upgrade request) {
  error_code error;
  co_await stream_.async_accept(request, asio::redirect_error(asio::use_awaitable, error));
  co_return !error;
}

asio::awaitable<void> WebSocket::read(std::function<void(std::string_view)> on_message) {
  const auto self = shared_from_this();
  co_await read_web_socket(stream_, std::move(on_message));
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
