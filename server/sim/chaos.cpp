#include "sim/chaos.hpp"

#include <algorithm>
#include <array>

namespace offhook::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using State = Browser::State;

// Without the number that rings for ever: a dead provider hears no CANCEL.
constexpr std::array kNumbers{"4443",       "5555550102", "5555550103", "5555550104",
                              "5555550105", "5555550106", "5555550107", "not a number"};
constexpr std::string_view kEcho = "4443";
constexpr std::array<std::uint16_t, 3> kRefusals{480, 486, 603};
// Between the two processes a release takes less than a millisecond.
constexpr Duration kReleaseTakes = seconds(5);

}  // namespace

Chaos::Chaos(World& world, std::uint64_t seed) : world_(world), random_(seed + 1'000) {
  for (const char* instance : {"a", "b", "c"}) pages_.push_back(&world_.open_page(instance));
  world_.run_for(seconds(1));
  if (seed % 2 != 0) return;
  world_.network.conditions = {.latency = milliseconds(20),
                               .jitter = milliseconds(40),
                               .loss_percent = 10,
                               .double_percent = 5};
}

void Chaos::make_trouble(int steps) {
  for (int i = 0; i < steps; ++i) {
    step();
    const bool is_long = random_.below(3) == 0;
    world_.run_for(milliseconds(random_.below(is_long ? 4'000 : 80)));
    look_for_leaks();
  }
}

void Chaos::step() {
  Browser& page = *pages_[random_.below(pages_.size())];
  switch (random_.below(16)) {
    case 0:
    case 1:
    case 2:
      return dial(page);
    case 3:
      (void)world_.call_in();
      return;
    case 4:
    case 5:
      if (page.state() == State::Ringing) page.answer(world_.now());
      return;
    case 6:
      if (page.state() == State::Ringing) page.decline(refusal(), world_.now());
      return;
    case 7:
    case 8:
      if (page.connected()) page.hang_up(world_.now());
      return;
    case 9:
      page.connected() ? world_.lose_connection(page) : world_.connect(page);
      return;
    case 10:
      return transfer(page);
    case 11:
      return take_over(page);
    case 12:
    case 13:
      return hold(page);
    case 14:
      provider_is_dead_ = !provider_is_dead_;
      return world_.set_provider_dead(provider_is_dead_);
    default:
      if (random_.below(3) != 0) return;
      world_.lose_media();
      world_.run_for(milliseconds(random_.below(500)));
      return world_.restore_media();
  }
}

void Chaos::dial(Browser& page) {
  if (is_busy(page) || !page.connected()) return;
  page.dial(any_number(), world_.now());
}

void Chaos::hold(Browser& page) {
  if (page.state() == State::Talking && page.connected()) {
    page.hold(!page.is_held(), world_.now());
  }
}

void Chaos::transfer(Browser& page) {
  if (page.state() != State::Talking || !page.connected()) return;
  const Browser* other = random_.below(2) == 0 ? caller_beside(page) : nullptr;
  other != nullptr ? page.transfer(*other, world_.now())
                   : page.transfer(any_number(), world_.now());
}

void Chaos::take_over(Browser& page) {
  if (is_busy(page) || !page.connected()) return;
  if (const Browser* other = caller_beside(page)) page.take_over(*other, world_.now());
}

Browser* Chaos::caller_beside(const Browser& page) {
  Browser* other = pages_[random_.below(pages_.size())];
  return other != &page && other->has_dialog() ? other : nullptr;
}

bool Chaos::is_busy(const Browser& page) {
  return page.state() == State::Calling || page.state() == State::Ringing ||
         page.state() == State::Talking;
}

std::string Chaos::any_number() { return kNumbers[random_.below(kNumbers.size())]; }

std::uint16_t Chaos::refusal() { return kRefusals[random_.below(kRefusals.size())]; }

void Chaos::look_for_leaks() {
  const std::size_t legs = world_.media().leg_count();
  if (legs == 0 || world_.board.status().calls != 0) return legs_without_call_since_.reset();
  if (!legs_without_call_since_) legs_without_call_since_ = world_.now();
  if (world_.now() - *legs_without_call_since_ < kReleaseTakes) return;
  wrong_.push_back(std::to_string(legs) + " legs in media outlive all calls");
  legs_without_call_since_.reset();
}

std::vector<std::string> Chaos::make_peace() {
  world_.network.conditions = {};
  world_.set_provider_dead(false);
  for (Browser* page : pages_) {
    if (!page->connected()) world_.connect(*page);
  }
  world_.run_for(seconds(2));
  for (Browser* page : pages_) page->hang_up(world_.now());
  world_.hang_up_far_ends();  // of calls that were transferred, where no page can
  // The longest that anything rings; who was called back hangs up after it.
  for (int second = 0; second < 240; ++second) {
    world_.run_for(seconds(1));
    look_for_leaks();
  }
  for (Browser* page : pages_) page->hang_up(world_.now());
  world_.hang_up_far_ends();
  // Two far ends whose BYEs were lost for good, in a call that no page has any more: these books
  // know no silence, so it is the session timer that misses them.
  (void)world_.run_until([&] { return world_.board.status().calls == 0; }, minutes(31));
  world_.run_for(minutes(2));  // the longest that a registration waits after a dead provider
  for (Browser* page : pages_) expect_to_work(*page);
  return std::move(wrong_);
}

void Chaos::expect_to_work(Browser& page) {
  const std::string who = "in the end " + page.instance();
  if (!page.registered()) return wrong_.push_back(who + " is not registered");
  page.dial(std::string(kEcho), world_.now());
  if (!world_.run_until([&] { return page.state() == State::Talking; }, seconds(5))) {
    return wrong_.push_back(who + " cannot call: " + std::to_string(page.status()) + " " +
                            page.reason());
  }
  world_.run_for(seconds(1));
  page.hang_up(world_.now());
  world_.run_for(seconds(1));
  look_for_leaks();
  if (world_.board.status().calls != 0) wrong_.push_back(who + " cannot hang up");
}

}  // namespace offhook::sim
