#include "sip/invite_client.hpp"

#include "sip/transaction_fixture.hpp"

namespace offhook::sip {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using State = InviteClient::State;

class InviteClientTest : public testing::Test {
 protected:
  InviteClient start(Reliability reliability = Reliability::Unreliable) {
    InviteClient machine(invite, reliability, Timers{}, now);
    EXPECT_EQ(drained(machine), "Send INVITE");
    return machine;
  }
  // A machine in `state`, its outputs drained.
  InviteClient in(State state, Reliability reliability = Reliability::Unreliable) {
    InviteClient machine = start(reliability);
    if (state == State::Proceeding) machine.handle(response(180), now);
    if (state == State::Completed) machine.handle(response(486), now);
    if (state == State::Accepted) machine.handle(response(200), now);
    EXPECT_EQ(machine.state(), state);
    static_cast<void>(drained(machine));
    return machine;
  }
  [[nodiscard]] Response response(std::uint16_t status) const {
    return test_response(invite, status);
  }

  Time now = Time{} + seconds(1'000);
  Request invite = test_request(Method::Invite);
};

TEST_F(InviteClientTest, StartSendsAndSetsTimersAAndB) {
  InviteClient machine = start();
  EXPECT_EQ(machine.state(), State::Calling);
  EXPECT_EQ(machine.next_timeout(), now + milliseconds(500));
}

TEST_F(InviteClientTest, StartOverAReliableTransportSetsTimerBOnly) {
  InviteClient machine = start(Reliability::Reliable);
  EXPECT_EQ(machine.next_timeout(), now + seconds(32));
}

TEST_F(InviteClientTest, WaitsForTheFirstWordAsLongAsItIsTold) {
  Timers timers;
  timers.invite_timeout = seconds(6);
  InviteClient machine(invite, Reliability::Reliable, timers, now);
  EXPECT_EQ(machine.next_timeout(), now + seconds(6));
  machine.handle(response(486), now);
  EXPECT_EQ(machine.state(), State::Terminated);
}

TEST_F(InviteClientTest, RetransmitsWithDoublingIntervalsThenTimesOut) {
  InviteClient machine = start();
  const Time begin = now;
  for (const int at : {500, 1'500, 3'500, 7'500, 15'500, 31'500}) {  // timer A in Calling
    expire(machine, now);
    EXPECT_EQ(now - begin, milliseconds(at));
    EXPECT_EQ(drained(machine), "Send INVITE");
  }
  expire(machine, now);  // timer B in Calling
  EXPECT_EQ(now - begin, seconds(32));
  EXPECT_EQ(drained(machine), "TimedOut, Terminated");
  EXPECT_EQ(machine.state(), State::Terminated);
  EXPECT_FALSE(machine.next_timeout());
}

TEST_F(InviteClientTest, TimerBInCallingTimesOut) {
  InviteClient machine = start();
  machine.handle_timeout(now + seconds(32) - milliseconds(1));
  EXPECT_EQ(drained(machine), "Send INVITE");
  machine.handle_timeout(now + seconds(32));
  EXPECT_EQ(drained(machine), "TimedOut, Terminated");
  EXPECT_EQ(machine.state(), State::Terminated);
}

TEST_F(InviteClientTest, OverAReliableTransportTimesOutWithoutRetransmission) {
  InviteClient machine = start(Reliability::Reliable);
  expire(machine, now);
  EXPECT_EQ(drained(machine), "TimedOut, Terminated");
}

TEST_F(InviteClientTest, ProvisionalInCallingProceedsAndStopsAllTimers) {
  InviteClient machine = start();
  machine.handle(response(100), now);
  EXPECT_EQ(drained(machine), "ResponseReceived 100");
  EXPECT_EQ(machine.state(), State::Proceeding);
  EXPECT_FALSE(machine.next_timeout());
}

TEST_F(InviteClientTest, SuccessInCallingIsAcceptedForTimerM) {
  InviteClient machine = start();
  machine.handle(response(200), now);
  EXPECT_EQ(drained(machine), "ResponseReceived 200");
  EXPECT_EQ(machine.state(), State::Accepted);
  EXPECT_EQ(machine.next_timeout(), now + seconds(32));
}

TEST_F(InviteClientTest, RefusalInCallingIsAcknowledgedAndCompleted) {
  InviteClient machine = start();
  machine.handle(response(404), now);
  EXPECT_EQ(drained(machine), "Send ACK, ResponseReceived 404");
  EXPECT_EQ(machine.state(), State::Completed);
  EXPECT_EQ(machine.next_timeout(), now + seconds(32));
}

TEST_F(InviteClientTest, TransportErrorInCallingFails) {
  InviteClient machine = start();
  machine.handle_transport_error();
  EXPECT_EQ(drained(machine), "TransportFailed, Terminated");
  EXPECT_FALSE(machine.next_timeout());
}

TEST_F(InviteClientTest, ProvisionalInProceedingIsReported) {
  InviteClient machine = in(State::Proceeding);
  machine.handle(response(183), now);
  EXPECT_EQ(drained(machine), "ResponseReceived 183");
  EXPECT_EQ(machine.state(), State::Proceeding);
}

TEST_F(InviteClientTest, SuccessInProceedingIsAcceptedForTimerM) {
  InviteClient machine = in(State::Proceeding, Reliability::Reliable);
  machine.handle(response(200), now);
  EXPECT_EQ(drained(machine), "ResponseReceived 200");
  EXPECT_EQ(machine.next_timeout(), now + seconds(32));  // M runs over any transport
}

TEST_F(InviteClientTest, RefusalInProceedingIsAcknowledgedAndCompleted) {
  InviteClient machine = in(State::Proceeding);
  machine.handle(response(603), now);
  EXPECT_EQ(drained(machine), "Send ACK, ResponseReceived 603");
  EXPECT_EQ(machine.state(), State::Completed);
}

TEST_F(InviteClientTest, TransportErrorInProceedingFails) {
  InviteClient machine = in(State::Proceeding, Reliability::Reliable);
  machine.handle_transport_error();
  EXPECT_EQ(drained(machine), "TransportFailed, Terminated");
}

TEST_F(InviteClientTest, AnIcmpErrorChangesNothingAfterTheFirstAnswer) {
  for (const State state : {State::Proceeding, State::Completed, State::Accepted}) {
    InviteClient machine = in(state);
    const auto ends = machine.next_timeout();
    machine.handle_transport_error();
    EXPECT_EQ(drained(machine), "");
    EXPECT_EQ(machine.state(), state);
    EXPECT_EQ(machine.next_timeout(), ends);
  }
}

TEST_F(InviteClientTest, RefusalInCompletedIsAcknowledgedAgain) {
  InviteClient machine = in(State::Completed);
  machine.handle(response(486), now);
  EXPECT_EQ(drained(machine), "Send ACK");
}

TEST_F(InviteClientTest, OtherResponsesInCompletedAreIgnored) {
  InviteClient machine = in(State::Completed);
  machine.handle(response(180), now);
  machine.handle(response(200), now);
  machine.handle(response(299), now);
  EXPECT_EQ(drained(machine), "");
  machine.handle(response(300), now);
  EXPECT_EQ(drained(machine), "Send ACK");
}

TEST_F(InviteClientTest, TimerDInCompletedTerminates) {
  InviteClient machine = in(State::Completed);
  expire(machine, now);
  EXPECT_EQ(drained(machine), "Terminated");
}

TEST_F(InviteClientTest, OverAReliableTransportCompletedTerminatesAtOnce) {
  InviteClient machine = start(Reliability::Reliable);
  machine.handle(response(486), now);
  EXPECT_EQ(drained(machine), "Send ACK, ResponseReceived 486, Terminated");
  EXPECT_EQ(machine.state(), State::Terminated);
}

TEST_F(InviteClientTest, SuccessInAcceptedIsReportedEachTime) {
  InviteClient machine = in(State::Accepted);
  const auto ends = machine.next_timeout();
  machine.handle(response(200), now + seconds(1));
  EXPECT_EQ(drained(machine), "ResponseReceived 200");
  EXPECT_EQ(machine.next_timeout(), ends);
}

TEST_F(InviteClientTest, OtherResponsesInAcceptedAreIgnored) {
  InviteClient machine = in(State::Accepted);
  machine.handle(response(180), now);
  machine.handle(response(486), now);
  EXPECT_EQ(drained(machine), "");
}

TEST_F(InviteClientTest, TimerMInAcceptedTerminates) {
  InviteClient machine = in(State::Accepted);
  expire(machine, now);
  EXPECT_EQ(drained(machine), "Terminated");
}

TEST_F(InviteClientTest, TransportErrorInAcceptedTerminates) {
  InviteClient machine = in(State::Accepted, Reliability::Reliable);
  machine.handle_transport_error();
  EXPECT_EQ(drained(machine), "Terminated");
}

TEST_F(InviteClientTest, NothingHappensOnceTerminated) {
  InviteClient machine = in(State::Accepted);
  expire(machine, now);
  static_cast<void>(drained(machine));
  machine.handle(response(200), now);
  machine.handle_transport_error();
  machine.handle_timeout(now + seconds(100));
  EXPECT_EQ(drained(machine), "");
}

TEST_F(InviteClientTest, TheAckIsTheInvitesWithTheTagOfTheResponse) {  // RFC 3261 17.1.1.3
  NameAddress route;
  route.uri = *Uri::parse("sip:proxy.example.com;lr");
  invite.headers.route = {route};
  InviteClient machine = start();
  machine.handle(response(486), now);
  const auto output = machine.poll_output();
  const Request& ack = std::get<Request>(std::get<Send>(*output).message);
  EXPECT_EQ(ack.uri, invite.uri);
  EXPECT_EQ(ack.headers.via, invite.headers.via);
  EXPECT_EQ(ack.headers.from, invite.headers.from);
  EXPECT_EQ(ack.headers.to.tag(), "bob-tag");
  EXPECT_EQ(ack.headers.call_id, invite.headers.call_id);
  EXPECT_EQ(ack.headers.cseq, (CSeq{7, Method::Ack, {}}));
  EXPECT_EQ(ack.headers.route, invite.headers.route);
  EXPECT_EQ(ack.headers.max_forwards, 70);
}

}  // namespace
}  // namespace offhook::sip
