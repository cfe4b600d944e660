#include "sip/registration_fixture.hpp"

namespace offhook::sip {
namespace {

using namespace std::chrono_literals;

TEST_F(RegistrationTest, IdleStartSendsRegisterWithoutCredentials) {
  start();
  EXPECT_EQ(registration_.state(), State::Registering);
  EXPECT_EQ(request_.method, Method::Register);
  EXPECT_EQ(request_.uri.to_string(), "sip:atlanta1.voip.ms");
  EXPECT_EQ(request_.headers.from.uri, request_.headers.to.uri);
  EXPECT_FALSE(request_.headers.from.tag().empty());
  EXPECT_EQ(request_.headers.to.tag(), "");
  EXPECT_EQ(request_.headers.cseq, (CSeq{102, Method::Register, {}}));
  EXPECT_EQ(request_.headers.contact.at(0).uri.to_string(), kContact);
  EXPECT_EQ(request_.headers.expires, 300s);
  EXPECT_EQ(request_.headers.max_forwards, 70);
  EXPECT_TRUE(request_.headers.authorization.empty());
  EXPECT_FALSE(registration_.next_timeout());
}

TEST_F(RegistrationTest, RegisteringChallengeSendsCredentialsOnceANonce) {
  start();
  const Request first = request_;
  challenge("5c9da5ce");
  expect_register();
  EXPECT_EQ(registration_.state(), State::Registering);
  ASSERT_EQ(request_.headers.authorization.size(), 1U);
  EXPECT_TRUE(verify(request_.headers.authorization[0], "REGISTER", "secret"));
  EXPECT_EQ(request_.headers.authorization[0].uri, "sip:atlanta1.voip.ms");
  EXPECT_EQ(request_.headers.cseq.number, first.headers.cseq.number + 1);
  EXPECT_EQ(request_.headers.call_id, first.headers.call_id);
  EXPECT_EQ(request_.headers.from, first.headers.from);
}

TEST_F(RegistrationTest, AnswersAProxyChallengeInItsOwnHeader) {
  start();
  challenge("n", false, 407);
  expect_register();
  EXPECT_TRUE(request_.headers.authorization.empty());
  EXPECT_EQ(request_.headers.proxy_authorization.size(), 1U);
}

TEST_F(RegistrationTest, AnswersAgainWhereOnlyTheNonceWasStale) {
  start();
  challenge("one");
  expect_register();
  challenge("two", true);
  expect_register();
  EXPECT_EQ(request_.headers.authorization.at(0).nonce, "two");
  grant(300s);
  expect_state(State::Registered);
}

TEST_F(RegistrationTest, TakesASecondFreshNonceForAWrongPassword) {
  start();
  challenge("one");
  expect_register();
  challenge("two");
  expect_state(State::Waiting);
  EXPECT_EQ(changed_.reason, "the provider refused the user name or password");
  EXPECT_GE(*changed_.retry_in, 150s);
}

TEST_F(RegistrationTest, DoesNotAnswerOneNonceTwiceEvenIfCalledStale) {
  start();
  challenge("one");
  expect_register();
  challenge("one", true);
  expect_state(State::Waiting);
}

TEST_F(RegistrationTest, StopsAnsweringAProviderThatNeverStopsAsking) {
  start();
  int requests = 1;
  while (registration_.state() == State::Registering && requests < 100) {
    challenge(("nonce" + std::to_string(requests)).c_str(), true);
    if (registration_.state() == State::Registering) expect_register();
    ++requests;
  }
  EXPECT_LT(requests, 10);
  expect_state(State::Waiting);
}

TEST_F(RegistrationTest, RegisteringChallengeNotAnswerableWaits) {
  start();
  Response refused = response(401);
  refused.headers.www_authenticate.push_back({"r", "n", "MD5-sess", {}, {}, false});
  reply(refused);
  expect_state(State::Waiting);
  EXPECT_TRUE(changed_.reason.contains("not supported"));
}

TEST_F(RegistrationTest, RegisteringSuccessRegistersAndRefreshesBetween80And90PercentOfTheExpiry) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SeededRandom random(seed);
    Registration registration(config(), random);
    registration.start(now_);
    request_ = std::get<Registration::SendRegister>(*registration.poll_output()).request;
    Response granted = response(200);
    granted.headers.expires = 100s;
    registration.handle(granted, now_);
    EXPECT_EQ(registration.state(), State::Registered);
    EXPECT_GE(*registration.next_timeout() - now_, 80s);
    EXPECT_LE(*registration.next_timeout() - now_, 90s);
  }
}

TEST_F(RegistrationTest, TakesTheExpiryOfItsOwnBindingAmongOthers) {
  start();
  Response granted = response(200);
  for (const auto& [uri, expires] :
       {std::pair{"sip:100001@198.51.100.9", "60"}, std::pair{kContact, "200"}}) {
    NameAddress binding;
    binding.uri = *Uri::parse(uri);
    binding.parameters.set("expires", expires);
    granted.headers.contact.push_back(binding);
  }
  reply(granted);
  expect_state(State::Registered);
  EXPECT_GE(until_next(), 160s);
  EXPECT_LE(until_next(), 180s);
}

TEST_F(RegistrationTest, TakesARewrittenContactForItsOwn) {
  start();
  grant(60s, "sip:100001@203.0.113.9:40000");
  expect_state(State::Registered);
  EXPECT_LE(until_next(), 54s);
}

TEST_F(RegistrationTest, TakesWhatItAskedForWhereNothingIsSaid) {
  start();
  reply(200);
  expect_state(State::Registered);
  EXPECT_GE(until_next(), 240s);
}

TEST_F(RegistrationTest, WaitsWhereTheProviderGrantsNoTime) {
  start();
  grant(0s);
  expect_state(State::Waiting);
}

TEST_F(RegistrationTest, NeverRefreshesFasterThanEveryFiveSeconds) {
  start();
  grant(1s);
  expect_state(State::Registered);
  EXPECT_GE(until_next(), 5s);
}

TEST_F(RegistrationTest, BoundsAnAbsurdExpiry) {
  start();
  grant(std::chrono::seconds(UINT32_MAX));
  expect_state(State::Registered);
  EXPECT_LE(until_next(), 24h);
}

TEST_F(RegistrationTest, RegisteringTooBriefAsksForWhatTheProviderWants) {
  start();
  Response brief = response(423);
  brief.headers.min_expires = 1800s;
  reply(brief);
  expect_register();
  EXPECT_EQ(registration_.state(), State::Registering);
  EXPECT_EQ(request_.headers.expires, 1800s);
}

TEST_F(RegistrationTest, TooBriefWithoutAReasonableMinimumIsAFailure) {
  for (const std::optional<std::chrono::seconds> least :
       {std::optional<std::chrono::seconds>{}, std::optional<std::chrono::seconds>(300s),
        std::optional<std::chrono::seconds>(48h)}) {
    SeededRandom random(1);
    Registration registration(config(), random);
    registration.start(now_);
    request_ = std::get<Registration::SendRegister>(*registration.poll_output()).request;
    Response brief = response(423);
    brief.headers.min_expires = least;
    registration.handle(brief, now_);
    EXPECT_EQ(registration.state(), State::Waiting);
  }
}

TEST_F(RegistrationTest, RegisteringOtherFinalBacksOffDoublingWithJitterUpToFiveMinutes) {
  start();
  Duration bound = 2s;
  for (int round = 0; round < 12; ++round) {
    reply(500);
    expect_state(State::Waiting);
    EXPECT_EQ(changed_.reason, "the provider answered 500 Server Internal Error");
    EXPECT_EQ(*changed_.retry_in, until_next());
    EXPECT_GE(until_next(), bound / 2);
    EXPECT_LE(until_next(), bound);
    bound = std::min<Duration>(2 * bound, 5min);
    advance();
    expect_register();
  }
  EXPECT_EQ(bound, 5min);
}

TEST_F(RegistrationTest, RegisteringTimeoutWaitsAndSaysThatTheServerFailed) {
  start();
  reply(408);
  expect_state(State::Waiting);
  EXPECT_EQ(changed_.reason, "the provider does not answer");
  EXPECT_LE(*changed_.retry_in, 2s);
  ASSERT_TRUE(failed_);
  EXPECT_EQ(failed_->reason, "does not answer");
  EXPECT_EQ(answers_, 0U);
}

TEST_F(RegistrationTest, SuccessStartsTheBackOffAnew) {
  start();
  for (int round = 0; round < 5; ++round) {
    reply(503);
    expect_state(State::Waiting);
    advance();
    expect_register();
  }
  grant(300s);
  expect_state(State::Registered);
  advance();
  expect_register();
  reply(503);
  expect_state(State::Waiting);
  EXPECT_LE(until_next(), 2s);
}

TEST_F(RegistrationTest, RespectsRetryAfterWithinAnHour) {
  start();
  Response busy = response(503);
  busy.headers.retry_after = RetryAfter{120s};
  reply(busy);
  expect_state(State::Waiting);
  EXPECT_GE(until_next(), 120s);
  EXPECT_EQ(changed_.reason,
            "the provider answered 503 Service Unavailable and asks to wait for 120 s");
  ASSERT_TRUE(failed_);
  EXPECT_EQ(failed_->retry_after, 120s);
  advance();
  expect_register();
  busy = response(503);
  busy.headers.retry_after = RetryAfter{std::chrono::seconds(UINT32_MAX)};
  reply(busy);
  expect_state(State::Waiting);
  EXPECT_LE(until_next(), 1h + 5min);
  EXPECT_EQ(failed_->retry_after, 1h);
  for (const std::uint16_t status : {std::uint16_t{404}, std::uint16_t{480}, std::uint16_t{500}}) {
    advance();
    expect_register();
    failed_.reset();
    busy = response(status);
    busy.headers.retry_after = RetryAfter{1000s};
    reply(busy);
    expect_state(State::Waiting);
    EXPECT_GE(until_next(), 1000s) << status;
    EXPECT_FALSE(failed_) << status;
  }
}

TEST_F(RegistrationTest, RegisteringForbiddenIsRetriedSlowlyAndForEver) {
  start();
  for (int round = 0; round < 50; ++round) {
    reply(403);
    expect_state(State::Waiting);
    EXPECT_EQ(changed_.reason, "the provider answered 403 Forbidden");
    EXPECT_GE(until_next(), 150s);
    EXPECT_LE(until_next(), 5min);
    advance();
    expect_register();
  }
}

TEST_F(RegistrationTest, RegisteredRefreshDueSendsRegister) {
  become_registered();
  const auto before = request_.headers.cseq.number;
  registration_.handle_timeout(*registration_.next_timeout() - 1ns);
  EXPECT_FALSE(poll());
  advance();
  expect_register();
  EXPECT_EQ(registration_.state(), State::Registering);
  EXPECT_EQ(request_.headers.cseq.number, before + 1);
  EXPECT_TRUE(request_.headers.authorization.empty());
}

TEST_F(RegistrationTest, WaitingRetryDueSendsRegister) {
  start();
  reply(503);
  expect_state(State::Waiting);
  advance();
  expect_register();
  EXPECT_EQ(registration_.state(), State::Registering);
}

TEST_F(RegistrationTest, RegisteredStopUnregistersAndStops) {
  become_registered();
  registration_.stop(now_);
  expect_register();
  EXPECT_EQ(registration_.state(), State::Unregistering);
  EXPECT_EQ(request_.headers.expires, 0s);
  EXPECT_FALSE(registration_.next_timeout());
  reply(200);
  expect_state(State::Stopped);
}

TEST_F(RegistrationTest, WaitingStopUnregistersABindingThatMayStillBeThere) {
  become_registered();
  advance();
  expect_register();
  reply(503);
  expect_state(State::Waiting);
  registration_.stop(now_);
  expect_register();
  EXPECT_EQ(request_.headers.expires, 0s);
}

TEST_F(RegistrationTest, WaitingOrIdleStopWithoutABindingStopsAtOnce) {
  registration_.stop(now_);
  expect_state(State::Stopped);
  start();
  reply(503);
  expect_state(State::Waiting);
  registration_.stop(now_);
  expect_state(State::Stopped);
  EXPECT_FALSE(registration_.next_timeout());
}

TEST_F(RegistrationTest, RegisteringStopWaitsForTheAnswer) {
  start();
  registration_.stop(now_);
  EXPECT_FALSE(poll());
  EXPECT_EQ(registration_.state(), State::Unregistering);
  EXPECT_FALSE(registration_.next_timeout());
}

TEST_F(RegistrationTest, UnregisteringSuccessOfTheLastRegisterUnregisters) {
  start();
  registration_.stop(now_);
  grant(300s);
  expect_register();
  EXPECT_EQ(registration_.state(), State::Unregistering);
  EXPECT_EQ(request_.headers.expires, 0s);
}

TEST_F(RegistrationTest, UnregisteringSuccessStops) {
  start();
  registration_.stop(now_);
  grant(300s);
  expect_register();
  reply(200);
  expect_state(State::Stopped);
}

TEST_F(RegistrationTest, UnregisteringStopsWhereTheLastRegisterHadNoSuccess) {
  start();
  registration_.stop(now_);
  challenge("n");
  expect_state(State::Stopped);
}

TEST_F(RegistrationTest, UnregisteringChallengeSendsCredentialsOnceANonce) {
  become_registered();
  registration_.stop(now_);
  expect_register();
  challenge("one");
  expect_register();
  EXPECT_EQ(request_.headers.expires, 0s);
  EXPECT_EQ(request_.headers.authorization.size(), 1U);
  challenge("two");
  expect_state(State::Stopped);
}

TEST_F(RegistrationTest, UnregisteringOtherFinalStops) {
  for (const int status : {408, 423, 500}) {
    SeededRandom random(1);
    Registration registration(config(), random);
    registration.start(now_);
    request_ = std::get<Registration::SendRegister>(*registration.poll_output()).request;
    registration.handle(response(200), now_);
    while (registration.poll_output()) {
    }
    registration.stop(now_);
    request_ = std::get<Registration::SendRegister>(*registration.poll_output()).request;
    Response refused = response(static_cast<std::uint16_t>(status));
    refused.headers.min_expires = 1800s;
    registration.handle(refused, now_);
    EXPECT_EQ(registration.state(), State::Stopped) << status;
  }
}

TEST_F(RegistrationTest, StoppedStartSendsRegisterAgain) {
  become_registered();
  registration_.start(now_);
  EXPECT_FALSE(poll());
  registration_.stop(now_);
  expect_register();
  registration_.start(now_);
  registration_.stop(now_);
  EXPECT_FALSE(poll());
  reply(200);
  expect_state(State::Stopped);
  start();
  EXPECT_EQ(request_.headers.expires, 300s);
}

TEST_F(RegistrationTest, IgnoresProvisionalLateAndForeignResponses) {
  registration_.handle(response(200), now_);
  EXPECT_EQ(registration_.state(), State::Idle);
  start();
  reply(100);
  const Response old = response(200);
  challenge("n");
  expect_register();
  reply(old);
  EXPECT_EQ(registration_.state(), State::Registering);
  grant(300s);
  expect_state(State::Registered);
  reply(500);
  EXPECT_EQ(registration_.state(), State::Registered);
}

TEST_F(RegistrationTest, CleansTheProvidersWords) {
  start();
  Response odd = response(599);
  odd.reason_phrase = "a\r\nb\x1b";
  reply(odd);
  expect_state(State::Waiting);
  EXPECT_EQ(changed_.reason, "the provider answered 599 ab");
}

}  // namespace
}  // namespace offhook::sip
