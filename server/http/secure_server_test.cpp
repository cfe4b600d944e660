#include <future>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <gtest/gtest.h>

#include "base/system_random.hpp"
#include "http/server.hpp"
#include "io/test_certificates.hpp"

namespace offhook::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = beast::http;
namespace ssl = asio::ssl;
using asio::ip::tcp;

constexpr const char* kOrigin = "https://test";

// The server runs in a thread of its own, so that clients may block.
class SecureServerTest : public testing::Test {
 protected:
  using Secure = ssl::stream<tcp::socket>;

  SecureServerTest() {
    auto tls =
        io::TlsContext::server({.certificate_file = certificates_.make({.names = "DNS:test"}),
                                .key_file = certificates_.key_file()});
    std::promise<std::uint16_t> port;
    thread_ = std::thread([this, &port, &tls] {
      Server server(
          loop_, router_,
          {.on_report_wanted =
               [this](const ReportWanted&, auto reply) {
                 loop_.post([reply = std::move(reply)] { reply(json_response("{\"status\":1}")); });
               },
           .on_open = [this](const WebSocketInfo& info) { opened_.set_value(info); },
           .on_message =
               [this](ConnectionId id, std::string_view message) {
                 server_->send(id, "got " + std::string(message));
               },
           .on_close = [this](ConnectionId id) { closed_.set_value(id); }});
      server_ = &server;
      port.set_value(
          server.listen({IpAddress::parse("127.0.0.1").value(), 0}, tls.value()).value().port);
      loop_.run();
    });
    port_ = port.get_future().get();
    trust_.load_verify_file(certificates_.ca_file());
    trust_.set_verify_mode(ssl::verify_peer);
  }
  ~SecureServerTest() override {
    loop_.post([this] { loop_.stop(); });
    thread_.join();
  }

  tcp::socket connect() {
    tcp::socket socket(context_);
    socket.connect({asio::ip::address_v4::loopback(), port_});
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return socket;
  }
  Secure connect_securely() {
    Secure stream(connect(), trust_);
    stream.set_verify_callback(ssl::host_name_verification("test"));
    stream.handshake(ssl::stream_base::client);
    return stream;
  }
  static wire::request<wire::empty_body> request(wire::verb verb, std::string_view target) {
    wire::request<wire::empty_body> made(verb, {target.data(), target.size()}, 11);
    made.set(wire::field::host, "test");
    made.set(wire::field::origin, kOrigin);
    return made;
  }
  static wire::response<wire::string_body> ask(Secure& stream,
                                               const wire::request<wire::empty_body>& question) {
    wire::write(stream, question);
    beast::flat_buffer buffer;
    wire::response<wire::string_body> answer;
    wire::read(stream, buffer, answer);
    return answer;
  }
  // A ticket for the WebSocket, as the page fetches it.
  static std::string ticket(Secure& stream) {
    auto session = ask(stream, request(wire::verb::post, "/api/session"));
    auto question = request(wire::verb::post, "/api/tickets");
    const std::string cookie(session[wire::field::set_cookie]);
    question.set(wire::field::cookie, cookie.substr(0, cookie.find(';')));
    const std::string body = ask(stream, question).body();
    return body.substr(std::string_view("{\"ticket\":\"").size(), 64);
  }

  io::TestCertificates certificates_;
  io::EventLoop loop_;
  SystemRandom random_;
  Router router_{{.origins = {kOrigin},
                  .cookie_name = "offhook_session",
                  .user = "demo",
                  .files = {},
                  .session_json = [](const std::string&) { return std::string("{}"); }},
                 random_};
  Server* server_ = nullptr;
  std::thread thread_;
  std::uint16_t port_ = 0;
  std::promise<WebSocketInfo> opened_;
  std::promise<ConnectionId> closed_;
  asio::io_context context_;
  ssl::context trust_{ssl::context::tls_client};
};

TEST_F(SecureServerTest, AnswersSeveralRequestsOnOneConnection) {
  Secure stream = connect_securely();
  for (int i = 0; i < 3; ++i) {
    const auto answer = ask(stream, request(wire::verb::get, "/api/status"));
    EXPECT_EQ(answer.result(), wire::status::ok);
    EXPECT_EQ(answer.body(), "{\"status\":1}");
  }
}

TEST_F(SecureServerTest, GivesACookieForSecureConnectionsOnly) {
  Secure stream = connect_securely();
  const auto answer = ask(stream, request(wire::verb::post, "/api/session"));
  EXPECT_TRUE(answer[wire::field::set_cookie].ends_with("; SameSite=Strict; Secure"))
      << answer[wire::field::set_cookie];
}

TEST_F(SecureServerTest, EndsInOrder) {
  Secure stream = connect_securely();
  auto question = request(wire::verb::get, "/api/status");
  question.keep_alive(false);
  (void)ask(stream, question);
  char more = 0;
  boost::system::error_code error;
  stream.read_some(asio::buffer(&more, 1), error);
  EXPECT_EQ(error, asio::error::eof) << error.message();  // a close_notify, no truncation
}

TEST_F(SecureServerTest, CarriesSipOverWebSockets) {
  Secure stream = connect_securely();
  const std::string target = "/sip?ticket=" + ticket(stream);
  beast::websocket::stream<Secure> socket(std::move(stream));
  socket.set_option(beast::websocket::stream_base::decorator([](auto& message) {
    message.set(wire::field::origin, kOrigin);
    message.set(wire::field::sec_websocket_protocol, "sip");
  }));
  socket.handshake("test", target);
  const WebSocketInfo info = opened_.get_future().get();
  EXPECT_TRUE(info.is_secure);
  EXPECT_EQ(info.user, "demo");
  socket.auto_fragment(true);
  socket.write_buffer_bytes(16);  // many fragments
  socket.write(asio::buffer(std::string("a message of several fragments")));
  beast::flat_buffer buffer;
  socket.read(buffer);
  EXPECT_EQ(beast::buffers_to_string(buffer.data()), "got a message of several fragments");
  socket.close(beast::websocket::close_code::normal);
  EXPECT_EQ(closed_.get_future().get(), info.id);
}

TEST_F(SecureServerTest, RefusesAWebSocketOfAnotherOrigin) {
  Secure stream = connect_securely();
  const std::string target = "/sip?ticket=" + ticket(stream);
  beast::websocket::stream<Secure> socket(std::move(stream));
  socket.set_option(beast::websocket::stream_base::decorator([](auto& message) {
    message.set(wire::field::origin, "http://test");
    message.set(wire::field::sec_websocket_protocol, "sip");
  }));
  boost::system::error_code error;
  wire::response<wire::string_body> answer;
  socket.handshake(answer, "test", target, error);
  EXPECT_EQ(error, beast::websocket::error::upgrade_declined);
  EXPECT_EQ(answer.result(), wire::status::forbidden);
}

TEST_F(SecureServerTest, PlainHttpGetsNothing) {
  tcp::socket socket = connect();
  asio::write(socket, asio::buffer(std::string("GET / HTTP/1.1\r\nHost: test\r\n\r\n")));
  std::string answer;
  boost::system::error_code error;
  asio::read(socket, asio::dynamic_buffer(answer), error);
  EXPECT_TRUE(error);
  EXPECT_FALSE(answer.contains("HTTP")) << answer;
}

}  // namespace
}  // namespace offhook::http
