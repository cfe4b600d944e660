#include "call/trunk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace offhook::call {
namespace {

using std::chrono::seconds;

class TrunkTest : public testing::Test {
 protected:
  static TrunkConfig config() {
    TrunkConfig config;
    config.name = "voipms";
    config.user = "demo";
    config.host = "atlanta1.voip.ms";
    config.account = {"100001_office", "secret"};
    return config;
  }
  static sip::Flow flow(const std::string& local = "192.0.2.10:5062",
                        const std::string& remote = "198.51.100.20:5060") {
    return {sip::Transport::Udp, 0, *Endpoint::parse(local), *Endpoint::parse(remote)};
  }
  static IpAddress ip(const std::string& text) { return *IpAddress::parse(text); }
  void resolve(const sip::Flow& at = flow()) {
    trunk.handle_resolved(at, {ip("198.51.100.20"), ip("198.51.100.21")}, now);
  }
  std::optional<sip::Request> sent_register() {
    std::optional<sip::Request> found;
    while (auto output = trunk.poll_output()) {
      if (auto* send = std::get_if<Trunk::SendRegister>(&*output)) found = send->request;
    }
    return found;
  }
  void answer(const sip::Request& request, std::uint16_t status) {
    auto response = sip::make_response(request, status, "t");
    if (status == 200) {
      response.headers.contact = request.headers.contact;
      response.headers.expires = request.headers.expires;
    }
    trunk.handle_registered(response, now);
  }

  Time now{seconds(10)};
  SeededRandom random{3};
  Trunk trunk{config(), "offhook/test", random};
};

TEST_F(TrunkTest, IsUnresolvedUntilItsAddressIsKnown) {
  EXPECT_EQ(trunk.status().state, "unresolved");
  EXPECT_FALSE(trunk.is_source(ip("198.51.100.20")));
  trunk.handle_unresolved("no such host");
  EXPECT_EQ(trunk.status().reason, "no such host");
}

TEST_F(TrunkTest, RegistersItsAccountOnceResolved) {
  resolve();
  const auto request = sent_register();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->uri.to_string(), "sip:atlanta1.voip.ms");
  EXPECT_EQ(request->headers.to.uri.to_string(), "sip:100001_office@atlanta1.voip.ms");
  EXPECT_EQ(request->headers.contact.at(0).uri.to_string(), "sip:100001_office@192.0.2.10:5062");
  EXPECT_EQ(trunk.status().state, "registering");
  answer(*request, 200);
  EXPECT_EQ(trunk.status().state, "registered");
  EXPECT_EQ(trunk.status().reason, "");
}

TEST_F(TrunkTest, SaysWhyItIsNotRegistered) {
  resolve();
  answer(*sent_register(), 403);
  EXPECT_EQ(trunk.status().state, "waiting");
  EXPECT_THAT(trunk.status().reason, testing::HasSubstr("403"));
}

TEST_F(TrunkTest, KnowsEverySourceOfTheProvider) {
  resolve();
  EXPECT_TRUE(trunk.is_source(ip("198.51.100.20")));
  EXPECT_TRUE(trunk.is_source(ip("198.51.100.21")));
  EXPECT_FALSE(trunk.is_source(ip("198.51.100.22")));
}

TEST_F(TrunkTest, KeepsItsRegistrationWhenTheSameAddressIsResolvedAgain) {
  resolve();
  answer(*sent_register(), 200);
  resolve();
  EXPECT_FALSE(sent_register());
  EXPECT_EQ(trunk.status().state, "registered");
}

TEST_F(TrunkTest, RegistersAnewFromANewAddress) {
  resolve();
  answer(*sent_register(), 200);
  resolve(flow("203.0.113.7:5062"));
  const auto request = sent_register();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->headers.contact.at(0).uri.host, "203.0.113.7");
}

TEST_F(TrunkTest, StillKnowsTheSourcesThatTheNewestAnswerLeavesOut) {
  resolve();
  trunk.handle_resolved(flow(), {ip("198.51.100.22")}, now);
  trunk.handle_resolved(flow("192.0.2.10:5062", "198.51.100.22:5060"), {ip("198.51.100.22")}, now);
  for (const char* address : {"198.51.100.20", "198.51.100.21", "198.51.100.22"}) {
    EXPECT_TRUE(trunk.is_source(ip(address))) << address;
  }
}

TEST_F(TrunkTest, ForgetsAFormerSourceWhenNoCallCanBeLeftThere) {
  resolve();
  trunk.handle_resolved(flow(), {ip("198.51.100.20")}, now);
  now += limits::kCallLength - seconds(1);
  trunk.handle_resolved(flow(), {ip("198.51.100.20")}, now);
  EXPECT_TRUE(trunk.is_source(ip("198.51.100.21")));
  now += seconds(1);
  trunk.handle_resolved(flow(), {ip("198.51.100.20")}, now);
  EXPECT_FALSE(trunk.is_source(ip("198.51.100.21")));
}

TEST_F(TrunkTest, RemembersNoMoreThan16FormerSources) {
  resolve();
  for (int i = 0; i <= 17; ++i) {
    trunk.handle_resolved(flow(), {flow().remote.address, ip("203.0.113." + std::to_string(i))},
                          now);
  }
  EXPECT_FALSE(trunk.is_source(ip("203.0.113.0")));
  for (int i = 1; i <= 17; ++i) {
    EXPECT_TRUE(trunk.is_source(ip("203.0.113." + std::to_string(i)))) << i;
  }
}

TEST_F(TrunkTest, KeepsTheWayOpenEvery25SecondsUntilItIsStopped) {
  resolve();
  answer(*sent_register(), 200);
  (void)sent_register();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(trunk.next_timeout(), now + seconds(25));
    now += seconds(25);
    trunk.handle_timeout(now);
    const auto output = trunk.poll_output();
    ASSERT_TRUE(output);
    EXPECT_EQ(std::get<Trunk::SendKeepAlive>(*output).flow, flow());
    EXPECT_FALSE(trunk.poll_output());
  }
  trunk.stop(now);
  EXPECT_FALSE(trunk.next_timeout());
}

// In September 2021 the provider's name servers were down for days; its addresses were not.
TEST_F(TrunkTest, StaysUsableWhenItsNameCanNoLongerBeResolved) {
  resolve();
  answer(*sent_register(), 200);
  trunk.handle_unresolved("no name server answers");
  EXPECT_TRUE(trunk.resolved());
  EXPECT_EQ(trunk.status().state, "registered");
  EXPECT_EQ(trunk.status().reason, "no name server answers");
}

TEST_F(TrunkTest, IsReadyWithoutRegisteringWhereTheAccountNeedsNone) {
  TrunkConfig by_address = config();
  by_address.registers = false;
  Trunk other(by_address, "offhook/test", random);
  other.handle_resolved(flow(), {}, now);
  EXPECT_EQ(other.status().state, "ready");
  EXPECT_TRUE(other.stopped());
  EXPECT_FALSE(other.next_timeout());  // no keep-alive: nobody sends to us through this flow
}

TEST_F(TrunkTest, InvitesFromItsAccountWithTheCallerIdThatIsSet) {
  TrunkConfig showing = config();
  showing.caller_id = "2155550100";
  showing.port = 5080;
  Trunk other(showing, "offhook/test", random);
  other.handle_resolved(flow("[2001:db8::7]:5062"), {}, now);
  const auto invite = other.invite("4443", "offer");
  EXPECT_EQ(invite.target.to_string(), "sip:4443@atlanta1.voip.ms:5080");
  EXPECT_EQ(invite.remote.uri.to_string(), "sip:4443@atlanta1.voip.ms");
  EXPECT_EQ(invite.identity.local.uri.to_string(), "sip:100001_office@atlanta1.voip.ms");
  EXPECT_EQ(invite.identity.via_host, "[2001:db8::7]");
  ASSERT_TRUE(invite.remote_party_id);
  EXPECT_EQ(invite.remote_party_id->uri.user, "2155550100");
  EXPECT_EQ(invite.account->username, "100001_office");
}

TEST_F(TrunkTest, UnregistersWhenStopped) {
  resolve();
  answer(*sent_register(), 200);
  EXPECT_FALSE(trunk.stopped());
  trunk.stop(now);
  const auto request = sent_register();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->headers.expires, seconds(0));
  answer(*request, 200);
  EXPECT_TRUE(trunk.stopped());
}

}  // namespace
}  // namespace offhook::call
