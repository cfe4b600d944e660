#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "app/signal_process.hpp"
#include "base/test_ports.hpp"
#include "base/utf8.hpp"
#include "io/file_descriptor.hpp"
#include "sip/stream_framing.hpp"
#include "sip/torture_messages.hpp"
#include "sip/transaction_key.hpp"

// Every message of RFC 4475 and RFC 5118 over real UDP, TCP and WebSocket to the signal process,
// with a valid OPTIONS after each.
namespace offhook::app {
namespace {

using namespace std::chrono_literals;
using sip::torture::Outcome;
using sip::torture::TortureMessage;

const IpAddress kLoopback = IpAddress::parse("127.0.0.1").value();

// A blocking client.
class Peer {
 public:
  Peer(int type, std::uint16_t port) : fd_(::socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
    set_patience(10s);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  }
  virtual ~Peer() = default;
  void set_patience(std::chrono::microseconds time) const {
    const timeval patience{.tv_sec = time / 1s, .tv_usec = (time % 1s).count()};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  virtual void send(std::string_view message) { send_bytes(message); }
  // The next message; nullopt where the far side has closed, or says nothing for too long.
  virtual std::optional<std::string> receive() = 0;

 protected:
  void send_bytes(std::string_view bytes) const {
    EXPECT_EQ(::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  std::optional<std::string> receive_bytes() const {
    std::string buffer(65'536, '\0');
    const ssize_t count = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (count <= 0) return std::nullopt;
    buffer.resize(static_cast<std::size_t>(count));
    return buffer;
  }

 private:
  io::FileDescriptor fd_;
};

class UdpPeer : public Peer {
 public:
  explicit UdpPeer(std::uint16_t port) : Peer(SOCK_DGRAM, port) {}
  std::optional<std::string> receive() override { return receive_bytes(); }
};

class TcpPeer : public Peer {
 public:
  explicit TcpPeer(std::uint16_t port) : Peer(SOCK_STREAM, port) {}
  std::optional<std::string> receive() override {
    while (true) {
      auto item = framing_.next();
      if (!item) return std::nullopt;
      if (*item) return std::get<sip::StreamFraming::Frame>(**item).message;
      const auto bytes = receive_bytes();
      if (!bytes) return std::nullopt;
      framing_.add(*bytes);
    }
  }

 private:
  sip::StreamFraming framing_;
};

// A page's way to a WebSocket, and RFC 6455 5.2 for messages that are one frame.
class WebSocketPeer : public Peer {
 public:
  explicit WebSocketPeer(std::uint16_t port) : Peer(SOCK_STREAM, port) {
    const std::string host = "localhost:" + std::to_string(port);
    const std::string head = " HTTP/1.1\r\nHost: " + host + "\r\nOrigin: http://" + host + "\r\n";
    const std::string session = ask("POST /api/session" + head + "\r\n");
    const auto cookie = session.find("offhook_session");
    const std::string ticket =
        ask("POST /api/tickets" + head +
            "Cookie: " + session.substr(cookie, session.find(';', cookie) - cookie) + "\r\n\r\n");
    constexpr std::string_view kBefore = "{\"ticket\":\"";
    const auto at = ticket.find(kBefore) + kBefore.size();
    const std::string switched =
        ask("GET /sip?ticket=" + ticket.substr(at, ticket.find('"', at) - at) + head +
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n\r\n");
    EXPECT_TRUE(switched.starts_with("HTTP/1.1 101")) << switched;
  }
  void send(std::string_view message) override {
    // RFC 7118 4.2: text where it is UTF-8, else binary.
    const bool is_text = well_formed_utf8(message) == message;
    std::string frame;
    frame += static_cast<char>(0x80 | (is_text ? 1 : 2));
    if (message.size() < 126) {
      frame += static_cast<char>(0x80 | message.size());
    } else {
      frame += {static_cast<char>(0x80 | 126), static_cast<char>(message.size() >> 8U),
                static_cast<char>(message.size() & 0xffU)};
    }
    frame += std::string(4, '\0');  // the mask
    send_bytes(frame + std::string(message));
  }
  std::optional<std::string> receive() override {
    while (true) {
      if (const auto message = take_frame()) return message;
      const auto bytes = receive_bytes();
      if (!bytes) return std::nullopt;
      received_ += *bytes;
    }
  }

 private:
  // An answer with its body, which comes at once.
  std::string ask(const std::string& request) {
    send_bytes(request);
    std::string answer;
    while (!answer.contains("\r\n\r\n")) {
      const auto bytes = receive_bytes();
      if (!bytes) return answer;
      answer += *bytes;
    }
    return answer;
  }
  std::optional<std::string> take_frame() {
    if (received_.size() < 4) return std::nullopt;
    auto size = static_cast<std::size_t>(received_[1] & 0x7f);
    const std::size_t head = size == 126 ? 4 : 2;
    if (size == 126) {
      size =
          static_cast<std::uint8_t>(received_[2]) * 256U + static_cast<std::uint8_t>(received_[3]);
    }
    if (received_.size() < head + size) return std::nullopt;
    std::string payload = received_.substr(head, size);
    received_.erase(0, head + size);
    return payload;
  }

  std::string received_;
};

// The process in a thread of its own, so that clients may block. Its trunk is on this machine: what
// comes from here is a provider's.
class TortureWireTest : public testing::Test {
 protected:
  TortureWireTest() {
    settings_.config.http.listen = {{kLoopback, http_port_}};
    settings_.user = "demo";
    settings_.sip_listen = {{kLoopback, sip_port_}};
    config_.users = {"demo"};
    TrunkSettings& trunk = settings_.config.trunks.emplace_back();
    trunk.name = "here";
    call::TrunkConfig& account = config_.trunks.emplace_back();
    account.name = trunk.name;
    account.user = "demo";
    account.servers = {{"127.0.0.1", free_ports(), sip::Transport::Udp}};
    account.account = {"100001", "secret"};
    account.registers = false;
    account.probe_interval = 0s;
    std::promise<std::string> problem;
    thread_ = std::thread([this, &problem] {
      const auto process = SignalProcess::open(loop_, settings_, config_, "/nowhere/control", log_);
      problem.set_value(process ? "" : process.error().message);
      if (process) loop_.run();
    });
    EXPECT_EQ(problem.get_future().get(), "");
    wait_for_the_trunk();
  }
  ~TortureWireTest() override {
    loop_.post([this] { loop_.stop(); });
    thread_.join();
  }

  // Until it has looked up where its provider is, nobody gets an answer.
  void wait_for_the_trunk() {
    UdpPeer peer(sip_port_);
    peer.set_patience(20ms);
    for (int i = 0; i < 500; ++i) {
      peer.send(options("waiting"));
      if (peer.receive()) return;
    }
    ADD_FAILURE() << "the process does not answer";
  }

  static std::string options(const std::string& call_id) {
    return "OPTIONS sip:demo@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK" +
           call_id +
           "\r\nFrom: <sip:check@example.com>;tag=1\r\nTo: <sip:demo@127.0.0.1>\r\nCall-ID: " +
           call_id + "\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n";
  }

  // The statuses of the answers to `message`, if there is any, that come before the one to a valid
  // OPTIONS, which must come.
  std::vector<std::uint16_t> answers_before_options(Peer& peer, const TortureMessage* message) {
    const std::string call_id = "check-" + std::to_string(++checks_);
    peer.send(options(call_id));
    std::vector<std::uint16_t> statuses;
    while (const auto bytes = peer.receive()) {
      const auto read = sip::parse_message(*bytes);
      EXPECT_TRUE(read) << *bytes;
      const auto* response = read ? std::get_if<sip::Response>(&*read) : nullptr;
      if (response == nullptr) continue;
      if (response->headers.call_id == call_id) {
        EXPECT_EQ(response->status, 200);
        return statuses;
      }
      if (message != nullptr && message->bytes.contains(response->headers.call_id)) {
        statuses.push_back(response->status);
      }
    }
    ADD_FAILURE() << "no answer to OPTIONS";
    return statuses;
  }

  void expect_outcome(const TortureMessage& message, const std::vector<std::uint16_t>& answers) {
    // Some of them have one branch, and are repetitions of each other then.
    if (const auto read = sip::parse_message(message.bytes)) {
      const auto* request = std::get_if<sip::Request>(&*read);
      if (request != nullptr && !seen_.insert(sip::server_key({}, *request)).second) return;
    }
    if (message.outcome == Outcome::Dropped) {
      EXPECT_TRUE(answers.empty()) << answers.front();
    } else if (message.status != 0) {
      EXPECT_TRUE(std::ranges::count(answers, message.status) > 0);
    } else {
      EXPECT_FALSE(answers.empty());
    }
  }

  std::uint16_t http_port_ = free_ports();
  std::uint16_t sip_port_ = free_ports();
  io::EventLoop loop_;
  Log log_{"signal", {.level = LogLevel::Error, .format = LogFormat::Json}};
  Settings settings_;
  call::Config config_;
  std::thread thread_;
  std::set<std::string> seen_;
  int checks_ = 0;
};

TEST_F(TortureWireTest, OverUdpEveryMessageHasItsOutcomeAndOptionsIsAnsweredAfterIt) {
  UdpPeer peer(sip_port_);
  for (const TortureMessage& message : sip::torture::torture_messages()) {
    SCOPED_TRACE(message.name);
    peer.send(message.bytes);
    expect_outcome(message, answers_before_options(peer, &message));
  }
}

TEST_F(TortureWireTest, OverWebSocketEveryMessageHasItsOutcomeAndOptionsIsAnsweredAfterIt) {
  WebSocketPeer peer(http_port_);
  for (const TortureMessage& message : sip::torture::torture_messages()) {
    SCOPED_TRACE(message.name);
    peer.send(message.bytes);
    expect_outcome(message, answers_before_options(peer, &message));
  }
}

// Where a message leaves the stream in the middle of something, or unreadable, its connection is of
// no use any more, but the next one is.
TEST_F(TortureWireTest, OverTcpEveryMessageHasItsOutcomeAndOptionsIsAnsweredAfterIt) {
  for (const TortureMessage& message : sip::torture::torture_messages()) {
    SCOPED_TRACE(message.name);
    sip::StreamFraming framing;
    framing.add(message.bytes);
    std::size_t frames = 0;
    auto item = framing.next();
    for (; item && *item; item = framing.next()) ++frames;

    TcpPeer peer(sip_port_);
    peer.send(message.bytes);
    if (item && frames > 0 && !framing.is_within_message()) {
      expect_outcome(message, answers_before_options(peer, &message));
    } else {
      TcpPeer next(sip_port_);
      answers_before_options(next, nullptr);
    }
  }
}

}  // namespace
}  // namespace offhook::app
