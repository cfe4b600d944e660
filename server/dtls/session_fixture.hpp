#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "dtls/record.hpp"
#include "dtls/session.hpp"

namespace offhook::dtls {

inline constexpr std::uint16_t kAeadAes128Gcm = 7;

inline PeerFingerprint fingerprint_of(const Certificate& certificate, std::string_view algorithm) {
  return {.algorithm = std::string(algorithm), .value = certificate.fingerprint(algorithm)};
}

// Cuts the one handshake record of `hello` into datagrams of at most `body` bytes of the message, as
// browsers do whose ClientHello is larger than a datagram.
inline std::vector<Bytes> fragmented(const Bytes& hello, std::size_t first, std::size_t others) {
  const ByteView whole = ByteView(hello).subspan(kRecordHeaderBytes + kHandshakeHeaderBytes);
  std::vector<Bytes> datagrams;
  for (std::size_t offset = 0; offset < whole.size();) {
    const std::size_t size = std::min(whole.size() - offset, offset == 0 ? first : others);
    Bytes datagram(hello.begin(), hello.begin() + kRecordHeaderBytes + kHandshakeHeaderBytes);
    // Record numbers that the client will not use itself, but within the server's replay window.
    if (offset > 0) datagram[10] = static_cast<std::uint8_t>(20 + datagrams.size());
    store_u16(&datagram[11], static_cast<std::uint16_t>(kHandshakeHeaderBytes + size));
    std::uint8_t* handshake = &datagram[kRecordHeaderBytes];
    store_u16(handshake + 7, static_cast<std::uint16_t>(offset));  // low bytes of 24-bit numbers
    store_u16(handshake + 10, static_cast<std::uint16_t>(size));
    const ByteView part = whole.subspan(offset, size);
    datagram.insert(datagram.end(), part.begin(), part.end());
    datagrams.push_back(std::move(datagram));
    offset += size;
  }
  return datagrams;
}

// Two sessions, and between them a network on a virtual clock that takes 5 ms a way.
class SessionTest : public testing::Test {
 protected:
  struct End {
    Certificate certificate = Certificate::make().value();
    Context context = Context::make(certificate).value();
    std::optional<Session> session;
    std::optional<Connected> connected;
    std::string failure;
    bool closed = false;
  };
  struct Flying {
    Time arrives;
    bool to_server;
    Bytes bytes;
  };
  // What the network does to the datagram with this number, counted over both ways: how often and
  // when it arrives.
  using Network = std::function<std::vector<Duration>(std::size_t number)>;

  void start(std::string_view algorithm = "sha-256") {
    server.session.emplace(server.context, Role::Server,
                           fingerprint_of(client.certificate, algorithm), now);
    client.session.emplace(client.context, Role::Client,
                           fingerprint_of(server.certificate, algorithm), now);
  }

  void drain(End& end) {
    while (auto output = end.session->poll_output()) {
      if (const auto* datagram = std::get_if<Datagram>(&*output)) {
        EXPECT_LE(datagram->bytes.size(), kMtu);
        const Bytes bytes(datagram->bytes.begin(), datagram->bytes.end());
        for (const Duration delay : network(sent++)) {
          flying.push_back({now + delay, &end == &client, bytes});
        }
      } else if (const auto* keys = std::get_if<Connected>(&*output)) {
        EXPECT_FALSE(end.connected.has_value()) << "connected twice";
        end.connected = *keys;
      } else if (const auto* failed = std::get_if<Failed>(&*output)) {
        end.failure = failed->reason;
      } else {
        end.closed = true;
      }
    }
  }

  // The datagrams that `end` has to send, instead of the network.
  std::vector<Bytes> take_datagrams(End& end) {
    std::vector<Bytes> datagrams;
    while (auto output = end.session->poll_output()) {
      if (const auto* datagram = std::get_if<Datagram>(&*output)) {
        datagrams.emplace_back(datagram->bytes.begin(), datagram->bytes.end());
      }
    }
    return datagrams;
  }

  // A ClientHello that somebody made who is neither of the two ends.
  Bytes strange_hello(const char* ciphers = nullptr) {
    const Context context = Context::make(client.certificate).value();
    if (ciphers != nullptr) EXPECT_EQ(SSL_CTX_set_cipher_list(context.get(), ciphers), 1);
    Session session(context, Role::Client, std::nullopt, now);
    const auto output = session.poll_output();
    const ByteView bytes = std::get<Datagram>(*output).bytes;
    return {bytes.begin(), bytes.end()};
  }

  void drain_both() {
    drain(client);
    drain(server);
  }

  // Until nothing is to come any more, or `until`.
  void run(Time until = Time::max()) {
    while (true) {
      drain_both();
      std::optional<Time> next =
          earliest(client.session->next_timeout(), server.session->next_timeout());
      const auto first = std::ranges::min_element(flying, {}, &Flying::arrives);
      if (first != flying.end()) next = earliest(next, first->arrives);
      if (!next || *next > until) return;
      now = std::max(now, *next);
      if (first != flying.end() && first->arrives <= now) {
        const Flying arrived = std::move(*first);
        flying.erase(first);
        (arrived.to_server ? server : client).session->handle(arrived.bytes, now);
      }
      client.session->handle_timeout(now);
      server.session->handle_timeout(now);
    }
  }

  void expect_connected() {
    ASSERT_TRUE(client.connected && server.connected) << client.failure << server.failure;
    EXPECT_EQ(client.connected->srtp_profile, kAeadAes128Gcm);
    EXPECT_EQ(server.connected->srtp_profile, kAeadAes128Gcm);
    EXPECT_EQ(to_hex(client.connected->local.bytes()), to_hex(server.connected->remote.bytes()));
    EXPECT_EQ(to_hex(client.connected->remote.bytes()), to_hex(server.connected->local.bytes()));
    EXPECT_NE(to_hex(client.connected->local.bytes()), to_hex(client.connected->remote.bytes()));
    EXPECT_EQ(client.connected->local.bytes().size(), 28U);
  }

  Time now{std::chrono::seconds(50)};
  End client;
  End server;
  std::deque<Flying> flying;
  std::size_t sent = 0;
  Network network = [](std::size_t) { return std::vector<Duration>{std::chrono::milliseconds(5)}; };
};

}  // namespace offhook::dtls
