#pragma once

#include <memory>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include "base/time.hpp"
#include "io/tls_context.hpp"

namespace offhook::http {

// A browser's connection, plain or with TLS: what Beast calls an AsyncStream, so that whatever speaks over it is written
// (and compiled) once. Internal to the server, as it speaks Boost.
class Stream {
 public:
  using next_layer_type = boost::beast::tcp_stream;
  using executor_type = next_layer_type::executor_type;

  // Plain without `tls`.
  Stream(boost::asio::ip::tcp::socket&& socket, std::shared_ptr<io::TlsContext> tls);

  [[nodiscard]] bool is_secure() const { return secure_ != nullptr; }
  next_layer_type& next_layer() { return *plain_; }
  [[nodiscard]] const next_layer_type& next_layer() const { return *plain_; }
  executor_type get_executor() { return plain_->get_executor(); }

  // What TLS does before and after; a plain stream, or one that was moved away, needs neither. False: the handshake
  // failed.
  boost::asio::awaitable<bool> open(Duration at_most);
  boost::asio::awaitable<void> close(Duration at_most);

  template <typename Buffers, typename Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, Signature>(
        [this](auto handler, const Buffers& into) {
          secure_ ? secure_->async_read_some(into, std::move(handler))
                  : plain_->async_read_some(into, std::move(handler));
        },
        token, buffers);
  }
  template <typename Buffers, typename Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, Signature>(
        [this](auto handler, const Buffers& from) {
          secure_ ? secure_->async_write_some(from, std::move(handler))
                  : plain_->async_write_some(from, std::move(handler));
        },
        token, buffers);
  }

  // The end of a WebSocket, which Beast looks up by name.
  friend void teardown(boost::beast::role_type role, Stream& stream,
                       boost::system::error_code& error) {
    boost::beast::websocket::teardown(role, stream.plain_->socket(), error);
  }
  template <typename Handler>
  friend void async_teardown(boost::beast::role_type role, Stream& stream, Handler&& handler) {
    if (!stream.secure_) {
      return boost::beast::websocket::async_teardown(role, stream.plain_->socket(),
                                                     std::forward<Handler>(handler));
    }
    stream.secure_->async_shutdown(std::forward<Handler>(handler));
  }

 private:
  using Signature = void(boost::system::error_code, std::size_t);

  std::unique_ptr<next_layer_type> plain_;  // stays where it is when the Stream moves
  std::shared_ptr<io::TlsContext> tls_;
  std::unique_ptr<boost::asio::ssl::stream<next_layer_type&>> secure_;
};

}  // namespace offhook::http
