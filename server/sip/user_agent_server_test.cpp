#include "sip/user_agent_fixture.hpp"

// What arrives outside of dialogs: what is answered without asking anybody, and what is handed to
// the user.
namespace offhook::sip {
namespace {

class UserAgentServerTest : public UserAgentTest {
 protected:
  using UserAgentTest::UserAgentTest;

  // A request of a foreign implementation; each with a branch of its own.
  Request outside(Method method) {
    Request request;
    request.method = method;
    request.uri = *Uri::parse("sip:bob@192.0.2.2");
    Via via;
    via.transport = "UDP";
    via.host = "192.0.2.1";
    via.parameters.set("branch", "z9hG4bK" + std::to_string(++branch_));
    request.headers.via = {via};
    request.headers.from.uri = *Uri::parse("sip:alice@example.com");
    request.headers.from.set_tag("alice-tag");
    request.headers.to.uri = request.uri;
    request.headers.call_id = "call";
    request.headers.cseq = {1, method, {}};
    request.headers.max_forwards = 70;
    request.headers.contact = {request.headers.from};
    return request;
  }
  void expect_refusal(const Request& request, std::uint16_t status) {
    const auto answer = ask(request);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, status);
    EXPECT_FALSE(answer->headers.to.tag().empty());
    EXPECT_EQ(pair.callee().session_count(), 0U);
    EXPECT_TRUE(pair.events[1].empty());
  }

 private:
  int branch_ = 0;
};

TEST_F(UserAgentServerTest, AnInviteGets100AtOnceAndIsHandedToTheUser) {
  const auto answer = ask(outside(Method::Invite));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 100);
  EXPECT_TRUE(answer->headers.to.tag().empty());
  EXPECT_EQ(pair.all<InviteReceived>(Side::Callee).size(), 1U);
}

TEST_F(UserAgentServerTest,
       AnswersThatMakeADialogRepeatTheRecordRouteAndHaveAContact) {  // RFC 3261 12.1.1
  answer_at_once();
  Request invite = outside(Method::Invite);
  invite.headers.record_route.resize(1);
  invite.headers.record_route[0].uri = *Uri::parse("sip:proxy.example.com;lr");
  ask(invite);
  for (const auto status : {std::uint16_t{180}, std::uint16_t{200}}) {
    const auto sent = pair.responses(Side::Callee, Method::Invite, status);
    ASSERT_EQ(sent.size(), 1U);
    const auto& headers = std::get<Response>(sent[0].message).headers;
    EXPECT_EQ(headers.record_route, invite.headers.record_route);
    EXPECT_THAT(headers.allow, testing::Contains("INVITE"));
    EXPECT_EQ(headers.contact.size(), 1U);
  }
}

TEST_F(UserAgentServerTest, OptionsGets200WithWhatWeCanDo) {
  const auto answer = ask(outside(Method::Options));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_THAT(answer->headers.allow, testing::ElementsAre("INVITE", "ACK", "CANCEL", "BYE",
                                                          "OPTIONS", "INFO", "UPDATE", "NOTIFY"));
  EXPECT_THAT(answer->headers.accept, testing::ElementsAre("application/sdp"));
  EXPECT_TRUE(answer->headers.supported.empty());
  EXPECT_TRUE(pair.events[1].empty());
}

TEST_F(UserAgentServerTest, MethodsThatWeDoNotSupportGet405AndUnknownOnes501WithAllow) {
  const auto prack = ask(outside(Method::Prack));
  ASSERT_TRUE(prack);
  EXPECT_EQ(prack->status, 405);
  EXPECT_THAT(prack->headers.allow, testing::Contains("INVITE"));
  Request unknown = outside(Method::Unknown);
  unknown.unknown_method = unknown.headers.cseq.unknown_method = "FROB";
  const auto answer = ask(unknown);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 501);
  EXPECT_THAT(answer->headers.allow, testing::Contains("INVITE"));
}

TEST_F(UserAgentServerTest, RequestsOfDialogsThatDoNotExistGet481) {
  expect_refusal(outside(Method::Bye), 481);
  expect_refusal(outside(Method::Info), 481);
  for (const Method method :
       {Method::Bye, Method::Invite, Method::Info, Method::Options, Method::Notify}) {
    Request request = outside(method);
    request.headers.to.set_tag("nobody");
    expect_refusal(request, 481);
  }
  expect_refusal(outside(Method::Cancel), 481);
}

TEST_F(UserAgentServerTest, AnAckToNothingIsDropped) {
  Request ack = outside(Method::Ack);
  ack.headers.to.set_tag("nobody");
  EXPECT_FALSE(ask(ack));
}

TEST_F(UserAgentServerTest, ARequestThatMayNotTravelFurtherGets483) {
  Request invite = outside(Method::Invite);
  invite.headers.max_forwards = 0;
  expect_refusal(invite, 483);
  invite = outside(Method::Invite);
  invite.headers.call_id = "another";
  invite.headers.max_forwards = 1;
  EXPECT_EQ(ask(invite)->status, 100);
}

TEST_F(UserAgentServerTest, OptionsAreAnsweredAtTheLastHop) {  // RFC 4475 3.3.11
  Request options = outside(Method::Options);
  options.headers.max_forwards = 0;
  EXPECT_EQ(ask(options)->status, 200);
}

TEST_F(UserAgentServerTest, ARequiredExtensionThatWeLackGets420) {
  Request invite = outside(Method::Invite);
  invite.headers.require = {"100rel", "timer"};
  const auto answer = ask(invite);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 420);
  EXPECT_THAT(answer->headers.unsupported, testing::ElementsAre("100rel", "timer"));
  EXPECT_TRUE(pair.events[1].empty());
}

TEST_F(UserAgentServerTest, ABodyThatIsNoSdpGets415) {
  Request invite = outside(Method::Invite);
  invite.body = "hello";
  invite.headers.content_type = "text/plain";
  const auto answer = ask(invite);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 415);
  EXPECT_THAT(answer->headers.accept, testing::ElementsAre("application/sdp"));
  invite = outside(Method::Invite);
  invite.headers.call_id = "another";
  invite.body = "v=0";
  invite.headers.content_type = "Application/SDP; charset=utf-8";
  EXPECT_EQ(ask(invite)->status, 100);
}

TEST_F(UserAgentServerTest, AnInviteToWhichSdpWouldBeNoAcceptableAnswerGets406) {
  Request invite = outside(Method::Invite);
  invite.headers.accept = {"text/plain", "application/sdpx"};
  expect_refusal(invite, 406);
  for (const std::string_view range :
       {"Application/SDP", "application/sdp ;level=1", "application/*", "*/*;q=0.1"}) {
    invite = outside(Method::Invite);
    invite.headers.call_id = range;
    invite.headers.accept = {"text/plain", std::string(range)};
    EXPECT_EQ(ask(invite)->status, 100) << range;
  }
}

TEST_F(UserAgentServerTest, AnInviteThatCameByTwoPathsGets482) {
  ASSERT_EQ(ask(outside(Method::Invite))->status, 100);
  const auto answer = ask(outside(Method::Invite));
  EXPECT_EQ(answer->status, 482);
  EXPECT_EQ(pair.all<InviteReceived>(Side::Callee).size(), 1U);
}

TEST_F(UserAgentServerTest, WhatCannotBeParsedIsAnsweredOrDropped) {
  pair.inject(Side::Callee, "\r\n\r\n");
  pair.inject(Side::Callee, "complete nonsense\r\n\r\n");
  EXPECT_TRUE(pair.wire.empty());
  std::string tel = serialize(outside(Method::Invite));
  tel.replace(tel.find("sip:"), 4, "tel:");
  pair.inject(Side::Callee, tel);
  ASSERT_EQ(pair.wire.size(), 1U);
  EXPECT_EQ(std::get<Response>(pair.wire[0].message).status, 416);
}

TEST_F(UserAgentServerTest, AnyOtherRequestIsHandedToTheUserAndItsAnswerRepeated) {
  const Request message = outside(Method::Message);
  EXPECT_FALSE(ask(message));
  const auto* arrived = pair.last<RequestArrived>(Side::Callee);
  ASSERT_NE(arrived, nullptr);
  EXPECT_EQ(arrived->request.method, Method::Message);
  EXPECT_EQ(arrived->flow, pair.flow(Side::Callee));
  pair.callee().respond(arrived->id, make_response(arrived->request, 202, "tag"), pair.now());
  pair.run_for(std::chrono::milliseconds(1));
  EXPECT_EQ(ask(message)->status, 202);
  EXPECT_EQ(pair.all<RequestArrived>(Side::Callee).size(), 1U);
  expect_quiet();
}

TEST_F(UserAgentServerTest, ACancelAfterTheAnswerChangesNothing) {
  answer_at_once();
  const Request invite = outside(Method::Invite);
  ask(invite);
  Request cancel = outside(Method::Cancel);
  cancel.headers.via = invite.headers.via;
  EXPECT_EQ(ask(cancel)->status, 200);
  EXPECT_EQ(pair.callee().session_count(), 1U);
  EXPECT_TRUE(pair.all<Cancelled>(Side::Callee).empty());
}

TEST_F(UserAgentServerTest, OurOwnRequestOutsideOfDialogsBringsItsFinalResponse) {
  pair.reacts = [this](Side side, const UserAgentOutput& event) {
    if (const auto* arrived = std::get_if<RequestArrived>(&event)) {
      pair.agent(side).respond(arrived->id, make_response(arrived->request, 423, "tag"),
                               pair.now());
    }
  };
  Request request = outside(Method::Register);
  request.headers.via.clear();
  const TransactionId id = pair.caller().send_request(pair.flow(Side::Caller), request, pair.now());
  expect_quiet();
  ASSERT_EQ(pair.all<ResponseArrived>(Side::Caller).size(), 1U);
  EXPECT_EQ(pair.last<ResponseArrived>(Side::Caller)->id, id);
  EXPECT_EQ(pair.last<ResponseArrived>(Side::Caller)->response.status, 423);

  pair.loses = [](const Sent&) { return true; };
  pair.caller().send_request(pair.flow(Side::Caller), request, pair.now());
  expect_quiet();
  EXPECT_EQ(pair.last<ResponseArrived>(Side::Caller)->response.status, 408);
  EXPECT_TRUE(pair.last<ResponseArrived>(Side::Caller)->local);
}

TEST_F(UserAgentServerTest, AChallengedInviteIsOverAndComesAgainWithCredentials) {
  on_invite([this](SessionId id) {
    const Request& request = pair.last<InviteReceived>(Side::Callee)->request;
    Challenge challenge;
    challenge.realm = "example.com";
    challenge.nonce = "5c9da5ce";
    const auto& given = request.headers.authorization;
    if (!given.empty() && verify(given.front(), "INVITE", "secret")) {
      pair.accept(id);
    } else {
      pair.callee().challenge(id, challenge, pair.now());
    }
  });
  const SessionId call = pair.call(Account{.username = "100001", .password = "secret"});
  pair.run_for(seconds(1));
  EXPECT_EQ(pair.all<InviteReceived>(Side::Callee).size(), 2U);
  EXPECT_EQ(pair.callee().session_count(), 1U);
  EXPECT_EQ(pair.all<Accepted>(Side::Caller).size(), 1U);
  pair.callee().challenge(callee_session(), {}, pair.now());  // answered already: nothing happens
  EXPECT_EQ(pair.callee().session_count(), 1U);
  pair.caller().hang_up(call, "", pair.now());
  expect_quiet();
  EXPECT_EQ(pair.responses(Side::Callee, Method::Invite, 401).size(), 1U);
}

class FullUserAgentTest : public UserAgentServerTest {
 protected:
  FullUserAgentTest()
      : UserAgentServerTest(Transport::Udp,
                            {.timers = {}, .user_agent = "", .max_sessions = 1, .supported = {}}) {}
};

TEST_F(FullUserAgentTest, OneMoreSessionIsRefused503) {
  ASSERT_EQ(ask(outside(Method::Invite))->status, 100);
  Request invite = outside(Method::Invite);
  invite.headers.call_id = "another";
  const auto answer = ask(invite);
  EXPECT_EQ(answer->status, 503);
  EXPECT_TRUE(answer->headers.retry_after);
  EXPECT_EQ(pair.callee().session_count(), 1U);
}

class NamedUserAgentTest : public UserAgentServerTest {
 protected:
  NamedUserAgentTest()
      : UserAgentServerTest(
            Transport::Udp,
            {.timers = {}, .user_agent = "agent/1", .max_sessions = 10, .supported = {}}) {}
};

TEST_F(NamedUserAgentTest, RequestsAndAnswersNameTheSoftwareUnlessTheyNameAnother) {
  for (const std::string_view given : {"", "other/2"}) {
    Request request = outside(Method::Message);
    request.headers.user_agent = given;
    request.headers.max_forwards.reset();
    pair.caller().send_request(pair.flow(Side::Caller), request, pair.now());
    pair.run_for(milliseconds(30));
    const auto* arrived = pair.last<RequestArrived>(Side::Callee);
    ASSERT_NE(arrived, nullptr);
    EXPECT_EQ(arrived->request.headers.user_agent, given.empty() ? "agent/1" : given);
    EXPECT_EQ(arrived->request.headers.max_forwards, 70);
    Response response = make_response(arrived->request, 202, "tag");
    response.headers.server = given;
    pair.callee().respond(arrived->id, response, pair.now());
    pair.run_for(milliseconds(30));
    EXPECT_EQ(pair.last<ResponseArrived>(Side::Caller)->response.headers.server,
              given.empty() ? "agent/1" : given);
    pair.run();
  }
}

class ExtendedUserAgentTest : public UserAgentServerTest {
 protected:
  ExtendedUserAgentTest()
      : UserAgentServerTest(
            Transport::Udp,
            {.timers = {}, .user_agent = "", .max_sessions = 10, .supported = {"replaces"}}) {}
};

TEST_F(ExtendedUserAgentTest, AnExtensionThatTheUserHasIsAcceptedAndTold) {
  Request options = outside(Method::Options);
  options.headers.require = {"replaces"};
  const auto answer = ask(options);
  EXPECT_EQ(answer->status, 200);
  EXPECT_THAT(answer->headers.supported, testing::ElementsAre("replaces"));
}

}  // namespace
}  // namespace offhook::sip
