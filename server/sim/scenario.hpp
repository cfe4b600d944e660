#pragma once

#include <iostream>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/scripted_media.hpp"
#include "sim/world.hpp"

namespace offhook::sim {

// A scenario in one world. After each: nothing is left anywhere, every call has its record; where
// it fails, the seed and the whole story are printed.
class Scenario : public testing::Test {
 protected:
  static constexpr std::uint64_t kSeed = 1;

  void begin(std::uint64_t seed = kSeed, World::Audio audio = World::Audio::None,
             World::Encryption encryption = {}) {
    world_ = std::make_unique<World>(seed, audio, encryption);
  }
  void finish() {
    EXPECT_THAT(world_->settle(), testing::IsEmpty());
    if (HasFailure() && !told_) {
      std::cerr << world_->story();
      told_ = true;
    }
  }
  void SetUp() override { begin(); }
  void TearDown() override { finish(); }

  World& world() { return *world_; }
  [[nodiscard]] bool becomes(const Browser& browser, Browser::State state,
                             Duration limit = std::chrono::seconds(5)) {
    return world_->run_until([&] { return browser.state() == state; }, limit);
  }
  // The books of a world without audio.
  [[nodiscard]] ScriptedMedia& books() { return dynamic_cast<ScriptedMedia&>(world_->media()); }
  [[nodiscard]] const call::CallEnded& only_record() {
    EXPECT_EQ(world_->ended().size(), 1U);
    static const call::CallEnded none{};
    return world_->ended().empty() ? none : world_->ended().back();
  }

 private:
  std::unique_ptr<World> world_;
  bool told_ = false;
};

}  // namespace offhook::sim
