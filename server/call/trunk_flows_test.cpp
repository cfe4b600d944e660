#include "call/trunk_flows.hpp"

#include <gtest/gtest.h>

namespace offhook::call {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const Endpoint kOurs = *Endpoint::parse("192.0.2.10:5062");
const Endpoint kServer = *Endpoint::parse("198.51.100.20:5060");

class TrunkFlowsTest : public testing::Test {
 protected:
  static sip::Target target(sip::Transport transport) {
    return {transport, kServer, "sip.example"};
  }
  // What the shell makes of what is wanted.
  sip::Flow open(sip::Transport transport) {
    EXPECT_FALSE(flows.open(target(transport)));
    const auto wanted = flows.poll_output().value();
    const sip::Flow flow{transport, wanted.connection, kOurs, wanted.target.endpoint};
    EXPECT_TRUE(flows.handle_opened(wanted.target, flow, now));
    return flow;
  }

  Time now{seconds(10)};
  SeededRandom random{3};
  TrunkFlows flows{random};
};

TEST_F(TrunkFlowsTest, OpensAFlowWhenItIsFirstWanted) {
  const sip::Flow flow = open(sip::Transport::Tcp);
  EXPECT_GE(flow.connection, sip::kChosenConnection);
  EXPECT_EQ(flows.open(target(sip::Transport::Tcp)), flow);
  EXPECT_FALSE(flows.poll_output());
  EXPECT_TRUE(flows.holds(flow));
}

TEST_F(TrunkFlowsTest, AsksOnceForAFlowThatIsBeingOpened) {
  EXPECT_FALSE(flows.open(target(sip::Transport::Tcp)));
  EXPECT_FALSE(flows.open(target(sip::Transport::Tcp)));
  EXPECT_TRUE(flows.poll_output());
  EXPECT_FALSE(flows.poll_output());
}

TEST_F(TrunkFlowsTest, HasNoConnectionOverUdp) {
  EXPECT_EQ(open(sip::Transport::Udp).connection, 0U);
}

TEST_F(TrunkFlowsTest, GivesEachConnectionItsOwnId) {
  const sip::Flow first = open(sip::Transport::Tcp);
  EXPECT_NE(open(sip::Transport::Tls).connection, first.connection);
  ASSERT_TRUE(flows.handle_lost(first, now));
  EXPECT_NE(open(sip::Transport::Tcp).connection, first.connection);
}

TEST_F(TrunkFlowsTest, AsksAgainAfterAFlowThatCouldNotBeOpened) {
  EXPECT_FALSE(flows.open(target(sip::Transport::Tcp)));
  EXPECT_TRUE(flows.poll_output());
  EXPECT_TRUE(flows.handle_opened(target(sip::Transport::Tcp), failure("no route"), now));
  EXPECT_FALSE(flows.open(target(sip::Transport::Tcp)));
  EXPECT_TRUE(flows.poll_output());
}

TEST_F(TrunkFlowsTest, IgnoresAnAnswerToAnEarlierQuestion) {
  EXPECT_FALSE(flows.open(target(sip::Transport::Tcp)));
  const sip::Flow old{sip::Transport::Tcp, 1, kOurs, kServer};
  EXPECT_FALSE(flows.handle_opened(target(sip::Transport::Tcp), old, now));
  EXPECT_FALSE(flows.find(target(sip::Transport::Tcp)));
}

TEST_F(TrunkFlowsTest, TellsAConnectionThatServedFromOneThatNeverDid) {
  const sip::Flow silent = open(sip::Transport::Tcp);
  now += seconds(60);
  EXPECT_FALSE(flows.handle_lost(silent, now).value().was_good);
  const sip::Flow short_lived = open(sip::Transport::Tcp);
  flows.handle_heard(short_lived);
  EXPECT_FALSE(flows.handle_lost(short_lived, now + seconds(9)).value().was_good);
  const sip::Flow good = open(sip::Transport::Tcp);
  flows.handle_heard(good);
  EXPECT_TRUE(flows.handle_lost(good, now + seconds(10)).value().was_good);
}

TEST_F(TrunkFlowsTest, LosesNothingOverUdpAndNothingThatIsNotItsOwn) {
  EXPECT_FALSE(flows.handle_lost(open(sip::Transport::Udp), now));
  EXPECT_FALSE(flows.handle_lost({sip::Transport::Tcp, 7, kOurs, kServer}, now));
}

TEST_F(TrunkFlowsTest, NamesTheStreamForARequestThatIsTooLongForUdp) {
  EXPECT_EQ(flows.stream_to(target(sip::Transport::Udp), now), target(sip::Transport::Tcp));
  EXPECT_FALSE(flows.stream_to(target(sip::Transport::Tls), now));
}

TEST_F(TrunkFlowsTest, TriesNoStreamForAnHourWhereThereWasNone) {
  flows.has_no_stream(target(sip::Transport::Tcp), now);
  EXPECT_FALSE(flows.stream_to(target(sip::Transport::Udp), now + hours(1) - seconds(1)));
  EXPECT_TRUE(flows.stream_to(target(sip::Transport::Udp), now + hours(1)));
}

}  // namespace
}  // namespace offhook::call
