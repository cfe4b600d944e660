#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "call/switchboard_test_bench.hpp"

// An INVITE's way through the servers of a trunk (RFC 3263 4.3, RFC 3261 18.1.1).
namespace offhook::call {
namespace {

using std::chrono::seconds;

class SwitchboardTrunksTest : public testing::Test, protected SwitchboardBench {
 protected:
  void two_servers() {
    zone["atlanta1.voip.ms"] = {kProvider.address, kSecondProvider.address};
    ready();
  }
  static std::size_t invites(const TestPeer& peer) {
    return static_cast<std::size_t>(std::ranges::count_if(peer.received, [](const auto& message) {
      const auto* request = std::get_if<sip::Request>(&message);
      return request != nullptr && request->method == sip::Method::Invite;
    }));
  }
  // Whichever of the two was chosen first.
  TestPeer& in_use() { return invites(*provider) > 0 ? *provider : *second_provider; }
  TestPeer& other() { return &in_use() == provider.get() ? *second_provider : *provider; }
  void reject(TestPeer& peer, std::uint16_t status) {
    peer.agent.reject(peer.last<sip::InviteReceived>().value().session, status, {}, now);
    pump();
  }
  void accept(TestPeer& peer) {
    peer.agent.accept(peer.last<sip::InviteReceived>().value().session, provider_identity(),
                      sample::trunk(), now);
    pump();
  }
  TestPeer& tab() { return *browsers.at(kTab); }
};

TEST_F(SwitchboardTrunksTest, OffersACallToTheNextServerAfterA503) {
  two_servers();
  dial();
  TestPeer& first = in_use();
  reject(first, 503);
  EXPECT_EQ(invites(other()), 1U);
  EXPECT_EQ(tab().count<sip::Refused>(), 0U);
  accept(other());
  EXPECT_EQ(tab().count<sip::Accepted>(), 1U);
  ASSERT_EQ(ended.size(), 0U);
  EXPECT_EQ(board->status().calls, 1U);
}

TEST_F(SwitchboardTrunksTest, TellsTheUserWhenTheLastServerHasNoFreeLine) {
  two_servers();
  dial();
  TestPeer& first = in_use();
  TestPeer& second = other();
  reject(first, 503);
  reject(second, 503);
  EXPECT_EQ(tab().last<sip::Refused>().value().response.status, 503);
  EXPECT_EQ(ended.size(), 1U);
}

TEST_F(SwitchboardTrunksTest, TakesEveryOtherRefusalAsTheProvidersWord) {
  two_servers();
  dial();
  reject(in_use(), 486);
  EXPECT_EQ(invites(other()), 0U);
  EXPECT_EQ(tab().last<sip::Refused>().value().response.status, 486);
}

TEST_F(SwitchboardTrunksTest, OffersACallToTheNextServerWhenTheFirstIsSilent) {
  two_servers();
  const sip::Flow first{sip::Transport::Udp, 0, kLocal, kProvider};
  const sip::Flow second{sip::Transport::Udp, 0, kLocal, kSecondProvider};
  const bool is_first = flows_wanted.front().target.endpoint == kProvider;
  lost_flows.insert(is_first ? first : second);
  dial();
  advance(seconds(7));
  EXPECT_EQ(invites(is_first ? *second_provider : *provider), 1U);
  EXPECT_EQ(tab().count<sip::Refused>(), 0U);
}

TEST_F(SwitchboardTrunksTest, GivesUpAtOnceWhenTheUserDoesWhileAFlowIsBeingOpened) {
  two_servers();
  const auto session = dial();
  flows_open = false;
  reject(in_use(), 503);
  EXPECT_EQ(invites(other()), 0U);
  tab().agent.hang_up(session, {}, now);
  pump();
  EXPECT_EQ(board->status().calls, 0U);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].outcome, Outcome::Cancelled);
  answer_flow(flows_wanted.back());
  pump();
  EXPECT_EQ(invites(other()), 0U);
}

// ---- too long for UDP ----

class LongRequestTest : public SwitchboardTrunksTest {
 protected:
  LongRequestTest() {
    Config config = SwitchboardBench::config();
    config.trunks[0].account.username = std::string(limits::kSipDatagramBytes / 3, 'a');
    board = std::make_unique<Switchboard>(config, random);
    ready();
  }
};

TEST_F(LongRequestTest, GoesOverTcp) {
  dial();
  ASSERT_EQ(invites(*provider), 1U);
  EXPECT_EQ(provider->flows.back().transport, sip::Transport::Tcp);
  provider_answers();
  EXPECT_EQ(tab().count<sip::Accepted>(), 1U);
}

TEST_F(LongRequestTest, GoesOverUdpWhereTheServerHasNoTcp) {
  flows_open = false;
  dial();
  EXPECT_EQ(invites(*provider), 0U);
  const OpenFlow wanted = flows_wanted.back();
  EXPECT_EQ(wanted.target.transport, sip::Transport::Tcp);
  board->handle_trunk_flow(wanted.trunk, wanted.target, failure("refused"), now);
  pump();
  ASSERT_EQ(invites(*provider), 1U);
  EXPECT_EQ(provider->flows.back().transport, sip::Transport::Udp);
}

TEST_F(LongRequestTest, GoesOverUdpWhenTheConnectionIsLostBeforeAnAnswer) {
  flows_open = false;
  dial();
  const OpenFlow wanted = flows_wanted.back();
  const sip::Flow flow{sip::Transport::Tcp, wanted.connection, kLocal, wanted.target.endpoint};
  lost_flows.insert(flow);
  answer_flow(wanted);
  pump();
  board->handle_flow_lost(flow, "the connection was refused", now);
  pump();
  ASSERT_EQ(invites(*provider), 1U);
  EXPECT_EQ(provider->flows.back().transport, sip::Transport::Udp);
  // And is not tried again by the next call.
  const auto before = flows_wanted.size();
  dial();
  EXPECT_EQ(flows_wanted.size(), before);
  EXPECT_EQ(invites(*provider), 2U);
}

// ---- streams ----

class StreamTrunkTest : public SwitchboardTrunksTest {
 protected:
  StreamTrunkTest() {
    Config config = SwitchboardBench::config();
    config.trunks[0].servers = {{"atlanta1.voip.ms", std::nullopt, sip::Transport::Tcp}};
    board = std::make_unique<Switchboard>(config, random);
    ready();
  }
  static sip::Flow flow_of(const OpenFlow& open) {
    return {sip::Transport::Tcp, open.connection, kLocal, open.target.endpoint};
  }
};

TEST_F(StreamTrunkTest, CarriesACall) {
  talk();
  EXPECT_EQ(provider->flows.back(), flow_of(flows_wanted.at(0)));
  EXPECT_EQ(tab().count<sip::Accepted>(), 1U);
}

TEST_F(StreamTrunkTest, MovesACallToTheNewConnection) {
  const auto session = talk();
  now += seconds(60);
  board->handle_flow_lost(flow_of(flows_wanted.at(0)), "closed", now);
  pump();
  ASSERT_EQ(flows_wanted.size(), 2U);
  EXPECT_EQ(board->status().calls, 1U);
  tab().agent.hang_up(session, {}, now);
  pump();
  EXPECT_EQ(provider->count<sip::Ended>(), 1U);
  EXPECT_EQ(provider->flows.back(), flow_of(flows_wanted.at(1)));
}

TEST_F(StreamTrunkTest, TakesAByeOverAConnectionThatTheProviderOpened) {
  talk();
  board->handle_flow_lost(flow_of(flows_wanted.at(0)), "closed", now);
  provider->agent.update_flow(provider->last<sip::InviteReceived>().value().session,
                              {sip::Transport::Tcp, 5, kProvider, kLocal});
  provider->agent.hang_up(provider->last<sip::InviteReceived>().value().session, {}, now);
  pump();
  EXPECT_EQ(board->status().calls, 0U);
  EXPECT_EQ(tab().count<sip::Ended>(), 1U);
}

}  // namespace
}  // namespace offhook::call
