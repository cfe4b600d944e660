#include <algorithm>

#include "base/random.hpp"
#include "dtls/session_fixture.hpp"

// ClientHellos in several datagrams, and the exchange of cookies.
namespace offhook::dtls {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class SessionHelloTest : public SessionTest {
 protected:
  Bytes take_hello() {
    std::vector<Bytes> datagrams = take_datagrams(client);
    EXPECT_EQ(datagrams.size(), 1U);
    return datagrams.at(0);
  }
  void restart() {
    client.connected.reset();
    server.connected.reset();
    start();
  }
  void to_server(const std::vector<Bytes>& datagrams) {
    for (const Bytes& datagram : datagrams) server.session->handle(datagram, now);
  }
  std::size_t hello_bytes() {
    start();
    return take_hello().size() - kRecordHeaderBytes - kHandshakeHeaderBytes;
  }
};

TEST_F(SessionHelloTest, ReassemblesTwoDatagramsInEitherOrderCutAnywhere) {
  const std::size_t size = hello_bytes();
  for (std::size_t cut = 1; cut < size; ++cut) {
    for (const bool swapped : {false, true}) {
      restart();
      std::vector<Bytes> parts = fragmented(take_hello(), cut, size);
      ASSERT_EQ(parts.size(), 2U);
      if (swapped) std::swap(parts[0], parts[1]);
      to_server({parts[0]});
      ASSERT_TRUE(take_datagrams(server).empty()) << "not complete yet";
      to_server({parts[1]});
      if (cut % 16 == 0) {
        run();
        expect_connected();
      } else {
        ASSERT_EQ(take_datagrams(server).size(), 1U) << "cut at " << cut;
      }
    }
  }
}

TEST_F(SessionHelloTest, ReassemblesManyDatagramsReorderedAndRepeated) {
  const std::size_t size = hello_bytes();
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    SeededRandom random(seed);
    restart();
    const std::vector<Bytes> parts = fragmented(take_hello(), 40, size / 20);
    ASSERT_GT(parts.size(), 10U);
    std::vector<Bytes> arriving = parts;
    for (std::size_t i = random.below(8); i > 0; --i) {
      arriving.push_back(parts[random.below(parts.size())]);
    }
    for (std::size_t i = arriving.size(); i > 1; --i) {
      std::swap(arriving[i - 1], arriving[random.below(i)]);
    }
    to_server(arriving);
    run();
    SCOPED_TRACE(seed);
    expect_connected();
  }
}

TEST_F(SessionHelloTest, AHelloThatLostAPartIsTakenWhenItComesAgain) {
  start();
  const Bytes hello = take_hello();
  to_server({fragmented(hello, 80, 10'000)[0]});
  now = client.session->next_timeout().value();
  client.session->handle_timeout(now);
  // Cut elsewhere, which does not go together with what is there.
  to_server(fragmented(take_hello(), 120, 10'000));
  run();
  expect_connected();
}

TEST_F(SessionHelloTest, APartThatSomebodyElseSentOnlyDelaysTheHandshake) {
  const Time began = now;
  start();
  const std::vector<Bytes> forged = fragmented(strange_hello(), 60, 10'000);
  to_server({forged[1]});
  run();
  expect_connected();
  EXPECT_LE(now - began, milliseconds(30 + 80 + 20));
}

TEST_F(SessionHelloTest, HellosOfTwoInterleavedGoToTheOneWhoReturnsTheCookie) {
  const Time began = now;
  start();
  const std::vector<Bytes> parts = fragmented(take_hello(), 60, 10'000);
  const std::vector<Bytes> forged = fragmented(strange_hello(), 60, 10'000);
  to_server({forged[0], parts[0], forged[1], parts[1]});
  EXPECT_TRUE(server.context.guard().demands_cookies(now));
  EXPECT_EQ(server.context.guard().half_open(), 0U) << "no state before the cookie is back";
  run();
  expect_connected();
  EXPECT_LE(now - began, milliseconds(30));
}

TEST_F(SessionHelloTest, InPeaceTheFirstHelloIsAnswered) {
  start();
  to_server({take_hello()});
  const auto answer = take_datagrams(server);
  ASSERT_EQ(answer.size(), 1U);
  EXPECT_EQ(answer[0].at(kRecordHeaderBytes), 2U) << "ServerHello";
}

TEST_F(SessionHelloTest, UnderAlarmAHelloHasToReturnACookieAndNoStateIsMadeBefore) {
  const Time began = now;
  start();
  server.context.guard().alarm(now);
  const Bytes hello = take_hello();
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(server.session->handle(hello, now));
    const auto answers = take_datagrams(server);
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].at(kRecordHeaderBytes), 3U) << "HelloVerifyRequest";
    EXPECT_LT(answers[0].size(), hello.size());
    EXPECT_EQ(server.context.guard().half_open(), 0U);
    EXPECT_FALSE(server.session->next_timeout());
    if (i == 0) client.session->handle(answers[0], now);
  }
  run();
  expect_connected();
  EXPECT_EQ(now - began, milliseconds(20));
}

TEST_F(SessionHelloTest, TheAlarmEndsThirtySecondsAfterItsLastCause) {
  HandshakeGuard& guard = server.context.guard();
  EXPECT_FALSE(guard.demands_cookies(now));
  guard.alarm(now);
  guard.alarm(now + seconds(5));
  EXPECT_TRUE(guard.demands_cookies(now + seconds(34)));
  EXPECT_FALSE(guard.demands_cookies(now + seconds(35)));
}

TEST_F(SessionHelloTest, ACookieIsForOneSessionOnly) {
  server.context.guard().alarm(now);
  const auto verified_hello = [&] {
    server.session->handle(take_hello(), now);
    client.session->handle(take_datagrams(server).at(0), now);
    return take_hello();
  };
  start();
  const Bytes elsewhere = verified_hello();
  start();
  EXPECT_FALSE(server.session->handle(elsewhere, now));
  EXPECT_EQ(server.context.guard().half_open(), 0U);
  EXPECT_TRUE(server.session->handle(verified_hello(), now));
  EXPECT_EQ(server.context.guard().half_open(), 1U);
}

TEST_F(SessionHelloTest, AWrongCookieIsAskedForAgainEvenInPeace) {
  start();
  Bytes hello = take_hello();
  server.context.guard().alarm(now);
  server.session->handle(hello, now);
  client.session->handle(take_datagrams(server).at(0), now);
  hello = take_hello();
  hello[kRecordHeaderBytes + kHandshakeHeaderBytes + 2 + 32 + 2] ^= 1;
  now += HandshakeGuard::kAlarmHolds;
  EXPECT_FALSE(server.session->handle(hello, now));
  EXPECT_EQ(take_datagrams(server).size(), 1U);
  EXPECT_EQ(server.context.guard().half_open(), 0U);
}

TEST_F(SessionHelloTest, ACookieCountsWhenTheAlarmIsOver) {
  start();
  server.context.guard().alarm(now - HandshakeGuard::kAlarmHolds + milliseconds(5));
  server.session->handle(take_hello(), now);
  client.session->handle(take_datagrams(server).at(0), now);
  now += milliseconds(5);
  EXPECT_FALSE(server.context.guard().demands_cookies(now));
  run();
  expect_connected();
}

TEST_F(SessionHelloTest, VerifiedHellosAreReassembledToo) {
  const std::size_t size = hello_bytes();
  restart();
  server.context.guard().alarm(now);
  server.session->handle(take_hello(), now);
  client.session->handle(take_datagrams(server).at(0), now);
  const Time began = now;
  to_server(fragmented(take_hello(), size / 2, size));
  run();
  expect_connected();
  EXPECT_EQ(now - began, milliseconds(15)) << "at once, not when the hello comes again";
}

TEST_F(SessionHelloTest, AnswersNoMoreHellosThanMayBeHalfOpenAndMakesRoom) {
  start();
  const Bytes hello = take_hello();
  std::vector<Session> half_open;
  const auto begin = [&] {
    half_open.emplace_back(server.context, Role::Server, std::nullopt, now);
    return half_open.back().handle(hello, now);
  };
  for (std::size_t i = 0; i < limits::kDtlsHandshakes; ++i) ASSERT_TRUE(begin()) << i;
  EXPECT_EQ(server.context.guard().half_open(), limits::kDtlsHandshakes);
  EXPECT_FALSE(begin());
  EXPECT_FALSE(half_open.back().poll_output());
  EXPECT_FALSE(half_open.back().next_timeout());
  // The browser's second try, when one of the others has failed, comes through.
  half_open.front().handle_timeout(now + kHandshakeLimit);
  EXPECT_TRUE(half_open.back().handle(hello, now));
  half_open.clear();
  EXPECT_EQ(server.context.guard().half_open(), 0U);
}

TEST_F(SessionHelloTest, AnEstablishedAssociationTakesNoPlaceOfAHalfOpenOne) {
  start();
  run();
  expect_connected();
  EXPECT_EQ(server.context.guard().half_open(), 0U);
}

}  // namespace
}  // namespace offhook::dtls
