#include "sim/scenario.hpp"

// Calls over a network that loses every fifth datagram, doubles some and lets others overtake.
namespace offhook::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using State = Browser::State;

class LossyNetwork : public Scenario, public testing::WithParamInterface<int> {
 protected:
  void SetUp() override {
    begin(static_cast<std::uint64_t>(GetParam()));
    world().network.conditions = {.latency = milliseconds(30),
                                  .jitter = milliseconds(60),
                                  .loss_percent = 20,
                                  .double_percent = 10};
    page = &world().open_page();
  }
  Browser* page = nullptr;
};

TEST_P(LossyNetwork, CallIsSetUpAndHungUpByTheBrowser) {
  page->dial("4443", world().now());
  ASSERT_TRUE(becomes(*page, State::Talking, seconds(40)));
  world().run_for(seconds(20));
  EXPECT_EQ(page->state(), State::Talking);
  page->hang_up(world().now());
  world().run_for(seconds(40));
  EXPECT_EQ(world().provider.call_count(), 0U);
}

TEST_P(LossyNetwork, CallIsHungUpByTheProvider) {
  page->dial("5555550105", world().now());
  ASSERT_TRUE(becomes(*page, State::Talking, seconds(40)));
  ASSERT_TRUE(becomes(*page, State::Over, seconds(40)));
}

TEST_P(LossyNetwork, CancelArrives) {
  page->dial("5555550101", world().now());
  world().run_for(milliseconds(100 * GetParam()));
  page->hang_up(world().now());
  world().run_for(seconds(70));
  EXPECT_EQ(world().provider.call_count(), 0U);
}

TEST_P(LossyNetwork, IncomingCallIsAnswered) {
  ASSERT_TRUE(
      world().run_until([&] { return world().call_in().empty(); }, seconds(0)) ||
      world().run_until([&] { return world().board.status().trunks.at(0).state == "registered"; },
                        seconds(60)));
  if (world().provider.call_count() == 0) ASSERT_EQ(world().call_in(), "");
  ASSERT_TRUE(becomes(*page, State::Ringing, seconds(40)));
  page->answer(world().now());
  world().run_for(seconds(20));
  page->hang_up(world().now());
  world().run_for(seconds(40));
  EXPECT_EQ(world().provider.call_count(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, LossyNetwork, testing::Range(1, 26));

}  // namespace
}  // namespace offhook::sim
