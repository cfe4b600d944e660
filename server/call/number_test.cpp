#include "call/number.hpp"

#include <string>

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace offhook::call {
namespace {

TEST(NumberTest, KeepsDigitsStarAndHash) {
  EXPECT_EQ(normalise_number("4443"), "4443");
  EXPECT_EQ(normalise_number("*97"), "*97");
  EXPECT_EQ(normalise_number("#31#2155550100"), "#31#2155550100");
}

TEST(NumberTest, DropsFormattingAndALeadingPlus) {
  EXPECT_EQ(normalise_number("+1 (215) 555-01.00"), "12155550100");
  EXPECT_EQ(normalise_number(" 215/555 0100 "), "2155550100");
  EXPECT_EQ(normalise_number("(+1)\xC2\xA0"
                             "215 5550100"),
            "12155550100");
}

TEST(NumberTest, RefusesWhatIsNotANumber) {
  for (const char* typed : {"", " ", "+", "++1", "1+2", "alice", "0800FLOWERS", "1;phone-context=x",
                            "1@evil", "1\r\n2", "1%0d", "\xC2", "1,2", "tel:1"}) {
    EXPECT_EQ(normalise_number(typed), std::nullopt) << typed;
  }
  EXPECT_EQ(normalise_number(std::string_view("1\0"
                                              "2",
                                              3)),
            std::nullopt);
}

TEST(NumberTest, RefusesOneDigitTooMany) {
  const std::string longest(limits::kDialledDigits, '7');
  EXPECT_EQ(normalise_number(longest), longest);
  EXPECT_EQ(normalise_number(longest + "7"), std::nullopt);
}

TEST(NumberTest, ShowsACallersNumberWithItsPlus) {
  EXPECT_EQ(caller_number("2125550106"), "2125550106");
  EXPECT_EQ(caller_number("+12125550106"), "+12125550106");
}

TEST(NumberTest, ShowsAnonymousForACallerWithoutANumber) {
  EXPECT_EQ(caller_number("anonymous"), "anonymous");
  EXPECT_EQ(caller_number(""), "anonymous");
  EXPECT_EQ(caller_number("<script>"), "anonymous");
}

}  // namespace
}  // namespace offhook::call
