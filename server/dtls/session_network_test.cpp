#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "dtls/session_fixture.hpp"

// What networks do to a handshake.
namespace offhook::dtls {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(SessionTest, ConnectsWhicheverDatagramIsLost) {
  start();
  run();
  const std::size_t all = sent;
  ASSERT_GE(all, 4U);
  for (std::size_t lost = 0; lost < all; ++lost) {
    const Time began = now;
    client.connected.reset();
    server.connected.reset();
    sent = 0;
    network = [=](std::size_t number) {
      return number == lost ? std::vector<Duration>{} : std::vector<Duration>{milliseconds(5)};
    };
    start();
    run();
    expect_connected();
    EXPECT_LE(now - began, milliseconds(20 + 80 + 20)) << "lost " << lost;
  }
}

TEST_F(SessionTest, ConnectsWhicheverTwoDatagramsAreLost) {
  start();
  run();
  const std::size_t all = sent + 2;  // the repeated ones too
  for (std::size_t first = 0; first < all; ++first) {
    for (std::size_t second = first + 1; second < all; ++second) {
      const Time began = now;
      client.connected.reset();
      server.connected.reset();
      sent = 0;
      network = [=](std::size_t number) {
        return number == first || number == second ? std::vector<Duration>{}
                                                   : std::vector<Duration>{milliseconds(5)};
      };
      start();
      run();
      expect_connected();
      EXPECT_LE(now - began, milliseconds(20 + 80 + 160 + 20)) << first << " and " << second;
    }
  }
}

TEST_F(SessionTest, ConnectsWithCookiesWhicheverDatagramIsLost) {
  for (std::size_t lost = 0; lost < 8; ++lost) {
    const Time began = now;
    client.connected.reset();
    server.connected.reset();
    sent = 0;
    network = [=](std::size_t number) {
      return number == lost ? std::vector<Duration>{} : std::vector<Duration>{milliseconds(5)};
    };
    server.context.guard().alarm(now);
    start();
    run();
    expect_connected();
    EXPECT_LE(now - began, milliseconds(30 + 80 + 20)) << "lost " << lost;
  }
}

TEST_F(SessionTest, ConnectsWhenAFifthOfAllDatagramsIsLost) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SeededRandom random(seed);
    client.connected.reset();
    server.connected.reset();
    network = [&](std::size_t) {
      return random.below(5) == 0 ? std::vector<Duration>{}
                                  : std::vector<Duration>{milliseconds(5)};
    };
    start();
    run();
    SCOPED_TRACE(seed);
    expect_connected();
  }
}

TEST_F(SessionTest, ConnectsOverANetworkThatReordersAndRepeats) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SeededRandom random(seed);
    client.connected.reset();
    server.connected.reset();
    network = [&](std::size_t) {
      std::vector<Duration> arrivals;
      for (std::uint64_t copies = 1 + random.below(3); copies > 0; --copies) {
        arrivals.push_back(milliseconds(1 + random.below(120)));
      }
      return arrivals;
    };
    start();
    run();
    SCOPED_TRACE(seed);
    expect_connected();
  }
}

TEST_F(SessionTest, RetransmitsWithDoublingIntervalsAndGivesUpAfterThirtySeconds) {
  network = [](std::size_t) { return std::vector<Duration>{}; };
  const Time began = now;
  client.session.emplace(client.context, Role::Client,
                         fingerprint_of(server.certificate, "sha-256"), now);
  std::vector<Duration> sent_at;
  while (client.failure.empty()) {
    const std::size_t before = sent;
    drain(client);
    if (sent > before) sent_at.push_back(now - began);
    if (!client.failure.empty()) break;
    now = client.session->next_timeout().value();
    client.session->handle_timeout(now);
  }
  std::vector<Duration> expected{Duration::zero()};
  for (Duration after = kFirstRetransmission; expected.back() + after < kHandshakeLimit;
       after *= 2) {
    expected.push_back(expected.back() + after);
  }
  EXPECT_EQ(sent_at, expected);
  EXPECT_EQ(now - began, kHandshakeLimit);
  EXPECT_EQ(client.failure, "DTLS failed: the handshake did not end in 30 s");
  EXPECT_TRUE(client.session->released());
}

TEST_F(SessionTest, AnswersARepeatedLastFlightWhetherReleasedOrNot) {
  // All that the server sends after its first flight is lost, so the client repeats its last one.
  std::size_t from_server = 0;
  start();
  drain(client);
  server.session->handle(flying.front().bytes, now);
  flying.clear();
  network = [&](std::size_t) {
    ++from_server;
    return std::vector<Duration>{};
  };
  std::vector<Bytes> first_flight;
  while (auto output = server.session->poll_output()) {
    const ByteView bytes = std::get<Datagram>(*output).bytes;
    first_flight.emplace_back(bytes.begin(), bytes.end());
  }
  for (const Bytes& datagram : first_flight) client.session->handle(datagram, now);
  const auto client_sends = [&] {
    std::vector<Bytes> datagrams;
    while (auto output = client.session->poll_output()) {
      const ByteView bytes = std::get<Datagram>(*output).bytes;
      datagrams.emplace_back(bytes.begin(), bytes.end());
    }
    return datagrams;
  };
  for (int round = 0; round < 3; ++round) {
    from_server = 0;
    for (const Bytes& datagram : client_sends()) server.session->handle(datagram, now);
    drain(server);
    EXPECT_TRUE(server.connected);
    EXPECT_GE(from_server, 1U) << "round " << round;
    now = client.session->next_timeout().value();
    client.session->handle_timeout(now);
  }
  server.session->release();
  EXPECT_TRUE(server.session->released());
  EXPECT_TRUE(server.session->connected());
  from_server = 0;
  const std::vector<Bytes> repeated = client_sends();
  for (const Bytes& datagram : repeated) server.session->handle(datagram, now);
  for (const Bytes& datagram : repeated) server.session->handle(datagram, now);
  const std::vector<Bytes> kept = take_datagrams(server);
  EXPECT_EQ(kept.size(), 1U) << "once in 20 ms";
  now += milliseconds(20);
  EXPECT_FALSE(server.session->handle(Bytes(100, 22), now));
  for (const Bytes& datagram : kept) client.session->handle(datagram, now);
  drain(client);
  expect_connected();
}

TEST_F(SessionTest, IgnoresGarbageAtEveryMoment) {
  SeededRandom random(11);
  start();
  const auto pester = [&](End& end) {
    for (const std::size_t size : {1U, 12U, 13U, 14U, 60U, 1200U, 2048U}) {
      Bytes garbage(size);
      random.fill(garbage);
      end.session->handle(garbage, now);
      drain(end);
      garbage[0] = static_cast<std::uint8_t>(20 + random.below(4));  // a record type of DTLS
      end.session->handle(garbage, now);
      drain(end);
    }
  };
  for (int step = 0; step < 10; ++step) {
    pester(server);
    pester(client);
    run(now + milliseconds(3));
    now += milliseconds(3);
  }
  run();
  expect_connected();
  pester(server);
  pester(client);
  EXPECT_TRUE(server.failure.empty() && client.failure.empty());
}

TEST_F(SessionTest, SurvivesMutatedDatagrams) {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    SeededRandom random(seed);
    client.connected.reset();
    server.connected.reset();
    start();
    for (int step = 0; step < 12; ++step) {
      drain_both();
      if (flying.empty()) break;
      Flying arrived = flying.front();
      flying.pop_front();
      End& end = arrived.to_server ? server : client;
      if (random.below(3) == 0) {
        Bytes mutant = arrived.bytes;
        mutant[random.below(mutant.size())] ^= static_cast<std::uint8_t>(1 + random.below(255));
        mutant.resize(1 + random.below(mutant.size()));
        end.session->handle(mutant, now);
      }
      end.session->handle(arrived.bytes, now);
    }
    drain_both();
    flying.clear();
    // Who got keys got the right ones.
    if (client.connected && server.connected) expect_connected();
  }
}

}  // namespace
}  // namespace offhook::dtls
