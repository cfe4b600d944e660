#include "sip/user_agent.hpp"

#include "sip/user_agent_fixture.hpp"

// Calls between two agents, up to the answer and to the end. After each, nothing is left on either
// side.
namespace offhook::sip {
namespace {

TEST_F(UserAgentTest, SetsACallUpAndTheCallerHangsUp) {
  const SessionId call = established_call();
  ASSERT_EQ(pair.all<Progressed>(Side::Caller).size(), 1U);
  ASSERT_EQ(pair.all<Accepted>(Side::Caller).size(), 1U);
  EXPECT_EQ(pair.last<Accepted>(Side::Caller)->response.body, "the answer");
  EXPECT_EQ(pair.last<InviteReceived>(Side::Callee)->request.body, "the offer");
  EXPECT_EQ(pair.caller().session_count(), 1U);
  EXPECT_EQ(pair.callee().session_count(), 1U);

  pair.caller().hang_up(call, "Q.850;cause=16", pair.now());
  EXPECT_EQ(pair.caller().session_count(), 0U);
  expect_quiet();
  ASSERT_EQ(pair.all<Ended>(Side::Callee).size(), 1U);
  EXPECT_EQ(pair.last<Ended>(Side::Callee)->cause, Ended::Cause::RemoteHangup);
  EXPECT_EQ(pair.last<Ended>(Side::Callee)->reason, "Q.850;cause=16");
  EXPECT_TRUE(pair.all<Ended>(Side::Caller).empty());
}

TEST_F(UserAgentTest, TheCalleeHangsUp) {
  established_call();
  pair.callee().hang_up(callee_session(), "", pair.now());
  expect_quiet();
  ASSERT_EQ(pair.all<Ended>(Side::Caller).size(), 1U);
  EXPECT_TRUE(pair.all<Ended>(Side::Callee).empty());
}

TEST_F(UserAgentTest, TellsTheCallerOfBusyAndSaysSoToTheTransaction) {
  on_invite([this](SessionId id) { pair.callee().reject(id, 486, "Q.850;cause=17", pair.now()); });
  pair.call();
  pair.run_for(seconds(1));
  const auto* refused = pair.last<Refused>(Side::Caller);
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->response.status, 486);
  EXPECT_EQ(refused->response.headers.reason, "Q.850;cause=17");
  EXPECT_FALSE(refused->local);
  EXPECT_EQ(pair.caller().session_count(), 0U);
  EXPECT_EQ(pair.callee().session_count(), 0U);
  EXPECT_EQ(pair.requests(Side::Caller, Method::Ack).size(), 1U);
  expect_quiet();
}

TEST_F(UserAgentTest, AnswersOfOneSessionCarryOneToTagAndTheSameEarlyAnswer) {
  on_invite([this](SessionId id) {
    pair.ring(id);
    pair.callee().progress(id, pair.identity(Side::Callee), "early", pair.now());
    pair.accept(id);
  });
  const SessionId call = pair.call();
  pair.run_for(seconds(1));
  const auto progressed = pair.all<Progressed>(Side::Caller);
  ASSERT_EQ(progressed.size(), 2U);
  EXPECT_EQ(progressed[1].response.status, 183);
  EXPECT_EQ(progressed[1].response.body, "early");
  const auto* accepted = pair.last<Accepted>(Side::Caller);
  ASSERT_NE(accepted, nullptr);
  EXPECT_FALSE(accepted->response.headers.to.tag().empty());
  for (const auto& each : progressed)
    EXPECT_EQ(each.response.headers.to.tag(), accepted->response.headers.to.tag());
  pair.caller().hang_up(call, "", pair.now());
  expect_quiet();
}

TEST_F(UserAgentTest, OwnRequestsCarryWhatTheyMust) {
  const SessionId call = established_call();
  pair.caller().hang_up(call, "", pair.now());
  expect_quiet();
  for (const auto& sent : pair.wire) {
    const auto* request = std::get_if<Request>(&sent.message);
    if (request == nullptr) continue;
    EXPECT_EQ(request->headers.max_forwards, 70);
    ASSERT_EQ(request->headers.via.size(), 1U);
    EXPECT_EQ(request->headers.via[0].host, "192.0.2.1");
    EXPECT_TRUE(request->headers.via[0].branch().starts_with("z9hG4bK"));
    EXPECT_TRUE(request->headers.via[0].parameters.has("rport"));
    if (request->method != Method::Ack) {
      EXPECT_THAT(request->headers.allow, testing::Contains("INVITE"));
    }
    if (request->method == Method::Invite) {
      ASSERT_EQ(request->headers.contact.size(), 1U);
      EXPECT_EQ(request->headers.content_type, "application/sdp");
    }
  }
  const auto ok =
      std::get<Response>(pair.responses(Side::Callee, Method::Invite, 200).front().message);
  EXPECT_EQ(ok.headers.via[0].parameters.get("received"), "192.0.2.1");
  EXPECT_EQ(ok.headers.via[0].parameters.get("rport"), "5060");
  EXPECT_EQ(ok.headers.contact.size(), 1U);
}

TEST_F(UserAgentTest, CountsTheAnswersThatItRepeats) {
  pair.loses = lose_first_request(1'000, Method::Ack);
  answer_at_once();
  pair.call();
  pair.run_for(seconds(3));
  EXPECT_EQ(pair.callee().retransmissions(), 2U);  // after 0.5 and 1.5 s
  EXPECT_EQ(pair.caller().retransmissions(), 0U);
}

TEST_F(UserAgentTest, TellsTheCallIdOfASessionWhileItIsThere) {
  ring_only();
  const SessionId call = pair.call();
  pair.run_for(milliseconds(30));
  const auto sent = pair.requests(Side::Caller, Method::Invite);
  ASSERT_EQ(sent.size(), 1U);
  const std::string expected = std::get<Request>(sent[0].message).headers.call_id;
  EXPECT_EQ(pair.caller().call_id(call), expected);
  EXPECT_EQ(pair.callee().call_id(callee_session()), expected);
  pair.accept(callee_session());
  pair.run_for(milliseconds(100));
  EXPECT_EQ(pair.caller().call_id(call), expected);
  pair.caller().hang_up(call, "", pair.now());
  expect_quiet();
  EXPECT_EQ(pair.caller().call_id(call), "");
}

TEST_F(UserAgentTest, AnswersNameTheTypeOfABodyWhereThereIsOne) {
  on_invite([this](SessionId id) {
    pair.ring(id);
    pair.callee().progress(id, pair.identity(Side::Callee), "early", pair.now());
    pair.callee().progress(id, pair.identity(Side::Callee), "", pair.now());
    pair.callee().accept(id, pair.identity(Side::Callee), "", pair.now());
  });
  pair.call();
  pair.run_for(milliseconds(100));
  std::size_t bodies = 0;
  for (const auto& sent : pair.wire) {
    const auto* response = std::get_if<Response>(&sent.message);
    if (response == nullptr) continue;
    EXPECT_EQ(response->headers.content_type, response->body.empty() ? "" : "application/sdp");
    bodies += response->body.empty() ? 0 : 1;
  }
  EXPECT_EQ(bodies, 1U);
}

// ---- hanging up before the answer ----

TEST_F(UserAgentTest, CancelWaitsForAProvisionalAnswer) {
  ring_only();
  const SessionId call = pair.call();
  pair.caller().hang_up(call, "", pair.now());
  EXPECT_EQ(pair.caller().session_count(), 0U);
  pair.run_for(milliseconds(39));
  EXPECT_TRUE(pair.requests(Side::Caller, Method::Cancel).empty());
  pair.run_for(milliseconds(2));
  EXPECT_EQ(pair.requests(Side::Caller, Method::Cancel).size(), 1U);
  expect_quiet();
  EXPECT_EQ(pair.all<Cancelled>(Side::Callee).size(), 1U);
  EXPECT_TRUE(pair.events[0].empty());
}

TEST_F(UserAgentTest, HangingUpAfterAProvisionalAnswerSendsCancel) {
  ring_only();
  const SessionId call = pair.call();
  pair.run_for(seconds(1));
  pair.caller().hang_up(call, "Q.850;cause=16", pair.now());
  EXPECT_EQ(pair.caller().session_count(), 0U);
  pair.run_for(milliseconds(0));
  const auto sent = pair.requests(Side::Caller, Method::Cancel);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(std::get<Request>(sent[0].message).headers.reason, "Q.850;cause=16");
  expect_quiet();
  EXPECT_EQ(pair.all<Progressed>(Side::Caller).size(), pair.events[0].size());
}

TEST_F(UserAgentTest, CancelWhileRingingEndsBothSides) {
  ring_only();
  const SessionId call = pair.call();
  pair.run_for(seconds(5));
  pair.caller().hang_up(call, "SIP;cause=200;text=\"Call completed elsewhere\"", pair.now());
  pair.run_for(seconds(1));
  ASSERT_EQ(pair.all<Cancelled>(Side::Callee).size(), 1U);
  EXPECT_EQ(pair.last<Cancelled>(Side::Callee)->reason,
            "SIP;cause=200;text=\"Call completed elsewhere\"");
  EXPECT_EQ(pair.callee().session_count(), 0U);
  EXPECT_EQ(pair.responses(Side::Callee, Method::Cancel, 200).size(), 1U);
  EXPECT_EQ(pair.responses(Side::Callee, Method::Invite, 487).size(), 1U);
  for (const auto& sent :
       pair.wire) {  // RFC 3261 9.2: the answers to both requests have one To-tag
    const auto* response = std::get_if<Response>(&sent.message);
    if (response == nullptr || response->status == 100) continue;
    EXPECT_EQ(response->headers.to.tag(),
              pair.last<Progressed>(Side::Caller)->response.headers.to.tag());
  }
  EXPECT_TRUE(pair.all<Refused>(Side::Caller).empty());
  expect_quiet();
}

TEST_F(UserAgentTest, AnAnswerThatCrossesTheCancelIsAcknowledgedAndHungUp) {
  ring_only();
  const SessionId call = pair.call();
  pair.run_for(seconds(1));
  pair.caller().hang_up(call, "", pair.now());
  pair.accept(callee_session());
  expect_quiet();
  EXPECT_EQ(pair.requests(Side::Caller, Method::Cancel).size(), 1U);
  EXPECT_EQ(pair.requests(Side::Caller, Method::Bye).size(), 1U);
  EXPECT_EQ(pair.all<Confirmed>(Side::Callee).size(), 1U);
  EXPECT_EQ(pair.all<Ended>(Side::Callee).size(), 1U);
  EXPECT_TRUE(pair.all<Accepted>(Side::Caller).empty());
}

TEST_F(UserAgentTest, HangingUpACallThatNobodyAnswersSendsNoCancel) {
  pair.loses = [](const Sent&) { return true; };
  const SessionId call = pair.call();
  pair.run_for(seconds(1));
  pair.caller().hang_up(call, "", pair.now());
  pair.run();
  EXPECT_TRUE(pair.requests(Side::Caller, Method::Cancel).empty());
  EXPECT_TRUE(pair.events[0].empty());
  expect_quiet();
}

TEST_F(UserAgentTest, ACancelledInviteWithoutFinalAnswerIsGivenUp) {
  ring_only();
  const SessionId call = pair.call();
  pair.run_for(seconds(1));
  pair.loses = [](const Sent& sent) { return sent.from == Side::Callee; };
  pair.caller().hang_up(call, "", pair.now());
  pair.run_for(seconds(31));
  EXPECT_NE(pair.caller().transaction_count(), 0U);
  pair.run_for(seconds(2));
  EXPECT_EQ(pair.caller().transaction_count(), 0U);
  expect_quiet();
}

TEST_F(UserAgentTest, TheCalleeHangsUpInsteadOfAnswering) {
  on_invite([this](SessionId id) { pair.callee().hang_up(id, "", pair.now()); });
  pair.call();
  expect_quiet();
  ASSERT_NE(pair.last<Refused>(Side::Caller), nullptr);
  EXPECT_EQ(pair.last<Refused>(Side::Caller)->response.status, 603);
}

// The session is out of sight at once, and so it must be out of memory.
TEST_F(UserAgentTest, NothingIsKeptOfADialogThatNeverCameToBe) {
  const std::vector<std::function<void(SessionId)>> ends{
      [this](SessionId id) { pair.callee().hang_up(id, "", pair.now()); },
      [this](SessionId id) { pair.callee().reject(id, 486, "", pair.now()); },
      [this](SessionId id) { pair.callee().challenge(id, {}, pair.now()); },
      [this](SessionId) {
        Request cancel = last_invite();
        cancel.method = cancel.headers.cseq.method = Method::Cancel;
        pair.inject(Side::Callee, serialize(cancel));
      },
  };
  for (const auto& end : ends) {
    on_invite([&](SessionId id) {
      pair.ring(id);
      end(id);
    });
    pair.call();
    pair.run_for(seconds(1));
    Request bye = last_invite();
    bye.method = Method::Bye;
    bye.headers.cseq = {2, Method::Bye, {}};
    bye.headers.to = pair.last<Refused>(Side::Caller)->response.headers.to;
    bye.headers.via.front().parameters.set("branch", "z9hG4bKbye" + bye.headers.call_id);
    EXPECT_EQ(ask(bye)->status, 481);
    expect_quiet();
  }
}

TEST_F(UserAgentTest, TheCalleesByeWaitsForTheAck) {
  on_invite([this](SessionId id) {
    pair.accept(id);
    pair.callee().hang_up(id, "", pair.now());
  });
  pair.loses = lose_first_request(1, Method::Ack);
  pair.call();
  pair.run_for(milliseconds(400));
  EXPECT_EQ(pair.callee().session_count(), 0U);
  EXPECT_TRUE(pair.requests(Side::Callee, Method::Bye).empty());
  expect_quiet();
  EXPECT_EQ(pair.requests(Side::Callee, Method::Bye).size(), 1U);
  EXPECT_EQ(pair.all<Ended>(Side::Caller).size(), 1U);
  EXPECT_TRUE(pair.all<Confirmed>(Side::Callee).empty());
}

TEST_F(UserAgentTest, BothHangUpAtOnce) {
  const SessionId call = established_call();
  pair.caller().hang_up(call, "", pair.now());
  pair.callee().hang_up(callee_session(), "", pair.now());
  expect_quiet();
  EXPECT_EQ(pair.responses(Side::Caller, Method::Bye, 200).size(), 1U);
  EXPECT_EQ(pair.responses(Side::Callee, Method::Bye, 200).size(), 1U);
  EXPECT_TRUE(pair.all<Ended>(Side::Caller).empty());
  EXPECT_TRUE(pair.all<Ended>(Side::Callee).empty());
}

TEST_F(UserAgentTest, WhatIsAskedOfASessionThatIsOverDoesNothing) {
  const SessionId call = established_call();
  pair.caller().hang_up(call, "", pair.now());
  expect_quiet();
  const std::size_t sent = pair.wire.size();
  pair.caller().hang_up(call, "", pair.now());
  pair.ring(callee_session());
  pair.accept(callee_session());
  pair.callee().reject(callee_session(), 486, "", pair.now());
  pair.callee().update_flow(callee_session(), pair.flow(Side::Callee));
  expect_quiet();
  EXPECT_EQ(pair.wire.size(), sent);
}

// ---- what gets lost ----

TEST_F(UserAgentTest, WithoutAnyAnswerTheCallerTimesOut) {
  pair.loses = [](const Sent&) { return true; };
  pair.call();
  pair.run();
  ASSERT_EQ(pair.all<Refused>(Side::Caller).size(), 1U);
  EXPECT_EQ(pair.last<Refused>(Side::Caller)->response.status, 408);
  EXPECT_TRUE(pair.last<Refused>(Side::Caller)->local);
  EXPECT_EQ(pair.wire.size(), 7U);
  EXPECT_EQ(pair.now(), Time{} + seconds(32));
  expect_quiet();
}

TEST_F(UserAgentTest, AnUnreachableFlowFailsTheCallAtOnce) {
  pair.loses = [](const Sent&) { return true; };
  pair.call();
  pair.run_for(milliseconds(100));
  pair.caller().handle_flow_lost(pair.flow(Side::Caller), pair.now());
  pair.run_for(milliseconds(1));
  ASSERT_EQ(pair.all<Refused>(Side::Caller).size(), 1U);
  EXPECT_EQ(pair.last<Refused>(Side::Caller)->response.status, 503);
  EXPECT_TRUE(pair.last<Refused>(Side::Caller)->local);
  expect_quiet();
}

// RFC 3261 18.1.1: what is too long for a datagram wants a stream, and only the user knows one.
TEST_F(UserAgentTest, AnInviteThatIsTooLongForADatagramIsNotSent) {
  pair.call();
  pair.run_for(seconds(40));
  const auto invites = pair.requests(Side::Caller, Method::Invite);
  const std::size_t length = serialize(invites.front().message).size();
  InviteRequest request = pair.invite_request();
  request.max_datagram_bytes = length;
  (void)pair.caller().invite(request, pair.now());
  pair.run_for(milliseconds(200));
  EXPECT_EQ(pair.all<InviteReceived>(Side::Callee).size(), 2U);

  request.max_datagram_bytes = length - 1;
  (void)pair.caller().invite(request, pair.now());
  pair.run_for(milliseconds(200));
  EXPECT_EQ(pair.all<InviteReceived>(Side::Callee).size(), 2U);
  EXPECT_EQ(pair.last<Refused>(Side::Caller)->response.status, 513);
  EXPECT_TRUE(pair.last<Refused>(Side::Caller)->local);
  EXPECT_EQ(pair.caller().session_count(), 2U) << "those that were sent";
}

TEST_F(UserAgentTest, AnEstablishedSessionOutlivesItsFlow) {
  const SessionId call = established_call();
  pair.caller().handle_flow_lost(pair.flow(Side::Caller), pair.now());
  EXPECT_EQ(pair.caller().session_count(), 1U);
  pair.caller().hang_up(call, "", pair.now());
  expect_quiet();
  EXPECT_EQ(pair.all<Ended>(Side::Callee).size(), 1U);
}

TEST_F(UserAgentTest, TheAnswerIsRepeatedUntilItArrives) {
  pair.loses = lose_first_response(2, Method::Invite, 200);
  answer_at_once();
  const SessionId call = pair.call();
  pair.run_for(seconds(3));
  const auto answers = pair.responses(Side::Callee, Method::Invite, 200);
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers[1].at - answers[0].at, milliseconds(500));
  EXPECT_EQ(answers[2].at - answers[1].at, seconds(1));
  EXPECT_EQ(answers[0].bytes, answers[2].bytes);
  EXPECT_EQ(pair.all<Accepted>(Side::Caller).size(), 1U);
  EXPECT_EQ(pair.all<Confirmed>(Side::Callee).size(), 1U);
  pair.caller().hang_up(call, "", pair.now());
  expect_quiet();
}

TEST_F(UserAgentTest, TheAckConfirmsTheAnswer) {
  answer_at_once();
  const SessionId call = pair.call();
  pair.run_for(milliseconds(59));  // INVITE, 200 and ACK are under way for 20 ms each
  EXPECT_TRUE(pair.all<Confirmed>(Side::Callee).empty());
  pair.run_for(milliseconds(2));
  ASSERT_EQ(pair.all<Confirmed>(Side::Callee).size(), 1U);
  EXPECT_EQ(pair.last<Confirmed>(Side::Callee)->session, callee_session());
  pair.run_for(seconds(40));
  EXPECT_EQ(pair.responses(Side::Callee, Method::Invite, 200).size(), 1U);
  EXPECT_EQ(pair.callee().session_count(), 1U);
  pair.caller().hang_up(call, "", pair.now());
  expect_quiet();
}

TEST_F(UserAgentTest, ALostAckIsRepeatedIdentically) {
  pair.loses = lose_first_request(2, Method::Ack);
  answer_at_once();
  const SessionId call = pair.call();
  pair.run_for(seconds(3));
  const auto acks = pair.requests(Side::Caller, Method::Ack);
  ASSERT_EQ(acks.size(), 3U);
  EXPECT_EQ(acks[0].bytes, acks[1].bytes);
  EXPECT_EQ(acks[0].bytes, acks[2].bytes);
  EXPECT_EQ(pair.all<Accepted>(Side::Caller).size(), 1U);
  EXPECT_EQ(pair.all<Confirmed>(Side::Callee).size(), 1U);
  pair.caller().hang_up(call, "", pair.now());
  expect_quiet();
}

TEST_F(UserAgentTest, WithoutAnAckTheCalleeGivesUpAndHangsUp) {
  pair.loses = lose_first_request(1'000, Method::Ack);
  answer_at_once();
  pair.call();
  pair.run_for(milliseconds(32'010));
  EXPECT_TRUE(pair.all<Ended>(Side::Callee).empty());
  // At 0, 0.5, 1.5, 3.5 and 7.5 s, then every 4 s up to 31.5 s (13.3.1.4).
  EXPECT_EQ(pair.responses(Side::Callee, Method::Invite, 200).size(), 11U);
  pair.run_for(seconds(1));
  ASSERT_EQ(pair.all<Ended>(Side::Callee).size(), 1U);
  EXPECT_EQ(pair.last<Ended>(Side::Callee)->cause, Ended::Cause::NoAck);
  EXPECT_EQ(pair.requests(Side::Callee, Method::Bye).size(), 1U);
  EXPECT_EQ(pair.all<Ended>(Side::Caller).size(), 1U);
  expect_quiet();
}

TEST_F(UserAgentTest, ALostByeIsRepeated) {
  pair.loses = lose_first_request(3, Method::Bye);
  const SessionId call = established_call();
  pair.caller().hang_up(call, "", pair.now());
  expect_quiet();
  EXPECT_EQ(pair.requests(Side::Caller, Method::Bye).size(), 4U);
  EXPECT_EQ(pair.all<Ended>(Side::Callee).size(), 1U);
}

TEST_F(UserAgentTest, AByeThatNobodyAnswersIsForgotten) {
  const SessionId call = established_call();
  pair.loses = [](const Sent& sent) { return sent.from == Side::Callee; };
  pair.caller().hang_up(call, "", pair.now());
  expect_quiet();
  EXPECT_EQ(pair.all<Ended>(Side::Callee).size(), 1U);
}

TEST_F(UserAgentTest, ALostCancelIsRepeated) {
  ring_only();
  pair.loses = lose_first_request(3, Method::Cancel);
  const SessionId call = pair.call();
  pair.run_for(seconds(1));
  pair.caller().hang_up(call, "", pair.now());
  expect_quiet();
  EXPECT_EQ(pair.all<Cancelled>(Side::Callee).size(), 1U);
}

TEST_F(UserAgentTest, EveryMessageTwiceChangesNothing) {
  pair.doubles = true;
  const SessionId call = established_call();
  EXPECT_EQ(pair.all<InviteReceived>(Side::Callee).size(), 1U);
  EXPECT_EQ(pair.all<Accepted>(Side::Caller).size(), 1U);
  pair.caller().hang_up(call, "", pair.now());
  expect_quiet();
  EXPECT_EQ(pair.all<Ended>(Side::Callee).size(), 1U);

  ring_only();
  const SessionId second = pair.call();
  pair.run_for(seconds(1));
  pair.caller().hang_up(second, "", pair.now());
  expect_quiet();
  EXPECT_EQ(pair.all<Cancelled>(Side::Callee).size(), 1U);
}

TEST_F(UserAgentTest, RepeatedRequestsGetTheIdenticalAnswer) {
  pair.loses = lose_first_response(2, Method::Invite, 486);
  on_invite([this](SessionId id) { pair.callee().reject(id, 486, "", pair.now()); });
  pair.call();
  expect_quiet();
  const auto answers = pair.responses(Side::Callee, Method::Invite, 486);
  ASSERT_GE(answers.size(), 3U);
  for (const auto& each : answers) EXPECT_EQ(each.bytes, answers.front().bytes);
  EXPECT_EQ(pair.all<Refused>(Side::Caller).size(), 1U);
}

}  // namespace
}  // namespace offhook::sip
