#include "call/dial_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offhook::call {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> north_american(std::string_view number) {
  return destinations_of(number, NumberPlan::NorthAmerica);
}
std::vector<DialPrefix> prefixes(std::initializer_list<std::string_view> texts) {
  std::vector<DialPrefix> prefixes;
  for (const auto text : texts) prefixes.push_back(DialPrefix::parse(text).value());
  return prefixes;
}

TEST(DestinationsTest, FindOneNumberInAllItsSpellings) {
  for (const char* number : {"9005550100", "19005550100", "01119005550100", "0019005550100",
                             "09005550100", "9005550100#"}) {
    EXPECT_THAT(north_american(number), ElementsAre("+19005550100")) << number;
  }
  for (const char* number :
       {"442079460000", "011442079460000", "00442079460000", "01442079460000"}) {
    EXPECT_THAT(north_american(number), ElementsAre("+442079460000")) << number;
  }
}

TEST(DestinationsTest, LeaveShortNumbersAsTheyAre) {
  for (const char* number : {"4443", "*97", "*225", "101", "911", "5550100", "0", "*", "#", "**21#",
                             "*725550100", "#31#"}) {
    EXPECT_THAT(north_american(number), ElementsAre(number)) << number;
  }
}

TEST(DestinationsTest, SeeTheNumberBehindAStarCode) {
  EXPECT_THAT(north_american("*679005550100"), ElementsAre("*67", "+19005550100"));
  EXPECT_THAT(north_american("*6701188123456789"), ElementsAre("*67", "+88123456789"));
  EXPECT_THAT(north_american("#31#2155550100"), ElementsAre("#31#", "+12155550100"));
  EXPECT_THAT(north_american("**21#2155550100#"), ElementsAre("**21#", "+12155550100"));
  EXPECT_THAT(north_american("*2252155550100"), ElementsAre("*225", "+12155550100"));
}

TEST(DestinationsTest, KnowNothingOfANumberThatCanBeReadInSeveralWays) {
  for (const char* number :
       {"**21*19005550100#", "*67*822155550100", "19*00*5550100", "1010288442079460000",
        "11442079460000", "00000000", "011011000", "01101119005550100", "00019005550100",
        "0001900555", "00000001", "*6710102889005550100"}) {
    EXPECT_THAT(north_american(number), IsEmpty()) << number;
  }
}

TEST(DestinationsTest, ReadNoAreaCodeWhereTheCountryCodeComesFirst) {
  const auto international = [](std::string_view number) {
    return destinations_of(number, NumberPlan::International);
  };
  EXPECT_THAT(international("8816123456"), ElementsAre("+8816123456"));
  EXPECT_THAT(international("2125550100"), ElementsAre("+2125550100"));
  EXPECT_THAT(international("12125550100"), ElementsAre("+12125550100"));
  EXPECT_THAT(international("0118816123456"), ElementsAre("+8816123456"));
  EXPECT_THAT(international("6834000"), ElementsAre("+6834000"));
  EXPECT_THAT(international("4443"), ElementsAre("4443"));
}

TEST(DialPrefixTest, RefusesWhatIsNoBeginningOfANumber) {
  for (const char* text :
       {"", "44-20", "+0", "+011", "+*97", "+44 20", "++44", "shorts", "Short", "+1\n", "x"}) {
    const auto prefix = DialPrefix::parse(text);
    ASSERT_FALSE(prefix) << text;
    EXPECT_THAT(prefix.error().message, HasSubstr("such as \"+44\"")) << text;
  }
  EXPECT_THAT(DialPrefix::parse("01144207946").error().message, HasSubstr("expected \"+\""));
}

TEST(DialPrefixTest, RefusesOneDigitTooMany) {
  const std::string longest = "+" + std::string(limits::kDialledDigits, '7');
  EXPECT_TRUE(DialPrefix::parse(longest));
  EXPECT_FALSE(DialPrefix::parse(longest + "7"));
}

TEST(DialRulesTest, AllowNothingAsTheyAreMade) {
  const DialRules rules;
  EXPECT_FALSE(rules.allows("+12155550100"));
  EXPECT_FALSE(rules.allows("4443"));
  EXPECT_EQ(rules.calls_at_once, 0U);
  EXPECT_EQ(rules.calls_a_minute, 0U);
}

TEST(DialRulesTest, TheLongestPrefixDecidesAndTheForbiddenOneATie) {
  DialRules rules;
  rules.allowed = prefixes({"+1", "+44", "+447", "+1900555", "*9", "4443"});
  rules.forbidden = prefixes({"+1900", "+44", "*98", "+12125550199"});
  struct Row {
    const char* destination;
    bool allowed;
  };
  for (const Row& row : {
           Row{"+12125550100", true},
           Row{"+12125550199", false},
           Row{"+19001234567", false},
           Row{"+19005551234", true},
           Row{"+442079460000", false},
           Row{"+447700900000", true},
           Row{"+33123456789", false},
           Row{"*97", true},
           Row{"*98", false},
           Row{"4443", true},
           Row{"44430", true},
           Row{"4442", false},
           Row{"1", false},
           Row{"+4", false},
       }) {
    EXPECT_EQ(rules.allows(row.destination), row.allowed) << row.destination;
  }
}

TEST(DialRulesTest, PlusStandsForTheTelephoneNetworkAndShortForTheRest) {
  DialRules rules;
  rules.allowed = prefixes({"+"});
  EXPECT_TRUE(rules.allows("+12125550100"));
  EXPECT_FALSE(rules.allows("4443"));
  rules.allowed = prefixes({"short"});
  EXPECT_FALSE(rules.allows("+12125550100"));
  EXPECT_TRUE(rules.allows("4443"));
  EXPECT_TRUE(rules.allows("*97"));
  rules.forbidden = prefixes({"short"});
  EXPECT_FALSE(rules.allows("4443"));
  EXPECT_TRUE(DialRules::open().allows("4443"));
  EXPECT_TRUE(DialRules::open().allows("+88123456789"));
}

}  // namespace
}  // namespace offhook::call
