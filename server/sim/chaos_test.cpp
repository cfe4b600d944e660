#include <array>
#include <string>
#include <vector>

#include "sim/scenario.hpp"

// A hundred things at random, one after the other or at once: calls in and out, people who answer,
// decline and hang up, connections that drop, a provider that dies, a media process that is killed.
// Whatever happens, in the end nothing is left and every call has its record.
namespace offhook::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using State = Browser::State;

constexpr int kSteps = 100;
// Without the number that rings for ever: a dead provider hears no CANCEL.
constexpr std::array kNumbers{"4443",       "5555550102", "5555550103", "5555550104",
                              "5555550105", "5555550106", "5555550107", "not a number"};

class Chaos : public Scenario, public testing::WithParamInterface<int> {
 protected:
  void SetUp() override {
    begin(static_cast<std::uint64_t>(GetParam()));
    for (const char* instance : {"a", "b", "c"}) pages_.push_back(&world().open_page(instance));
    world().run_for(seconds(1));
  }

  void step() {
    Browser& page = *pages_[random_.below(pages_.size())];
    switch (random_.below(12)) {
      case 0:
      case 1:
      case 2:
        return dial(page);
      case 3:
        (void)world().call_in();
        return;
      case 4:
      case 5:
        if (page.state() == State::Ringing) page.answer(world().now());
        return;
      case 6:
        if (page.state() == State::Ringing) page.decline(declines(), world().now());
        return;
      case 7:
      case 8:
        if (page.connected()) page.hang_up(world().now());
        return;
      case 9:
        page.connected() ? world().lose_connection(page) : world().connect(page);
        return;
      case 10:
        dead_ = !dead_;
        return world().set_provider_dead(dead_);
      default:
        if (random_.below(3) != 0) return;
        world().lose_media();
        world().run_for(milliseconds(random_.below(500)));
        return world().restore_media();
    }
  }

  void make_peace() {
    world().network.conditions = {};
    world().set_provider_dead(false);
    for (Browser* page : pages_) {
      if (!page->connected()) world().connect(*page);
    }
    world().run_for(seconds(2));
    for (Browser* page : pages_) page->hang_up(world().now());
    world().run_for(minutes(4));                                // the longest that anything rings
    for (Browser* page : pages_) page->hang_up(world().now());  // who was called back
  }

  SeededRandom random_{static_cast<std::uint64_t>(GetParam()) + 1'000};

 private:
  void dial(Browser& page) {
    const bool busy = page.state() == State::Calling || page.state() == State::Ringing ||
                      page.state() == State::Talking;
    if (!busy && page.connected())
      page.dial(kNumbers[random_.below(kNumbers.size())], world().now());
  }
  std::uint16_t declines() {
    constexpr std::array<std::uint16_t, 3> kStatuses{480, 486, 603};
    return kStatuses[random_.below(kStatuses.size())];
  }

  std::vector<Browser*> pages_;
  bool dead_ = false;
};

TEST_P(Chaos, LeavesNothingBehind) {
  if (GetParam() % 2 == 0) {
    world().network.conditions = {
        .latency = milliseconds(20), .jitter = milliseconds(40), .loss_percent = 10};
  }
  for (int i = 0; i < kSteps; ++i) {
    step();
    world().run_for(milliseconds(random_.below(3) == 0 ? random_.below(4'000) : random_.below(80)));
  }
  make_peace();
  EXPECT_GT(world().ended().size(), 2U);  // something did happen
}

INSTANTIATE_TEST_SUITE_P(Seeds, Chaos, testing::Range(1, 31));

}  // namespace
}  // namespace offhook::sim
