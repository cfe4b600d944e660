#include "base/limits.hpp"
#include "sip/user_agent_fixture.hpp"

// Challenges to the requests of a session (RFC 3261 22).
namespace offhook::sip {
namespace {

class UserAgentDigestTest : public UserAgentTest {
 protected:
  static constexpr std::string_view kRealm = "atlanta1.voip.ms";

  Response challenge_to(const Request& request, std::string nonce, bool stale = false) {
    Challenge challenge;
    challenge.realm = kRealm;
    challenge.nonce = std::move(nonce);
    challenge.algorithm = "MD5";
    challenge.stale = stale;
    Response response = make_response(request, 401, "challenger");
    response.headers.www_authenticate = {challenge};
    return response;
  }
  // The caller's INVITE is never delivered: this test is the other side.
  void call_as(std::optional<Account> caller, std::string realm = {}, std::string algorithm = {}) {
    pair.loses = [](const Sent&) { return true; };
    InviteRequest request{.flow = pair.flow(Side::Caller),
                          .identity = pair.identity(Side::Caller),
                          .target = *Uri::parse("sip:4443@atlanta1.voip.ms"),
                          .remote = {},
                          .route = {},
                          .offer = "the offer",
                          .account = std::move(caller),
                          .realm = std::move(realm),
                          .least_algorithm = std::move(algorithm),
                          .remote_party_id = {}};
    request.remote.uri = request.target;
    pair.caller().invite(std::move(request), pair.now());
    pair.run_for(milliseconds(1));
  }
  [[nodiscard]] std::vector<Request> sent(Method method) const {
    std::vector<Request> requests;
    for (const auto& each : pair.requests(Side::Caller, method)) {
      requests.push_back(std::get<Request>(each.message));
    }
    return requests;
  }
  Request last(Method method) const { return sent(method).back(); }
  void answer(const Response& response) { pair.inject(Side::Caller, serialize(response)); }

  const Account account{.username = "100001", .password = "secret"};
};

TEST_F(UserAgentDigestTest, AChallengeIsAnsweredInANewTransaction) {
  call_as(account);
  const Request first = last(Method::Invite);
  EXPECT_TRUE(first.headers.authorization.empty());
  answer(challenge_to(first, "5c9da5ce"));
  ASSERT_EQ(sent(Method::Invite).size(), 2U);
  const Request second = last(Method::Invite);
  EXPECT_EQ(second.headers.cseq.number, first.headers.cseq.number + 1);
  EXPECT_NE(second.headers.via[0].branch(), first.headers.via[0].branch());
  EXPECT_EQ(second.headers.call_id, first.headers.call_id);
  EXPECT_EQ(second.headers.from, first.headers.from);
  EXPECT_EQ(second.headers.to, first.headers.to);
  EXPECT_EQ(second.body, first.body);
  ASSERT_EQ(second.headers.authorization.size(), 1U);
  EXPECT_EQ(second.headers.authorization[0].username, "100001");
  EXPECT_EQ(second.headers.authorization[0].nonce, "5c9da5ce");
  EXPECT_EQ(second.headers.authorization[0].uri, "sip:4443@atlanta1.voip.ms");
  // The refusal was acknowledged inside of its own transaction.
  ASSERT_EQ(sent(Method::Ack).size(), 1U);
  EXPECT_EQ(last(Method::Ack).headers.via, first.headers.via);
  EXPECT_TRUE(pair.events[0].empty());
}

TEST_F(UserAgentDigestTest, TheAckToTheAnswerRepeatsTheCredentials) {  // RFC 3261 22.1
  call_as(account);
  answer(challenge_to(last(Method::Invite), "a"));
  answer(make_response(last(Method::Invite), 200, "bob-tag"));
  const Request ack = last(Method::Ack);
  EXPECT_EQ(ack.headers.authorization, last(Method::Invite).headers.authorization);
  EXPECT_EQ(ack.headers.cseq.number, last(Method::Invite).headers.cseq.number);
  EXPECT_EQ(pair.all<Accepted>(Side::Caller).size(), 1U);
}

TEST_F(UserAgentDigestTest, AProxysChallengeIsAnsweredToTheProxy) {
  call_as(account);
  Response response = challenge_to(last(Method::Invite), "a");
  response.status = 407;
  std::swap(response.headers.www_authenticate, response.headers.proxy_authenticate);
  answer(response);
  EXPECT_EQ(last(Method::Invite).headers.proxy_authorization.size(), 1U);
  EXPECT_TRUE(last(Method::Invite).headers.authorization.empty());
}

TEST_F(UserAgentDigestTest, WithoutAnAccountTheCallIsRefused) {
  call_as(std::nullopt);
  answer(challenge_to(last(Method::Invite), "a"));
  EXPECT_EQ(sent(Method::Invite).size(), 1U);
  ASSERT_EQ(pair.all<Refused>(Side::Caller).size(), 1U);
  EXPECT_EQ(pair.last<Refused>(Side::Caller)->response.status, 401);
}

TEST_F(UserAgentDigestTest, AnotherRealmIsNeverAnswered) {
  call_as(account, "another.example.com");
  answer(challenge_to(last(Method::Invite), "a"));
  EXPECT_EQ(sent(Method::Invite).size(), 1U);
  EXPECT_EQ(pair.all<Refused>(Side::Caller).size(), 1U);
}

TEST_F(UserAgentDigestTest, TheFirstRealmSeenStaysTheOnlyOne) {
  call_as(account);
  answer(challenge_to(last(Method::Invite), "a"));
  Response other = challenge_to(last(Method::Invite), "b");
  other.headers.www_authenticate[0].realm = "another.example.com";
  answer(other);
  EXPECT_EQ(sent(Method::Invite).size(), 2U);
  EXPECT_EQ(pair.all<Refused>(Side::Caller).size(), 1U);
}

TEST_F(UserAgentDigestTest, ANonceIsAnsweredOnce) {
  call_as(account);
  answer(challenge_to(last(Method::Invite), "a"));
  answer(challenge_to(last(Method::Invite), "a"));
  EXPECT_EQ(sent(Method::Invite).size(), 2U);
  EXPECT_EQ(pair.all<Refused>(Side::Caller).size(), 1U);
}

TEST_F(UserAgentDigestTest, AStaleNonceIsAnsweredAgainButNotForEver) {
  call_as(account);
  for (std::size_t i = 0; i < limits::kDigestAttempts; ++i) {
    answer(challenge_to(last(Method::Invite), "nonce" + std::to_string(i), i > 0));
    EXPECT_TRUE(pair.all<Refused>(Side::Caller).empty());
  }
  EXPECT_EQ(sent(Method::Invite).size(), limits::kDigestAttempts + 1);
  answer(challenge_to(last(Method::Invite), "one more", true));
  EXPECT_EQ(pair.all<Refused>(Side::Caller).size(), 1U);
}

TEST_F(UserAgentDigestTest, AChallengeAfterHangingUpIsNotAnswered) {
  call_as(account);
  pair.caller().hang_up(SessionId{1}, "", pair.now());
  answer(challenge_to(last(Method::Invite), "a"));
  EXPECT_EQ(sent(Method::Invite).size(), 1U);
  EXPECT_TRUE(pair.events[0].empty());
  expect_quiet();
}

TEST_F(UserAgentDigestTest, CancelOfTheSecondInviteWaitsForItsOwnProvisional) {
  call_as(account);
  answer(make_response(last(Method::Invite), 100, ""));
  answer(challenge_to(last(Method::Invite), "a"));
  pair.caller().hang_up(SessionId{1}, "", pair.now());
  pair.run_for(milliseconds(1));
  EXPECT_TRUE(sent(Method::Cancel).empty());
  answer(make_response(last(Method::Invite), 100, ""));
  ASSERT_EQ(sent(Method::Cancel).size(), 1U);
  EXPECT_EQ(last(Method::Cancel).headers.via, last(Method::Invite).headers.via);
  EXPECT_EQ(last(Method::Cancel).headers.cseq.number, 2U);
  expect_quiet();
}

TEST_F(UserAgentDigestTest, AChallengedByeIsAnswered) {
  call_as(account);
  answer(challenge_to(last(Method::Invite), "a"));
  answer(make_response(last(Method::Invite), 200, "bob-tag"));
  pair.caller().hang_up(SessionId{1}, "", pair.now());
  pair.run_for(milliseconds(1));
  const Request first = last(Method::Bye);
  answer(challenge_to(first, "b"));
  ASSERT_EQ(sent(Method::Bye).size(), 2U);
  EXPECT_EQ(last(Method::Bye).headers.cseq.number, first.headers.cseq.number + 1);
  EXPECT_EQ(last(Method::Bye).headers.authorization.at(0).nonce, "b");
  answer(make_response(last(Method::Bye), 200, ""));
  expect_quiet();
}

TEST_F(UserAgentDigestTest, AWeakerAlgorithmThanTheLeastIsNotAnswered) {
  call_as(account, {}, "SHA-256");
  answer(challenge_to(last(Method::Invite), "5c9da5ce"));
  EXPECT_EQ(sent(Method::Invite).size(), 1U);
}

TEST_F(UserAgentDigestTest, TheLeastAlgorithmItselfIsAnswered) {
  call_as(account, {}, "MD5");
  answer(challenge_to(last(Method::Invite), "5c9da5ce"));
  EXPECT_EQ(sent(Method::Invite).size(), 2U);
}

}  // namespace
}  // namespace offhook::sip
