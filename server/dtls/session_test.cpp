#include "dtls/session.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "dtls/session_fixture.hpp"

namespace offhook::dtls {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(SessionTest, ConnectsAndBothSidesHaveTheSameKeys) {
  const Time began = now;
  start();
  run();
  expect_connected();
  EXPECT_EQ(now - began, milliseconds(20)) << "two round trips";
  EXPECT_FALSE(client.session->next_timeout());
  EXPECT_FALSE(server.session->next_timeout());
}

TEST_F(SessionTest, AcceptsEachStrongFingerprintThatIsRight) {
  for (const std::string_view algorithm : {"sha-256", "sha-384", "sha-512"}) {
    client.connected.reset();
    server.connected.reset();
    start(algorithm);
    run();
    expect_connected();
  }
}

TEST_F(SessionTest, AcceptsNoFingerprintThatIsWrongInOneBitOrCutOff) {
  for (const std::string_view algorithm : {"sha-256", "sha-384", "sha-512"}) {
    PeerFingerprint wrong = fingerprint_of(client.certificate, algorithm);
    PeerFingerprint shorter = wrong;
    PeerFingerprint empty = wrong;
    wrong.value.back() ^= 1;
    shorter.value.pop_back();
    empty.value.clear();
    for (const PeerFingerprint& peer : {wrong, shorter, empty}) {
      server.failure.clear();
      start(algorithm);
      server.session.emplace(server.context, Role::Server, peer, now);
      run();
      EXPECT_FALSE(server.connected || client.connected) << algorithm;
      EXPECT_EQ(server.failure, "DTLS failed: the certificate is not the one in the peer's SDP");
    }
  }
}

TEST_F(SessionTest, AServerWaitsForTheClientWithoutATimer) {
  server.session.emplace(server.context, Role::Server, std::nullopt, now);
  EXPECT_FALSE(server.session->next_timeout());
  EXPECT_FALSE(server.session->poll_output());
}

TEST_F(SessionTest, GivesNoKeysToAClientWithAnotherCertificate) {
  start();
  const Certificate stranger = Certificate::make().value();
  server.session.emplace(server.context, Role::Server, fingerprint_of(stranger, "sha-256"), now);
  run();
  EXPECT_FALSE(server.connected || client.connected);
  EXPECT_EQ(server.failure, "DTLS failed: the certificate is not the one in the peer's SDP");
  EXPECT_EQ(client.failure, "DTLS failed: the handshake did not end in 30 s")
      << "no alert tells it";
}

TEST_F(SessionTest, GivesNoKeysToAServerWithAnotherCertificate) {
  start();
  const Certificate stranger = Certificate::make().value();
  client.session.emplace(client.context, Role::Client, fingerprint_of(stranger, "sha-512"), now);
  run();
  EXPECT_FALSE(server.connected || client.connected);
  EXPECT_EQ(client.failure, "DTLS failed: the certificate is not the one in the peer's SDP");
}

TEST_F(SessionTest, TakesNoFingerprintOfAnotherAlgorithm) {
  const Bytes value = client.certificate.fingerprint("sha-256");
  for (const std::string_view algorithm : {"sha-1", "sha-224", "md5", "SHA-256", "sha256", ""}) {
    server.failure.clear();
    start();
    server.session.emplace(server.context, Role::Server,
                           PeerFingerprint{.algorithm = std::string(algorithm), .value = value},
                           now);
    run();
    EXPECT_FALSE(server.connected || client.connected) << algorithm;
    EXPECT_FALSE(server.failure.empty()) << algorithm;
  }
}

TEST_F(SessionTest, HoldsTheKeysBackUntilTheFingerprintIsKnown) {
  start();
  server.session.emplace(server.context, Role::Server, std::nullopt, now);
  run();
  EXPECT_TRUE(client.connected);
  EXPECT_FALSE(server.connected);
  EXPECT_FALSE(server.session->connected());
  server.session->expect(fingerprint_of(client.certificate, "sha-256"));
  run();
  expect_connected();
}

TEST_F(SessionTest, FailsWhenTheLateFingerprintIsWrong) {
  start();
  server.session.emplace(server.context, Role::Server, std::nullopt, now);
  run();
  server.session->expect(fingerprint_of(Certificate::make().value(), "sha-256"));
  run();
  EXPECT_FALSE(server.connected);
  EXPECT_EQ(server.failure, "DTLS failed: the certificate is not the one in the peer's SDP");
  EXPECT_TRUE(client.closed);
}

TEST_F(SessionTest, KeepsTheFirstFingerprint) {
  start();
  server.session->expect(fingerprint_of(Certificate::make().value(), "sha-256"));
  run();
  expect_connected();
}

TEST_F(SessionTest, ClosesWhenThePeerSaysSo) {
  start();
  run();
  client.session->close();
  EXPECT_TRUE(client.session->released());
  run();
  EXPECT_TRUE(server.closed);
  EXPECT_FALSE(client.closed);
  EXPECT_TRUE(server.failure.empty());
  EXPECT_TRUE(server.session->released());
}

TEST_F(SessionTest, IgnoresEverythingAfterItsEnd) {
  start();
  run();
  server.session->close();
  drain(server);
  flying.clear();
  const std::size_t before = sent;
  server.session->handle(Bytes(100, 22), now);
  server.session->handle_timeout(now + seconds(100));
  server.session->expect(fingerprint_of(client.certificate, "sha-256"));
  server.session->close();
  drain(server);
  EXPECT_EQ(sent, before);
  EXPECT_FALSE(server.session->next_timeout());
}

TEST(CertificateTest, HasFingerprintsOfTheRightSizeAndDiffersEachTime) {
  const Certificate one = Certificate::make().value();
  const Certificate other = Certificate::make().value();
  EXPECT_EQ(one.fingerprint().size(), 32U);
  EXPECT_EQ(one.fingerprint("sha-384").size(), 48U);
  EXPECT_EQ(one.fingerprint("sha-512").size(), 64U);
  EXPECT_EQ(one.fingerprint(), one.fingerprint("sha-256"));
  EXPECT_NE(one.fingerprint(), other.fingerprint());
}

// Whether the unencrypted handshake in `datagram` holds these bytes.
bool contains(ByteView datagram, std::string_view hex) {
  const Bytes wanted = from_hex(hex).value();
  return !std::ranges::search(datagram, wanted).empty();
}

TEST_F(SessionTest, OffersItsSrtpProfilesInOrderAndTheExtendedMasterSecret) {
  start();
  drain(client);
  const Bytes hello = flying.front().bytes;
  EXPECT_TRUE(contains(hello, "000e000b0008000700010008000200")) << "use_srtp (RFC 5764 4.1.1)";
  EXPECT_TRUE(contains(hello, "00170000")) << "extended_master_secret (RFC 7627 5.1)";
  EXPECT_FALSE(contains(hello, "00230000")) << "session_ticket";
  server.session->handle(hello, now);
  const auto answer = server.session->poll_output();
  ASSERT_TRUE(answer && std::holds_alternative<Datagram>(*answer));
  EXPECT_TRUE(contains(std::get<Datagram>(*answer).bytes, "00170000"));
}

TEST_F(SessionTest, TakesWhatThePeerHasOfItsProfiles) {
  struct Row {
    const char* offered;
    std::uint16_t taken;
    std::size_t key_and_salt;
  };
  for (const Row& row :
       {Row{"SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM:SRTP_AEAD_AES_128_GCM", 7, 28},
        Row{"SRTP_AES128_CM_SHA1_32:SRTP_AES128_CM_SHA1_80", 1, 30},
        Row{"SRTP_AEAD_AES_256_GCM", 8, 44}, Row{"SRTP_AES128_CM_SHA1_32", 2, 30}}) {
    client.connected.reset();
    server.connected.reset();
    SSL_CTX_set_tlsext_use_srtp(client.context.get(), row.offered);
    start();
    run();
    ASSERT_TRUE(client.connected && server.connected) << row.offered;
    EXPECT_EQ(server.connected->srtp_profile, row.taken);
    EXPECT_EQ(client.connected->local.bytes().size(), row.key_and_salt);
    EXPECT_EQ(to_hex(client.connected->local.bytes()), to_hex(server.connected->remote.bytes()));
    EXPECT_EQ(to_hex(client.connected->remote.bytes()), to_hex(server.connected->local.bytes()));
  }
}

TEST_F(SessionTest, FailsWithoutAnSrtpProfileInCommon) {
  SSL_CTX_set_tlsext_use_srtp(client.context.get(), "SRTP_AEAD_AES_256_GCM");
  SSL_CTX_set_tlsext_use_srtp(server.context.get(), "SRTP_AES128_CM_SHA1_32");
  start();
  run();
  EXPECT_FALSE(client.connected || server.connected);
  EXPECT_EQ(server.failure, "DTLS failed: no SRTP profile in common");
}

TEST_F(SessionTest, SpeaksNoOlderVersion) {
  SSL_CTX_set_min_proto_version(client.context.get(), DTLS1_VERSION);
  SSL_CTX_set_max_proto_version(client.context.get(), DTLS1_VERSION);
  SSL_CTX_set_cipher_list(client.context.get(), "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0");
  start();
  run();
  EXPECT_GE(sent, 1U);
  EXPECT_FALSE(client.connected || server.connected);
  EXPECT_EQ(server.failure, "DTLS failed: unsupported protocol");
}

}  // namespace
}  // namespace offhook::dtls
