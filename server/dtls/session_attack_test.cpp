#include <algorithm>
#include <array>

#include "dtls/session_fixture.hpp"

// What somebody can do who knows the browser's address, and may send from it, but sees no answers.
namespace offhook::dtls {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kNullCipher[] = "ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0";

class SessionAttackTest : public SessionTest {
 protected:
  static Bytes make_record(std::uint8_t type, std::uint16_t epoch, std::uint8_t number,
                           ByteView body) {
    Bytes bytes(kRecordHeaderBytes);
    bytes[0] = type;
    store_u16(&bytes[1], 0xFEFD);
    store_u16(&bytes[3], epoch);
    bytes[10] = number;
    store_u16(&bytes[11], static_cast<std::uint16_t>(body.size()));
    bytes.insert(bytes.end(), body.begin(), body.end());
    return bytes;
  }
  // A whole handshake message in one record.
  static Bytes make_message(std::uint8_t type, std::uint8_t sequence, ByteView body) {
    Bytes message(kHandshakeHeaderBytes);
    message[0] = type;
    store_u16(&message[2], static_cast<std::uint16_t>(body.size()));
    message[5] = sequence;
    store_u16(&message[10], static_cast<std::uint16_t>(body.size()));
    message.insert(message.end(), body.begin(), body.end());
    return make_record(22, 0, static_cast<std::uint8_t>(50 + sequence), message);
  }
  void hello_to_server() {
    for (const Bytes& datagram : take_datagrams(client)) server.session->handle(datagram, now);
  }
};

TEST_F(SessionAttackTest, ForgedAlertsChangeNothingAtAnyMomentOnEitherSide) {
  const std::array<Bytes, 3> alerts{
      make_record(21, 0, 60, Bytes{2, 40}),  // fatal, handshake_failure
      make_record(21, 0, 61, Bytes{1, 0}),   // close_notify
      make_record(21, 1, 62, Bytes(30, 7)),  // one that cannot be decrypted
  };
  start();
  const auto forge = [&] {
    for (const Bytes& alert : alerts) {
      server.session->handle(alert, now);
      client.session->handle(alert, now);
      drain_both();
    }
  };
  for (int step = 0; step < 12; ++step) {
    forge();
    run(now + milliseconds(2));
    now += milliseconds(2);
  }
  run();
  expect_connected();
  forge();
  EXPECT_TRUE(server.session->connected() && client.session->connected());
  EXPECT_FALSE(server.closed || client.closed);
}

TEST_F(SessionAttackTest, SaysNothingInTheClearThatCouldEndTheBrowsersHandshake) {
  start();
  drain(client);
  for (const Bytes& hello : {strange_hello(kNullCipher), strange_hello(), Bytes(flying[0].bytes)}) {
    server.session.emplace(server.context, Role::Server,
                           fingerprint_of(server.certificate, "sha-256"), now);
    server.session->handle(hello, now);
    server.session->handle(make_message(11, 1, Bytes{0, 0, 0}), now);  // no certificate
    server.session->handle(make_message(20, 2, Bytes(12)), now);       // Finished
    for (const Bytes& datagram : take_datagrams(server)) {
      ByteView rest = datagram;
      while (const auto record = take_record(rest)) EXPECT_NE(record->type, ContentType::Alert);
    }
  }
}

TEST_F(SessionAttackTest, AHelloWithANullCipherTouchesNothing) {
  const Time began = now;
  start();
  for (int i = 0; i < 10; ++i) server.session->handle(strange_hello(kNullCipher), now);
  EXPECT_EQ(server.context.guard().half_open(), 0U);
  run();
  expect_connected();
  EXPECT_LE(now - began, milliseconds(30)) << "a round trip for the cookie";
}

TEST_F(SessionAttackTest, AForgedHelloInTheMidstOfTheHandshakeTouchesNothing) {
  for (const Duration after : {milliseconds(6), milliseconds(11), milliseconds(16)}) {
    const Time began = now;
    client.connected.reset();
    server.connected.reset();
    server.context = Context::make(server.certificate).value();
    start();
    run(began + after);
    now = began + after;
    server.session->handle(strange_hello(), now);
    server.session->handle(strange_hello(kNullCipher), now);
    run();
    expect_connected();
    EXPECT_EQ(now - began, milliseconds(20));
  }
}

TEST_F(SessionAttackTest, AForgedHelloAfterTheHandshakeIsThrownAway) {
  start();
  run();
  expect_connected();
  const std::size_t before = sent;
  for (const Bytes& hello : {strange_hello(), strange_hello(kNullCipher)}) {
    EXPECT_FALSE(server.session->handle(hello, now));
    EXPECT_FALSE(client.session->handle(hello, now));
  }
  drain_both();
  EXPECT_EQ(sent, before);
  EXPECT_TRUE(server.session->connected());
  EXPECT_FALSE(server.session->next_timeout());
}

TEST_F(SessionAttackTest, NothingOfEpochZeroIsLookedAtAfterTheHandshake) {
  start();
  run();
  for (std::uint8_t type = 20; type <= 23; ++type) {
    EXPECT_FALSE(server.session->handle(make_record(type, 0, 60, Bytes(20)), now));
  }
}

TEST_F(SessionAttackTest, AProvenHelloTakesThePlaceOfAnAnsweredForgedOne) {
  start();
  server.session->handle(strange_hello(), now);
  EXPECT_EQ(take_datagrams(server).size(), 1U);  // lost on its way to the browser
  EXPECT_EQ(server.context.guard().half_open(), 1U);
  run();
  expect_connected();
}

TEST_F(SessionAttackTest, AForgedCertificateEndsThatHandshakeAndNotTheLeg) {
  start();
  hello_to_server();
  take_datagrams(server);
  server.session->handle(make_message(11, 1, Bytes{0, 0, 0}), now);
  drain(server);
  EXPECT_TRUE(server.failure.empty());
  EXPECT_EQ(server.context.guard().half_open(), 0U);
  // A browser that begins again within five seconds is connected.
  now += kSecondChance - milliseconds(100);
  client.session.emplace(client.context, Role::Client,
                         fingerprint_of(server.certificate, "sha-256"), now);
  run();
  expect_connected();
}

TEST_F(SessionAttackTest, FailsFiveSecondsAfterAHandshakeThatWentWrongWithoutAnother) {
  const Time began = now;
  start();
  server.session->handle(strange_hello(kNullCipher), now);
  EXPECT_EQ(server.session->next_timeout(), began + kSecondChance);
  server.session->handle_timeout(began + kSecondChance);
  drain(server);
  EXPECT_EQ(server.failure, "DTLS failed: no shared cipher");
  EXPECT_TRUE(server.session->released());
}

TEST_F(SessionAttackTest, FailsAtOnceWhenThreeProvenHandshakesWentWrong) {
  start();
  const PeerFingerprint other = fingerprint_of(server.certificate, "sha-256");
  server.session.emplace(server.context, Role::Server, other, now);
  const Time began = now;
  for (int failures = 0; failures < 1 + kProvenFailures; ++failures) {
    EXPECT_TRUE(server.failure.empty()) << failures;
    client.session.emplace(client.context, Role::Client, std::nullopt, now);
    run(now + milliseconds(40));
    now += milliseconds(40);
  }
  EXPECT_EQ(server.failure, "DTLS failed: the certificate is not the one in the peer's SDP");
  EXPECT_LT(now - began, kSecondChance);
  EXPECT_FALSE(server.connected);
}

TEST_F(SessionAttackTest, KeepsFewRecordsThatCameBeforeTheirKeys) {
  start();
  hello_to_server();
  std::size_t kept = 0;
  for (std::uint8_t i = 0; i < 100; ++i) {
    if (server.session->handle(make_record(22, 1, i, Bytes(1'000, i)), now)) ++kept;
  }
  EXPECT_EQ(kept, 4U);
  run();
  expect_connected();
}

TEST_F(SessionAttackTest, TakesNoMessageThatIsTooLargeOrTooFarAhead) {
  start();
  hello_to_server();
  Bytes large = make_message(11, 1, Bytes(100));
  store_u16(&large[kRecordHeaderBytes + 2], 8'193);
  EXPECT_FALSE(server.session->handle(large, now));
  store_u16(&large[kRecordHeaderBytes + 2], 8'192);
  EXPECT_TRUE(server.session->handle(large, now));
  EXPECT_FALSE(server.session->handle(make_message(11, 8, Bytes(100)), now));
  EXPECT_TRUE(server.session->handle(make_message(11, 7, Bytes(100)), now));
}

TEST_F(SessionAttackTest, AThousandForgedHellosASecondStopNoHandshake) {
  for (const char* ciphers : {static_cast<const char*>(nullptr), kNullCipher}) {
    const Bytes forged = strange_hello(ciphers);
    server.context = Context::make(server.certificate).value();
    server.context.guard().alarm(now);  // of the first of them, from an address not yet validated
    for (int call = 0; call < 20; ++call) {
      client.connected.reset();
      server.connected.reset();
      start();
      const Time end = now + milliseconds(100);
      while (now < end) {
        server.session->handle(forged, now);
        run(now + milliseconds(1));
        now += milliseconds(1);
      }
      expect_connected();
    }
  }
}

// A client that can be made to do what ours never does.
class RawClient {
 public:
  explicit RawClient(const Certificate& certificate)
      : context_(SSL_CTX_new(DTLS_method()), &SSL_CTX_free), ssl_(nullptr, &SSL_free) {
    SSL_CTX_use_certificate(context_.get(), certificate.x509());
    SSL_CTX_use_PrivateKey(context_.get(), certificate.key());
    SSL_CTX_set_tlsext_use_srtp(context_.get(), "SRTP_AEAD_AES_128_GCM");
    ssl_.reset(SSL_new(context_.get()));
    for (BIO* bio : {in_, out_}) BIO_set_mem_eof_return(bio, -1);
    SSL_set_bio(ssl_.get(), in_, out_);
    SSL_set_connect_state(ssl_.get());
  }
  [[nodiscard]] bool connected() const { return SSL_is_init_finished(ssl_.get()) == 1; }
  void renegotiate() { SSL_renegotiate(ssl_.get()); }
  void take(const Bytes& datagram) {
    BIO_write(in_, datagram.data(), static_cast<int>(datagram.size()));
  }
  Bytes advance() {
    SSL_do_handshake(ssl_.get());
    Bytes written(4'096);
    const int size = BIO_read(out_, written.data(), static_cast<int>(written.size()));
    written.resize(static_cast<std::size_t>(std::max(size, 0)));
    return written;
  }

 private:
  BIO* in_ = BIO_new(BIO_s_mem());
  BIO* out_ = BIO_new(BIO_s_mem());
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
};

TEST_F(SessionAttackTest, RefusesToRenegotiate) {
  start();
  RawClient raw(client.certificate);
  const auto exchange = [&] {
    server.session->handle(raw.advance(), now);
    const std::vector<Bytes> answers = take_datagrams(server);
    for (const Bytes& answer : answers) raw.take(answer);
    return answers;
  };
  for (int i = 0; i < 4; ++i) exchange();
  ASSERT_TRUE(raw.connected() && server.session->connected());
  raw.renegotiate();
  const std::vector<Bytes> answers = exchange();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0][0], 21U) << "a protected alert: no_renegotiation";
  EXPECT_FALSE(raw.connected());
  EXPECT_TRUE(server.session->connected());
  EXPECT_FALSE(server.session->next_timeout());
}

}  // namespace
}  // namespace offhook::dtls
