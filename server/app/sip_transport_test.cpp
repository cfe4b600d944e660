#include "app/sip_transport.hpp"

#include <chrono>
#include <deque>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "io/socket_address.hpp"
#include "io/stream_connection.hpp"
#include "io/stream_listener.hpp"
#include "io/test_certificates.hpp"
#include "io/udp_socket.hpp"

namespace offhook::app {
namespace {

using namespace std::chrono_literals;
using sip::Transport;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::uint64_t kId = sip::kChosenConnection | 7;

std::string options(std::string_view body = "") {
  return "OPTIONS sip:b@example.com SIP/2.0\r\n"
         "Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1\r\n"
         "From: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\n"
         "Call-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

// A transport and what it told.
struct Node {
  struct Lost {
    sip::Flow flow;
    std::string reason;
  };
  SipTransport::Handlers handlers() {
    return {.on_message =
                [this](const sip::Flow& flow, std::string_view message) {
                  flows.push_back(flow);
                  messages.emplace_back(message);
                  if (!answer.empty()) transport->send(flow, answer);
                },
            .on_lost = [this](const sip::Flow& flow,
                              const std::string& reason) { lost.push_back({flow, reason}); },
            .on_undelivered =
                [this](const sip::Flow& flow, std::string_view quoted) {
                  lost.push_back({flow, std::string(quoted)});
                }};
  }

  std::vector<sip::Flow> flows;
  std::vector<std::string> messages;
  std::vector<Lost> lost;
  std::string answer;
  Endpoint local;
  std::unique_ptr<SipTransport> transport;
};

// A peer that follows no rule.
struct RawPeer {
  RawPeer(io::EventLoop& loop, const Endpoint& to, const IpAddress& source = {})
      : stream(io::StreamConnection::connect(
            loop, {to, {}}, source, {},
            {.on_bytes = [this](std::string_view bytes) { received += bytes; },
             .on_closed = [this](const std::string&) { is_closed = true; }})) {}
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  std::string received;
  bool is_closed = false;
  std::unique_ptr<io::StreamConnection> stream;
};

class SipTransportTest : public testing::Test {
 protected:
  void start(Node& node, const SipTransport::Bounds& bounds = {},
             std::string_view address = "127.0.0.1:0") {
    node.transport = std::make_unique<SipTransport>(loop, node.handlers(), bounds);
    const auto bound = node.transport->listen(Endpoint::parse(address).value());
    ASSERT_TRUE(bound) << bound.error().message;
    node.local = *bound;
  }
  // The phone's flow to the provider.
  sip::Flow open(Transport transport = Transport::Tcp, const SipTransport::Wishes& wishes = {}) {
    const auto flow = phone.transport->open(
        {.transport = transport, .endpoint = provider.local, .host = "127.0.0.1"}, kId, wishes);
    EXPECT_TRUE(flow) << flow.error().message;
    return flow.value_or(sip::Flow{});
  }
  void run_until(const std::function<bool()>& condition) {
    const Time end = io::now() + 10s;
    io::Timer poll(loop, [&] { loop.stop(); });
    while (!condition() && io::now() < end) {
      poll.set(io::now() + 2ms);
      loop.run();
    }
    EXPECT_TRUE(condition());
  }
  void run_for(Duration duration) {
    const Time end = io::now() + duration;
    run_until([&] { return io::now() >= end; });
  }
  std::string loss() {
    run_until([this] { return !phone.lost.empty(); });
    return phone.lost.empty() ? "" : phone.lost.back().reason;
  }
  void start_tls(const std::string& names) {
    const auto bound =
        provider.transport->listen_tls(Endpoint::parse("127.0.0.1:0").value(),
                                       {.certificate_file = certificates.make({.names = names}),
                                        .key_file = certificates.key_file()});
    ASSERT_TRUE(bound) << bound.error().message;
    provider.local = *bound;
  }
  // That a request and its answer travel on one flow.
  void expect_exchange(Transport transport, const SipTransport::Wishes& wishes = {}) {
    provider.answer = options("answer");
    const sip::Flow flow = open(transport, wishes);
    phone.transport->send(flow, options("question"));
    run_until([this] { return !phone.messages.empty() || !phone.lost.empty(); });
    ASSERT_EQ(phone.messages, std::vector{options("answer")});
    EXPECT_EQ(provider.messages, std::vector{options("question")});
    EXPECT_EQ(phone.flows.front(), flow);
    EXPECT_EQ(flow.transport, transport);
    EXPECT_EQ(flow.local, phone.local);
    EXPECT_EQ(flow.remote, provider.local);
    const sip::Flow& theirs = provider.flows.front();
    EXPECT_EQ(theirs.transport, transport);
    EXPECT_EQ(theirs.local, provider.local);
    EXPECT_EQ(theirs.connection & sip::kChosenConnection, 0u);
  }

  io::EventLoop loop;
  io::TestCertificates certificates;
  Node phone;
  Node provider;
};

TEST_F(SipTransportTest, CarriesMessagesOverUdp) {
  start(phone);
  start(provider);
  expect_exchange(Transport::Udp);
}

TEST_F(SipTransportTest, CarriesMessagesOverTcp) {
  start(phone);
  start(provider);
  expect_exchange(Transport::Tcp);
}

TEST_F(SipTransportTest, CarriesMessagesOverTls) {
  start(phone);
  start(provider);
  start_tls("IP:127.0.0.1");
  expect_exchange(Transport::Tls, {.tls = {.ca_file = certificates.ca_file()}});
}

TEST_F(SipTransportTest, CarriesMessagesOverIpv6) {
  SipTransport probe(loop, {});
  if (!probe.listen(Endpoint::parse("[::1]:0").value())) GTEST_SKIP() << "no IPv6 here";
  for (const Transport transport : {Transport::Udp, Transport::Tcp}) {
    phone = {};
    provider = {};
    start(phone, {}, "[::1]:0");
    start(provider, {}, "[::1]:0");
    expect_exchange(transport);
  }
}

TEST_F(SipTransportTest, ListensOnOneEndpointForUdpAndTcp) {
  start(provider);
  Node other;
  other.transport = std::make_unique<SipTransport>(loop, other.handlers());
  const auto bound = other.transport->listen(provider.local);
  ASSERT_FALSE(bound);
  EXPECT_THAT(bound.error().message, HasSubstr(provider.local.to_string()));
}

TEST_F(SipTransportTest, ListensWhereAnAdoptedUdpSocketIsBound) {
  auto udp = io::UdpSocket::open(Endpoint::parse("127.0.0.2:0").value());
  ASSERT_TRUE(udp) << udp.error().message;
  provider.transport = std::make_unique<SipTransport>(loop, provider.handlers());
  const auto bound = provider.transport->listen({}, std::move(*udp));
  ASSERT_TRUE(bound) << bound.error().message;
  EXPECT_EQ(bound->address, IpAddress::parse("127.0.0.2"));
  provider.local = *bound;
  start(phone, {}, "127.0.0.1:0");
  expect_exchange(Transport::Tcp);
}

TEST_F(SipTransportTest, SaysThatTheTcpPortBesideAnAdoptedUdpSocketIsTaken) {
  const auto taken = io::StreamListener::listen(loop, Endpoint::parse("127.0.0.1:0").value(), {});
  ASSERT_TRUE(taken);
  auto udp = io::UdpSocket::open((*taken)->local());
  ASSERT_TRUE(udp) << udp.error().message;
  SipTransport transport(loop, {});
  const auto bound = transport.listen({}, std::move(*udp));
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().message,
            "cannot listen on TCP " + (*taken)->local().to_string() + ": Address already in use");
}

TEST_F(SipTransportTest, TellsTheAddressThatRoutingChoosesWhereItListensOnAll) {
  start(phone, {}, "0.0.0.0:0");
  start(provider);
  const sip::Flow flow = open();
  EXPECT_EQ(flow.local, (Endpoint{IpAddress::parse("127.0.0.1").value(), phone.local.port}));
}

TEST_F(SipTransportTest, OpensAConnectionOnce) {
  start(phone);
  start(provider);
  const sip::Flow first = open();
  phone.transport->send(first, options("1"));
  const sip::Flow second = open();
  EXPECT_EQ(first, second);
  phone.transport->send(second, options("2"));
  run_until([this] { return provider.messages.size() == 2; });
  EXPECT_EQ(provider.flows[0], provider.flows[1]);
}

TEST_F(SipTransportTest, OpensAConnectionAnewOnceItIsLost) {
  start(phone);
  start(provider);
  const Endpoint where = provider.local;
  provider.transport.reset();
  open();
  EXPECT_EQ(loss(), where.to_string() + " refused the connection");
  start(provider, {}, where.to_string());
  phone.transport->send(open(), options());
  run_until([this] { return provider.messages.size() == 1; });
}

TEST_F(SipTransportTest, TellsOfALossInALaterTurn) {
  start(phone);
  start(provider);
  const Endpoint where = provider.local;
  provider.transport.reset();
  const sip::Flow flow = open();
  phone.transport->send(flow, options());
  EXPECT_TRUE(phone.lost.empty());
  EXPECT_EQ(loss(), where.to_string() + " refused the connection");
  EXPECT_EQ(phone.lost.front().flow, flow);
  EXPECT_EQ(phone.lost.size(), 1u);
}

TEST_F(SipTransportTest, TellsWhatNobodyTookOverUdp) {
  start(phone);
  start(provider);
  provider.transport.reset();
  const sip::Flow flow = open(Transport::Udp);
  phone.transport->send(flow, options());
  EXPECT_TRUE(options().starts_with(loss()));
  EXPECT_GT(loss().size(), 100U);
  EXPECT_EQ(phone.lost.front().flow, flow);
}

TEST_F(SipTransportTest, TellsBothNamesOfAWrongCertificate) {
  start(phone);
  start(provider);
  start_tls("DNS:example.org");
  open(Transport::Tls, {.tls = {.ca_file = certificates.ca_file()}});
  EXPECT_EQ(loss(), "the certificate of " + provider.local.to_string() +
                        " is for example.org, not 127.0.0.1");
}

TEST_F(SipTransportTest, RefusesTlsSettingsThatMakeNoSense) {
  start(phone);
  start(provider);
  const auto flow =
      phone.transport->open({.transport = Transport::Tls, .endpoint = provider.local, .host = "a"},
                            kId, {.tls = {.versions = {.minimum = "1.3", .maximum = "1.2"}}});
  ASSERT_FALSE(flow);
  EXPECT_THAT(flow.error().message, StartsWith("TLS from 1.3 to 1.2"));
}

TEST_F(SipTransportTest, RefusesAFamilyOnWhichItDoesNotListen) {
  start(phone);
  for (const Transport transport : {Transport::Udp, Transport::Tcp}) {
    const auto flow = phone.transport->open(
        {.transport = transport, .endpoint = Endpoint::parse("[::1]:5060").value(), .host = ""},
        kId, {});
    ASSERT_FALSE(flow);
    EXPECT_EQ(flow.error().message, "cannot reach [::1]:5060: SIP listens on no IPv6 address");
  }
}

// ---- what peers do ----

TEST_F(SipTransportTest, CutsMessagesOutOfAnyBytes) {
  start(provider);
  RawPeer peer(loop, provider.local);
  const std::string stream = options("one") + "\r\n" + options("two");
  for (const char c : stream) {
    peer.stream->send({&c, 1});
    loop.post([this] { loop.stop(); });
    loop.run();
  }
  run_until([this] { return provider.messages.size() == 2; });
  EXPECT_EQ(provider.messages, (std::vector{options("one"), options("two")}));
}

TEST_F(SipTransportTest, AnswersAPing) {
  start(provider);
  RawPeer peer(loop, provider.local);
  peer.stream->send("\r\n\r\n");
  run_until([&] { return peer.received == "\r\n"; });
  EXPECT_TRUE(provider.messages.empty());
}

TEST_F(SipTransportTest, KeepAlivesOverUdpAreDropped) {
  start(phone);
  start(provider);
  const sip::Flow flow = open(Transport::Udp);
  for (const std::string_view nothing : {"\r\n\r\n", "\r\n", ""}) {
    phone.transport->send(flow, nothing);
  }
  phone.transport->send(flow, options());
  run_until([this] { return !provider.messages.empty(); });
  EXPECT_EQ(provider.messages, std::vector{options()});
}

TEST_F(SipTransportTest, AStreamThatCannotBeReadIsClosedAfterTheAnswer) {
  start(provider);
  provider.answer = "SIP/2.0 400 Bad Request\r\n\r\n";
  RawPeer peer(loop, provider.local);
  std::string bad = options();
  bad.replace(bad.find("Length: 0"), 9, "Length: -1");
  peer.stream->send(bad + options() + std::string(100'000, 'x'));
  run_until([&] { return peer.is_closed && !provider.lost.empty(); });
  EXPECT_EQ(peer.received, provider.answer);
  EXPECT_EQ(provider.messages.size(), 1u);
  EXPECT_THAT(provider.lost.front().reason,
              HasSubstr(" sent what cannot be read: a message has a bad Content-Length"));
}

TEST_F(SipTransportTest, TakesConnectionsUpToItsBoundsAndNoMore) {
  start(provider, {.connections = 3, .connections_per_source = 2});
  const auto source = [](std::string_view text) { return IpAddress::parse(text).value(); };
  std::deque<RawPeer> peers;
  const auto is_taken = [&](const char* from) {
    RawPeer& peer = peers.emplace_back(loop, provider.local, source(from));
    peer.stream->send("\r\n\r\n");
    run_until([&] { return peer.is_closed || !peer.received.empty(); });
    return !peer.is_closed;
  };
  EXPECT_TRUE(is_taken("127.0.0.5"));
  EXPECT_TRUE(is_taken("127.0.0.5"));
  EXPECT_FALSE(is_taken("127.0.0.5"));  // one over, for a source
  EXPECT_TRUE(is_taken("127.0.0.6"));
  EXPECT_FALSE(is_taken("127.0.0.7"));  // one over, in all
  peers.pop_front();
  run_until([this] { return provider.lost.size() == 1; });
  EXPECT_TRUE(is_taken("127.0.0.5"));
}

TEST_F(SipTransportTest, OwnConnectionsDoNotCountAgainstTheBounds) {
  start(phone, {.connections = 1});
  start(provider);
  phone.transport->send(open(), options());
  run_until([this] { return provider.messages.size() == 1; });
  RawPeer peer(loop, phone.local);
  peer.stream->send(options());
  run_until([this] { return phone.messages.size() == 1; });
}

TEST_F(SipTransportTest, EndsAConnectionThatSaysNothing) {
  start(provider, {.idle = 50ms});
  RawPeer peer(loop, provider.local);
  run_until([&] { return peer.is_closed; });
  EXPECT_THAT(provider.lost.front().reason, HasSubstr(" said nothing for "));
}

TEST_F(SipTransportTest, EndsAConnectionThatDoesNotFinishAMessage) {
  start(provider, {.message = 50ms});
  RawPeer peer(loop, provider.local);
  peer.stream->send("OPTIONS");
  run_until([&] { return peer.is_closed; });
  EXPECT_THAT(provider.lost.front().reason, HasSubstr(" did not finish a message in "));
}

TEST_F(SipTransportTest, CutsAPeerThatDoesNotRead) {
  start(provider);
  provider.answer = options(std::string(30'000, 'x'));
  const io::FileDescriptor deaf(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const io::SocketAddress to(provider.local);
  ASSERT_EQ(::connect(deaf.get(), to.data(), to.size()), 0);
  for (int i = 0; i < 40; ++i) ::send(deaf.get(), options().data(), options().size(), 0);
  run_until([this] { return provider.lost.size() == 1; });
  EXPECT_THAT(provider.lost.front().reason, HasSubstr(" does not read what we send"));
}

// ---- keep-alive ----

TEST_F(SipTransportTest, PingsAndTakesThePong) {
  start(phone);
  start(provider);
  open(Transport::Tcp, {.keep_alive = 10ms});
  run_for(200ms);
  EXPECT_TRUE(phone.lost.empty());
  EXPECT_TRUE(provider.messages.empty());
}

class KeepAliveTest : public SipTransportTest {
 protected:
  void begin(std::string_view answer) {
    start(phone, {.pong = 30ms});
    auto listening = io::StreamListener::listen(
        loop, Endpoint::parse("127.0.0.1:0").value(),
        [this, answer](io::FileDescriptor fd, const Endpoint&, const Endpoint& remote) {
          peer = io::StreamConnection::adopt(loop, std::move(fd), remote, {},
                                             {.on_bytes =
                                                  [this, answer](std::string_view bytes) {
                                                    pings += bytes == "\r\n\r\n" ? 1 : 0;
                                                    if (pings < 3) peer->send(answer);
                                                  },
                                              .on_closed = [](const std::string&) {}});
        });
    ASSERT_TRUE(listening);
    listener = std::move(*listening);
    provider.local = listener->local();
    open(Transport::Tcp, {.keep_alive = 50ms});
  }

  std::unique_ptr<io::StreamListener> listener;
  std::unique_ptr<io::StreamConnection> peer;
  int pings = 0;
};

TEST_F(KeepAliveTest, APeerThatAnsweredPingsAndDoesNoMoreIsLost) {
  begin("\r\n");
  EXPECT_THAT(loss(), HasSubstr(" did not answer a keep-alive in "));
  EXPECT_EQ(pings, 3);
}

TEST_F(KeepAliveTest, APeerThatNeverAnswersPingsIsKept) {
  begin("");
  run_until([this] { return pings == 6; });
  EXPECT_TRUE(phone.lost.empty());
}

TEST_F(KeepAliveTest, APeerThatPingsByItselfIsNotTakenForOneThatAnswers) {
  begin("\r\n\r\n");
  run_until([this] { return pings == 6; });
  EXPECT_TRUE(phone.lost.empty());
}

}  // namespace
}  // namespace offhook::app
