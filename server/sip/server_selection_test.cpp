#include "sip/server_selection.hpp"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sip/zone_fixture.hpp"

namespace offhook::sip {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class ServerSelectionTest : public testing::Test {
 protected:
  // Two servers with a port, so that only addresses are asked for.
  ServerSelectionTest() {
    zone_.add_address("a.example.com", "192.0.2.1");
    zone_.add_address("b.example.com", "192.0.2.2");
    use({{"a.example.com", 5060, Transport::Udp}, {"b.example.com", 5060, Transport::Udp}});
  }

  void use(std::vector<Server> servers, bool probes = false) {
    ServerSelection::Config config{.servers = std::move(servers)};
    config.probes = probes;
    config.abilities.ipv6 = false;
    selection_.emplace(std::move(config), random_);
  }
  // Drains the outputs; questions are noted, and answered from the zone unless it is silent.
  void drain() {
    while (auto output = selection_->poll_output()) {
      if (const auto* ask = std::get_if<ServerSelection::Ask>(&*output)) {
        asked_.push_back(ask->question);
        if (!is_silent_) {
          selection_->handle_answer(ask->question, zone_.answer(ask->question), now_);
        }
      } else if (const auto* chosen = std::get_if<ServerSelection::Chosen>(&*output)) {
        EXPECT_EQ(selection_->current(), chosen->target);
        events_.push_back(chosen->target.endpoint.address.to_string());
      } else if (const auto* probe = std::get_if<ServerSelection::Probe>(&*output)) {
        events_.push_back("probe " + probe->target.endpoint.address.to_string());
      } else {
        EXPECT_FALSE(selection_->current());
        reason_ = std::get<ServerSelection::NoneLeft>(*output).reason;
        events_.emplace_back("none");
      }
    }
  }
  // What came out since the last call: addresses that were chosen, and "none".
  std::vector<std::string> events() {
    drain();
    return std::exchange(events_, {});
  }
  void start() {
    selection_->start(now_);
    drain();
  }
  // Answers what was asked while the zone was silent.
  void answer(const DnsQuestion& question) {
    selection_->handle_answer(question, zone_.answer(question), now_);
    drain();
  }
  static Target target(const std::string& address, const std::string& host) {
    return {Transport::Udp, {*IpAddress::parse(address), 5060}, host};
  }
  void fail(const Target& target, std::optional<std::chrono::seconds> retry_after = std::nullopt) {
    selection_->handle_failed(target, "does not answer", retry_after, now_);
    drain();
  }
  void fail() { fail(*selection_->current()); }
  void succeed() {
    selection_->handle_succeeded(*selection_->current(), now_);
    drain();
  }
  void advance() {
    ASSERT_TRUE(selection_->next_timeout());
    ASSERT_GE(*selection_->next_timeout(), now_);
    now_ = *selection_->next_timeout();
    selection_->handle_timeout(now_);
  }
  // Until something else than DNS happens, or this long.
  void advance_for(Duration time) {
    const Time end = now_ + time;
    while (events_.empty() && selection_->next_timeout() && *selection_->next_timeout() <= end) {
      advance();
      drain();
    }
    if (events_.empty()) now_ = end;
  }

  const Target a_ = target("192.0.2.1", "a.example.com");
  const Target b_ = target("192.0.2.2", "b.example.com");
  Time now_{};
  Zone zone_;
  bool is_silent_ = false;
  SeededRandom random_{1};
  std::optional<ServerSelection> selection_;
  std::vector<DnsQuestion> asked_;
  std::vector<std::string> events_;
  std::string reason_;
};

// ---- the rows of the table ----

TEST_F(ServerSelectionTest, IdleStartAsksForEveryServer) {
  EXPECT_FALSE(selection_->next_timeout());
  is_silent_ = true;
  start();
  start();
  EXPECT_THAT(asked_, ElementsAre(DnsQuestion{DnsType::A, "a.example.com"},
                                  DnsQuestion{DnsType::A, "b.example.com"}));
  EXPECT_TRUE(events().empty());
  EXPECT_FALSE(selection_->current());
}

TEST_F(ServerSelectionTest, LookingAnswerMoreToAskAsksForWhatFollows) {
  use({{"example.com", {}, {}}});
  zone_.add_naptr("example.com", {1, 1, "s", "SIP+D2U", "_sip._udp.example.com"});
  zone_.add_srv("_sip._udp.example.com", {1, 1, 5060, "a.example.com"});
  is_silent_ = true;
  start();
  EXPECT_THAT(asked_, ElementsAre(DnsQuestion{DnsType::Naptr, "example.com"}));
  answer(asked_.back());
  EXPECT_EQ(asked_.back(), (DnsQuestion{DnsType::Srv, "_sip._udp.example.com"}));
  answer(asked_.back());
  EXPECT_EQ(asked_.back(), (DnsQuestion{DnsType::A, "a.example.com"}));
  EXPECT_TRUE(events().empty());
  answer(asked_.back());
  EXPECT_THAT(events(), ElementsAre("192.0.2.1"));
}

TEST_F(ServerSelectionTest, LookingAnAddressIsChosen) {
  start();
  EXPECT_THAT(events(), ElementsAre("192.0.2.1"));
  EXPECT_EQ(selection_->current(), a_);
}

TEST_F(ServerSelectionTest, LookingNoAddressWaitsAndSaysWhyOfEveryServer) {
  zone_.remove({DnsType::A, "a.example.com"});
  zone_.set_down(true);
  start();
  EXPECT_EQ(events().back(), "none");
  EXPECT_EQ(reason_, "a.example.com: the name servers fail; b.example.com: the name servers fail");
}

TEST_F(ServerSelectionTest, UsingCurrentFailedAnotherIsUpChoosesIt) {
  start();
  events();
  now_ += 5s;
  asked_.clear();
  fail();
  EXPECT_THAT(events(), ElementsAre("192.0.2.2"));
  EXPECT_EQ(asked_.size(), 2U);
}

TEST_F(ServerSelectionTest, UsingCurrentFailedAllAreDownWaits) {
  start();
  fail();
  fail();
  EXPECT_THAT(events(), ElementsAre("192.0.2.1", "192.0.2.2", "none"));
  EXPECT_EQ(reason_,
            "a.example.com: 192.0.2.1:5060 does not answer; "
            "b.example.com: 192.0.2.2:5060 does not answer");
  EXPECT_FALSE(selection_->current());
}

TEST_F(ServerSelectionTest, UsingAnotherFailedIsRemembered) {
  start();
  events();
  fail(b_);
  EXPECT_TRUE(events().empty());
  EXPECT_EQ(selection_->current(), a_);
  fail();
  EXPECT_THAT(events(), ElementsAre("none"));
}

TEST_F(ServerSelectionTest, UsingCurrentSucceededStays) {
  start();
  events();
  succeed();
  advance_for(24h);
  EXPECT_TRUE(events().empty());
}

TEST_F(ServerSelectionTest, UsingAnswerWithoutTheCurrentStays) {
  start();
  events();
  zone_.set_ttl(5s);
  for (int i = 10; i < 100; ++i) {
    zone_.remove({DnsType::A, "a.example.com"});
    zone_.add_address("a.example.com", "192.0.2." + std::to_string(i));
    advance();
    EXPECT_TRUE(events().empty());
    if (i % 10 == 0) succeed();
  }
  EXPECT_EQ(selection_->current(), a_);
  fail();
  EXPECT_THAT(events(), ElementsAre("192.0.2.99"));
}

TEST_F(ServerSelectionTest, UsingAPreferredOutageIsOverIsChosenAfterAMinute) {
  start();
  fail();
  events();
  succeed();
  advance_for(59s);
  EXPECT_TRUE(events().empty());
  advance_for(1s);
  EXPECT_THAT(events(), ElementsAre("192.0.2.1"));
}

class ProbingServerSelectionTest : public ServerSelectionTest {
 protected:
  ProbingServerSelectionTest() {
    use({{"a.example.com", 5060, Transport::Udp}, {"b.example.com", 5060, Transport::Udp}}, true);
    start();
    fail();
    events();
    succeed();
  }
};

TEST_F(ProbingServerSelectionTest, UsingAPreferredOutageIsOverIsProbedAfterAMinute) {
  advance_for(59s);
  EXPECT_TRUE(events().empty());
  advance_for(1s);
  EXPECT_THAT(events(), ElementsAre("probe 192.0.2.1"));
  EXPECT_EQ(selection_->current(), b_);
  advance_for(1h);
  EXPECT_TRUE(events().empty());
}

TEST_F(ProbingServerSelectionTest, UsingTheProbedOneSucceededIsChosen) {
  advance_for(1min);
  events();
  selection_->handle_succeeded(a_, now_);
  EXPECT_THAT(events(), ElementsAre("192.0.2.1"));
}

TEST_F(ProbingServerSelectionTest, UsingTheProbedOneFailedStaysDownForLonger) {
  advance_for(1min);
  events();
  fail(a_);
  EXPECT_TRUE(events().empty());
  EXPECT_EQ(selection_->current(), b_);
  advance_for(47s);
  EXPECT_TRUE(events().empty());
  advance_for(13s);
  EXPECT_THAT(events(), ElementsAre("probe 192.0.2.1"));
}

TEST_F(ProbingServerSelectionTest, DoesNotGoToAProbedTargetThatHasLeftDns) {
  advance_for(1min);
  EXPECT_THAT(events(), ElementsAre("probe 192.0.2.1"));
  zone_.remove({DnsType::A, "a.example.com"});
  zone_.add_address("a.example.com", "192.0.2.50");
  advance();
  drain();
  selection_->handle_succeeded(a_, now_);
  EXPECT_THAT(events(), ElementsAre("probe 192.0.2.50"));
  EXPECT_EQ(selection_->current(), b_);
}

TEST_F(ProbingServerSelectionTest, ForgetsAProbeWhenTheCurrentOneFails) {
  advance_for(1min);
  events();
  fail();
  EXPECT_THAT(events(), ElementsAre("192.0.2.1"));
  selection_->handle_succeeded(a_, now_);
  EXPECT_TRUE(events().empty());
  EXPECT_EQ(selection_->current(), a_);
}

TEST_F(ServerSelectionTest, WaitingPauseOverTriesTheOneThatFailedTheLongestAgo) {
  start();
  fail();
  now_ += 3s;
  fail();
  events();
  const Time waiting_since = now_;
  advance_for(1h);
  EXPECT_THAT(events(), ElementsAre("192.0.2.1"));
  EXPECT_GE(now_ - waiting_since, 2500ms);
  EXPECT_LE(now_ - waiting_since, 5s);
  fail();
  EXPECT_THAT(events(), ElementsAre("none"));
  advance_for(1h);
  EXPECT_THAT(events(), ElementsAre("192.0.2.2"));
}

TEST_F(ServerSelectionTest, WaitingANewAddressIsChosen) {
  start();
  now_ += 5s;
  is_silent_ = true;
  fail();
  fail();
  EXPECT_EQ(events().back(), "none");
  zone_.remove({DnsType::A, "a.example.com"});
  zone_.add_address("a.example.com", "192.0.2.50");
  answer({DnsType::A, "a.example.com"});
  EXPECT_THAT(events(), ElementsAre("192.0.2.50"));
}

TEST_F(ServerSelectionTest, WaitingAnOutageOverIsChosen) {
  start();
  fail();
  fail();
  events();
  selection_->handle_succeeded(b_, now_);  // a late response: it is up
  EXPECT_THAT(events(), ElementsAre("192.0.2.2"));
}

TEST_F(ServerSelectionTest, WaitingAnswerAnotherReasonIsTold) {
  zone_.set_down(true);
  start();
  EXPECT_EQ(events().back(), "none");
  EXPECT_TRUE(events().empty());
  advance();
  EXPECT_TRUE(events().empty());  // the same reason
  zone_ = Zone();
  advance();
  EXPECT_EQ(events().back(), "none");
  EXPECT_EQ(reason_,
            "a.example.com: there is no name a.example.com; "
            "b.example.com: there is no name b.example.com");
}

TEST_F(ServerSelectionTest, AnyAnAnswerGrowsOldAsksAgain) {
  start();
  asked_.clear();
  advance();
  drain();
  EXPECT_EQ(now_, Time{} + 270s);
  EXPECT_EQ(asked_.size(), 2U);
}

TEST_F(ServerSelectionTest, AnyNameServersFailUsesWhatIsKnown) {
  start();
  succeed();
  events();
  zone_.set_down(true);
  advance_for(6 * 24h);
  EXPECT_TRUE(events().empty());
  fail();
  EXPECT_THAT(events(), ElementsAre("192.0.2.2"));
}

// ---- what follows from them ----

TEST_F(ServerSelectionTest, DoesNotOvertakeAServerWhoseNameServerIsSlowAtTheStart) {
  is_silent_ = true;
  start();
  answer({DnsType::A, "b.example.com"});
  EXPECT_TRUE(events().empty());
  answer({DnsType::A, "a.example.com"});
  EXPECT_THAT(events(), ElementsAre("192.0.2.1"));
}

TEST_F(ServerSelectionTest, TakesTheNextServerWhereTheFirstHasNoAddressAndReturnsWhenItHas) {
  is_silent_ = true;
  start();
  answer({DnsType::A, "b.example.com"});
  selection_->handle_answer({DnsType::A, "a.example.com"}, DnsAnswer(), now_);
  EXPECT_THAT(events(), ElementsAre("192.0.2.2"));
  succeed();
  is_silent_ = false;
  advance_for(1h);
  EXPECT_THAT(events(), ElementsAre("192.0.2.1"));
  EXPECT_GE(now_ - Time{}, 60s);
}

TEST_F(ServerSelectionTest, SaysThatAServerIsStillBeingLookedUp) {
  use({{"192.0.2.9", 5060, Transport::Udp}, {"b.example.com", 5060, Transport::Udp}});
  is_silent_ = true;
  start();
  fail();
  EXPECT_THAT(events(), ElementsAre("192.0.2.9", "none"));
  EXPECT_EQ(reason_,
            "192.0.2.9: 192.0.2.9:5060 does not answer; "
            "b.example.com: its address is being looked up");
  answer({DnsType::A, "b.example.com"});
  EXPECT_THAT(events(), ElementsAre("192.0.2.2"));
}

TEST_F(ServerSelectionTest, GoesThroughWeightsThenPrioritiesThenServers) {
  use({{"example.com", {}, Transport::Udp}, {"b.example.com", 5060, Transport::Udp}});
  const std::string name = "_sip._udp.example.com";
  zone_.add_srv(name, {10, 50, 5060, "s1.example.com"});
  zone_.add_srv(name, {10, 50, 5060, "s2.example.com"});
  zone_.add_srv(name, {20, 50, 5060, "s3.example.com"});
  for (const char* number : {"1", "2", "3"}) {
    zone_.add_address("s" + std::string(number) + ".example.com",
                      "198.51.100." + std::string(number));
  }
  start();
  for (int i = 0; i < 4; ++i) fail();
  const auto tried = events();
  ASSERT_EQ(tried.size(), 5U);
  EXPECT_THAT((std::vector{tried[0], tried[1]}),
              testing::UnorderedElementsAre("198.51.100.1", "198.51.100.2"));
  EXPECT_THAT((std::vector{tried[2], tried[3], tried[4]}),
              ElementsAre("198.51.100.3", "192.0.2.2", "none"));
}

TEST_F(ServerSelectionTest, DoesNotMoveBackForTheSakeOfAWeight) {
  use({{"example.com", {}, Transport::Udp}});
  for (const char* host : {"a", "b"}) {
    zone_.add_srv("_sip._udp.example.com", {10, 50, 5060, std::string(host) + ".example.com"});
  }
  start();
  fail();
  events();
  succeed();
  advance_for(24h);
  EXPECT_TRUE(events().empty());
}

TEST_F(ServerSelectionTest, FollowsANewPriorityAndSpreadsOverTheWeights) {
  std::map<std::string, int> first;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    random_ = SeededRandom(seed);
    Zone zone;
    zone.add_srv("_sip._udp.example.com", {10, 75, 5060, "a.example.com"});
    zone.add_srv("_sip._udp.example.com", {10, 25, 5060, "b.example.com"});
    zone.add_address("a.example.com", "192.0.2.1");
    zone.add_address("b.example.com", "192.0.2.2");
    zone_ = zone;
    use({{"example.com", {}, Transport::Udp}});
    start();
    ++first[events().at(0)];
  }
  EXPECT_NEAR(first["192.0.2.1"], 300, 40);
  succeed();
  const bool is_at_a = selection_->current()->endpoint.address == a_.endpoint.address;
  zone_.remove({DnsType::Srv, "_sip._udp.example.com"});
  zone_.add_srv("_sip._udp.example.com",
                {10, 0, 5060, is_at_a ? "b.example.com" : "a.example.com"});
  zone_.add_srv("_sip._udp.example.com",
                {20, 0, 5060, is_at_a ? "a.example.com" : "b.example.com"});
  advance_for(1h);
  EXPECT_THAT(events(), ElementsAre(is_at_a ? "192.0.2.2" : "192.0.2.1"));
}

TEST_F(ServerSelectionTest, LeavesATargetOnTrialInPeace) {
  start();
  fail();
  events();
  advance_for(10min);  // b has neither succeeded nor failed
  EXPECT_TRUE(events().empty());
  succeed();
  EXPECT_THAT(events(), ElementsAre("192.0.2.1"));
}

TEST_F(ServerSelectionTest, ReturnsEverMoreSeldomToATargetThatKeepsFailing) {
  start();
  int tries = 0;
  const Time end = now_ + 6h;
  while (now_ < end) {
    ASSERT_EQ(selection_->current(), a_);
    ++tries;
    now_ += 32s;
    fail();
    succeed();
    events();
    advance_for(end - now_);
  }
  EXPECT_LE(tries, 6 * 6 * 10 / 8 + 6);
  EXPECT_GE(tries, 6 * 6 - 6);
}

TEST_F(ServerSelectionTest, NeverGivesUpWhereAllAreDown) {
  start();
  int tries = 0;
  const Time end = now_ + 24h;
  Time last = now_;
  while (now_ < end) {
    while (selection_->current()) {
      fail();
      ++tries;
      EXPECT_LE(now_ - last, 2min);
      last = now_;
    }
    advance();
    drain();
  }
  EXPECT_GE(tries, 24 * 60 / 2);
  EXPECT_LE(tries, 24 * 60 + 40);
}

TEST_F(ServerSelectionTest, StartsThePausesAnewAfterASuccess) {
  start();
  for (int i = 0; i < 20; ++i) {
    fail();
    events();
    advance_for(1h);
  }
  succeed();
  fail();
  if (selection_->current()) fail();
  const Time waiting_since = now_;
  events();
  advance_for(1h);
  EXPECT_LE(now_ - waiting_since, 5s);
}

TEST_F(ServerSelectionTest, HonoursRetryAfterWhereAllAreDownUpToAnHour) {
  use({{"a.example.com", 5060, Transport::Udp}});
  start();
  fail(a_, 600s);
  events();
  advance_for(599s);
  EXPECT_TRUE(events().empty());
  advance_for(1s);
  EXPECT_THAT(events(), ElementsAre("192.0.2.1"));
  fail(a_, 100'000s);
  events();
  advance_for(1h);
  EXPECT_THAT(events(), ElementsAre("192.0.2.1"));
}

TEST_F(ServerSelectionTest, PrefersOneThatDidNotAskToBeLeftAlone) {
  start();
  fail(a_, 600s);
  now_ += 1s;
  fail(b_);
  events();
  advance_for(1h);
  EXPECT_THAT(events(), ElementsAre("192.0.2.2"));
}

TEST_F(ServerSelectionTest, NamesTheNextOneForASingleRequestWithoutMoving) {
  use({{"a.example.com", 5060, Transport::Udp},
       {"b.example.com", 5060, Transport::Udp},
       {"192.0.2.3", {}, {}}});
  start();
  events();
  const Target c = target("192.0.2.3", "192.0.2.3");
  EXPECT_EQ(selection_->after(a_, now_), b_);
  fail(b_);
  EXPECT_EQ(selection_->after(a_, now_), c);
  EXPECT_EQ(selection_->after(c, now_), std::nullopt);
  EXPECT_EQ(selection_->after(target("203.0.113.1", "x"), now_), a_);
  EXPECT_TRUE(events().empty());
  EXPECT_EQ(selection_->current(), a_);
}

TEST_F(ServerSelectionTest, KnowsTheAddressesOfAllServersAndTheCurrentOneThatLeftDns) {
  EXPECT_TRUE(selection_->addresses().empty());
  start();
  EXPECT_THAT(selection_->addresses(), ElementsAre(a_.endpoint.address, b_.endpoint.address));
  zone_.remove({DnsType::A, "a.example.com"});
  zone_.add_address("a.example.com", "192.0.2.50");
  advance();
  drain();
  EXPECT_THAT(
      selection_->addresses(),
      ElementsAre(a_.endpoint.address, *IpAddress::parse("192.0.2.50"), b_.endpoint.address));
}

TEST_F(ServerSelectionTest, TakesItsWordsFromTheNetworkCleaned) {
  use({{"a.example.com", 5060, Transport::Udp}});
  start();
  selection_->handle_failed(a_, "said \"no\r\n\x1b\"", std::nullopt, now_);
  events();
  EXPECT_EQ(reason_, "a.example.com: 192.0.2.1:5060 said \"no\"");
}

}  // namespace
}  // namespace offhook::sip
