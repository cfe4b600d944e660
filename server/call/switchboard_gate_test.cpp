#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "call/counters.hpp"
#include "call/switchboard_test_bench.hpp"

// Every way to a destination leads through the dial gate, and every end of a call gives its place
// back.
namespace offhook::call {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

class SwitchboardGateTest : public testing::Test, protected SwitchboardBench {
 protected:
  void make(const std::function<void(Config&)>& change) {
    Config changed = config();
    changed.dial.user.forbidden = {*DialPrefix::parse("+1900")};
    changed.dial.emergency = {"911"};
    change(changed);
    board = std::make_unique<Switchboard>(changed, random);
    ready();
  }
  TestPeer& tab() { return *browsers.at(kTab); }
  std::uint16_t refusal() { return tab().last<sip::Refused>().value().response.status; }
  std::string refusal_reason() {
    return tab().last<sip::Refused>().value().response.headers.reason;
  }
  std::uint64_t dials(std::string_view way, std::string_view verdict) {
    const auto& counted = board->counters().dials();
    const auto found = counted.find({way, verdict});
    return found == counted.end() ? 0 : found->second;
  }
  void refuse_at_provider(std::uint16_t status) {
    provider->agent.reject(provider->last<sip::InviteReceived>().value().session, status, {}, now);
    pump();
  }
  void refuse_at_browser(std::uint16_t status) {
    tab().agent.reject(tab().last<sip::InviteReceived>().value().session, status, {}, now);
    pump();
  }
  void hang_up(TestPeer& peer, sip::SessionId session) {
    peer.agent.hang_up(session, "", now);
    pump();
  }
  // By the newest INVITE that the provider has.
  void redirect(const std::string& contact, std::uint16_t status = 302) {
    const auto invite = provider->last<sip::InviteReceived>().value().request;
    sip::Response response = sip::make_response(invite, status, "elsewhere");
    response.headers.contact.emplace_back().uri = *sip::Uri::parse(contact);
    board->handle_sip(trunk_flow(), sip::serialize(response), now);
    pump();
  }
  std::vector<std::string> dialled() const {
    std::vector<std::string> numbers;
    for (const auto& event : provider->events) {
      const auto* invite = std::get_if<sip::InviteReceived>(&event);
      if (invite != nullptr) numbers.push_back(invite->request.uri.user);
    }
    return numbers;
  }
};

TEST_F(SwitchboardGateTest, RefusesAForbiddenNumberInWordsBeforeTheTrunkHearsOfIt) {
  make([](Config&) {});
  for (const std::string number : {"19005550100", "+1 (900) 555-0100", "9005550100",
                                   "*679005550100", "011 1 900 555 0100", "00 1 900 555 0100"}) {
    dial(number);
    EXPECT_EQ(refusal(), 403) << number;
    EXPECT_THAT(refusal_reason(), HasSubstr("Calls to this number are not allowed here."))
        << number;
  }
  EXPECT_EQ(dialled(), std::vector<std::string>{});
  EXPECT_EQ(board->status().calls, 0U);
  EXPECT_EQ(dials("dialled", "forbidden_destination"), 6U);
  EXPECT_EQ(dials("dialled", "allowed"), 0U);
  EXPECT_EQ(logged("dial_refused"), 6U);
  EXPECT_TRUE(log_holds("forbidden_destination"));
  EXPECT_FALSE(log_holds("5550100"));
}

TEST_F(SwitchboardGateTest, LetsNobodyCallOutWithoutRules) {
  make([](Config& config) { config.dial = {}; });
  dial();
  EXPECT_EQ(refusal(), 403);
  EXPECT_EQ(dialled(), std::vector<std::string>{});
}

TEST_F(SwitchboardGateTest, RefusesOneCallTooManyOfATrunkInBothDirections) {
  make([](Config& config) { config.trunks[0].dial.calls_at_once = 1; });
  dial();
  dial();
  EXPECT_EQ(refusal(), 503);
  call_in();
  EXPECT_EQ(provider->last<sip::Refused>().value().response.status, 503);
  EXPECT_EQ(board->status().calls, 1U);
  EXPECT_EQ(dials("dialled", "too_many_calls"), 1U);
}

// Of a source's budget: the flood of one user is refused before anybody looks at the number.
TEST_F(SwitchboardGateTest, AUserWhoMayBeginManyCallsMayAskForAsMany) {
  const std::size_t asked = limits::kSipRequestsAtOnce + 50;
  make([](Config&) {});
  for (std::size_t i = 0; i < asked; ++i) dial("19005550100");
  EXPECT_EQ(refusal(), 503);
  make([](Config& config) { config.dial.user.calls_a_minute = 60'000; });
  for (std::size_t i = 0; i < asked; ++i) dial("19005550100");
  EXPECT_EQ(refusal(), 403);
}

TEST_F(SwitchboardGateTest, RefusesOneCallTooManyInAMinute) {
  make([](Config& config) { config.dial.user.calls_a_minute = 2; });
  for (int i = 0; i < 2; ++i) {
    dial();
    refuse_at_provider(486);
  }
  dial();
  EXPECT_EQ(refusal(), 503);
  EXPECT_THAT(refusal_reason(), HasSubstr("Too many calls began within a minute."));
  EXPECT_EQ(dialled().size(), 2U);
  EXPECT_EQ(dials("dialled", "too_many_calls_a_minute"), 1U);
  advance(minutes(1));
  dial();
  EXPECT_EQ(dialled().size(), 3U);
}

TEST_F(SwitchboardGateTest, LetsAnEmergencyCallThroughEveryLimit) {
  make([](Config& config) {
    config.dial.user.allowed.clear();
    config.dial.user.calls_at_once = 1;
    config.dial.user.calls_a_minute = 0;
    config.dial.user.longest_call = minutes(1);
    config.dial.max_calls = 1;
    config.trunks[0].dial = {};
    config.trunks[0].dial.calls_at_once = 1;
  });
  call_in();
  EXPECT_EQ(board->status().calls, 1U);
  dial();
  EXPECT_EQ(refusal(), 403);
  dial("9-1-1");
  EXPECT_EQ(dialled(), std::vector<std::string>{"911"});
  EXPECT_EQ(dials("dialled", "emergency"), 1U);
  provider_answers();
  advance(minutes(10));
  EXPECT_EQ(board->status().connected, 1U) << "nothing cuts it off";
}

TEST_F(SwitchboardGateTest, EndsACallWhenItHasLastedAsLongAsItMay) {
  make([](Config& config) { config.trunks[0].dial.longest_call = minutes(5); });
  talk();
  advance(minutes(5) - seconds(1));
  EXPECT_EQ(board->status().calls, 1U);
  advance(seconds(2));
  EXPECT_EQ(board->status().calls, 0U);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].failure, "call_too_long");
}

// With room for one call, the next one shows whether the last has given its place back.
TEST_F(SwitchboardGateTest, GivesThePlaceBackHoweverACallEnds) {
  struct Ending {
    const char* name;
    std::function<void()> play;
  };
  const std::vector<Ending> endings{
      {"the caller hangs up", [&] { hang_up(tab(), talk()); }},
      {"the called one hangs up",
       [&] {
         talk();
         hang_up(*provider, provider->last<sip::InviteReceived>().value().session);
       }},
      {"the caller gives up", [&] { hang_up(tab(), dial()); }},
      {"the provider refuses",
       [&] {
         dial();
         refuse_at_provider(486);
       }},
      {"the provider redirects to where nobody may call",
       [&] {
         dial();
         redirect("sip:19005550100@atlanta1.voip.ms");
       }},
      {"the provider redirects to another host",
       [&] {
         dial();
         redirect("sip:2125550100@elsewhere.example");
       }},
      {"nobody answers",
       [&] {
         dial();
         advance(minutes(4));
       }},
      {"the provider is silent",
       [&] {
         lost_flows.insert({sip::Transport::Udp, 0, kLocal, kProvider});
         dial();
         advance(minutes(1));
         lost_flows.clear();
       }},
      {"media does not answer",
       [&] {
         media_obeys = false;
         dial();
         advance(seconds(4));
         media_obeys = true;
         board->handle_media_lost(now);
         media_up();
       }},
      {"media is lost",
       [&] {
         talk();
         board->handle_media_lost(now);
         media_up();
       }},
      {"the longest time is over",
       [&] {
         talk();
         advance(limits::kCallLength + seconds(1));
       }},
      {"the trunk gives up", [&] { hang_up(*provider, call_in()); }},
      {"the device declines",
       [&] {
         call_in();
         refuse_at_browser(603);
       }},
      {"the device answers and hangs up",
       [&] {
         call_in();
         browser_answers();
         advance(seconds(1));
         hang_up(tab(), tab().last<sip::InviteReceived>().value().session);
       }},
  };
  make([](Config& config) { config.dial.user.calls_at_once = 1; });
  for (const Ending& ending : endings) {
    register_device(kTab);
    const std::size_t before = ended.size();
    ending.play();
    EXPECT_EQ(board->status().calls, 0U) << ending.name;
    EXPECT_EQ(ended.size(), before + 1) << ending.name;
    register_device(kTab);  // what takes hours outlasts a registration
    const auto session = dial();
    EXPECT_EQ(board->status().calls, 1U) << ending.name;
    dial();
    EXPECT_EQ(refusal(), 486) << ending.name;
    hang_up(tab(), session);
    advance(seconds(70));
  }
}

// It ends with its offer, which nobody can read.
TEST_F(SwitchboardGateTest, GivesThePlaceBackOfACallThatNeverBegan) {
  make([](Config& config) { config.dial.user.calls_at_once = 1; });
  sip::InviteRequest invite;
  invite.flow = tab().flow;
  invite.identity = browser_identity();
  invite.target = *sip::Uri::parse("sip:4443@offhook.invalid");
  invite.remote.uri = invite.target;
  invite.offer = "v=0\r\nnothing";
  (void)tab().agent.invite(std::move(invite), now);
  pump();
  EXPECT_EQ(refusal(), 488);
  dial();
  EXPECT_EQ(board->status().calls, 1U);
}

TEST_F(SwitchboardGateTest, FollowsTheTrunkToAnotherNumberOfItsOwn) {
  make([](Config& config) {
    config.dial.user.calls_at_once = 1;
    config.dial.user.calls_a_minute = 1;
  });
  dial("2125550100");
  redirect("sip:+1-212-555-0101@Atlanta1.VoIP.ms");
  EXPECT_EQ(dialled(), (std::vector<std::string>{"2125550100", "12125550101"}));
  EXPECT_EQ(tab().count<sip::Refused>(), 0U);
  EXPECT_EQ(dials("redirected", "allowed"), 1U);
  provider_answers();
  EXPECT_EQ(tab().count<sip::Accepted>(), 1U);
  EXPECT_EQ(board->status().connected, 1U);
  hang_up(tab(), tab().last<sip::Accepted>().value().session);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].outcome, Outcome::Completed);
  EXPECT_EQ(ended[0].remote_number, "2125550100") << "what the user dialled";
}

TEST_F(SwitchboardGateTest, FollowsARedirectToTheAddressOfTheServerWhenItHasRung) {
  make([](Config&) {});
  dial("2125550100");
  provider->agent.ring(provider->last<sip::InviteReceived>().value().session, provider_identity(),
                       now);
  pump();
  EXPECT_EQ(board->status().ringing, 1U);
  redirect("sip:2125550101@198.51.100.20:5060", 301);
  EXPECT_EQ(dialled(), (std::vector<std::string>{"2125550100", "2125550101"}));
  provider_answers();
  EXPECT_EQ(board->status().connected, 1U);
}

TEST_F(SwitchboardGateTest, RefusesARedirectToAForbiddenNumber) {
  make([](Config&) {});
  dial("2125550100");
  redirect("sip:19005550100@atlanta1.voip.ms");
  EXPECT_EQ(dialled(), std::vector<std::string>{"2125550100"});
  EXPECT_EQ(refusal(), 403);
  EXPECT_EQ(dials("redirected", "forbidden_destination"), 1U);
  EXPECT_TRUE(log_holds("redirected"));
}

TEST_F(SwitchboardGateTest, FollowsNoRedirectElsewhereOrWithoutANumberOrOfAnotherKind) {
  make([](Config&) {});
  for (const std::string contact :
       {"sip:2125550101@evil.example", "sip:2125550101@atlanta1.voip.ms.evil.example",
        "sip:alice@atlanta1.voip.ms", "sip:atlanta1.voip.ms"}) {
    dial("2125550100");
    redirect(contact);
    EXPECT_EQ(refusal(), 502) << contact;
  }
  dial("2125550100");
  redirect("sip:2125550101@atlanta1.voip.ms", 380);
  EXPECT_EQ(refusal(), 502);
  EXPECT_EQ(dialled(), std::vector<std::string>(5, "2125550100"));
}

TEST_F(SwitchboardGateTest, FollowsARedirectOnce) {
  make([](Config&) {});
  dial("2125550100");
  redirect("sip:2125550101@atlanta1.voip.ms");
  redirect("sip:2125550100@atlanta1.voip.ms");
  EXPECT_EQ(dialled().size(), 2U);
  EXPECT_EQ(refusal(), 502);
}

}  // namespace
}  // namespace offhook::call
