#include <functional>
#include <set>

#include "sim/scenario.hpp"

// Whoever is not the trunk's own server, answering our own request, may ask for credentials as often
// as he likes: FreeSWITCH, for one, answered everybody (CVE-2021-41158).
namespace offhook::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using State = Browser::State;
using testing::IsEmpty;

constexpr std::string_view kRealm = "atlanta1.voip.ms";
constexpr std::string_view kEvil =
    "e711e711";  // the nonce of all challenges that are not the trunk's

// What an attacker who hears every request of ours sends back.
sip::Response challenge_to(const sip::Request& request, std::uint16_t status,
                           std::string_view realm = kRealm) {
  auto response = sip::make_response(request, status, "evil");
  sip::Challenge challenge;
  challenge.realm = realm;
  challenge.nonce = kEvil;
  challenge.algorithm = "MD5";
  challenge.stale = true;
  (status == 401 ? response.headers.www_authenticate
                 : response.headers.proxy_authenticate) = {challenge};
  return response;
}

sip::Flow from(const char* remote) {
  sip::Flow flow = World::kTrunk;
  flow.remote = *Endpoint::parse(remote);
  return flow;
}

class DigestLeakTest : public Scenario {
 protected:
  using Attack =
      std::function<void(const sip::Flow& flow, const sip::Request& request, std::uint16_t status)>;

  void SetUp() override {
    // The world registers its trunk as it begins: what it sends waits to be carried until now.
    begin();
    world().on_sent = [this](const call::SendSip& send) { watch(send); };
    page = &world().open_page();
  }

  void watch(const call::SendSip& send) {
    const auto message = sip::parse_message(send.bytes);
    if (!message) return;  // a keep-alive
    const auto* request = std::get_if<sip::Request>(&*message);
    if (request == nullptr) return;
    check(send.flow, *request);
    methods.insert(request->method_token() == "REGISTER" || send.flow == World::kTrunk
                       ? std::string(request->method_token())
                       : std::string(request->method_token()) + " to a browser");
    for (const std::uint16_t status : {std::uint16_t{401}, std::uint16_t{407}}) {
      attack(send.flow, *request, status);
    }
  }

  void check(const sip::Flow& flow, const sip::Request& request) {
    for (const auto* list :
         {&request.headers.authorization, &request.headers.proxy_authorization}) {
      for (const sip::Credentials& credentials : *list) {
        ++answered;
        if (credentials.nonce == kEvil || flow != World::kTrunk ||
            credentials.username != "100001") {
          leaks.push_back(sip::serialize(request));
        }
      }
    }
  }

  void receive(const sip::Flow& flow, const sip::Response& response) {
    ++challenges;
    world().board.handle_sip(flow, sip::serialize(response), world().now());
  }

  // Every request that we have: registered, called out and in, cancelled both ways, hung up both
  // ways.
  void live() {
    page->dial("4443", world().now());
    ASSERT_TRUE(becomes(*page, State::Talking));
    world().run_for(seconds(1));
    page->hang_up(world().now());
    world().run_for(seconds(1));
    page->dial("5555550101", world().now());  // rings for ever
    world().run_for(seconds(1));
    page->hang_up(world().now());
    world().run_for(seconds(1));
    EXPECT_EQ(world().call_in(), "");
    ASSERT_TRUE(becomes(*page, State::Ringing));
    page->answer(world().now());
    ASSERT_TRUE(becomes(*page, State::Talking));
    world().run_for(seconds(1));
    page->hang_up(world().now());
    world().run_for(seconds(400));  // the registration is refreshed
    Browser& second = world().open_page("b");
    EXPECT_EQ(world().call_in(), "");
    ASSERT_TRUE(becomes(*page, State::Ringing));
    page->answer(world().now());  // which cancels the call at the other device
    ASSERT_TRUE(becomes(*page, State::Talking));
    ASSERT_TRUE(becomes(second, State::Over));
    world().provider.shut_down(world().now());
    ASSERT_TRUE(becomes(*page, State::Over));
  }

  void expect_no_leak() {
    EXPECT_THAT(leaks, IsEmpty());
    EXPECT_GT(challenges, 20U);
    EXPECT_GT(answered, 3U) << "the trunk's own challenges are answered all the while";
    for (const char* method : {"REGISTER", "INVITE", "ACK", "BYE", "CANCEL", "INVITE to a browser",
                               "CANCEL to a browser", "BYE to a browser"}) {
      EXPECT_TRUE(methods.contains(method)) << method << " was never sent";
    }
  }

  Browser* page = nullptr;
  Attack attack = [](const auto&...) {};
  std::size_t challenges = 0;
  std::size_t answered = 0;
  std::set<std::string> methods;
  std::vector<std::string> leaks;
};

TEST_F(DigestLeakTest, ABrowserIsNeverAnswered) {
  Browser& evil = world().open_page("evil", "other");
  attack = [&](const sip::Flow& flow, const sip::Request& request, std::uint16_t status) {
    const sip::Response response = challenge_to(request, status);
    receive(world().flow(evil), response);
    // The user's own browser too, but it may refuse what is meant for it.
    if (flow.transport == sip::Transport::Udp) receive(world().flow(*page), response);
  };
  live();
  expect_no_leak();
}

TEST_F(DigestLeakTest, ABrowserIsNeverAnsweredWhatItWasAsked) {
  attack = [&](const sip::Flow& flow, const sip::Request& request, std::uint16_t status) {
    if (flow.transport != sip::Transport::Udp) receive(flow, challenge_to(request, status));
  };
  EXPECT_EQ(world().call_in(), "");
  world().run_for(seconds(5));
  EXPECT_THAT(leaks, IsEmpty());
  EXPECT_GT(challenges, 0U);
  page->decline(603, world().now());  // it rings on: the gateway took the challenge for its answer
}

TEST_F(DigestLeakTest, AnotherTrunkIsNeverAnswered) {
  attack = [&](const auto&, const sip::Request& request, std::uint16_t status) {
    receive(World::kOtherTrunk, challenge_to(request, status));
  };
  live();
  expect_no_leak();
}

TEST_F(DigestLeakTest, AStrangerIsNeverAnswered) {
  attack = [&](const auto&, const sip::Request& request, std::uint16_t status) {
    for (const char* remote : {"203.0.113.66:5060", "198.51.100.21:5060", "198.51.100.20:5061"}) {
      receive(from(remote), challenge_to(request, status));
    }
  };
  live();
  expect_no_leak();
}

TEST_F(DigestLeakTest, TheTrunkIsNotAnsweredForWhatWeDidNotAsk) {
  attack = [&](const auto&, const sip::Request& request, std::uint16_t status) {
    auto response = challenge_to(request, status);
    response.headers.via.front().parameters.set("branch", "z9hG4bKguessed");
    receive(World::kTrunk, response);
    response = challenge_to(request, status);
    response.headers.call_id += "x";
    receive(World::kTrunk, response);
    response = challenge_to(request, status);
    response.headers.cseq.number += 1;
    receive(World::kTrunk, response);
  };
  live();
  expect_no_leak();
}

TEST_F(DigestLeakTest, TheTrunkIsNotAnsweredForAckAndCancel) {  // RFC 3261 22.1, 9.1
  attack = [&](const sip::Flow& flow, const sip::Request& request, std::uint16_t status) {
    const bool unanswerable =
        request.method == sip::Method::Ack || request.method == sip::Method::Cancel;
    if (flow == World::kTrunk && unanswerable) receive(flow, challenge_to(request, status));
  };
  page->dial("4443", world().now());
  ASSERT_TRUE(becomes(*page, State::Talking));
  page->hang_up(world().now());
  world().run_for(seconds(1));
  page->dial("5555550101", world().now());
  world().run_for(seconds(1));
  page->hang_up(world().now());
  world().run_for(seconds(1));
  EXPECT_THAT(leaks, IsEmpty());
  EXPECT_TRUE(methods.contains("CANCEL"));
  EXPECT_GT(challenges, 3U);
}

// A request that has shown credentials has learned the trunk's realm; what follows in its call keeps
// to it.
TEST_F(DigestLeakTest, TheTrunkIsNotAnsweredInAnotherRealm) {
  bool shown = false;
  attack = [&](const sip::Flow& flow, const sip::Request& request, std::uint16_t status) {
    shown = shown || (flow == World::kTrunk && !request.headers.authorization.empty());
    const bool asks = request.method == sip::Method::Bye || request.method == sip::Method::Invite;
    if (flow == World::kTrunk && shown && asks) {
      receive(flow, challenge_to(request, status, "evil.example.com"));
    }
  };
  page->dial("4443", world().now());
  world().run_for(seconds(5));
  EXPECT_THAT(leaks, IsEmpty());
  EXPECT_GT(challenges, 0U);
  EXPECT_EQ(page->state(), State::Over);
}

// A trunk that shows the realm of another one gets the answer of its own account, if any.
TEST_F(DigestLeakTest, ATrunkIsNeverAnsweredWithTheAccountOfAnother) {
  Browser& other = world().open_page("c", "other");
  std::vector<sip::Request> invites;
  world().on_sent = [&](const call::SendSip& send) {
    if (send.flow != World::kOtherTrunk) return;
    const auto message = sip::parse_message(send.bytes);
    const auto* request = std::get_if<sip::Request>(&*message);
    if (request == nullptr || request->method != sip::Method::Invite) return;
    invites.push_back(*request);
    if (invites.size() == 1) receive(World::kOtherTrunk, challenge_to(*request, 401));
  };
  other.dial("4443", world().now());
  world().run_for(milliseconds(100));
  ASSERT_EQ(invites.size(), 2U);
  EXPECT_TRUE(invites[0].headers.authorization.empty());
  ASSERT_EQ(invites[1].headers.authorization.size(), 1U);
  EXPECT_EQ(invites[1].headers.authorization[0].username, "200002");
  world().run_for(seconds(40));
}

}  // namespace
}  // namespace offhook::sim
