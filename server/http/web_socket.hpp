#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "base/time.hpp"
#include "http/stream.hpp"

namespace offhook::http {

// A WebSocket from its handshake to its end: one write outstanding, the others queued. Internal to
// the server, as it speaks Boost.
class WebSocket : public std::enable_shared_from_this<WebSocket> {
 public:
  using Upgrade = boost::beast::http::request<boost::beast::http::string_body>;

  WebSocket(Stream&& stream, Duration silence);

  // Answers the upgrade; false: the browser was gone.
  boost::asio::awaitable<bool> accept(Upgrade request);
  // Delivers messages until the connection ends, for whatever reason.
  boost::asio::awaitable<void> read(std::function<void(std::string_view)> on_message);
  void send(std::string message);
  // After what is queued.
  void close_in_order();
  void cut();

 private:
  void write_next();
  void close_now();

  boost::beast::websocket::stream<Stream> stream_;
  std::deque<std::string> queue_;  // the front one is being written
  std::size_t queued_bytes_ = 0;
  bool is_closing_ = false;
};

}  // namespace offhook::http
