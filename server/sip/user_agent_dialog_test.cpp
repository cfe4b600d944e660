#include <set>

#include "sip/user_agent_fixture.hpp"

// What a foreign implementation may send inside of an established call. The caller's INVITE had
// CSeq 1.
namespace offhook::sip {
namespace {

class UserAgentDialogTest : public UserAgentTest {
 protected:
  UserAgentDialogTest() { call = established_call(); }

  Request reinvite(std::uint32_t cseq) {
    Request request = inside(Method::Invite, cseq);
    request.body = "another offer";
    request.headers.content_type = "application/sdp";
    return request;
  }
  void hang_up_and_expect_quiet() {
    pair.callee().hang_up(callee_session(), "", pair.now());
    pair.caller().hang_up(call, "", pair.now());
    expect_quiet();
  }

  SessionId call{};
};

TEST_F(UserAgentDialogTest, InfoIsAnsweredAndHandedToTheUser) {
  Request info = inside(Method::Info, 2);
  info.headers.content_type = "application/dtmf-relay";
  info.body = "Signal=5\r\nDuration=160\r\n";
  EXPECT_EQ(ask(info)->status, 200);
  EXPECT_EQ(ask(info)->status, 200);  // again: the answer is repeated, the event is not
  ASSERT_EQ(pair.all<InfoReceived>(Side::Callee).size(), 1U);
  EXPECT_EQ(pair.last<InfoReceived>(Side::Callee)->content_type, "application/dtmf-relay");
  EXPECT_EQ(pair.last<InfoReceived>(Side::Callee)->body, info.body);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentDialogTest, OptionsIsAnsweredAndOtherMethodsAreRefused) {
  EXPECT_EQ(ask(inside(Method::Options, 2))->status, 200);
  EXPECT_EQ(ask(inside(Method::Message, 3))->status, 405);
  EXPECT_EQ(ask(inside(Method::Prack, 5))->status, 405);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentDialogTest, ARequestThatCountsDownGets500) {
  EXPECT_EQ(ask(inside(Method::Options, 9))->status, 200);
  EXPECT_EQ(ask(inside(Method::Bye, 8))->status, 500);
  EXPECT_EQ(pair.callee().session_count(), 1U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentDialogTest, AReinviteIsAcceptedAndItsAnswerRepeatedUntilTheAck) {
  ASSERT_EQ(ask(reinvite(2))->status, 100);
  ASSERT_EQ(pair.all<Reinvited>(Side::Callee).size(), 1U);
  EXPECT_EQ(pair.last<Reinvited>(Side::Callee)->request.body, "another offer");
  pair.callee().accept(callee_session(), pair.identity(Side::Callee), "another answer", pair.now());
  pair.run_for(seconds(1));
  EXPECT_EQ(pair.responses(Side::Callee, Method::Invite, 200).size(),
            3U);                              // first call's, this, again
  EXPECT_FALSE(ask(inside(Method::Ack, 1)));  // of the first INVITE: not this one's
  EXPECT_EQ(pair.all<Confirmed>(Side::Callee).size(), 1U);
  Request ack = inside(Method::Ack, 2);
  ack.body = "an answer in the ACK";
  ack.headers.content_type = "application/sdp";
  EXPECT_FALSE(ask(ack));
  ASSERT_EQ(pair.all<Confirmed>(Side::Callee).size(), 2U);
  EXPECT_EQ(pair.last<Confirmed>(Side::Callee)->body, "an answer in the ACK");
  pair.run_for(seconds(40));
  EXPECT_EQ(pair.responses(Side::Callee, Method::Invite, 200).size(), 3U);
  EXPECT_EQ(pair.callee().session_count(), 1U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentDialogTest, ARefusedReinviteLeavesTheCall) {
  ASSERT_EQ(ask(reinvite(2))->status, 100);
  pair.callee().reject(callee_session(), 488, "", pair.now());
  pair.run_for(milliseconds(1));
  EXPECT_EQ(pair.responses(Side::Callee, Method::Invite, 488).size(), 1U);
  EXPECT_FALSE(ask([&] {
    Request ack = inside(Method::Ack, 2);
    ack.headers.via.front().parameters.set("branch",
                                           std::string(reinvite(2).headers.via.front().branch()));
    return ack;
  }()));
  EXPECT_EQ(pair.callee().session_count(), 1U);
  EXPECT_TRUE(pair.all<Ended>(Side::Callee).empty());
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentDialogTest, AnAcceptedReinviteRefreshesTheTarget) {
  Request request = reinvite(2);
  request.headers.contact.front().uri = *Uri::parse("sip:alice@192.0.2.99:5099");
  ask(request);
  pair.accept(callee_session());
  ask(inside(Method::Ack, 2));
  pair.callee().hang_up(callee_session(), "", pair.now());
  pair.run_for(milliseconds(1));
  const auto bye = std::get<Request>(pair.requests(Side::Callee, Method::Bye).front().message);
  EXPECT_EQ(bye.uri.to_string(), "sip:alice@192.0.2.99:5099");
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentDialogTest, ASecondReinviteBeforeTheAnswerGets500WithRetryAfter) {  // RFC 3261 14.2
  ASSERT_EQ(ask(reinvite(2))->status, 100);
  std::set<seconds> waits;
  for (std::uint32_t cseq = 3; cseq < 150; ++cseq) {
    const auto answer = ask(reinvite(cseq));
    EXPECT_EQ(answer->status, 500);
    ASSERT_TRUE(answer->headers.retry_after);
    waits.insert(answer->headers.retry_after->delay);
  }
  EXPECT_EQ(*waits.begin(), seconds(0));
  EXPECT_EQ(*waits.rbegin(), seconds(10));
  EXPECT_EQ(pair.all<Reinvited>(Side::Callee).size(), 1U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentDialogTest, AReinviteBeforeTheAckOfTheLastGets491) {
  ask(reinvite(2));
  pair.accept(callee_session());
  EXPECT_EQ(ask(reinvite(3))->status, 491);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentDialogTest, ACancelledReinviteGets487AndLeavesTheCall) {
  const Request request = reinvite(2);
  ask(request);
  Request cancel = inside(Method::Cancel, 2);
  cancel.headers.via = request.headers.via;
  ask(cancel);
  EXPECT_EQ(pair.responses(Side::Callee, Method::Cancel, 200).size(), 1U);
  EXPECT_EQ(pair.responses(Side::Callee, Method::Invite, 487).size(), 1U);
  EXPECT_EQ(pair.callee().session_count(), 1U);
  pair.accept(callee_session());
  EXPECT_EQ(pair.responses(Side::Callee, Method::Invite, 200).size(), 1U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentDialogTest, AReinviteWithoutAckEndsTheCall) {
  ask(reinvite(2));
  pair.accept(callee_session());
  pair.run_for(seconds(33));
  ASSERT_EQ(pair.all<Ended>(Side::Callee).size(), 1U);
  EXPECT_EQ(pair.last<Ended>(Side::Callee)->cause, Ended::Cause::NoAck);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentDialogTest, AByeDuringAReinviteEndsBoth) {
  ask(reinvite(2));
  ask(inside(Method::Bye, 3));
  EXPECT_EQ(pair.responses(Side::Callee, Method::Bye, 200).size(), 1U);
  EXPECT_EQ(pair.responses(Side::Callee, Method::Invite, 487).size(), 1U);
  EXPECT_EQ(pair.all<Ended>(Side::Callee).size(), 1U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentDialogTest, HangingUpDuringAReinviteAnswersIt487) {
  ask(reinvite(2));
  pair.callee().hang_up(callee_session(), "", pair.now());
  pair.run_for(milliseconds(1));
  EXPECT_EQ(pair.responses(Side::Callee, Method::Invite, 487).size(), 1U);
  EXPECT_EQ(pair.requests(Side::Callee, Method::Bye).size(), 1U);
  hang_up_and_expect_quiet();
}

// The caller's session lives on for a while after its end: its INVITE transaction does (RFC 6026,
// timer M).
class ReinvitedCallerTest : public UserAgentDialogTest {
 protected:
  ReinvitedCallerTest() {
    pair.inject(Side::Caller, serialize(from_callee(Method::Invite, 1)));
    EXPECT_EQ(pair.all<Reinvited>(Side::Caller).size(), 1U);
    pair.accept(call, Side::Caller);
    pair.run_for(milliseconds(100));
    EXPECT_EQ(answers(), 1U);
  }
  [[nodiscard]] std::size_t answers() const {
    return pair.responses(Side::Caller, Method::Invite, 200).size();
  }
};

TEST_F(ReinvitedCallerTest, HangingUpEndsTheRepetitionsOfTheAnswer) {
  pair.caller().hang_up(call, "", pair.now());
  expect_quiet();
  EXPECT_EQ(answers(), 1U);
  EXPECT_EQ(pair.requests(Side::Caller, Method::Bye).size(), 1U);
}

TEST_F(ReinvitedCallerTest, AByeEndsTheRepetitionsOfTheAnswer) {
  pair.inject(Side::Caller, serialize(from_callee(Method::Bye, 2)));
  EXPECT_EQ(pair.all<Ended>(Side::Caller).size(), 1U);
  pair.callee().hang_up(callee_session(), "", pair.now());
  expect_quiet();
  EXPECT_EQ(answers(), 1U);
  EXPECT_TRUE(pair.requests(Side::Caller, Method::Bye).empty());
}

TEST_F(UserAgentDialogTest, OnceHungUpOnlyAByeIsAnswered200) {
  pair.callee().hang_up(callee_session(), "", pair.now());
  pair.loses = [](const Sent&) { return true; };
  pair.run_for(milliseconds(1));
  EXPECT_EQ(ask(inside(Method::Info, 2))->status, 481);
  EXPECT_EQ(ask(reinvite(3))->status, 481);
  EXPECT_EQ(ask(inside(Method::Bye, 4))->status, 200);
  EXPECT_TRUE(pair.all<Ended>(Side::Callee).empty());
  hang_up_and_expect_quiet();
}

// ---- before the ACK, before the answer ----

TEST_F(UserAgentTest, AByeInsteadOfTheAckEndsTheCallAndTheRepetitions) {
  answer_at_once();
  pair.loses = [](const Sent& sent) { return is_request(sent, Method::Ack); };
  pair.call();
  pair.run_for(milliseconds(100));
  EXPECT_EQ(ask(inside(Method::Bye, 2))->status, 200);
  EXPECT_EQ(pair.all<Ended>(Side::Callee).size(), 1U);
  pair.run_for(seconds(10));
  EXPECT_EQ(pair.responses(Side::Callee, Method::Invite, 200).size(), 1U);
}

TEST_F(UserAgentTest, AByeBeforeTheAnswerIsACancel) {
  ring_only();
  pair.call();
  pair.run_for(seconds(1));
  Request bye = std::get<Request>(pair.requests(Side::Caller, Method::Invite).front().message);
  bye.method = Method::Bye;
  bye.headers.cseq = {2, Method::Bye, {}};
  bye.headers.to = pair.last<Progressed>(Side::Caller)->response.headers.to;
  bye.headers.via.front().parameters.set("branch", "z9hG4bKbye");
  bye.body.clear();
  bye.headers.content_type.clear();
  ask(bye);
  EXPECT_EQ(pair.responses(Side::Callee, Method::Bye, 200).size(), 1U);
  EXPECT_EQ(pair.all<Cancelled>(Side::Callee).size(), 1U);
  expect_quiet();
  EXPECT_EQ(pair.last<Refused>(Side::Caller)->response.status, 487);
}

// ---- over WebSocket ----

class WebSocketUserAgentTest : public UserAgentTest {
 protected:
  WebSocketUserAgentTest() : UserAgentTest(Transport::Ws) {}

  [[nodiscard]] Flow other_connection() const {
    Flow flow = pair.flow(Side::Callee);
    flow.connection = 8;
    return flow;
  }
  std::uint16_t status_of_last_answer() {
    pair.run_for(milliseconds(0));
    return std::get<Response>(pair.wire.back().message).status;
  }
};

TEST_F(WebSocketUserAgentTest, SetsUpAndEndsACallWithoutRetransmission) {
  const SessionId call = established_call();
  pair.caller().hang_up(call, "", pair.now());
  pair.run_for(seconds(1));
  EXPECT_EQ(pair.requests(Side::Caller, Method::Bye).size(), 1U);
  expect_quiet();
}

TEST_F(WebSocketUserAgentTest, RequestsInADialogMustComeOverItsConnection) {
  established_call();
  pair.callee().handle(other_connection(), serialize(inside(Method::Bye, 2)), pair.now());
  EXPECT_EQ(status_of_last_answer(), 403);
  EXPECT_EQ(pair.callee().session_count(), 1U);

  pair.callee().update_flow(callee_session(), other_connection());
  pair.callee().handle(other_connection(), serialize(inside(Method::Bye, 3)), pair.now());
  EXPECT_EQ(status_of_last_answer(), 200);
  EXPECT_EQ(pair.callee().session_count(), 0U);
}

TEST_F(WebSocketUserAgentTest, AnAckOverAnotherConnectionDoesNotCount) {
  answer_at_once();
  pair.loses = [](const Sent& sent) { return is_request(sent, Method::Ack); };
  pair.call();
  pair.run_for(milliseconds(100));
  pair.callee().handle(other_connection(), serialize(inside(Method::Ack, 1)), pair.now());
  pair.run_for(milliseconds(1));
  EXPECT_TRUE(pair.all<Confirmed>(Side::Callee).empty());
}

TEST_F(WebSocketUserAgentTest, AnOpenInviteMovesWithItsDevice) {
  ring_only();
  pair.call();
  pair.run_for(seconds(1));
  pair.callee().handle_flow_lost(pair.flow(Side::Callee), pair.now());
  EXPECT_EQ(pair.callee().session_count(), 1U);
  pair.callee().update_flow(callee_session(), other_connection());
  pair.accept(callee_session());
  std::optional<SendMessage> sent;
  while (auto output = pair.callee().poll_output()) {
    if (auto* send = std::get_if<SendMessage>(&*output)) sent = std::move(*send);
  }
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->flow, other_connection());
}

TEST_F(WebSocketUserAgentTest, AnUnacknowledgedAnswerMovesWithItsDevice) {
  answer_at_once();
  pair.loses = [](const Sent& sent) { return sent.from == Side::Callee; };
  pair.call();
  pair.run_for(milliseconds(100));
  pair.callee().handle_flow_lost(pair.flow(Side::Callee), pair.now());
  pair.callee().update_flow(callee_session(), other_connection());
  pair.callee().handle_timeout(pair.now() + seconds(1));
  const auto output = pair.callee().poll_output();
  ASSERT_TRUE(output);
  EXPECT_EQ(std::get<SendMessage>(*output).flow, other_connection());
}

TEST_F(WebSocketUserAgentTest, TheByeGoesToTheNewConnection) {
  const SessionId call = established_call();
  Flow flow = pair.flow(Side::Caller);
  flow.connection = 9;
  pair.caller().update_flow(call, flow);
  pair.caller().hang_up(call, "", pair.now());
  const auto output = pair.caller().poll_output();
  ASSERT_TRUE(output);
  EXPECT_EQ(std::get<SendMessage>(*output).flow, flow);
}

}  // namespace
}  // namespace offhook::sip
