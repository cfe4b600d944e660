#include "base/limits.hpp"
#include "sip/user_agent_fixture.hpp"

// Provisional responses of ours that the caller requires to be reliable (RFC 3262 3).
namespace offhook::sip {
namespace {

UserAgent::Config with_100rel() {
  UserAgent::Config config;
  config.supported = {"100rel"};
  return config;
}

class UserAgentReliableAnswersTest : public UserAgentTest {
 protected:
  explicit UserAgentReliableAnswersTest(Transport transport = Transport::Udp)
      : UserAgentTest(transport, with_100rel()) {
    pair.rewrites = [this](Side from, std::string& bytes) {
      if (from == Side::Caller && bytes.starts_with("INVITE")) {
        bytes.insert(bytes.find("\r\n") + 2, requirement);
      }
    };
  }

  void begin(const std::string& offer = "the offer") {
    InviteRequest request = pair.invite_request();
    request.reliable_provisional = true;
    request.offer = offer;
    call = pair.caller().invite(std::move(request), pair.now());
    pair.run_for(milliseconds(30));
  }
  void ring() {
    pair.ring(callee_session());
    pair.run_for(milliseconds(0));
  }
  void progress() {
    pair.callee().progress(callee_session(), pair.identity(Side::Callee), "the answer", pair.now());
    pair.run_for(milliseconds(0));
  }
  void lose_pracks() {
    pair.loses = [](const Sent& each) { return is_request(each, Method::Prack); };
  }
  void lose_nothing() {
    pair.loses = [](const Sent&) { return false; };
  }
  [[nodiscard]] std::vector<Response> sent(std::uint16_t status) const {
    std::vector<Response> responses;
    for (const auto& each : pair.responses(Side::Callee, Method::Invite, status)) {
      responses.push_back(std::get<Response>(each.message));
    }
    return responses;
  }
  [[nodiscard]] std::vector<std::uint16_t> told() const {
    std::vector<std::uint16_t> statuses;
    for (const auto& each : pair.all<Progressed>(Side::Caller)) {
      statuses.push_back(each.response.status);
    }
    return statuses;
  }
  // A PRACK of somebody else's making, to a call that rings.
  Request prack(std::uint32_t cseq) {
    Request request = last_invite();
    request.method = Method::Prack;
    request.headers.cseq = {cseq, Method::Prack, {}};
    request.headers.to = sent(180).back().headers.to;
    request.headers.via.front().parameters.set("branch", "z9hG4bKp" + std::to_string(cseq));
    request.headers.content_type.clear();
    request.body.clear();
    request.headers.rack = RAck{*sent(180).back().headers.rseq, last_invite().headers.cseq};
    return request;
  }
  void hang_up_and_expect_quiet() {
    lose_nothing();
    pair.callee().hang_up(callee_session(), "", pair.now());
    pair.caller().hang_up(call, "", pair.now());
    expect_quiet();
  }

  std::string requirement = "Require: 100rel\r\n";
  SessionId call{};
};

TEST_F(UserAgentReliableAnswersTest, AProvisionalResponseIsSentAgainUntilItsPrack) {
  begin();
  lose_pracks();
  ring();
  pair.run_for(milliseconds(3'400));
  ASSERT_EQ(sent(180).size(), 3U) << "after 500 and 1500 ms";
  EXPECT_THAT(sent(180)[0].headers.require, testing::ElementsAre("100rel"));
  EXPECT_TRUE(sent(180)[0].headers.rseq);
  EXPECT_EQ(sent(180)[2], sent(180)[0]);
  lose_nothing();
  pair.run_for(seconds(30));
  EXPECT_LE(sent(180).size(), 4U);
  EXPECT_EQ(pair.responses(Side::Callee, Method::Prack, 200).size(), 1U);
  EXPECT_THAT(told(), testing::ElementsAre(180));
  EXPECT_THAT(sent(180)[0].headers.allow, testing::Contains("PRACK"));
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReliableAnswersTest, TheNextOneWaitsForThePrack) {
  begin();
  ring();
  progress();
  EXPECT_TRUE(sent(183).empty());
  pair.run_for(seconds(1));
  ASSERT_EQ(sent(183).size(), 1U);
  EXPECT_EQ(*sent(183)[0].headers.rseq, *sent(180)[0].headers.rseq + 1);
  EXPECT_THAT(told(), testing::ElementsAre(180, 183));
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReliableAnswersTest, APrackOfNothingGets481) {
  begin();
  lose_pracks();
  ring();
  Request other = prack(2);
  ++other.headers.rack->rseq;
  EXPECT_EQ(ask(other)->status, 481);
  other = prack(3);
  ++other.headers.rack->cseq.number;
  EXPECT_EQ(ask(other)->status, 481);
  other = prack(4);
  other.headers.rack.reset();
  EXPECT_EQ(ask(other)->status, 400);
  EXPECT_EQ(ask(prack(5))->status, 200);
  EXPECT_EQ(ask(prack(6))->status, 481);
  other = prack(7);
  other.headers.to.parameters.remove("tag");
  other.headers.call_id = "another";
  EXPECT_EQ(ask(other)->status, 481);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReliableAnswersTest, AnOfferInAPrackGets488) {
  begin();
  lose_pracks();
  ring();
  Request offer = prack(2);
  offer.headers.content_type = "application/sdp";
  offer.body = "another offer";
  EXPECT_EQ(ask(offer)->status, 488);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReliableAnswersTest, TheAnswerWaitsForThePrackOfEarlySdp) {
  begin();
  lose_pracks();
  progress();
  pair.accept(callee_session());
  ring();  // too late
  pair.run_for(seconds(1));
  EXPECT_TRUE(sent(200).empty());
  lose_nothing();
  pair.run_for(seconds(2));
  EXPECT_TRUE(sent(180).empty());
  EXPECT_EQ(pair.all<Accepted>(Side::Caller).size(), 1U);
  EXPECT_EQ(pair.last<Accepted>(Side::Caller)->response.body, "the answer");
  EXPECT_EQ(pair.all<Confirmed>(Side::Callee).size(), 1U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReliableAnswersTest, WithoutEarlySdpTheAnswerDoesNotWait) {
  begin();
  ring();
  ring();
  pair.accept(callee_session());
  pair.run_for(milliseconds(0));
  EXPECT_EQ(sent(200).size(), 1U);
  pair.run_for(seconds(10));
  EXPECT_EQ(sent(180).size(), 1U);
  EXPECT_EQ(pair.responses(Side::Callee, Method::Prack, 200).size(), 1U) << "it came after";
  EXPECT_EQ(pair.all<Confirmed>(Side::Callee).size(), 1U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReliableAnswersTest, WithoutAPrackTheInviteGets504) {
  begin();
  lose_pracks();
  progress();
  pair.accept(callee_session());
  pair.run_for(seconds(33));
  EXPECT_EQ(pair.all<Cancelled>(Side::Callee).size(), 1U);
  ASSERT_EQ(pair.all<Refused>(Side::Caller).size(), 1U);
  EXPECT_EQ(pair.last<Refused>(Side::Caller)->response.status, 504);
  EXPECT_TRUE(sent(200).empty());
  expect_quiet();
}

TEST_F(UserAgentReliableAnswersTest, ACancelEndsWhatWaits) {
  begin();
  lose_pracks();
  progress();
  pair.accept(callee_session());
  pair.run_for(milliseconds(100));
  pair.caller().hang_up(call, "", pair.now());
  expect_quiet();
  EXPECT_EQ(pair.all<Cancelled>(Side::Callee).size(), 1U);
  EXPECT_TRUE(sent(200).empty());
}

TEST_F(UserAgentReliableAnswersTest, ARefusalDoesNotWait) {
  begin();
  lose_pracks();
  progress();
  pair.callee().reject(callee_session(), 486, "", pair.now());
  pair.run_for(seconds(5));
  EXPECT_EQ(sent(183).size(), 1U);
  EXPECT_EQ(pair.last<Refused>(Side::Caller)->response.status, 486);
  expect_quiet();
}

TEST_F(UserAgentReliableAnswersTest, OneTooManyIsLeftOut) {
  begin();
  for (std::size_t i = 0; i < limits::kSipReliableAnswers + 2; ++i) ring();
  pair.run_for(seconds(5));
  EXPECT_EQ(told().size(), limits::kSipReliableAnswers + 1);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReliableAnswersTest, AnInviteWithoutAnOfferGetsTheOfferFirst) {
  begin("");
  ring();
  progress();
  pair.accept(callee_session());
  pair.run_for(seconds(1));
  EXPECT_TRUE(sent(180).empty());
  EXPECT_TRUE(sent(183).empty());
  EXPECT_EQ(pair.last<Accepted>(Side::Caller)->response.body, "the answer");
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReliableAnswersTest, WhoOnlySupportsItGetsItUnreliably) {
  requirement.clear();
  begin();
  ring();
  pair.run_for(seconds(5));
  ASSERT_EQ(sent(180).size(), 1U);
  EXPECT_TRUE(sent(180)[0].headers.require.empty());
  EXPECT_FALSE(sent(180)[0].headers.rseq);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReliableAnswersTest, ACallComesThroughLoss) {
  begin();
  pair.loss_percent = 30;
  ring();
  progress();
  pair.run_for(seconds(20));
  pair.accept(callee_session());
  pair.run_for(seconds(20));
  EXPECT_THAT(told(), testing::ElementsAre(180, 183));
  EXPECT_EQ(pair.all<Accepted>(Side::Caller).size(), 1U);
  pair.loss_percent = 0;
  hang_up_and_expect_quiet();
}

class BrowserReliableAnswersTest : public UserAgentReliableAnswersTest {
 protected:
  BrowserReliableAnswersTest() : UserAgentReliableAnswersTest(Transport::Wss) {}
};

TEST_F(BrowserReliableAnswersTest, ABrowserMayNotRequireIt) {
  begin();
  pair.run_for(seconds(1));
  ASSERT_EQ(pair.all<Refused>(Side::Caller).size(), 1U);
  EXPECT_EQ(pair.last<Refused>(Side::Caller)->response.status, 420);
  EXPECT_TRUE(pair.all<InviteReceived>(Side::Callee).empty());
  expect_quiet();
}

}  // namespace
}  // namespace offhook::sip
