#include "rtp/e_model.hpp"

#include <gtest/gtest.h>

namespace offhook::rtp {
namespace {

using namespace std::chrono_literals;

TEST(EModelTest, APathWithoutDelayAndLossHasTheDefaultRating) {
  EXPECT_EQ(transmission_rating({}), 9'320);
  EXPECT_EQ(mean_opinion_score(9'320), 441);
}

// G.107 table B.1.
TEST(EModelTest, ScoresAreThoseOfTheTableOfG107) {
  const struct {
    int rating;
    int score;
  } table[] = {{9'000, 434}, {8'000, 403}, {7'000, 360}, {6'000, 310}, {5'000, 258}};
  for (const auto& row : table) EXPECT_NEAR(mean_opinion_score(row.rating), row.score, 1);
}

TEST(EModelTest, ScoresEndAtOneAndFourAndAHalf) {
  EXPECT_EQ(mean_opinion_score(0), 100);
  EXPECT_EQ(mean_opinion_score(-500), 100);
  EXPECT_EQ(mean_opinion_score(300), 100) << "where the formula falls below";
  EXPECT_EQ(mean_opinion_score(10'000), 450);
  EXPECT_EQ(mean_opinion_score(20'000), 450);
}

TEST(EModelTest, ScoresNeverFallWithARisingRating) {
  for (int rating = 0; rating < 10'000; ++rating) {
    EXPECT_LE(mean_opinion_score(rating), mean_opinion_score(rating + 1)) << rating;
  }
}

// G.113 table I.2: planning values of G.711 with concealment under random loss.
TEST(EModelTest, LossImpairsAsThePlanningValuesOfG113) {
  const struct {
    double percent;
    double impairment;
  } table[] = {{0, 0}, {1, 5}, {2, 7}, {3, 10}, {5, 15}, {7, 20}, {10, 25}, {15, 35}, {20, 45}};
  for (const auto& row : table) {
    const double impairment = (9'320 - transmission_rating({.loss = row.percent / 100})) / 100.0;
    EXPECT_NEAR(impairment, row.impairment, 3) << row.percent << " %";
  }
}

// Idd of G.107 7.4, worked out by hand: 3.04 at 200 ms, 24.07 at 400 ms.
TEST(EModelTest, DelayImpairsFromAHundredMillisecondsOn) {
  const struct {
    Duration delay;
    int rating;
  } table[] = {{0ms, 9'320},   {100ms, 9'320}, {150ms, 9'304}, {200ms, 9'016},
               {250ms, 8'428}, {300ms, 7'844}, {400ms, 6'913}, {500ms, 6'256}};
  for (const auto& row : table) {
    EXPECT_EQ(transmission_rating({.delay = row.delay}), row.rating) << row.delay.count();
  }
}

TEST(EModelTest, DelayAndLossAddUp) {
  const int delay = 9'320 - transmission_rating({.delay = 250ms});
  const int loss = 9'320 - transmission_rating({.loss = 0.03});
  EXPECT_NEAR(transmission_rating({.delay = 250ms, .loss = 0.03}), 9'320 - delay - loss, 1);
}

TEST(EModelTest, BurstsAreWorseThanTheSameLossAtRandom) {
  EXPECT_LT(transmission_rating({.loss = 0.05, .burst_ratio = 2}),
            transmission_rating({.loss = 0.05}));
  EXPECT_EQ(transmission_rating({.loss = 0.05, .burst_ratio = 0.2}),
            transmission_rating({.loss = 0.05}))
      << "less bursty than random is random";
}

TEST(EModelTest, NothingIsWorseThanNoRating) {
  EXPECT_EQ(transmission_rating({.delay = 24h, .loss = 1, .burst_ratio = 1'000}), 0);
  EXPECT_GE(transmission_rating({.loss = 7}), 0) << "and losses end at all packets";
}

TEST(EModelTest, TheBurstRatioComparesWithRandomLoss) {
  EXPECT_DOUBLE_EQ(burst_ratio(0, 0, 0), 1);
  EXPECT_DOUBLE_EQ(burst_ratio(10, 10, 0.1), 1) << "never below 1";
  EXPECT_DOUBLE_EQ(burst_ratio(40, 10, 0.1), 3.6);
}

}  // namespace
}  // namespace offhook::rtp
