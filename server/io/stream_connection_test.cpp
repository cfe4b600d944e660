#include "io/stream_connection.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "io/socket_address.hpp"
#include "io/stream_listener.hpp"
#include "io/test_certificates.hpp"

namespace offhook::io {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::string_view kLoopback = "127.0.0.1:0";

// One side of a connection and what came of it.
struct Side {
  std::unique_ptr<StreamConnection> stream;
  std::string received;
  std::optional<std::string> ended;
};

class StreamConnectionTest : public testing::Test {
 protected:
  StreamConnection::Handlers handlers(Side& side) {
    return {.on_bytes = [&side](std::string_view bytes) { side.received += bytes; },
            .on_closed = [&side](const std::string& reason) { side.ended = reason; }};
  }
  // A server whose certificate is for `names`; plain TCP without.
  void serve(std::optional<TestCertificates::Wanted> certificate = {},
             const TlsVersions& versions = {}, std::string_view local = kLoopback) {
    if (certificate) {
      auto made = TlsContext::server({.certificate_file = certificates.make(*certificate),
                                      .key_file = certificates.key_file(),
                                      .versions = versions});
      ASSERT_TRUE(made) << made.error().message;
      server_tls = *made;
    }
    auto listening = StreamListener::listen(
        loop, Endpoint::parse(local).value(),
        [this](FileDescriptor fd, const Endpoint&, const Endpoint& remote) {
          server.stream = StreamConnection::adopt(loop, std::move(fd), remote, server_tls,
                                                  handlers(server), stream_limits);
        });
    ASSERT_TRUE(listening) << listening.error().message;
    listener = std::move(*listening);
  }
  void connect(const Endpoint& to, std::shared_ptr<TlsContext> tls = {},
               const std::string& name = {}) {
    client.stream = StreamConnection::connect(loop, {to, name}, {}, std::move(tls),
                                              handlers(client), stream_limits);
  }
  void connect_tls(const std::string& name, TlsClientSettings settings = {}) {
    if (settings.ca_file.empty()) settings.ca_file = certificates.ca_file();
    auto made = TlsContext::client(settings);
    ASSERT_TRUE(made) << made.error().message;
    connect(listener->local(), *made, name);
  }
  void run_until(const std::function<bool()>& condition) {
    const Time end = now() + 10s;
    Timer poll(loop, [&] { loop.stop(); });
    while (!condition() && now() < end) {
      poll.set(now() + 2ms);
      loop.run();
    }
    EXPECT_TRUE(condition());
  }
  // What the client is told in the end.
  std::string ending() {
    run_until([this] { return client.ended.has_value(); });
    return client.ended.value_or("");
  }
  // That bytes go both ways.
  void expect_to_stand() {
    client.stream->send("to the server");
    run_until([this] { return server.received == "to the server" || client.ended; });
    ASSERT_EQ(client.ended, std::nullopt);
    server.stream->send("to the client");
    run_until([this] { return client.received == "to the client"; });
  }
  std::string peer() const { return listener->local().to_string(); }

  EventLoop loop;
  TestCertificates certificates;
  StreamLimits stream_limits;
  std::shared_ptr<TlsContext> server_tls;
  std::unique_ptr<StreamListener> listener;
  Side server;
  Side client;
};

TEST_F(StreamConnectionTest, CarriesBytesBothWays) {
  serve();
  connect(listener->local());
  expect_to_stand();
}

TEST_F(StreamConnectionTest, CarriesBytesOverIpv6) {
  if (!StreamListener::listen(loop, Endpoint::parse("[::1]:0").value(), {})) {
    GTEST_SKIP() << "this machine has no IPv6";
  }
  serve(TestCertificates::Wanted{.names = "IP:::1"}, {}, "[::1]:0");
  connect_tls("::1");
  expect_to_stand();
}

TEST_F(StreamConnectionTest, SendsWhatIsLargerThanTheKernelTakes) {
  serve();
  connect(listener->local());
  const std::string large(limits::kSipConnectionQueueBytes, 'x');
  client.stream->send(large);
  run_until([&] { return server.received.size() == large.size(); });
  EXPECT_EQ(client.ended, std::nullopt);
}

TEST_F(StreamConnectionTest, ConnectsFromTheGivenSource) {
  Endpoint from;
  auto listening = StreamListener::listen(
      loop, Endpoint::parse(kLoopback).value(),
      [&](const FileDescriptor&, const Endpoint&, const Endpoint& remote) { from = remote; });
  ASSERT_TRUE(listening);
  client.stream =
      StreamConnection::connect(loop, {(*listening)->local(), {}},
                                IpAddress::parse("127.0.0.30").value(), {}, handlers(client));
  run_until([&] { return from.address == IpAddress::parse("127.0.0.30"); });
}

TEST_F(StreamConnectionTest, TellsWhoRefusedTheConnection) {
  serve();
  const Endpoint nobody = listener->local();
  listener.reset();
  connect(nobody);
  EXPECT_EQ(ending(), nobody.to_string() + " refused the connection");
}

TEST_F(StreamConnectionTest, TellsWhoDidNotAnswer) {
  // A full backlog: the kernel drops further SYNs.
  const FileDescriptor full(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const SocketAddress any(Endpoint::parse(kLoopback).value());
  ASSERT_EQ(::bind(full.get(), any.data(), any.size()), 0);
  ASSERT_EQ(::listen(full.get(), 0), 0);
  SocketAddress bound;
  ::getsockname(full.get(), bound.data(), bound.size_pointer());
  std::vector<Side> before(3);
  for (Side& side : before) {
    side.stream = StreamConnection::connect(loop, {bound.endpoint(), {}}, {}, {}, handlers(side));
  }
  stream_limits.connect = 100ms;
  connect(bound.endpoint());
  EXPECT_EQ(ending(), bound.endpoint().to_string() + " did not answer in 0.1 s");
}

TEST_F(StreamConnectionTest, TellsThatThePeerClosed) {
  serve();
  connect(listener->local());
  expect_to_stand();
  server.stream->close_in_order();
  EXPECT_EQ(ending(), peer() + " closed the connection");
}

TEST_F(StreamConnectionTest, ClosesOnceEverythingIsSent) {
  for (const bool is_secure : {false, true}) {
    server = {};
    client = {};
    serve(is_secure ? std::optional(TestCertificates::Wanted{.names = "DNS:a.example"})
                    : std::nullopt);
    is_secure ? connect_tls("a.example") : connect(listener->local());
    const std::string large(200'000, 'x');
    client.stream->send(large);
    client.stream->close_in_order();
    client.stream->send("too late");
    run_until([this] { return server.ended.has_value(); });
    EXPECT_EQ(server.received.size(), large.size());
    EXPECT_EQ(ending(), "");
  }
}

// Closing at once would reset the connection, and the peer would lose our last words.
TEST_F(StreamConnectionTest, ThePeerGetsOurLastWordsThoughItKeepsSending) {
  serve();
  connect(listener->local());
  expect_to_stand();
  client.stream->send(std::string(100'000, 'x'));
  server.stream->send("no more");
  server.stream->close_in_order();
  run_until([this] { return client.ended.has_value(); });
  EXPECT_THAT(client.received, HasSubstr("no more"));
}

TEST_F(StreamConnectionTest, APeerThatDoesNotCloseIsCut) {
  serve();
  const FileDescriptor mute(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const SocketAddress to(listener->local());
  ASSERT_EQ(::connect(mute.get(), to.data(), to.size()), 0);
  stream_limits.close = 50ms;
  run_until([this] { return server.stream != nullptr; });
  run_until([this] {
    server.stream->close_in_order();
    return server.ended.has_value();
  });
  EXPECT_EQ(server.ended, "");
}

TEST_F(StreamConnectionTest, APeerThatDoesNotReadIsCutOneByteOverTheQueue) {
  serve();
  const FileDescriptor deaf(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const SocketAddress to(listener->local());
  ASSERT_EQ(::connect(deaf.get(), to.data(), to.size()), 0);
  run_until([this] { return server.stream != nullptr; });
  std::size_t sent = 0;
  const std::string message(10'000, 'x');
  for (; !server.ended && sent < 10'000'000; sent += message.size()) {
    server.stream->send(message);
    loop.post([this] { loop.stop(); });
    loop.run();
  }
  EXPECT_THAT(server.ended.value_or(""), HasSubstr(" does not read what we send"));
  EXPECT_LT(sent, 1'000'000u);  // the queue and the kernel's buffers
}

TEST_F(StreamConnectionTest, WhatWaitsForAConnectionIsBounded) {
  serve();
  connect(listener->local());
  client.stream->send(std::string(limits::kSipConnectionQueueBytes, 'x'));
  client.stream->send("x");
  EXPECT_EQ(ending(), "too much waits for the connection to " + peer());
}

TEST_F(StreamConnectionTest, NoHandlerIsCalledOnceItIsDestroyed) {
  serve();
  connect(listener->local());
  expect_to_stand();
  server.stream->send("more");
  client.stream.reset();
  run_until([this] { return server.ended.has_value(); });
  EXPECT_EQ(client.received, "to the client");
  EXPECT_EQ(client.ended, std::nullopt);
}

TEST_F(StreamConnectionTest, MayBeDestroyedFromWithinItsHandlers) {
  serve();
  client.stream = StreamConnection::connect(
      loop, {listener->local(), {}}, {}, {},
      {.on_bytes = [this](std::string_view) { client.stream.reset(); }, .on_closed = {}});
  run_until([this] { return server.stream != nullptr; });
  server.stream->send("end");
  run_until([this] { return client.stream == nullptr; });
}

// ---- TLS ----

TEST_F(StreamConnectionTest, SpeaksTlsWithWhomItMeant) {
  for (const auto& [names, host] : {std::pair{"DNS:b.example,DNS:a.example", "a.example"},
                                    {"DNS:*.voip.example", "a.voip.example"},
                                    {"IP:127.0.0.1", "127.0.0.1"},
                                    {"IP:2001:db8::1", "[2001:db8::1]"},
                                    {"URI:sip:a.example", "a.example"},
                                    {"DNS:A.Example", "a.example"}}) {
    server = {};
    client = {};
    serve(TestCertificates::Wanted{.names = names});
    connect_tls(host);
    expect_to_stand();
  }
}

TEST_F(StreamConnectionTest, TakesTheCommonNameWhereThereIsNoOther) {
  serve(TestCertificates::Wanted{.names = "", .common_name = "a.example"});
  connect_tls("a.example");
  expect_to_stand();
}

TEST_F(StreamConnectionTest, SpeaksWithAServerThatKnowsRsaKeyExchangeOnly) {
  serve(TestCertificates::Wanted{.names = "DNS:a.example"},
        {.minimum = "1.2", .maximum = "1.2", .ciphers = "kRSA"});
  connect_tls("a.example");
  expect_to_stand();
}

TEST_F(StreamConnectionTest, SpeaksOldVersionsWhereToldTo) {
  serve(TestCertificates::Wanted{.names = "DNS:a.example"}, {.minimum = "1.0", .maximum = "1.0"});
  connect_tls("a.example", {.versions = {.minimum = "1.0"}});
  expect_to_stand();
}

TEST_F(StreamConnectionTest, NamesBothNamesWhereTheCertificateIsForAnother) {
  serve(TestCertificates::Wanted{.names = "DNS:b.example,IP:192.0.2.1,URI:sip:c.example",
                                 .common_name = "a.example"});
  connect_tls("a.example");
  EXPECT_EQ(ending(), "the certificate of " + peer() +
                          " is for b.example, 192.0.2.1, c.example, not a.example");
}

TEST_F(StreamConnectionTest, AWildcardIsForOneLabelOnly) {
  serve(TestCertificates::Wanted{.names = "DNS:*.b.example"});
  connect_tls("x.a.b.example");
  EXPECT_EQ(ending(), "the certificate of " + peer() + " is for *.b.example, not x.a.b.example");
}

TEST_F(StreamConnectionTest, AnotherNameDoesWhereTheNameIsNotVerified) {
  serve(TestCertificates::Wanted{.names = "DNS:b.example"});
  connect_tls("a.example", {.verify_name = false});
  expect_to_stand();
}

TEST_F(StreamConnectionTest, SaysSinceWhenTheCertificateIsExpired) {
  serve(TestCertificates::Wanted{
      .names = "DNS:a.example", .valid_from_days = -40, .valid_to_days = -3});
  connect_tls("a.example");
  EXPECT_THAT(ending(), HasSubstr("the certificate of " + peer() + " expired on 20"));
}

TEST_F(StreamConnectionTest, SaysFromWhenTheCertificateIsValid) {
  serve(
      TestCertificates::Wanted{.names = "DNS:a.example", .valid_from_days = 2, .valid_to_days = 3});
  connect_tls("a.example");
  EXPECT_THAT(ending(), HasSubstr("is this machine's clock right?"));
}

TEST_F(StreamConnectionTest, SaysThatTheCertificateIsSelfSigned) {
  serve(TestCertificates::Wanted{.names = "DNS:a.example", .self_signed = true});
  connect_tls("a.example");
  EXPECT_EQ(ending(),
            "the certificate of " + peer() + " is self-signed, and not among the trusted ones");
}

TEST_F(StreamConnectionTest, ACertificateThatIsNamedItselfIsTrusted) {
  for (const bool self_signed : {false, true}) {
    server = {};
    client = {};
    serve(TestCertificates::Wanted{.names = "DNS:a.example", .self_signed = self_signed});
    // The last one made is the server's.
    connect_tls("a.example", {.ca_file = certificates.last_file()});
    expect_to_stand();
  }
}

TEST_F(StreamConnectionTest, NamesTheIssuerThatIsNotTrusted) {
  serve(TestCertificates::Wanted{.names = "DNS:a.example"});
  connect_tls("a.example", {.ca_file = certificates.make({.names = "", .self_signed = true})});
  EXPECT_EQ(ending(), "the certificate of " + peer() +
                          " was issued by Test Authority, which is not among the trusted "
                          "authorities");
}

TEST_F(StreamConnectionTest, RefusesAServerWithoutACertificate) {
  const std::string anonymous = "aNULL:@SECLEVEL=0";
  serve(TestCertificates::Wanted{.names = "DNS:a.example"},
        {.maximum = "1.2", .ciphers = anonymous});
  connect_tls("a.example",
              {.versions = {.maximum = "1.2", .ciphers = anonymous}, .verify_name = false});
  EXPECT_EQ(ending(), peer() + " has no certificate");
}

TEST_F(StreamConnectionTest, SaysWhatWasOfferedWhereNoVersionFits) {
  serve(TestCertificates::Wanted{.names = "DNS:a.example"}, {.minimum = "1.3"});
  connect_tls("a.example", {.versions = {.maximum = "1.2"}});
  EXPECT_EQ(ending(), peer() + " speaks no TLS version of ours: we offered TLS 1.2");
}

TEST_F(StreamConnectionTest, SaysWhatWasOfferedWhereNoCipherFits) {
  serve(TestCertificates::Wanted{.names = "DNS:a.example"}, {.maximum = "1.2", .ciphers = "kRSA"});
  connect_tls("a.example", {.versions = {.maximum = "1.2", .ciphers = "ECDHE"}});
  EXPECT_EQ(ending(), peer() +
                          " has no TLS cipher or version in common with us: we offered TLS 1.2 "
                          "with the ciphers \"ECDHE\"");
}

TEST_F(StreamConnectionTest, SaysThatThePeerDoesNotSpeakTls) {
  serve();
  const auto plain = std::move(listener);
  listener = std::move(*StreamListener::listen(
      loop, Endpoint::parse(kLoopback).value(),
      [this](FileDescriptor fd, const Endpoint&, const Endpoint& remote) {
        server.stream = StreamConnection::adopt(loop, std::move(fd), remote, {}, handlers(server));
        server.stream->send("SIP/2.0 400 Bad Request\r\n\r\n");
      }));
  connect_tls("a.example");
  EXPECT_EQ(ending(), peer() + " does not speak TLS on this port");
}

TEST_F(StreamConnectionTest, AHandshakeThatDoesNotEndIsCutOnBothSides) {
  stream_limits.handshake = 50ms;
  serve();
  connect_tls("a.example");
  EXPECT_EQ(ending(), peer() + " did not finish the TLS handshake in 0.05 s");
  serve(TestCertificates::Wanted{.names = "DNS:a.example"});
  server = {};
  connect(listener->local());
  run_until([this] { return server.ended.has_value(); });
  EXPECT_THAT(server.ended.value_or(""), HasSubstr("did not finish the TLS handshake"));
}

TEST(TlsContextTest, SaysWhatIsWrongWithItsSettings) {
  const auto client_error = [](const TlsClientSettings& settings) {
    const auto made = TlsContext::client(settings);
    return made ? "" : made.error().message;
  };
  EXPECT_EQ(client_error({.versions = {.minimum = "1.3", .maximum = "1.2"}}),
            "TLS from 1.3 to 1.2: expected two of 1.0, 1.1, 1.2 and 1.3, the lower first");
  EXPECT_THAT(client_error({.versions = {.minimum = "2"}}), HasSubstr("TLS from 2 to 1.3"));
  EXPECT_EQ(client_error({.versions = {.ciphers = "NONE-SUCH"}}), "no cipher fits \"NONE-SUCH\"");
  EXPECT_THAT(client_error({.ca_file = "/none/such"}),
              HasSubstr("cannot read certificates from /none/such: "));
  const auto server = TlsContext::server({.certificate_file = "/none", .key_file = "/such"});
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message, HasSubstr("cannot read the certificate /none: "));
}

TEST(StreamListenerTest, NamesTheAddressThatIsTaken) {
  EventLoop loop;
  const auto first = StreamListener::listen(loop, Endpoint::parse(kLoopback).value(), {});
  ASSERT_TRUE(first);
  const auto second = StreamListener::listen(loop, (*first)->local(), {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message,
            "cannot listen on TCP " + (*first)->local().to_string() + ": Address already in use");
}

}  // namespace
}  // namespace offhook::io
