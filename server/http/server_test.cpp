#include "http/server.hpp"

#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.hpp"
#include "base/system_random.hpp"
#include "io/file_descriptor.hpp"

namespace offhook::http {
namespace {

using namespace std::chrono_literals;

// A blocking client that knows as little HTTP and WebSocket as it needs, so that it can also break
// the rules.
class Client {
 public:
  explicit Client(std::uint16_t port, std::uint32_t address = INADDR_LOOPBACK)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl(address);
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&from), sizeof from), 0);
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  }

  bool send(std::string_view bytes) const {
    return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  // Up to and with `end`, or all until the connection closes.
  std::string read_until(std::string_view end) {
    while (true) {
      if (const std::size_t at = received_.find(end); !end.empty() && at != std::string::npos) {
        return take(at + end.size());
      }
      if (!receive()) return take(received_.size());
    }
  }
  std::string read_exactly(std::size_t count) {
    while (received_.size() < count && receive()) {
    }
    return take(std::min(count, received_.size()));
  }
  std::string read_to_the_end() { return read_until(""); }
  // An answer with its body.
  std::string read_answer() {
    std::string head = read_until("\r\n\r\n");
    constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t at = head.find(kLength);
    if (at == std::string::npos) return head;
    return head + read_exactly(std::stoul(head.substr(at + kLength.size())));
  }
  // RFC 6455 5.2; a short frame that ends a message. Browsers mask.
  bool send_frame(int opcode, std::string_view payload, bool is_final = true) const {
    std::string frame;
    frame += static_cast<char>((is_final ? 0x80 : 0) | opcode);
    if (payload.size() < 126) {
      frame += static_cast<char>(0x80 | payload.size());
    } else {
      frame += static_cast<char>(0x80 | 127);
      for (int shift = 56; shift >= 0; shift -= 8) {
        frame += static_cast<char>((payload.size() >> shift) & 0xff);
      }
    }
    frame += std::string(4, '\0');  // the mask
    frame += payload;
    return send(frame);
  }
  struct Frame {
    int opcode = -1;
    std::string payload;
  };
  Frame read_frame() {
    const std::string head = read_exactly(2);
    if (head.size() < 2) return {};
    auto size = static_cast<std::size_t>(head[1] & 0x7f);
    if (size == 126) {
      const std::string length = read_exactly(2);
      size = load_u16(reinterpret_cast<const std::uint8_t*>(length.data()));
    }
    return {head[0] & 0x0f, read_exactly(size)};
  }

 private:
  bool receive() {
    char buffer[4096];
    const ssize_t count = ::recv(fd_.get(), buffer, sizeof buffer, 0);
    if (count <= 0) return false;
    received_.append(buffer, static_cast<std::size_t>(count));
    return true;
  }
  std::string take(std::size_t count) {
    std::string taken = received_.substr(0, count);
    received_.erase(0, count);
    return taken;
  }

  io::FileDescriptor fd_;
  std::string received_;
};

std::string get(const std::string& path, const std::string& more = {}) {
  return "GET " + path + " HTTP/1.1\r\nHost: test\r\n" + more + "\r\n";
}

// The server runs in a thread of its own, so that clients may block.
class ServerTest : public testing::Test {
 protected:
  void start(ServerTimes times = {}, Room room = {}) {
    std::promise<std::uint16_t> port;
    thread_ = std::thread([this, times, room, &port] {
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
           .on_close = [this](ConnectionId id) { closed_.set_value(id); }},
          times, room);
      server_ = &server;
      port.set_value(server.listen({IpAddress::parse("127.0.0.1").value(), 0}).value().port);
      loop_.run();
      server_ = nullptr;
    });
    port_ = port.get_future().get();
  }
  ~ServerTest() override {
    if (thread_.joinable()) {
      loop_.post([this] { loop_.stop(); });
      thread_.join();
    }
  }

  void post(std::move_only_function<void()> task) { loop_.post(std::move(task)); }

  Client open_web_socket() {
    Client client(port_);
    client.send("POST /api/session HTTP/1.1\r\nHost: test\r\nOrigin: http://test\r\n\r\n");
    const std::string session = client.read_answer();
    const std::size_t cookie = session.find("offhook_session=");
    client.send("POST /api/tickets HTTP/1.1\r\nHost: test\r\nOrigin: http://test\r\nCookie: " +
                session.substr(cookie, session.find(';', cookie) - cookie) + "\r\n\r\n");
    const std::string answer = client.read_answer();
    const std::string ticket = answer.substr(answer.find("{\"ticket\":\"") + 11, 64);
    client.send(get("/sip?ticket=" + ticket,
                    "Origin: http://test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                    "Sec-WebSocket-Protocol: sip\r\n"
                    "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
    head_ = client.read_until("\r\n\r\n");
    return client;
  }

  io::EventLoop loop_;
  SystemRandom random_;
  Router router_{{.origins = {"http://test"},
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
  std::string head_;
};

TEST_F(ServerTest, AnswersSeveralRequestsOnOneConnection) {
  start();
  Client client(port_);
  client.send(get("/nothing") + get("/api/status"));
  EXPECT_TRUE(client.read_answer().starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  const std::string status = client.read_answer();
  EXPECT_TRUE(status.starts_with("HTTP/1.1 200 OK\r\n")) << status;
  EXPECT_TRUE(status.ends_with("\r\n\r\n{\"status\":1}")) << status;
}

TEST_F(ServerTest, AnswersHeadWithoutABody) {
  start();
  Client client(port_);
  client.send("HEAD / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
  const std::string answer = client.read_to_the_end();
  EXPECT_NE(answer.find("Content-Length: "), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST_F(ServerTest, RefusesWhatIsNotHttp) {
  start();
  Client client(port_);
  client.send("\x16\x03\x01 hello\r\n\r\n");
  EXPECT_TRUE(client.read_to_the_end().starts_with("HTTP/1.1 400 Bad Request\r\n"));
}

TEST_F(ServerTest, PutsSecurityHeadersOnEveryAnswer) {
  start();
  for (const std::string& what : {get("/"), get("/api/status"), get("/api/session"), get("/sip"),
                                  std::string("no HTTP\r\n\r\n")}) {
    Client client(port_);
    client.send(what);
    const std::string answer = client.read_answer();
    for (const char* header :
         {"Content-Security-Policy: default-src 'self'; ", "X-Content-Type-Options: nosniff\r\n",
          "Referrer-Policy: no-referrer\r\n", "Permissions-Policy: microphone=(self)\r\n"}) {
      EXPECT_TRUE(answer.contains(header)) << what << answer;
    }
  }
}

TEST_F(ServerTest, RefusesHeadersOverTheLimit) {
  start();
  Client client(port_);
  client.send(get("/", "X: " + std::string(limits::kHttpHeaderBytes, 'x') + "\r\n"));
  EXPECT_TRUE(client.read_to_the_end().starts_with("HTTP/1.1 431 "));
}

TEST_F(ServerTest, RefusesABodyOverTheLimit) {
  start();
  Client client(port_);
  client.send("POST /api/session HTTP/1.1\r\nHost: test\r\nContent-Length: " +
              std::to_string(limits::kHttpBodyBytes + 1) + "\r\n\r\n");
  EXPECT_TRUE(client.read_to_the_end().starts_with("HTTP/1.1 413 "));
}

TEST_F(ServerTest, ClosesConnectionsThatStayIdleOrSendTooSlowly) {
  start({.request = 50ms, .idle = 30ms, .web_socket_silence = 10s});
  Client idle(port_);
  Client slow(port_);
  slow.send("GET / HTTP/1.1\r\nHos");
  EXPECT_EQ(idle.read_to_the_end(), "");
  EXPECT_EQ(slow.read_to_the_end(), "");
}

TEST_F(ServerTest, TakesNoMoreConnectionsThanTheLimit) {
  start({}, {.connections = 1});
  Client first(port_);
  first.send(get("/api/status"));
  first.read_answer();
  Client second(port_);
  EXPECT_EQ(second.read_to_the_end(), "");
  first.send(get("/api/status"));
  EXPECT_TRUE(first.read_answer().starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_F(ServerTest, TakesNoMoreConnectionsFromOneAddressThanTheLimit) {
  start({}, {.per_address = 2});
  constexpr std::uint32_t kOther = INADDR_LOOPBACK + 1;
  std::optional<Client> first(port_);
  Client second(port_);
  for (Client* client : {&*first, &second}) {
    client->send(get("/api/status"));
    client->read_answer();
  }
  Client third(port_);
  EXPECT_EQ(third.read_to_the_end(), "");
  Client elsewhere(port_, kOther);
  elsewhere.send(get("/api/status"));
  EXPECT_TRUE(elsewhere.read_answer().starts_with("HTTP/1.1 200 OK\r\n"));
  first->send(get("/api/status", "Connection: close\r\n"));
  first->read_to_the_end();
  Client again(port_);
  again.send(get("/api/status"));
  EXPECT_TRUE(again.read_answer().starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_F(ServerTest, CarriesMessagesOverAWebSocket) {
  start();
  Client client = open_web_socket();
  EXPECT_TRUE(head_.starts_with("HTTP/1.1 101 ")) << head_;
  EXPECT_NE(head_.find("Sec-WebSocket-Protocol: sip\r\n"), std::string::npos) << head_;
  EXPECT_EQ(head_.find("permessage-deflate"), std::string::npos) << head_;
  const WebSocketInfo info = opened_.get_future().get();
  EXPECT_EQ(info.user, "demo");
  EXPECT_EQ(info.local.port, port_);
  EXPECT_TRUE(info.remote.address.is_loopback());
  client.send_frame(1, "text");
  client.send_frame(2, "binary");
  EXPECT_EQ(client.read_frame().payload, "got text");
  EXPECT_EQ(client.read_frame().payload, "got binary");
  client.send_frame(1, "in two ", false);
  client.send_frame(0, "parts");
  const Client::Frame last = client.read_frame();
  EXPECT_EQ(last.payload, "got in two parts");
  EXPECT_EQ(last.opcode, 1);
}

TEST_F(ServerTest, TellsWhenAWebSocketIsGone) {
  start();
  ConnectionId id = 0;
  {
    Client client = open_web_socket();
    id = opened_.get_future().get().id;
  }
  EXPECT_EQ(closed_.get_future().get(), id);
}

TEST_F(ServerTest, EndsAWebSocketOnAMessageOverTheLimit) {
  start();
  Client client = open_web_socket();
  client.send_frame(1, std::string(limits::kSipMessageBytes, 'x'));
  EXPECT_EQ(client.read_exactly(2).size(), 2U);
  client.send_frame(1, std::string(limits::kSipMessageBytes + 1, 'x'));
  EXPECT_NE(closed_.get_future().get(), 0U);
}

TEST_F(ServerTest, EndsAWebSocketOnBrokenFraming) {
  start();
  {
    Client client = open_web_socket();
    client.send(
        std::string("\x81\x03"
                    "abc",
                    5));  // not masked (RFC 6455 5.1)
    const Client::Frame close = client.read_frame();
    EXPECT_EQ(close.opcode, 8);
    EXPECT_EQ(close.payload.substr(0, 2), "\x03\xea");  // 1002
  }
  EXPECT_NE(closed_.get_future().get(), 0U);
}

TEST_F(ServerTest, PingsASilentBrowserAndEndsADeadOne) {
  start({.request = 10s, .idle = 10s, .web_socket_silence = 400ms});
  Client client = open_web_socket();
  const Client::Frame ping = client.read_frame();
  EXPECT_EQ(ping.opcode, 9);
  EXPECT_NE(closed_.get_future().get(), 0U);
}

TEST_F(ServerTest, CutsABrowserThatDoesNotRead) {
  start();
  Client client = open_web_socket();
  const ConnectionId id = opened_.get_future().get().id;
  auto closed = closed_.get_future();
  while (closed.wait_for(0s) != std::future_status::ready) {
    std::promise<void> done;
    post([&] {
      server_->send(id, std::string(60'000, 'x'));
      done.set_value();
    });
    done.get_future().wait();
  }
  EXPECT_EQ(closed.get(), id);
}

TEST_F(ServerTest, SendsWhatIsQueuedBeforeItGoesAway) {
  start();
  std::optional<Client> client = open_web_socket();
  const ConnectionId id = opened_.get_future().get().id;
  std::promise<void> done;
  post([&] {
    for (int i = 0; i < 3; ++i) server_->send(id, std::to_string(i));
    server_->shut_down([&] { done.set_value(); });
    server_->send(id, "too late");
  });
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client->read_frame().payload, std::to_string(i));
  const Client::Frame close = client->read_frame();
  EXPECT_EQ(close.opcode, 8);
  EXPECT_EQ(close.payload.substr(0, 2), "\x03\xe9");  // 1001
  client->send_frame(8, close.payload);
  client.reset();
  done.get_future().wait();
}

TEST_F(ServerTest, IsDoneAtOnceWhereNobodyIsConnected) {
  start();
  std::promise<void> done;
  post([&] { server_->shut_down([&] { done.set_value(); }); });
  done.get_future().wait();
}

TEST_F(ServerTest, NamesTheEndpointThatIsTaken) {
  start();
  io::EventLoop loop;
  Server other(loop, router_, {});
  const auto taken = other.listen({IpAddress::parse("127.0.0.1").value(), port_});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().message,
            "cannot listen on TCP 127.0.0.1:" + std::to_string(port_) + ": Address already in use");
}

}  // namespace
}  // namespace offhook::http
