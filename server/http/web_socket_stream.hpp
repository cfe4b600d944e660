#pragma once

#include <chrono>
#include <functional>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "base/limits.hpp"
#include "base/time.hpp"

// What makes a WebSocket stream of Beast one of ours, over whatever it stands: a socket, or a
// stream in memory. Internal to the server, as it speaks Boost.
namespace offhook::http {

// Before the handshake. Where nothing comes for `silence`, no answer to a ping either, reading ends.
void configure_web_socket(auto& stream, Duration silence) {
  namespace beast = boost::beast;
  namespace websocket = boost::beast::websocket;
  stream.set_option(websocket::stream_base::timeout{
      .handshake_timeout = limits::kHttpRequestTime,
      .idle_timeout = std::chrono::duration_cast<std::chrono::milliseconds>(silence),
      .keep_alive_pings = true});
  stream.set_option(websocket::permessage_deflate{});  // off: it costs 300 kB a connection
  stream.set_option(websocket::stream_base::decorator([](websocket::response_type& response) {
    response.set(beast::http::field::sec_websocket_protocol, "sip");
  }));
  stream.read_message_max(limits::kSipMessageBytes);
  stream.auto_fragment(false);
}

// Delivers messages until the connection ends, for whatever reason. The stream outlives it.
boost::asio::awaitable<void> read_web_socket(auto& stream,
                                             std::function<void(std::string_view)> on_message) {
  namespace asio = boost::asio;
  boost::beast::flat_buffer buffer;
  while (true) {
    boost::system::error_code error;
    co_await stream.async_read(buffer, asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
    const auto data = buffer.cdata();
    on_message({static_cast<const char*>(data.data()), data.size()});
    buffer.consume(buffer.size());
  }
}

}  // namespace offhook::http
