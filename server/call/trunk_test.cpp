#include "call/trunk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/overloaded.hpp"

namespace offhook::call {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

const Endpoint kOurs = *Endpoint::parse("192.0.2.10:5062");

// A trunk with two servers, and the test as its shell and its provider.
class TrunkTest : public testing::Test {
 protected:
  static TrunkConfig config(sip::Transport transport = sip::Transport::Udp) {
    TrunkConfig config;
    config.name = "voipms";
    config.user = "demo";
    config.servers = {{"198.51.100.1", std::nullopt, transport},
                      {"198.51.100.2", std::nullopt, transport}};
    config.account = {"100001_office", "secret"};
    return config;
  }
  static sip::Target first(sip::Transport transport = sip::Transport::Udp) {
    return {transport, {*IpAddress::parse("198.51.100.1"), port(transport)}, "198.51.100.1"};
  }
  static sip::Target second(sip::Transport transport = sip::Transport::Udp) {
    return {transport, {*IpAddress::parse("198.51.100.2"), port(transport)}, "198.51.100.2"};
  }
  static std::uint16_t port(sip::Transport transport) {
    return transport == sip::Transport::Tls ? 5'061 : 5'060;
  }

  void make(TrunkConfig with) {
    trunk = std::make_unique<Trunk>(std::move(with), "offhook/test", random);
  }
  void start() {
    trunk->start(now);
    drain();
  }
  void start_registered() {
    start();
    answer(200);
    ASSERT_EQ(trunk->status().state, "registered");
    registers.clear();
  }
  void drain() {
    while (auto output = trunk->poll_output()) {
      std::visit(
          Overloaded{
              [&](const Trunk::LookUp& o) { questions.push_back(o.question); },
              [&](const TrunkFlows::Open& o) {
                opens.push_back(o.target);
                flow = {o.target.transport, o.connection, kOurs, o.target.endpoint};
                const Result<sip::Flow> result =
                    flows_open ? Result<sip::Flow>(flow) : failure("no route");
                trunk->handle_flow(o.target, result, now);
              },
              [&](const Trunk::SendRequest& o) {
                (o.request.method == sip::Method::Register ? registers : options).push_back(o);
              },
              [&](const Trunk::SendKeepAlive&) { ++keep_alives; },
              [&](const Trunk::FlowOpened&) {},
              [&](const Trunk::FlowFailed&) {},
              [&](const LogEvent& o) { events.push_back(o.event); },
          },
          *output);
    }
  }
  // Of the latest REGISTER.
  void answer(std::uint16_t status, bool local = false) {
    ASSERT_FALSE(registers.empty());
    const Trunk::SendRequest sent = registers.back();
    auto response = sip::make_response(sent.request, status, "t");
    if (status == 200) {
      response.headers.contact = sent.request.headers.contact;
      response.headers.expires = sent.request.headers.expires;
    }
    if (!local) trunk->handle_heard(sent.flow, now);
    trunk->handle_registered(response, local, now);
    drain();
  }
  void advance(Duration duration) {
    const Time end = now + duration;
    while (const auto next = trunk->next_timeout()) {
      if (*next > end) break;
      now = std::max(now, *next);
      trunk->handle_timeout(now);
      drain();
    }
    now = end;
  }

  Time now{seconds(10)};
  SeededRandom random{3};
  std::unique_ptr<Trunk> trunk = std::make_unique<Trunk>(config(), "offhook/test", random);
  bool flows_open = true;
  sip::Flow flow;  // the latest
  std::vector<DnsQuestion> questions;
  std::vector<sip::Target> opens;
  std::vector<Trunk::SendRequest> registers;
  std::vector<Trunk::SendRequest> options;
  std::size_t keep_alives = 0;
  std::vector<std::string> events;
};

TEST_F(TrunkTest, UnresolvedATargetIsChosen) {
  EXPECT_EQ(trunk->status().state, "unresolved");
  EXPECT_FALSE(trunk->target());
  start();
  EXPECT_EQ(trunk->target(), first());
  EXPECT_EQ(opens, std::vector{first()});
}

TEST_F(TrunkTest, UnresolvedNothingIsLeftToChoose) {
  TrunkConfig named = config();
  named.servers = {{"atlanta1.voip.ms", std::uint16_t{5060}, sip::Transport::Udp}};
  make(named);
  start();
  ASSERT_FALSE(questions.empty());
  for (const DnsQuestion& question : questions) {
    trunk->handle_looked_up(question, {.reason = "no name server answers"}, now);
  }
  drain();
  EXPECT_EQ(trunk->status().state, "unresolved");
  EXPECT_THAT(trunk->status().reason, HasSubstr("no name server answers"));
  EXPECT_THAT(events, testing::Contains("trunk_unreachable"));
}

TEST_F(TrunkTest, ConnectingTheFlowIsOpen) {
  start();
  ASSERT_EQ(registers.size(), 1U);
  const sip::Request& request = registers[0].request;
  EXPECT_EQ(request.uri.to_string(), "sip:198.51.100.1");
  EXPECT_EQ(request.headers.to.uri.to_string(), "sip:100001_office@198.51.100.1");
  EXPECT_EQ(request.headers.contact.at(0).uri.to_string(), "sip:100001_office@192.0.2.10:5062");
  EXPECT_EQ(trunk->status().state, "registering");
  answer(200);
  EXPECT_EQ(trunk->status().state, "registered");
  EXPECT_EQ(trunk->status().reason, "");
}

TEST_F(TrunkTest, ConnectingTheFlowCannotBeOpened) {
  flows_open = false;
  start();
  ASSERT_EQ(opens.size(), 2U);
  EXPECT_EQ(opens[1], second());
  EXPECT_TRUE(registers.empty());
  EXPECT_THAT(trunk->status().reason, HasSubstr("no route"));
}

TEST_F(TrunkTest, RegisteredAnotherTargetIsChosen) {
  start_registered();
  trunk->handle_options(first(), false, now);  // it answers them
  trunk->handle_options(first(), true, now);
  drain();
  EXPECT_EQ(trunk->target(), second());
  ASSERT_EQ(registers.size(), 1U);
  EXPECT_EQ(registers[0].target, second());
  EXPECT_EQ(registers[0].request.uri.to_string(), "sip:198.51.100.2");
}

TEST_F(TrunkTest, RegisteredRegisterIsNotAnswered) {
  start();
  answer(408, true);
  EXPECT_EQ(trunk->target(), second());
  EXPECT_EQ(registers.back().target, second());
  answer(200);
  EXPECT_EQ(trunk->status().state, "registered");
}

TEST_F(TrunkTest, MovesOnAfterA503ToRegister) {
  start();
  answer(503);
  EXPECT_EQ(registers.back().target, second());
}

TEST_F(TrunkTest, StaysWhereItIsRefused) {
  start();
  answer(403);
  EXPECT_EQ(trunk->target(), first());
  EXPECT_EQ(trunk->status().state, "waiting");
  EXPECT_THAT(trunk->status().reason, HasSubstr("403"));
}

TEST_F(TrunkTest, SaysWhyWhenNoServerIsLeft) {
  start();
  answer(408, true);
  answer(408, true);
  EXPECT_THAT(trunk->status().reason, HasSubstr("198.51.100.1"));
  EXPECT_THAT(trunk->status().reason, HasSubstr("198.51.100.2"));
}

TEST_F(TrunkTest, TriesForEverWhenNoServerAnswers) {
  start();
  for (int i = 0; i < 20; ++i) {
    const auto before = registers.size();
    answer(408, true);
    advance(std::chrono::minutes(20));
    ASSERT_GT(registers.size(), before) << i;
  }
  answer(200);
  EXPECT_EQ(trunk->status().state, "registered");
}

TEST_F(TrunkTest, RegisteredTheConnectionClosesAfterUse) {
  make(config(sip::Transport::Tcp));
  start_registered();
  now += seconds(30);
  const sip::Flow old = flow;
  trunk->handle_flow_lost(old, "closed by the other side", now);
  drain();
  EXPECT_EQ(opens.back(), first(sip::Transport::Tcp));
  EXPECT_NE(flow.connection, old.connection);
  ASSERT_EQ(registers.size(), 1U);
  EXPECT_EQ(registers[0].flow, flow);
}

TEST_F(TrunkTest, RegisteredTheConnectionClosesWithoutUse) {
  make(config(sip::Transport::Tcp));
  start();
  trunk->handle_flow_lost(flow, "the connection was refused", now);
  drain();
  EXPECT_EQ(opens.back(), second(sip::Transport::Tcp));
}

TEST_F(TrunkTest, TakesAnIcmpErrorAsAHintOnly) {
  start_registered();
  trunk->handle_flow_lost(flow, "unreachable", now);
  drain();
  EXPECT_EQ(trunk->status().state, "registered");
  EXPECT_EQ(opens.size(), 1U);
}

TEST_F(TrunkTest, RegisteredKeepAliveIsDue) {
  start_registered();
  advance(seconds(24));
  EXPECT_EQ(keep_alives, 0U);
  advance(seconds(1));
  EXPECT_EQ(keep_alives, 1U);
  advance(seconds(50));
  EXPECT_EQ(keep_alives, 3U);
}

TEST_F(TrunkTest, RegisteredNothingWasHeardForSomeTime) {
  start_registered();
  advance(seconds(50));
  trunk->handle_heard(flow, now);
  advance(seconds(59));
  EXPECT_TRUE(options.empty());
  advance(seconds(1));
  ASSERT_EQ(options.size(), 1U);
  EXPECT_EQ(options[0].request.method, sip::Method::Options);
  EXPECT_EQ(options[0].request.uri.to_string(), "sip:198.51.100.1");
}

TEST_F(TrunkTest, RegisteredAPreferredTargetMayBeUpAgain) {
  start();
  answer(408, true);
  answer(200);
  ASSERT_EQ(trunk->target(), second());
  registers.clear();
  advance(std::chrono::minutes(2));
  const auto asked = std::ranges::find(options, first(), &Trunk::SendRequest::target);
  ASSERT_NE(asked, options.end());
  EXPECT_EQ(trunk->target(), second()) << "as long as it has not answered";
  trunk->handle_options(first(), false, now);
  drain();
  EXPECT_EQ(trunk->target(), first());
  EXPECT_EQ(registers.back().target, first());
}

TEST_F(TrunkTest, StaysWithTheSecondServerWhileTheFirstIsSilent) {
  start();
  answer(408, true);
  answer(200);
  advance(std::chrono::minutes(2));
  trunk->handle_options(first(), true, now);
  drain();
  EXPECT_EQ(trunk->target(), second());
}

TEST_F(TrunkTest, WritesAnIpv6AddressInBrackets) {
  TrunkConfig literal = config();
  literal.servers = {{"2001:db8::1", std::nullopt, sip::Transport::Udp}};
  make(literal);
  start();
  ASSERT_EQ(registers.size(), 1U);
  EXPECT_EQ(registers[0].request.uri.to_string(), "sip:[2001:db8::1]");
  EXPECT_EQ(registers[0].request.headers.to.uri.host, "[2001:db8::1]");
}

// chan_sip answers; who never did may not know OPTIONS.
TEST_F(TrunkTest, LeavesAServerForSilenceOnlyIfItUsedToAnswerOptions) {
  start_registered();
  trunk->handle_options(first(), true, now);
  drain();
  EXPECT_EQ(trunk->target(), first());
  trunk->handle_options(first(), false, now);
  trunk->handle_options(first(), true, now);
  drain();
  EXPECT_EQ(trunk->target(), second());
}

TEST_F(TrunkTest, RegisteredOurPublicAddressIsLearned) {
  start();
  auto response = sip::make_response(registers.back().request, 200, "t");
  response.headers.contact = registers.back().request.headers.contact;
  response.headers.expires = seconds(300);
  sip::Via via;
  via.transport = "UDP";
  via.host = "192.0.2.10";
  via.port = std::uint16_t{5062};
  via.parameters.set("received", "203.0.113.9");
  via.parameters.set("rport", "4711");
  response.headers.via = {via};
  trunk->handle_registered(response, false, now);
  drain();
  ASSERT_EQ(registers.size(), 2U);
  const auto& contacts = registers[1].request.headers.contact;
  EXPECT_TRUE(std::ranges::any_of(contacts, [](const auto& contact) {
    return contact.uri.host == "203.0.113.9" && contact.uri.port == 4711;
  }));
  EXPECT_EQ(trunk->identity(flow).contact.uri.host, "203.0.113.9");
}

TEST_F(TrunkTest, SaysInContactWhichTransportReachesIt) {
  make(config(sip::Transport::Tls));
  start();
  ASSERT_EQ(registers.size(), 1U);
  EXPECT_EQ(registers[0].request.headers.contact.at(0).uri.parameters.get("transport"), "tls");
}

TEST_F(TrunkTest, KnowsItsSourcesByAddressAndByConnection) {
  make(config(sip::Transport::Tcp));
  start();
  EXPECT_TRUE(trunk->is_source(flow));
  const Endpoint other_port{second().endpoint.address, 40'000};
  EXPECT_TRUE(trunk->is_source({sip::Transport::Tcp, 3, kOurs, other_port}));
  EXPECT_FALSE(
      trunk->is_source({sip::Transport::Udp, 0, kOurs, *Endpoint::parse("203.0.113.1:5060")}));
}

TEST_F(TrunkTest, IsReadyWithoutRegisteringWhereTheAccountNeedsNone) {
  TrunkConfig by_address = config();
  by_address.registers = false;
  make(by_address);
  start();
  EXPECT_EQ(trunk->status().state, "ready");
  EXPECT_TRUE(registers.empty());
  EXPECT_TRUE(trunk->stopped());
}

TEST_F(TrunkTest, InvitesFromItsAccountWithTheCallerIdThatIsSet) {
  TrunkConfig showing = config();
  showing.caller_id = "2155550100";
  showing.servers = {{"atlanta1.voip.ms", std::uint16_t{5080}, sip::Transport::Udp}};
  make(showing);
  const sip::Target target{sip::Transport::Udp, *Endpoint::parse("[2001:db8::1]:5080"),
                           "atlanta1.voip.ms"};
  const auto invite = trunk->invite(
      "4443", "offer", target,
      {sip::Transport::Udp, 0, *Endpoint::parse("[2001:db8::7]:5062"), target.endpoint});
  EXPECT_EQ(invite.target.to_string(), "sip:4443@atlanta1.voip.ms:5080");
  EXPECT_EQ(invite.remote.uri.to_string(), "sip:4443@atlanta1.voip.ms");
  EXPECT_EQ(invite.identity.local.uri.to_string(), "sip:100001_office@atlanta1.voip.ms");
  EXPECT_EQ(invite.identity.via_host, "[2001:db8::7]");
  ASSERT_TRUE(invite.remote_party_id);
  EXPECT_EQ(invite.remote_party_id->uri.user, "2155550100");
  EXPECT_EQ(invite.account->username, "100001_office");
}

TEST_F(TrunkTest, AnyStop) {
  start_registered();
  EXPECT_FALSE(trunk->stopped());
  trunk->stop(now);
  drain();
  ASSERT_EQ(registers.size(), 1U);
  EXPECT_EQ(registers[0].request.headers.expires, seconds(0));
  answer(200);
  EXPECT_TRUE(trunk->stopped());
  EXPECT_FALSE(trunk->next_timeout());
}

}  // namespace
}  // namespace offhook::call
