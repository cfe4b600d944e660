#include "provider/authenticator.hpp"

#include <gtest/gtest.h>

#include "sip/digest.hpp"

namespace offhook::provider {
namespace {

using Outcome = Authenticator::Outcome;

class AuthenticatorTest : public testing::Test {
 protected:
  sip::Request request() const {
    sip::Request request;
    request.method = sip::Method::Invite;
    request.uri = *sip::Uri::parse("sip:4443@atlanta1.voip.ms");
    return request;
  }
  sip::Request answered(const sip::Challenge& challenge, const sip::Account& account) {
    sip::Request made = request();
    made.headers.authorization = {
        *sip::answer_challenge({challenge}, account, "INVITE", made.uri.to_string(), 1, random_)};
    return made;
  }
  sip::Challenge challenge() { return authenticator_.check(request(), now_).challenge; }

  SeededRandom random_{1};
  const std::vector<Account> accounts_{
      {.username = "100001", .password = "secret", .caller_id = ""}};
  Authenticator authenticator_{"atlanta1.voip.ms", accounts_, random_};
  Time now_{};
};

TEST_F(AuthenticatorTest, TheRightAnswerNamesTheAccount) {
  const auto verdict = authenticator_.check(answered(challenge(), {"100001", "secret"}), now_);
  EXPECT_EQ(verdict.outcome, Outcome::Right);
  EXPECT_EQ(verdict.account, &accounts_[0]);
}

TEST_F(AuthenticatorTest, WrongPasswordsAndUnknownAccountsAreWrong) {
  EXPECT_EQ(authenticator_.check(answered(challenge(), {"100001", "x"}), now_).outcome,
            Outcome::Wrong);
  EXPECT_EQ(authenticator_.check(answered(challenge(), {"100002", "secret"}), now_).outcome,
            Outcome::Wrong);
}

// Time shows what is drawn or computed for one and not for the other.
TEST_F(AuthenticatorTest, AnUnknownAccountCostsWhatAWrongPasswordDoes) {
  for (const char* user : {"100001", "100002"}) {
    const sip::Request request = answered(challenge(), {user, "guessed"});
    SeededRandom before = random_;
    const auto verdict = authenticator_.check(request, now_);
    EXPECT_EQ(verdict.outcome, Outcome::Wrong) << user;
    EXPECT_EQ(verdict.account, nullptr) << user;
    EXPECT_EQ(before.hex(8), random_.hex(8)) << user;
  }
}

TEST_F(AuthenticatorTest, AnAnswerToAnotherRealmIsNone) {
  auto other = challenge();
  other.realm = "dallas1.voip.ms";
  EXPECT_EQ(authenticator_.check(answered(other, {"100001", "secret"}), now_).outcome,
            Outcome::Challenge);
}

TEST_F(AuthenticatorTest, AMadeUpNonceIsStale) {
  auto made_up = challenge();
  made_up.nonce = "00000000";
  const auto verdict = authenticator_.check(answered(made_up, {"100001", "secret"}), now_);
  EXPECT_EQ(verdict.outcome, Outcome::Challenge);
  EXPECT_TRUE(verdict.challenge.stale);
  EXPECT_FALSE(challenge().stale);
}

TEST_F(AuthenticatorTest, ANonceExpires) {
  const auto early = challenge();
  const auto late = challenge();
  now_ += Authenticator::kNonceLifetime - Duration(1);
  EXPECT_EQ(authenticator_.check(answered(early, {"100001", "secret"}), now_).outcome,
            Outcome::Right);
  now_ += Duration(1);
  EXPECT_EQ(authenticator_.check(answered(late, {"100001", "secret"}), now_).outcome,
            Outcome::Challenge);
}

TEST_F(AuthenticatorTest, AWrongAnswerUsesTheNonceUp) {
  const auto once = challenge();
  EXPECT_EQ(authenticator_.check(answered(once, {"100001", "x"}), now_).outcome, Outcome::Wrong);
  EXPECT_EQ(authenticator_.check(answered(once, {"100001", "secret"}), now_).outcome,
            Outcome::Challenge);
}

TEST_F(AuthenticatorTest, TheOldestNonceIsForgottenAboveTheLimit) {
  const auto oldest = challenge();
  const auto second = challenge();
  for (std::size_t i = 0; i < Authenticator::kMaxNonces - 1; ++i) (void)challenge();
  EXPECT_EQ(authenticator_.check(answered(second, {"100001", "secret"}), now_).outcome,
            Outcome::Right);
  EXPECT_EQ(authenticator_.check(answered(oldest, {"100001", "secret"}), now_).outcome,
            Outcome::Challenge);
}

}  // namespace
}  // namespace offhook::provider
