#include <map>

#include "sip/server_selection_fixture.hpp"

// What follows from the table.
namespace offhook::sip {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

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
