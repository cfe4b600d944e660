#include "sip/non_invite_client.hpp"

#include "sip/transaction_fixture.hpp"

namespace offhook::sip {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using State = NonInviteClient::State;

class NonInviteClientTest : public testing::Test {
 protected:
  NonInviteClient in(State state, Reliability reliability = Reliability::Unreliable) {
    NonInviteClient machine(bye, reliability, Timers{}, now);
    EXPECT_EQ(drained(machine), "Send BYE");
    if (state == State::Proceeding) machine.handle(response(100), now);
    if (state == State::Completed) machine.handle(response(200), now);
    EXPECT_EQ(machine.state(), state);
    static_cast<void>(drained(machine));
    return machine;
  }
  [[nodiscard]] Response response(std::uint16_t status) const { return test_response(bye, status); }

  Time now = Time{} + seconds(1'000);
  Request bye = test_request(Method::Bye);
};

TEST_F(NonInviteClientTest, StartSendsAndSetsTimersEAndF) {
  EXPECT_EQ(in(State::Trying).next_timeout(), now + milliseconds(500));
  EXPECT_EQ(in(State::Trying, Reliability::Reliable).next_timeout(), now + seconds(32));
}

TEST_F(NonInviteClientTest, RetransmitsUpToT2ThenTimesOut) {
  NonInviteClient machine = in(State::Trying);
  const Time begin = now;
  for (const int at : {500, 1'500, 3'500, 7'500, 11'500, 15'500, 19'500, 23'500, 27'500, 31'500}) {
    expire(machine, now);  // timer E in Trying
    EXPECT_EQ(now - begin, milliseconds(at));
    EXPECT_EQ(drained(machine), "Send BYE");
  }
  expire(machine, now);  // timer F in Trying
  EXPECT_EQ(now - begin, seconds(32));
  EXPECT_EQ(drained(machine), "TimedOut, Terminated");
  EXPECT_FALSE(machine.next_timeout());
}

TEST_F(NonInviteClientTest, TimerFInTryingTimesOut) {
  NonInviteClient machine = in(State::Trying);
  machine.handle_timeout(now + seconds(32) - milliseconds(1));
  EXPECT_EQ(drained(machine), "Send BYE");
  machine.handle_timeout(now + seconds(32));
  EXPECT_EQ(drained(machine), "TimedOut, Terminated");
  EXPECT_EQ(machine.state(), State::Terminated);
}

TEST_F(NonInviteClientTest, OverAReliableTransportTimesOutWithoutRetransmission) {
  NonInviteClient machine = in(State::Trying, Reliability::Reliable);
  expire(machine, now);
  EXPECT_EQ(drained(machine), "TimedOut, Terminated");
}

TEST_F(NonInviteClientTest, ProvisionalInTryingProceeds) {
  NonInviteClient machine = in(State::Trying);
  machine.handle(response(100), now);
  EXPECT_EQ(drained(machine), "ResponseReceived 100");
  EXPECT_EQ(machine.state(), State::Proceeding);
}

TEST_F(NonInviteClientTest, FinalInTryingIsCompletedForTimerK) {
  NonInviteClient machine = in(State::Trying);
  machine.handle(response(481), now);
  EXPECT_EQ(drained(machine), "ResponseReceived 481");
  EXPECT_EQ(machine.state(), State::Completed);
  EXPECT_EQ(machine.next_timeout(), now + seconds(5));
}

TEST_F(NonInviteClientTest, TransportErrorInTryingFails) {
  for (const Reliability reliability : {Reliability::Unreliable, Reliability::Reliable}) {
    NonInviteClient machine(test_request(Method::Options), reliability, Timers{}, now);
    EXPECT_EQ(drained(machine), "Send OPTIONS");
    machine.handle_transport_error();
    EXPECT_EQ(drained(machine), "TransportFailed, Terminated");
  }
}

TEST_F(NonInviteClientTest, TransportErrorInTryingFailsByeAndCancelOverAReliableTransport) {
  for (const Method method : {Method::Bye, Method::Cancel}) {
    NonInviteClient machine(test_request(method), Reliability::Reliable, Timers{}, now);
    static_cast<void>(drained(machine));
    machine.handle_transport_error();
    EXPECT_EQ(drained(machine), "TransportFailed, Terminated");
  }
}

TEST_F(NonInviteClientTest, ByeAndCancelAreRetransmittedInSpiteOfAnIcmpError) {
  for (const auto& [method, sent] :
       {std::pair(Method::Bye, "Send BYE"), std::pair(Method::Cancel, "Send CANCEL")}) {
    NonInviteClient machine(test_request(method), Reliability::Unreliable, Timers{}, now);
    static_cast<void>(drained(machine));
    machine.handle_transport_error();
    EXPECT_EQ(drained(machine), "");
    expire(machine, now);
    EXPECT_EQ(drained(machine), sent);
  }
}

TEST_F(NonInviteClientTest, AnIcmpErrorChangesNothingAfterTheFirstAnswer) {
  for (const std::uint16_t status : {std::uint16_t{100}, std::uint16_t{200}}) {
    const Request options = test_request(Method::Options);
    NonInviteClient machine(options, Reliability::Unreliable, Timers{}, now);
    machine.handle(test_response(options, status), now);
    static_cast<void>(drained(machine));
    const auto ends = machine.next_timeout();
    machine.handle_transport_error();
    EXPECT_EQ(drained(machine), "");
    EXPECT_EQ(machine.next_timeout(), ends);
  }
}

TEST_F(NonInviteClientTest, RetransmitsEveryT2InProceeding) {
  NonInviteClient machine = in(State::Proceeding);
  expire(machine, now);
  EXPECT_EQ(drained(machine), "Send BYE");
  EXPECT_EQ(machine.next_timeout(), now + seconds(4));
}

TEST_F(NonInviteClientTest, TimerFInProceedingTimesOut) {
  NonInviteClient machine = in(State::Proceeding);
  machine.handle_timeout(now + seconds(32));
  EXPECT_EQ(drained(machine), "TimedOut, Terminated");
}

TEST_F(NonInviteClientTest, ProvisionalInProceedingIsReported) {
  NonInviteClient machine = in(State::Proceeding);
  machine.handle(response(100), now);
  EXPECT_EQ(drained(machine), "ResponseReceived 100");
}

TEST_F(NonInviteClientTest, FinalInProceedingIsCompletedForTimerK) {
  NonInviteClient machine = in(State::Proceeding);
  machine.handle(response(200), now);
  EXPECT_EQ(drained(machine), "ResponseReceived 200");
  EXPECT_EQ(machine.next_timeout(), now + seconds(5));
}

TEST_F(NonInviteClientTest, TransportErrorInProceedingFails) {
  NonInviteClient machine = in(State::Proceeding, Reliability::Reliable);
  machine.handle_transport_error();
  EXPECT_EQ(drained(machine), "TransportFailed, Terminated");
}

TEST_F(NonInviteClientTest, AnyResponseInCompletedIsIgnored) {
  NonInviteClient machine = in(State::Completed);
  machine.handle(response(200), now);
  machine.handle(response(100), now);
  EXPECT_EQ(drained(machine), "");
}

TEST_F(NonInviteClientTest, TimerKInCompletedTerminates) {
  NonInviteClient machine = in(State::Completed);
  expire(machine, now);
  EXPECT_EQ(drained(machine), "Terminated");
}

TEST_F(NonInviteClientTest, OverAReliableTransportCompletedTerminatesAtOnce) {
  NonInviteClient machine = in(State::Trying, Reliability::Reliable);
  machine.handle(response(200), now);
  EXPECT_EQ(drained(machine), "ResponseReceived 200, Terminated");
}

}  // namespace
}  // namespace offhook::sip
