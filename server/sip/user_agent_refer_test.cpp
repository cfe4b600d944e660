#include "sip/user_agent_fixture.hpp"

// REFER and what is told of it (RFC 3515), and sessions that Replaces names (RFC 3891).
namespace offhook::sip {
namespace {

UserAgent::Config taking_refer() {
  UserAgent::Config config;
  config.refer = true;
  return config;
}

class UserAgentReferTest : public UserAgentTest {
 protected:
  explicit UserAgentReferTest(const UserAgent::Config& config = taking_refer())
      : UserAgentTest(Transport::Udp, config) {}

  static NameAddress target() {
    NameAddress address;
    address.uri = *Uri::parse("sip:4444@example.com");
    return address;
  }
  void begin() { call = established_call(); }
  void refer() {
    pair.caller().refer(call, target(), pair.now());
    pair.run_for(milliseconds(100));
  }
  // What the callee's user says to the REFER that came last.
  void answer(std::uint16_t status, Side side = Side::Callee) {
    const auto* received = pair.last<ReferReceived>(side);
    ASSERT_NE(received, nullptr);
    pair.agent(side).respond(received->id, make_response(received->request, status, ""),
                             pair.now());
    pair.run_for(milliseconds(100));
  }
  void tell(std::uint16_t status, bool is_final = false, std::string_view reason = "") {
    pair.callee().notify_refer(callee_session(), status, reason, is_final, pair.now());
  }
  void tell_and_wait(std::uint16_t status, bool is_final = false) {
    tell(status, is_final);
    pair.run_for(milliseconds(100));
  }
  // A call whose REFER the callee's user has accepted.
  void begin_transfer() {
    begin();
    refer();
    answer(202);
  }
  [[nodiscard]] std::vector<Request> sent(Side from, Method method) const {
    std::vector<Request> requests;
    for (const auto& each : pair.requests(from, method)) {
      requests.push_back(std::get<Request>(each.message));
    }
    return requests;
  }
  [[nodiscard]] std::vector<Request> notifies() const { return sent(Side::Callee, Method::Notify); }
  [[nodiscard]] std::vector<std::string> told() const {
    std::vector<std::string> bodies;
    for (const auto& each : pair.all<NotifyReceived>(Side::Caller)) bodies.push_back(each.body);
    return bodies;
  }
  // As a foreign implementation might send it; the caller's agent knows nothing of it.
  Request foreign_refer(std::uint32_t cseq) {
    Request request = inside(Method::Refer, cseq);
    request.headers.refer_to = target();
    return request;
  }
  Request foreign_notify(std::uint32_t cseq, std::string event, std::string state = "active") {
    Request request = from_callee(Method::Notify, cseq);
    request.headers.event = std::move(event);
    request.headers.subscription_state = std::move(state);
    return request;
  }
  std::uint16_t ask_caller(const Request& request) {
    const std::size_t before = pair.wire.size();
    pair.inject(Side::Caller, serialize(request));
    return pair.wire.size() == before ? 0 : std::get<Response>(pair.wire.back().message).status;
  }
  void hang_up_and_expect_quiet() {
    pair.loses = [](const Sent&) { return false; };
    pair.callee().hang_up(callee_session(), "", pair.now());
    pair.caller().hang_up(call, "", pair.now());
    expect_quiet();
  }

  SessionId call{};
};

// ---- theirs ----

TEST_F(UserAgentReferTest, AReferIsHandedToTheUser) {
  begin();
  refer();
  ASSERT_EQ(pair.all<ReferReceived>(Side::Callee).size(), 1U);
  const auto* received = pair.last<ReferReceived>(Side::Callee);
  EXPECT_EQ(received->session, callee_session());
  EXPECT_EQ(received->request.headers.refer_to, target());
  EXPECT_EQ(received->request.headers.contact.front().uri, pair.identity(Side::Caller).contact.uri);
  answer(202);
  const auto answers = pair.responses(Side::Callee, Method::Refer, 202);
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(std::get<Response>(answers[0].message).headers.contact.front().uri,
            pair.identity(Side::Callee).contact.uri);
  ASSERT_EQ(pair.all<ReferAnswered>(Side::Caller).size(), 1U);
  EXPECT_EQ(pair.last<ReferAnswered>(Side::Caller)->session, call);
  EXPECT_EQ(pair.last<ReferAnswered>(Side::Caller)->status, 202);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReferTest, WhatBecomesOfAReferIsTold) {
  begin_transfer();
  tell_and_wait(100);
  pair.run_for(seconds(60));
  tell_and_wait(180);
  tell(486, true, "Q.850;cause=17");
  pair.run_for(milliseconds(100));
  ASSERT_EQ(notifies().size(), 3U);
  for (const Request& notify : notifies()) {
    EXPECT_EQ(notify.headers.event, "refer");
    EXPECT_EQ(notify.headers.content_type, "message/sipfrag;version=2.0");
    EXPECT_EQ(notify.headers.contact.front().uri, pair.identity(Side::Callee).contact.uri);
  }
  EXPECT_EQ(notifies()[0].headers.subscription_state, "active;expires=300");
  EXPECT_EQ(notifies()[1].headers.subscription_state, "active;expires=240");
  EXPECT_EQ(notifies()[2].headers.subscription_state, "terminated;reason=noresource");
  EXPECT_EQ(notifies()[2].headers.reason, "Q.850;cause=17");
  EXPECT_THAT(told(), testing::ElementsAre("SIP/2.0 100 Trying\r\n", "SIP/2.0 180 Ringing\r\n",
                                           "SIP/2.0 486 Busy Here\r\n"));
  EXPECT_EQ(pair.last<NotifyReceived>(Side::Caller)->subscription_state,
            "terminated;reason=noresource");
  tell_and_wait(200, true);
  EXPECT_EQ(notifies().size(), 3U) << "the subscription is over";
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReferTest, OnlyTheNewestNewsWaitsForTheAnswerToTheLast) {
  begin_transfer();
  pair.loses = lose_first_request(1, Method::Notify);
  tell(100);
  tell(180);
  tell(183);
  tell(200, true);
  tell(180);
  pair.run_for(seconds(2));
  EXPECT_THAT(told(), testing::ElementsAre("SIP/2.0 100 Trying\r\n", "SIP/2.0 200 OK\r\n"));
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReferTest, WhatIsNotToldYetIsToldBeforeTheBye) {
  begin_transfer();
  tell(100);
  tell(200, true);
  pair.callee().hang_up(callee_session(), "", pair.now());
  pair.run_for(seconds(1));
  EXPECT_THAT(told(), testing::ElementsAre("SIP/2.0 100 Trying\r\n", "SIP/2.0 200 OK\r\n"));
  EXPECT_EQ(pair.all<Ended>(Side::Caller).size(), 1U);
  expect_quiet();
}

TEST_F(UserAgentReferTest, ARefusedReferMakesNoSubscription) {
  begin();
  refer();
  answer(603);
  EXPECT_EQ(pair.last<ReferAnswered>(Side::Caller)->status, 603);
  EXPECT_TRUE(std::get<Response>(pair.responses(Side::Callee, Method::Refer, 603)[0].message)
                  .headers.contact.empty());
  tell_and_wait(100);
  EXPECT_TRUE(notifies().empty());
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReferTest, NothingIsToldBeforeTheReferIsAccepted) {
  begin();
  refer();
  tell_and_wait(100);
  EXPECT_TRUE(notifies().empty());
  answer(202);
  tell_and_wait(100);
  EXPECT_EQ(notifies().size(), 1U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReferTest, ASecondReferBeforeTheEndOfTheFirstGets491) {
  begin();
  refer();
  refer();
  EXPECT_EQ(pair.last<ReferAnswered>(Side::Caller)->status, 491);
  answer(202);
  refer();
  EXPECT_EQ(pair.last<ReferAnswered>(Side::Caller)->status, 491);
  tell_and_wait(503, true);
  refer();
  ASSERT_EQ(pair.all<ReferReceived>(Side::Callee).size(), 2U);
  answer(202);
  tell_and_wait(200, true);
  // RFC 3515 2.4.6: it is not the first.
  const auto cseq = pair.last<ReferReceived>(Side::Callee)->request.headers.cseq.number;
  EXPECT_EQ(notifies().back().headers.event, "refer;id=" + std::to_string(cseq));
  EXPECT_EQ(pair.last<NotifyReceived>(Side::Caller)->event, notifies().back().headers.event);
  EXPECT_EQ(told().back(), "SIP/2.0 200 OK\r\n");
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReferTest, AReferInAnEarlyDialogOfOursGets403) {
  ring_only();
  call = pair.call();
  pair.run_for(seconds(1));
  Request request = last_invite();
  request.method = Method::Refer;
  request.headers.cseq = {2, Method::Refer, {}};
  request.headers.to = pair.last<Progressed>(Side::Caller)->response.headers.to;
  std::swap(request.headers.from, request.headers.to);
  request.headers.via.front().parameters.set("branch", "z9hG4bKearly");
  request.headers.refer_to = target();
  EXPECT_EQ(ask_caller(request), 403);
  EXPECT_TRUE(pair.all<ReferReceived>(Side::Caller).empty());
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReferTest, AReferWhileItRingsGets403) {
  ring_only();
  call = pair.call();
  pair.run_for(seconds(1));
  Request request = last_invite();
  request.method = Method::Refer;
  request.headers.cseq = {2, Method::Refer, {}};
  request.headers.to = pair.last<Progressed>(Side::Caller)->response.headers.to;
  request.headers.via.front().parameters.set("branch", "z9hG4bKearly");
  request.headers.refer_to = target();
  EXPECT_EQ(ask(request)->status, 403);
  EXPECT_TRUE(pair.all<ReferReceived>(Side::Callee).empty());
  pair.accept(callee_session());
  pair.run_for(seconds(1));
  EXPECT_EQ(pair.all<Accepted>(Side::Caller).size(), 1U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReferTest, AReferThatNobodyAnsweredEndsWithTheCall) {
  begin();
  const Request request = foreign_refer(2);
  pair.inject(Side::Callee, serialize(request));
  pair.callee().hang_up(callee_session(), "", pair.now());
  pair.run_for(milliseconds(100));
  EXPECT_EQ(pair.responses(Side::Callee, Method::Refer, 487).size(), 1U);
  answer(202);
  tell_and_wait(100);
  EXPECT_TRUE(pair.responses(Side::Callee, Method::Refer, 202).empty());
  EXPECT_TRUE(notifies().empty());
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReferTest, AByeEndsTheReferBeforeIt) {
  begin();
  refer();
  pair.caller().hang_up(call, "", pair.now());
  pair.run_for(milliseconds(100));
  EXPECT_EQ(pair.responses(Side::Callee, Method::Refer, 487).size(), 1U);
  answer(202);
  EXPECT_TRUE(pair.all<ReferAnswered>(Side::Caller).empty()) << "the caller's user has hung up";
  expect_quiet();
}

TEST_F(UserAgentReferTest, AByeEndsTheSubscription) {
  begin_transfer();
  tell(100);
  tell(180);
  pair.caller().hang_up(call, "", pair.now());
  pair.run_for(seconds(1));
  tell_and_wait(200, true);
  EXPECT_EQ(notifies().size(), 1U);
  expect_quiet();
}

TEST_F(UserAgentReferTest, A481ToANotifyEndsTheSubscription) {
  begin();
  EXPECT_FALSE(ask(foreign_refer(2)));
  answer(202);
  tell_and_wait(100);
  EXPECT_EQ(pair.responses(Side::Caller, Method::Notify, 481).size(), 1U);
  tell_and_wait(200, true);
  EXPECT_EQ(notifies().size(), 1U);
  EXPECT_EQ(pair.callee().session_count(), 1U);
  EXPECT_FALSE(ask(foreign_refer(3))) << "another may come";
  answer(202);
  tell_and_wait(100);
  EXPECT_EQ(notifies().back().headers.event, "refer;id=3");
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReferTest, NoAnswerToANotifyChangesNothing) {
  begin_transfer();
  pair.loses = [](const Sent& each) { return is_request(each, Method::Notify); };
  tell(100);
  pair.run_for(seconds(33));
  pair.loses = [](const Sent&) { return false; };
  tell_and_wait(200, true);
  EXPECT_THAT(told(), testing::ElementsAre("SIP/2.0 200 OK\r\n"));
  EXPECT_TRUE(pair.all<Ended>(Side::Callee).empty());
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReferTest, ASubscriptionThatNobodyEndsExpires) {
  begin_transfer();
  tell_and_wait(180);
  pair.run_for(seconds(310));
  ASSERT_EQ(notifies().size(), 2U);
  EXPECT_EQ(notifies()[1].headers.subscription_state, "terminated;reason=timeout");
  EXPECT_EQ(notifies()[1].body, "SIP/2.0 180 Ringing\r\n");
  tell_and_wait(200, true);
  EXPECT_EQ(notifies().size(), 2U);
  refer();
  EXPECT_EQ(pair.all<ReferReceived>(Side::Callee).size(), 2U) << "another may come";
  answer(603);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReferTest, ASubscriptionExpiresWhileANotifyWaitsForItsAnswer) {
  begin_transfer();
  pair.run_for(seconds(299));
  pair.loses = [](const Sent& each) { return is_request(each, Method::Notify); };
  tell(180);
  pair.run_for(seconds(10));
  pair.loses = [](const Sent&) { return false; };
  pair.run_for(seconds(10));
  EXPECT_EQ(notifies().back().headers.subscription_state, "terminated;reason=timeout");
  EXPECT_EQ(pair.all<NotifyReceived>(Side::Caller).size(), 2U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReferTest, MessagesThatComeTwiceAreOneTransfer) {
  pair.doubles = true;
  begin_transfer();
  tell_and_wait(100);
  tell_and_wait(200, true);
  EXPECT_EQ(pair.all<ReferReceived>(Side::Callee).size(), 1U);
  EXPECT_EQ(pair.all<ReferAnswered>(Side::Caller).size(), 1U);
  EXPECT_EQ(told().size(), 2U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReferTest, AReferNeedsExactlyOneReferTo) {  // RFC 3515 2.4.2
  begin();
  Request request = foreign_refer(2);
  request.headers.refer_to.reset();
  EXPECT_EQ(ask(request)->status, 400);
  EXPECT_TRUE(pair.all<ReferReceived>(Side::Callee).empty());
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReferTest, ReferIsAllowedWhereItIsTaken) {
  begin();
  EXPECT_THAT(last_invite().headers.allow, testing::IsSupersetOf({"REFER", "NOTIFY"}));
  hang_up_and_expect_quiet();
}

class NoReferTest : public UserAgentReferTest {
 protected:
  NoReferTest() : UserAgentReferTest(UserAgent::Config{}) {}
};

TEST_F(NoReferTest, AReferThatNobodyTakesGets405) {
  begin();
  const auto answer = ask(foreign_refer(2));
  EXPECT_EQ(answer->status, 405);
  EXPECT_THAT(answer->headers.allow, testing::Not(testing::Contains("REFER")));
  EXPECT_TRUE(pair.all<ReferReceived>(Side::Callee).empty());
  hang_up_and_expect_quiet();
}

// ---- ours ----

TEST_F(UserAgentReferTest, OnlyAnAnsweredSessionIsReferred) {
  ring_only();
  call = pair.call();
  pair.run_for(seconds(1));
  refer();
  pair.callee().refer(callee_session(), target(), pair.now());
  pair.callee().hang_up(callee_session(), "", pair.now());
  pair.callee().refer(callee_session(), target(), pair.now());
  pair.run_for(seconds(1));
  refer();
  EXPECT_TRUE(sent(Side::Caller, Method::Refer).empty());
  EXPECT_TRUE(sent(Side::Callee, Method::Refer).empty());
  expect_quiet();
}

TEST_F(UserAgentReferTest, AReferWithoutAnAnswerIsAnsweredHere) {
  begin();
  pair.loses = [](const Sent& each) { return is_request(each, Method::Refer); };
  refer();
  pair.run_for(seconds(33));
  ASSERT_EQ(pair.all<ReferAnswered>(Side::Caller).size(), 1U);
  EXPECT_EQ(pair.last<ReferAnswered>(Side::Caller)->status, 408);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReferTest, ANotifyMayComeBeforeTheAnswerToItsRefer) {
  begin();
  pair.loses = lose_first_response(1, Method::Refer, 202);
  refer();
  answer(202);
  tell_and_wait(100);
  EXPECT_TRUE(pair.all<ReferAnswered>(Side::Caller).empty());
  EXPECT_EQ(told().size(), 1U);
  pair.run_for(seconds(1));
  EXPECT_EQ(pair.all<ReferAnswered>(Side::Caller).size(), 1U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReferTest, ANotifyOfNothingGets481) {
  begin();
  EXPECT_EQ(ask_caller(foreign_notify(1, "refer")), 481);
  refer();
  answer(202);
  EXPECT_EQ(ask_caller(foreign_notify(2, "message-summary")), 481);
  EXPECT_EQ(ask_caller(foreign_notify(3, "")), 481);
  EXPECT_EQ(ask_caller(foreign_notify(4, "refer ;id=2")), 200);
  EXPECT_EQ(ask_caller(foreign_notify(5, "refer", "Terminated;reason=noresource")), 200);
  EXPECT_EQ(ask_caller(foreign_notify(6, "refer")), 481) << "it is over";
  refer();  // 491: no subscription either
  EXPECT_EQ(pair.last<ReferAnswered>(Side::Caller)->status, 491);
  EXPECT_EQ(ask_caller(foreign_notify(7, "refer")), 481);
  EXPECT_EQ(pair.all<NotifyReceived>(Side::Caller).size(), 2U);
  EXPECT_EQ(pair.caller().session_count(), 1U);
  hang_up_and_expect_quiet();
}

class ChallengedReferTest : public UserAgentReferTest {
 protected:
  ChallengedReferTest() {
    answer_at_once();
    call = pair.call(Account{.username = "100001", .password = "secret"});
    pair.run_for(seconds(1));
  }

  static Challenge challenge() {
    Challenge challenge;
    challenge.realm = "atlanta1.voip.ms";
    challenge.nonce = "5c9da5ce";
    return challenge;
  }
};

TEST_F(ChallengedReferTest, AChallengedReferIsAnswered) {
  pair.caller().refer(call, target(), pair.now());
  pair.caller().refer(call, target(), pair.now());  // takes the next number
  pair.run_for(milliseconds(100));
  const auto received = pair.all<ReferReceived>(Side::Callee).front();
  Response response = make_response(received.request, 401, "");
  response.headers.www_authenticate = {challenge()};
  pair.callee().respond(received.id, response, pair.now());
  pair.run_for(milliseconds(100));
  const auto refers = sent(Side::Caller, Method::Refer);
  ASSERT_EQ(refers.size(), 3U);
  EXPECT_EQ(refers[2].headers.authorization.size(), 1U);
  EXPECT_EQ(refers[2].headers.cseq.number, refers[0].headers.cseq.number + 2);
  answer(202);
  EXPECT_EQ(pair.last<ReferAnswered>(Side::Caller)->status, 202);
  tell_and_wait(100);
  EXPECT_EQ(told().size(), 1U);
  hang_up_and_expect_quiet();
}

TEST_F(ChallengedReferTest, AChallengedNotifyIsAnswered) {
  pair.callee().refer(callee_session(), target(), pair.now());
  pair.run_for(milliseconds(100));
  answer(202, Side::Caller);
  pair.rewrites = [first = true](Side from, std::string& bytes) mutable {
    constexpr std::string_view kOk = "SIP/2.0 200 OK\r\n";
    if (from != Side::Callee || !bytes.starts_with(kOk) || !bytes.contains(" NOTIFY\r\n")) return;
    if (!std::exchange(first, false)) return;
    bytes.replace(0, kOk.size(),
                  "SIP/2.0 401 Unauthorized\r\nWWW-Authenticate: Digest "
                  "realm=\"atlanta1.voip.ms\", nonce=\"5c9da5ce\"\r\n");
  };
  pair.caller().notify_refer(call, 100, "", false, pair.now());
  pair.caller().notify_refer(call, 200, "", true, pair.now());
  pair.run_for(milliseconds(200));
  const auto sent_notifies = sent(Side::Caller, Method::Notify);
  ASSERT_EQ(sent_notifies.size(), 3U);
  EXPECT_EQ(sent_notifies[1].body, sent_notifies[0].body);
  EXPECT_EQ(sent_notifies[1].headers.authorization.size(), 1U);
  EXPECT_EQ(sent_notifies[2].body, "SIP/2.0 200 OK\r\n");
  hang_up_and_expect_quiet();
}

// ---- Replaces ----

TEST_F(UserAgentReferTest, ReplacesFindsTheSessionOfADialog) {
  ring_only();
  call = pair.call();
  pair.run_for(seconds(1));
  const Headers headers = pair.last<Progressed>(Side::Caller)->response.headers;
  const std::string caller_tag(headers.from.tag());
  const std::string callee_tag(headers.to.tag());
  const Replaces to_caller{
      .call_id = headers.call_id, .to_tag = caller_tag, .from_tag = callee_tag};
  const Replaces to_callee{
      .call_id = headers.call_id, .to_tag = callee_tag, .from_tag = caller_tag};
  const auto expect_both = [&] {
    EXPECT_EQ(pair.caller().find_session(to_caller), call);
    EXPECT_EQ(pair.callee().find_session(to_callee), callee_session());
    EXPECT_FALSE(pair.caller().find_session(to_callee));
    EXPECT_FALSE(pair.callee().find_session(to_caller));
  };
  expect_both();  // early
  pair.accept(callee_session());
  pair.run_for(seconds(1));
  expect_both();
  Replaces other = to_callee;
  other.call_id += "x";
  EXPECT_FALSE(pair.callee().find_session(other));
  pair.callee().hang_up(callee_session(), "", pair.now());
  EXPECT_FALSE(pair.callee().find_session(to_callee));
  pair.run_for(seconds(1));
  EXPECT_FALSE(pair.caller().find_session(to_caller));
  expect_quiet();
}

TEST_F(UserAgentReferTest, ReplacesInAnythingButAnInviteGets400) {  // RFC 3891 3
  begin();
  Request request = inside(Method::Options, 2);
  request.headers.replaces = Replaces{.call_id = "c", .to_tag = "a", .from_tag = "b"};
  EXPECT_EQ(ask(request)->status, 400);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReferTest, ReplacesOfAnInviteIsHandedToTheUser) {
  pair.rewrites = [](Side from, std::string& bytes) {
    if (from != Side::Caller || !bytes.starts_with("INVITE")) return;
    bytes.insert(bytes.find("\r\n") + 2, "Replaces: c;to-tag=a;from-tag=b;early-only\r\n");
  };
  ring_only();
  call = pair.call();
  pair.run_for(seconds(1));
  EXPECT_EQ(pair.last<InviteReceived>(Side::Callee)->request.headers.replaces,
            (Replaces{.call_id = "c", .to_tag = "a", .from_tag = "b", .early_only = true}));
  hang_up_and_expect_quiet();
}

}  // namespace
}  // namespace offhook::sip
