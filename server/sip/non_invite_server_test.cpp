#include "sip/non_invite_server.hpp"

#include "sip/transaction_fixture.hpp"

namespace offhook::sip {
namespace {

using std::chrono::seconds;
using State = NonInviteServer::State;

class NonInviteServerTest : public testing::Test {
 protected:
  NonInviteServer in(State state, Reliability reliability = Reliability::Unreliable) {
    NonInviteServer machine(reliability, Timers{});
    if (state == State::Proceeding) machine.respond(response(100), now);
    if (state == State::Completed) machine.respond(response(200), now);
    EXPECT_EQ(machine.state(), state);
    static_cast<void>(drained(machine));
    return machine;
  }
  [[nodiscard]] Response response(std::uint16_t status) const { return test_response(bye, status); }

  Time now = Time{} + seconds(1'000);
  Request bye = test_request(Method::Bye);
};

TEST_F(NonInviteServerTest, StartsTryingWithoutATimer) {
  NonInviteServer machine = in(State::Trying);
  EXPECT_EQ(drained(machine), "");
  EXPECT_FALSE(machine.next_timeout());
}

TEST_F(NonInviteServerTest, RepeatedRequestInTryingIsIgnored) {
  NonInviteServer machine = in(State::Trying);
  machine.handle(bye, now);
  EXPECT_EQ(drained(machine), "");
}

TEST_F(NonInviteServerTest, ProvisionalInTryingProceeds) {
  NonInviteServer machine = in(State::Trying);
  machine.respond(response(100), now);
  EXPECT_EQ(drained(machine), "Send 100");
  EXPECT_EQ(machine.state(), State::Proceeding);
}

TEST_F(NonInviteServerTest, FinalInTryingIsCompletedForTimerJ) {
  NonInviteServer machine = in(State::Trying);
  machine.respond(response(481), now);
  EXPECT_EQ(drained(machine), "Send 481");
  EXPECT_EQ(machine.next_timeout(), now + seconds(32));
}

TEST_F(NonInviteServerTest, RepeatedRequestInProceedingGetsTheLastResponse) {
  NonInviteServer machine = in(State::Proceeding);
  machine.handle(bye, now);
  EXPECT_EQ(drained(machine), "Send 100");
}

TEST_F(NonInviteServerTest, ProvisionalInProceedingIsSent) {
  NonInviteServer machine = in(State::Proceeding);
  machine.respond(response(183), now);
  EXPECT_EQ(drained(machine), "Send 183");
}

TEST_F(NonInviteServerTest, FinalInProceedingIsCompletedForTimerJ) {
  NonInviteServer machine = in(State::Proceeding);
  machine.respond(response(200), now);
  EXPECT_EQ(drained(machine), "Send 200");
  EXPECT_EQ(machine.next_timeout(), now + seconds(32));
}

TEST_F(NonInviteServerTest, RepeatedRequestInCompletedGetsTheFinalResponse) {
  NonInviteServer machine = in(State::Completed);
  machine.handle(bye, now);
  EXPECT_EQ(drained(machine), "Send 200");
}

TEST_F(NonInviteServerTest, ASecondFinalResponseInCompletedIsIgnored) {
  NonInviteServer machine = in(State::Completed);
  machine.respond(response(500), now);
  EXPECT_EQ(drained(machine), "");
  machine.handle(bye, now);
  EXPECT_EQ(drained(machine), "Send 200");
}

TEST_F(NonInviteServerTest, TimerJInCompletedTerminates) {
  NonInviteServer machine = in(State::Completed);
  expire(machine, now);
  EXPECT_EQ(drained(machine), "Terminated");
  machine.handle(bye, now);
  EXPECT_EQ(drained(machine), "");
}

TEST_F(NonInviteServerTest, OverAReliableTransportCompletedTerminatesAtOnce) {
  NonInviteServer machine = in(State::Trying, Reliability::Reliable);
  machine.respond(response(200), now);
  EXPECT_EQ(drained(machine), "Send 200, Terminated");
}

}  // namespace
}  // namespace offhook::sip
