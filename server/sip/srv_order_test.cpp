#include "sip/srv_order.hpp"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offhook::sip {
namespace {

std::vector<std::string> ordered(std::vector<SrvRecord> records, Random& random) {
  order_srv(records, random);
  std::vector<std::string> targets;
  for (const SrvRecord& record : records) targets.push_back(record.target);
  return targets;
}

TEST(SrvOrderTest, TakesTheLowestPriorityFirstWhateverTheWeights) {
  SeededRandom random(1);
  for (int round = 0; round < 100; ++round) {
    EXPECT_THAT(ordered({{30, 65535, 1, "c"}, {10, 0, 1, "a"}, {20, 1, 1, "b"}}, random),
                testing::ElementsAre("a", "b", "c"));
  }
}

TEST(SrvOrderTest, DrawsTheFirstInProportionToTheWeights) {
  SeededRandom random(1);
  std::map<std::string, int> first;
  constexpr int kRounds = 20'000;
  for (int round = 0; round < kRounds; ++round) {
    ++first[ordered({{10, 60, 1, "a"}, {10, 30, 1, "b"}, {10, 10, 1, "c"}}, random).front()];
  }
  EXPECT_NEAR(first["a"], kRounds * 0.60, kRounds * 0.02);
  EXPECT_NEAR(first["b"], kRounds * 0.30, kRounds * 0.02);
  EXPECT_NEAR(first["c"], kRounds * 0.10, kRounds * 0.02);
}

TEST(SrvOrderTest, DrawsTheSecondInProportionToTheWeightsLeft) {
  SeededRandom random(1);
  std::map<std::string, int> second;
  int rounds = 0;
  for (int round = 0; round < 20'000; ++round) {
    const auto targets = ordered({{10, 60, 1, "a"}, {10, 30, 1, "b"}, {10, 10, 1, "c"}}, random);
    if (targets[0] != "a") continue;
    ++rounds;
    ++second[targets[1]];
  }
  EXPECT_NEAR(second["b"], rounds * 0.75, rounds * 0.03);
}

TEST(SrvOrderTest, DrawsAWeightOfZeroSeldomBesideOthers) {
  SeededRandom random(1);
  int zero_first = 0;
  constexpr int kRounds = 20'000;
  for (int round = 0; round < kRounds; ++round) {
    if (ordered({{10, 99, 1, "a"}, {10, 0, 1, "zero"}}, random).front() == "zero") ++zero_first;
  }
  EXPECT_NEAR(zero_first, kRounds * 0.01, kRounds * 0.005);
}

TEST(SrvOrderTest, KeepsAllRecordsWithTheLargestWeights) {
  SeededRandom random(1);
  std::vector<SrvRecord> records;
  for (int i = 0; i < 32; ++i) records.push_back({10, 65535, 1, std::to_string(i)});
  const std::vector<SrvRecord> before = records;
  order_srv(records, random);
  EXPECT_THAT(records, testing::UnorderedElementsAreArray(before));
  std::vector<SrvRecord> none;
  order_srv(none, random);
  EXPECT_TRUE(none.empty());
}

}  // namespace
}  // namespace offhook::sip
