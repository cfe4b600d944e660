#include "sip/invite_server.hpp"

#include "sip/transaction_fixture.hpp"

namespace offhook::sip {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using State = InviteServer::State;

class InviteServerTest : public testing::Test {
 protected:
  InviteServer in(State state, Reliability reliability = Reliability::Unreliable) {
    InviteServer machine(invite, reliability, Timers{});
    if (state == State::Completed || state == State::Confirmed) machine.respond(response(486), now);
    if (state == State::Confirmed) machine.handle(ack, now);
    if (state == State::Accepted) machine.respond(response(200), now);
    EXPECT_EQ(machine.state(), state);
    static_cast<void>(drained(machine));
    return machine;
  }
  [[nodiscard]] Response response(std::uint16_t status) const {
    return test_response(invite, status);
  }

  Time now = Time{} + seconds(1'000);
  Request invite = test_request(Method::Invite);
  Request ack = test_request(Method::Ack);
};

TEST_F(InviteServerTest, StartsProceedingWithoutATimer) {
  InviteServer machine = in(State::Proceeding);
  EXPECT_EQ(drained(machine), "");
  EXPECT_FALSE(machine.next_timeout());
}

TEST_F(InviteServerTest, RepeatedInviteInProceedingGetsTheLastProvisional) {
  InviteServer machine = in(State::Proceeding);
  machine.handle(invite, now);
  EXPECT_EQ(drained(machine), "");
  machine.respond(response(100), now);
  machine.respond(response(180), now);
  static_cast<void>(drained(machine));
  machine.handle(invite, now);
  EXPECT_EQ(drained(machine), "Send 180");
}

TEST_F(InviteServerTest, ProvisionalInProceedingIsSent) {
  InviteServer machine = in(State::Proceeding);
  machine.respond(response(183), now);
  EXPECT_EQ(drained(machine), "Send 183");
  EXPECT_EQ(machine.state(), State::Proceeding);
}

TEST_F(InviteServerTest, SuccessInProceedingIsAcceptedForTimerL) {
  for (const auto how : {Reliability::Unreliable, Reliability::Reliable}) {
    InviteServer machine = in(State::Proceeding, how);
    machine.respond(response(200), now);
    EXPECT_EQ(drained(machine), "Send 200");
    EXPECT_EQ(machine.state(), State::Accepted);
    EXPECT_EQ(machine.next_timeout(), now + seconds(32));
  }
}

TEST_F(InviteServerTest, RefusalInProceedingIsCompletedWithTimersGAndH) {
  InviteServer machine = in(State::Proceeding);
  machine.respond(response(486), now);
  EXPECT_EQ(drained(machine), "Send 486");
  EXPECT_EQ(machine.state(), State::Completed);
  EXPECT_EQ(machine.next_timeout(), now + milliseconds(500));
}

TEST_F(InviteServerTest, RefusalOverAReliableTransportSetsTimerHOnly) {
  InviteServer machine = in(State::Completed, Reliability::Reliable);
  EXPECT_EQ(machine.next_timeout(), now + seconds(32));
}

TEST_F(InviteServerTest, RepeatedInviteInCompletedGetsTheFinalResponse) {
  InviteServer machine = in(State::Completed);
  machine.handle(invite, now);
  EXPECT_EQ(drained(machine), "Send 486");
}

TEST_F(InviteServerTest, RetransmitsTheRefusalUpToT2ThenTimesOut) {
  InviteServer machine = in(State::Completed);
  const Time begin = now;
  for (const int at : {500, 1'500, 3'500, 7'500, 11'500, 15'500, 19'500, 23'500, 27'500, 31'500}) {
    expire(machine, now);  // timer G
    EXPECT_EQ(now - begin, milliseconds(at));
    EXPECT_EQ(drained(machine), "Send 486");
  }
  expire(machine, now);  // timer H
  EXPECT_EQ(now - begin, seconds(32));
  EXPECT_EQ(drained(machine), "TimedOut, Terminated");
  EXPECT_FALSE(machine.next_timeout());
}

TEST_F(InviteServerTest, TimerHInCompletedTimesOut) {
  InviteServer machine = in(State::Completed, Reliability::Reliable);
  expire(machine, now);
  EXPECT_EQ(drained(machine), "TimedOut, Terminated");
  EXPECT_EQ(machine.state(), State::Terminated);
}

TEST_F(InviteServerTest, AckInCompletedIsConfirmedForTimerI) {
  InviteServer machine = in(State::Completed);
  machine.handle(ack, now);
  EXPECT_EQ(drained(machine), "");
  EXPECT_EQ(machine.state(), State::Confirmed);
  EXPECT_EQ(machine.next_timeout(), now + seconds(5));
}

TEST_F(InviteServerTest, OverAReliableTransportConfirmedTerminatesAtOnce) {
  InviteServer machine = in(State::Completed, Reliability::Reliable);
  machine.handle(ack, now);
  EXPECT_EQ(drained(machine), "Terminated");
}

TEST_F(InviteServerTest, InviteAndAckInConfirmedAreIgnored) {
  InviteServer machine = in(State::Confirmed);
  machine.handle(invite, now);
  machine.handle(ack, now);
  EXPECT_EQ(drained(machine), "");
  EXPECT_EQ(machine.state(), State::Confirmed);
}

TEST_F(InviteServerTest, TimerIInConfirmedTerminates) {
  InviteServer machine = in(State::Confirmed);
  expire(machine, now);
  EXPECT_EQ(drained(machine), "Terminated");
}

TEST_F(InviteServerTest, RepeatedInviteInAcceptedIsIgnored) {
  InviteServer machine = in(State::Accepted);
  machine.handle(invite, now);
  EXPECT_EQ(drained(machine), "");
}

TEST_F(InviteServerTest, SuccessInAcceptedIsSentAgain) {
  InviteServer machine = in(State::Accepted);
  const auto ends = machine.next_timeout();
  machine.respond(response(200), now + seconds(1));
  EXPECT_EQ(drained(machine), "Send 200");
  EXPECT_EQ(machine.next_timeout(), ends);
}

TEST_F(InviteServerTest, AckInAcceptedIsHandedUp) {
  InviteServer machine = in(State::Accepted);
  machine.handle(ack, now);
  EXPECT_EQ(drained(machine), "RequestReceived ACK");
}

TEST_F(InviteServerTest, TimerLInAcceptedTerminates) {
  InviteServer machine = in(State::Accepted);
  expire(machine, now);
  EXPECT_EQ(drained(machine), "Terminated");
}

TEST_F(InviteServerTest, ASecondFinalResponseIsIgnored) {
  InviteServer accepted = in(State::Accepted);
  accepted.respond(response(486), now);
  EXPECT_EQ(drained(accepted), "");
  InviteServer completed = in(State::Completed);
  completed.respond(response(200), now);
  completed.respond(response(180), now);
  EXPECT_EQ(drained(completed), "");
}

TEST_F(InviteServerTest, AckInProceedingIsIgnored) {
  InviteServer machine = in(State::Proceeding);
  machine.handle(ack, now);
  EXPECT_EQ(drained(machine), "");
  EXPECT_EQ(machine.state(), State::Proceeding);
}

}  // namespace
}  // namespace offhook::sip
