#include "call/dial_gate.hpp"

#include <optional>
#include <vector>

#include <gtest/gtest.h>

namespace offhook::call {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class DialGateTest : public testing::Test {
 protected:
  DialGateTest() {
    policy.user = DialRules::open();
    policy.user.forbidden = {*DialPrefix::parse("+1900")};
    policy.emergency = {"911", "933"};
    trunk.name = "voipms";
    trunk.dial = DialRules::open();
  }
  DialGate& gate() {
    if (!gate_) gate_.emplace(policy);
    return *gate_;
  }
  // nullopt: let in, and the call goes on.
  std::optional<CallFailure> dial(std::string_view number = "2125550100",
                                  std::string_view user = "alice") {
    auto place = gate().pass({.number = number, .user = user, .trunk = trunk}, now);
    if (!place) return place.error();
    calls.push_back(std::move(*place));
    return std::nullopt;
  }
  // nullopt: the message may go.
  std::optional<CallFailure> write(std::string_view number = "2125550100",
                                   std::string_view user = "alice") {
    const auto passed =
        gate().pass({.number = number, .way = DialWay::Message, .user = user, .trunk = trunk}, now);
    return passed ? std::nullopt : std::optional(passed.error());
  }
  std::optional<CallFailure> ring(std::string_view user = "alice") {
    auto place = gate().admit(user, trunk);
    if (!place) return place.error();
    calls.push_back(std::move(*place));
    return std::nullopt;
  }

  DialPolicy policy;
  TrunkConfig trunk;
  Time now{seconds(1'000)};
  std::optional<DialGate> gate_;
  std::vector<DialGate::Place> calls;
};

TEST_F(DialGateTest, LetsMessagesGoWhereCallsMayWithoutAPlace) {
  policy.user.calls_at_once = 1;
  EXPECT_EQ(dial(), std::nullopt);
  EXPECT_EQ(write(), std::nullopt);
  EXPECT_EQ(write("9005550100"), CallFailure::ForbiddenDestination);
  EXPECT_EQ(write("911"), std::nullopt);
  EXPECT_EQ(gate().calls(), 1U);
}

TEST_F(DialGateTest, CountsMessagesInAMinuteApartFromCalls) {
  policy.user.calls_a_minute = 2;
  trunk.dial.calls_a_minute = 3;
  EXPECT_EQ(dial(), std::nullopt);
  EXPECT_EQ(dial(), std::nullopt);
  EXPECT_EQ(write(), std::nullopt);
  EXPECT_EQ(write(), std::nullopt);
  EXPECT_EQ(write(), CallFailure::TooManyCallsAMinute);
  EXPECT_EQ(dial(), CallFailure::TooManyCallsAMinute);
  EXPECT_EQ(write("2125550100", "bob"), std::nullopt);
  EXPECT_EQ(write("2125550100", "bob"), CallFailure::TooManyCallsAMinute) << "the trunk's fourth";
  EXPECT_EQ(write("911"), std::nullopt);
  now += minutes(1);
  EXPECT_EQ(write(), std::nullopt);
}

TEST_F(DialGateTest, LetsNoMessageOutWithoutRules) {
  policy.user = {};
  EXPECT_EQ(write(), CallFailure::ForbiddenDestination);
  policy.user.allowed = DialRules::open().allowed;
  gate_.reset();
  EXPECT_EQ(write(), CallFailure::TooManyCallsAMinute);
}

TEST_F(DialGateTest, LetsNobodyOutWithoutRules) {
  policy.user = {};
  EXPECT_EQ(dial(), CallFailure::ForbiddenDestination);
  EXPECT_EQ(dial("4443"), CallFailure::ForbiddenDestination);
  EXPECT_EQ(ring(), CallFailure::TooManyCallsOfUser);
}

TEST_F(DialGateTest, LetsNobodyOutOverATrunkWithoutRules) {
  trunk.dial = {};
  EXPECT_EQ(dial(), CallFailure::ForbiddenDestination);
  EXPECT_EQ(ring(), CallFailure::TooManyCalls);
  EXPECT_EQ(dial("911"), std::nullopt);
}

TEST_F(DialGateTest, LetsNobodyOutWithPrefixesAndWithoutCalls) {
  policy.user.calls_at_once = 0;
  EXPECT_EQ(dial(), CallFailure::TooManyCallsOfUser);
  policy.user = DialRules::open();
  policy.user.calls_a_minute = 0;
  gate_.emplace(policy);
  EXPECT_EQ(dial(), CallFailure::TooManyCallsAMinute);
}

TEST_F(DialGateTest, WantsADestinationAllowedToTheUserAndToTheTrunk) {
  trunk.dial.forbidden = {*DialPrefix::parse("+44")};
  EXPECT_EQ(dial("2125550100"), std::nullopt);
  EXPECT_EQ(dial("19005550100"), CallFailure::ForbiddenDestination);
  EXPECT_EQ(dial("011442079460000"), CallFailure::ForbiddenDestination);
}

// All the ways to write one forbidden number, with what may stand before and behind it.
TEST_F(DialGateTest, RefusesAForbiddenNumberInTwoHundredSpellings) {
  policy.user.forbidden = {*DialPrefix::parse("+1900"), *DialPrefix::parse("+881")};
  std::size_t spellings = 0;
  for (const std::string before : {"", "*67", "#31#", "*82#", "*72", "**21*", "*225"}) {
    for (const std::string behind : {"", "#", "99"}) {
      for (const std::string access : {"011", "00", "000", "011011", "0011"}) {
        for (const std::string number : {"19005550100", "88123456789"}) {
          EXPECT_EQ(dial(before + access + number + behind), CallFailure::ForbiddenDestination)
              << before << access << number << behind;
          ++spellings;
        }
      }
    }
    for (const std::string number : {"19005550100", "9005550100", "09005550100", "88123456789"}) {
      EXPECT_EQ(dial(before + number), CallFailure::ForbiddenDestination) << before << number;
      ++spellings;
    }
  }
  EXPECT_GE(spellings, 200U);
  EXPECT_EQ(gate().calls(), 0U);
}

TEST_F(DialGateTest, RefusesOneCallTooManyOfAUserInBothDirections) {
  policy.user.calls_at_once = 3;
  EXPECT_EQ(dial(), std::nullopt);
  EXPECT_EQ(ring(), std::nullopt);
  EXPECT_EQ(dial(), std::nullopt);
  EXPECT_EQ(dial(), CallFailure::TooManyCallsOfUser);
  EXPECT_EQ(ring(), CallFailure::TooManyCallsOfUser);
  EXPECT_EQ(dial("2125550100", "bob"), std::nullopt);
  calls.erase(calls.begin());
  EXPECT_EQ(ring(), std::nullopt);
  EXPECT_EQ(dial(), CallFailure::TooManyCallsOfUser);
}

TEST_F(DialGateTest, RefusesOneCallTooManyOfATrunk) {
  trunk.dial.calls_at_once = 2;
  EXPECT_EQ(dial("2125550100", "alice"), std::nullopt);
  EXPECT_EQ(ring("bob"), std::nullopt);
  EXPECT_EQ(dial("2125550100", "carol"), CallFailure::TooManyCalls);
  EXPECT_EQ(ring("carol"), CallFailure::TooManyCalls);
  trunk.name = "other";
  EXPECT_EQ(dial("2125550100", "carol"), std::nullopt);
}

TEST_F(DialGateTest, RefusesOneCallTooManyOfAll) {
  policy.max_calls = 2;
  EXPECT_EQ(dial("2125550100", "alice"), std::nullopt);
  EXPECT_EQ(dial("2125550100", "bob"), std::nullopt);
  EXPECT_EQ(dial("2125550100", "carol"), CallFailure::TooManyCalls);
  EXPECT_EQ(ring("carol"), CallFailure::TooManyCalls);
  calls.clear();
  EXPECT_EQ(gate().calls(), 0U);
  EXPECT_EQ(ring("carol"), std::nullopt);
}

TEST_F(DialGateTest, LetsSoManyCallsBeginInAnyMinuteHoweverShortTheyAre) {
  policy.user.calls_a_minute = 2;
  EXPECT_EQ(dial(), std::nullopt);
  now += seconds(40);
  EXPECT_EQ(dial(), std::nullopt);
  calls.clear();
  EXPECT_EQ(dial(), CallFailure::TooManyCallsAMinute);
  EXPECT_EQ(ring(), std::nullopt) << "who calls in has not begun it";
  EXPECT_EQ(dial("2125550100", "bob"), std::nullopt);
  now += seconds(20) - milliseconds(1);
  EXPECT_EQ(dial(), CallFailure::TooManyCallsAMinute);
  now += milliseconds(1);
  EXPECT_EQ(dial(), std::nullopt) << "the first was a minute ago";
  EXPECT_EQ(dial(), CallFailure::TooManyCallsAMinute);
}

TEST_F(DialGateTest, CountsAMinuteOfATrunkOverAllItsUsers) {
  trunk.dial.calls_a_minute = 2;
  EXPECT_EQ(dial("2125550100", "alice"), std::nullopt);
  EXPECT_EQ(dial("2125550100", "bob"), std::nullopt);
  EXPECT_EQ(dial("2125550100", "carol"), CallFailure::TooManyCallsAMinute);
  now += minutes(1);
  EXPECT_EQ(dial("2125550100", "carol"), std::nullopt);
}

TEST_F(DialGateTest, TakesNoTurnForACallThatItRefuses) {
  policy.user.calls_a_minute = 1;
  policy.user.calls_at_once = 1;
  EXPECT_EQ(dial("19005550100"), CallFailure::ForbiddenDestination);
  EXPECT_EQ(ring(), std::nullopt);
  EXPECT_EQ(dial(), CallFailure::TooManyCallsOfUser);
  calls.clear();
  EXPECT_EQ(dial(), std::nullopt);
}

TEST_F(DialGateTest, LetsEmergencyCallsThroughEveryRuleAndLimit) {
  policy.user = {};
  policy.max_calls = 0;
  trunk.dial = {};
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(dial("911"), std::nullopt);
    EXPECT_EQ(dial("933"), std::nullopt);
  }
  EXPECT_TRUE(calls.back().is_emergency());
  EXPECT_EQ(calls.back().longest_call(), limits::kCallLength);
  EXPECT_EQ(gate().calls(), 200U);
  EXPECT_EQ(dial("9111"), CallFailure::ForbiddenDestination);
  EXPECT_EQ(dial("*67911"), CallFailure::ForbiddenDestination);
}

TEST_F(DialGateTest, LeavesAnEmergencyCallNoLessTimeThanOthersHave) {
  policy.user.longest_call = minutes(1);
  EXPECT_EQ(dial("911"), std::nullopt);
  EXPECT_EQ(calls.back().longest_call(), limits::kCallLength);
}

TEST_F(DialGateTest, ACallLastsNoLongerThanTheStricterOfBothSays) {
  policy.user.longest_call = minutes(30);
  EXPECT_EQ(dial(), std::nullopt);
  EXPECT_EQ(calls.back().longest_call(), minutes(30));
  trunk.dial.longest_call = minutes(10);
  EXPECT_EQ(ring(), std::nullopt);
  EXPECT_EQ(calls.back().longest_call(), minutes(10));
  policy.user.longest_call = trunk.dial.longest_call = limits::kCallLength + minutes(1);
  calls.clear();
  gate_.emplace(policy);
  EXPECT_EQ(dial(), std::nullopt);
  EXPECT_EQ(calls.back().longest_call(), limits::kCallLength);
}

TEST_F(DialGateTest, JudgesWhereACallIsRedirectedWithoutCountingItAgain) {
  policy.user.calls_at_once = 1;
  policy.user.calls_a_minute = 1;
  EXPECT_EQ(dial(), std::nullopt);
  const auto redirect = [&](std::string_view number) {
    return gate().pass({.number = number,
                        .way = DialWay::Redirected,
                        .user = "alice",
                        .trunk = trunk,
                        .call = &calls.back()},
                       now);
  };
  EXPECT_TRUE(redirect("2125550101"));
  EXPECT_EQ(gate().calls(), 1U);
  EXPECT_EQ(redirect("19005550100").error(), CallFailure::ForbiddenDestination);
  EXPECT_EQ(gate().calls(), 1U);
}

TEST_F(DialGateTest, FollowsAnEmergencyCallWhereverItIsRedirected) {
  EXPECT_EQ(dial("911"), std::nullopt);
  const auto place = gate().pass({.number = "19005550100",
                                  .way = DialWay::Redirected,
                                  .user = "alice",
                                  .trunk = trunk,
                                  .call = &calls.back()},
                                 now);
  ASSERT_TRUE(place);
  EXPECT_TRUE(place->is_emergency());
}

TEST_F(DialGateTest, GivesAPlaceBackOnceHoweverItMoves) {
  EXPECT_EQ(dial(), std::nullopt);
  DialGate::Place other = std::move(calls.back());
  calls.clear();
  EXPECT_EQ(gate().calls(), 1U);
  DialGate::Place third;
  third = std::move(other);
  EXPECT_EQ(gate().calls(), 1U);
  third = DialGate::Place();
  EXPECT_EQ(gate().calls(), 0U);
}

}  // namespace
}  // namespace offhook::call
