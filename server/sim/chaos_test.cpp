#include "sim/chaos.hpp"

#include "sim/scenario.hpp"

// script/sim does the same for as long as one likes.
namespace offhook::sim {
namespace {

constexpr int kSteps = 100;

class ChaosTest : public Scenario, public testing::WithParamInterface<int> {
 protected:
  void SetUp() override { begin(static_cast<std::uint64_t>(GetParam())); }
};

TEST_P(ChaosTest, LeavesNothingBehindAndATelephoneThatWorks) {
  Chaos chaos(world(), static_cast<std::uint64_t>(GetParam()));
  chaos.make_trouble(kSteps);
  EXPECT_THAT(chaos.make_peace(), testing::IsEmpty());
  EXPECT_GT(world().ended().size(), 5U);  // something did happen
}

INSTANTIATE_TEST_SUITE_P(Seeds, ChaosTest, testing::Range(1, 31));

class PlantedBugTest : public testing::TestWithParam<NamedBug> {};

// The rules of the world are worth something only where they find what breaks them.
TEST_P(PlantedBugTest, IsFoundWithinAFewSeeds) {
  bool found = false;
  for (std::uint64_t seed = 1; seed <= 5 && !found; ++seed) {
    World world(seed);
    world.plant(GetParam().bug);
    Chaos chaos(world, seed);
    chaos.make_trouble(kSteps);
    found = !chaos.make_peace().empty() || !world.settle().empty();
  }
  EXPECT_TRUE(found);
}

INSTANTIATE_TEST_SUITE_P(All, PlantedBugTest, testing::ValuesIn(kPlantedBugs), [](const auto& bug) {
  std::string name(bug.param.name);
  std::erase(name, '-');
  return name;
});

}  // namespace
}  // namespace offhook::sim
