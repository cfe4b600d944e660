#include "base/limits.hpp"
#include "sip/user_agent_fixture.hpp"

// Reliable provisional responses (RFC 3262). The test is the callee.
namespace offhook::sip {
namespace {

class UserAgentReliableTest : public UserAgentTest {
 protected:
  explicit UserAgentReliableTest(Transport transport = Transport::Udp) : UserAgentTest(transport) {
    pair.loses = [](const Sent& each) { return each.from == Side::Caller; };
  }

  void begin(bool reliable = true, std::optional<Account> account = std::nullopt) {
    InviteRequest request = pair.invite_request(std::move(account));
    request.reliable_provisional = reliable;
    call = pair.caller().invite(std::move(request), pair.now());
    pair.run_for(milliseconds(1));
  }
  Response response(std::uint16_t status, const std::string& tag = "bob") {
    Response response = make_response(last_invite(), status, tag);
    NameAddress contact;
    contact.uri = *Uri::parse("sip:" + tag + "@192.0.2.77");
    response.headers.contact = {contact};
    return response;
  }
  void answer(const Response& response) { pair.inject(Side::Caller, serialize(response)); }
  void progress(std::uint32_t rseq, const std::string& tag = "bob") {
    Response reliable = response(183, tag);
    reliable.headers.require = {"100rel"};
    reliable.headers.rseq = rseq;
    reliable.headers.content_type = "application/sdp";
    reliable.body = "early answer";
    answer(reliable);
  }
  [[nodiscard]] std::vector<Request> pracks() const {
    std::vector<Request> requests;
    for (const auto& each : pair.requests(Side::Caller, Method::Prack)) {
      requests.push_back(std::get<Request>(each.message));
    }
    return requests;
  }
  [[nodiscard]] std::size_t told() const { return pair.all<Progressed>(Side::Caller).size(); }
  // To the last PRACK, so that it is not repeated.
  void acknowledge() { answer(make_response(pracks().back(), 200, "")); }
  void hang_up_and_expect_quiet() {
    pair.caller().hang_up(call, "", pair.now());
    expect_quiet();
  }

  SessionId call{};
};

TEST_F(UserAgentReliableTest, AReliableProvisionalResponseIsAcknowledged) {
  begin();
  EXPECT_THAT(last_invite().headers.supported, testing::Contains("100rel"));
  progress(4'294'967'295U);
  ASSERT_EQ(pracks().size(), 1U);
  const Request prack = pracks()[0];
  EXPECT_EQ(prack.headers.rack, (RAck{4'294'967'295U, last_invite().headers.cseq}));
  EXPECT_EQ(prack.headers.to.tag(), "bob");
  EXPECT_EQ(prack.headers.from, last_invite().headers.from);
  EXPECT_EQ(prack.headers.call_id, last_invite().headers.call_id);
  EXPECT_EQ(prack.headers.cseq.number, last_invite().headers.cseq.number + 1);
  EXPECT_EQ(prack.uri.to_string(), "sip:bob@192.0.2.77");
  EXPECT_TRUE(prack.body.empty());
  ASSERT_EQ(told(), 1U);
  EXPECT_EQ(pair.last<Progressed>(Side::Caller)->response.body, "early answer");
  acknowledge();
  progress(0);
  EXPECT_EQ(pracks().size(), 2U);
  EXPECT_EQ(told(), 2U);
  acknowledge();
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReliableTest, ARepeatedOneIsNotToldAgain) {
  begin();
  progress(7);
  progress(7);
  EXPECT_EQ(told(), 1U);
  EXPECT_EQ(pracks().size(), 1U);
  pair.run_for(milliseconds(600));
  EXPECT_EQ(pracks().size(), 2U) << "sent again by its transaction";
  EXPECT_EQ(pracks()[1], pracks()[0]);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReliableTest, OneBehindAGapWaitsForItsRepetition) {
  begin();
  progress(7);
  progress(9);
  EXPECT_EQ(told(), 1U);
  progress(8);
  progress(9);
  EXPECT_EQ(told(), 3U);
  ASSERT_EQ(pracks().size(), 3U);
  EXPECT_EQ(pracks()[2].headers.rack->rseq, 9U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReliableTest, EveryForkHasNumbersOfItsOwn) {
  begin();
  progress(7, "bob");
  progress(100, "carol");
  progress(8, "bob");
  progress(101, "carol");
  EXPECT_EQ(told(), 4U);
  ASSERT_EQ(pracks().size(), 4U);
  EXPECT_EQ(pracks()[3].headers.to.tag(), "carol");
  EXPECT_EQ(pracks()[3].headers.cseq.number, pracks()[1].headers.cseq.number + 1);
  EXPECT_EQ(pracks()[3].uri.to_string(), "sip:carol@192.0.2.77");
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReliableTest, TheAnsweredDialogGoesOnFromThePrack) {
  begin();
  progress(7);
  acknowledge();
  Response ok = response(200);
  ok.body = "the answer";
  ok.headers.content_type = "application/sdp";
  answer(ok);
  EXPECT_EQ(pair.all<Accepted>(Side::Caller).size(), 1U);
  pair.caller().hang_up(call, "", pair.now());
  pair.run_for(milliseconds(1));
  const auto bye = std::get<Request>(pair.requests(Side::Caller, Method::Bye).front().message);
  EXPECT_EQ(bye.headers.cseq.number, pracks()[0].headers.cseq.number + 1);
  expect_quiet();
}

TEST_F(UserAgentReliableTest, AChallengedPrackIsAnswered) {
  begin(true, Account{.username = "100001", .password = "secret"});
  progress(7);
  Response challenge = make_response(pracks()[0], 401, "");
  challenge.headers.www_authenticate.resize(1);
  challenge.headers.www_authenticate[0].realm = "atlanta1.voip.ms";
  challenge.headers.www_authenticate[0].nonce = "5c9da5ce";
  answer(challenge);
  ASSERT_EQ(pracks().size(), 2U);
  EXPECT_EQ(pracks()[1].headers.authorization.size(), 1U);
  EXPECT_EQ(pracks()[1].headers.rack, pracks()[0].headers.rack);
  EXPECT_EQ(pracks()[1].headers.cseq.number, pracks()[0].headers.cseq.number + 1);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReliableTest, NoAnswerToThePrackLeavesTheCall) {
  begin();
  progress(7);
  pair.run_for(seconds(33));
  EXPECT_EQ(pair.caller().session_count(), 1U);
  EXPECT_TRUE(pair.all<Refused>(Side::Caller).empty());
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReliableTest, AFailedPrackLeavesTheCall) {
  begin();
  progress(7);
  answer(make_response(pracks()[0], 481, ""));
  answer(response(180));
  EXPECT_EQ(told(), 2U);
  EXPECT_EQ(pracks().size(), 1U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReliableTest, AfterHangingUpNothingIsAcknowledged) {
  begin();
  progress(7);
  acknowledge();
  pair.caller().hang_up(call, "", pair.now());
  progress(8);
  EXPECT_EQ(pracks().size(), 1U);
  expect_quiet();
}

TEST_F(UserAgentReliableTest, OneForkTooManyIsNotAcknowledged) {
  begin();
  for (std::size_t fork = 0; fork <= limits::kSipForks; ++fork) {
    progress(1, "fork" + std::to_string(fork));
  }
  EXPECT_EQ(pracks().size(), limits::kSipForks);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReliableTest, OneWithoutANumberIsJustProgress) {
  begin();
  Response odd = response(180);
  odd.headers.require = {"100rel"};
  answer(odd);
  EXPECT_EQ(told(), 1U);
  EXPECT_TRUE(pracks().empty());
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReliableTest, WhoDoesNotWantReliabilityDoesNotAskForIt) {
  begin(false);
  EXPECT_THAT(last_invite().headers.supported, testing::Not(testing::Contains("100rel")));
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReliableTest, WithoutAnOfferReliabilityIsNotAskedFor) {
  InviteRequest request = pair.invite_request();
  request.reliable_provisional = true;
  request.offer.clear();
  call = pair.caller().invite(std::move(request), pair.now());
  pair.run_for(milliseconds(1));
  EXPECT_THAT(last_invite().headers.supported, testing::Not(testing::Contains("100rel")));
  hang_up_and_expect_quiet();
}

class BrowserReliableTest : public UserAgentReliableTest {
 protected:
  BrowserReliableTest() : UserAgentReliableTest(Transport::Wss) {}
};

TEST_F(BrowserReliableTest, BrowsersAreNotAskedAndNotAcknowledged) {
  begin();
  EXPECT_THAT(last_invite().headers.supported, testing::Not(testing::Contains("100rel")));
  progress(7);
  EXPECT_EQ(told(), 1U);
  EXPECT_TRUE(pracks().empty());
  hang_up_and_expect_quiet();
}

}  // namespace
}  // namespace offhook::sip
