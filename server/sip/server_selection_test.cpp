#include "sip/server_selection_fixture.hpp"

// The rows of the table.
namespace offhook::sip {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

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

}  // namespace
}  // namespace offhook::sip
