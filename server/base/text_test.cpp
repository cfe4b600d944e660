#include "base/text.hpp"

#include <gtest/gtest.h>

#include "base/bytes.hpp"
#include "base/random.hpp"

namespace offhook {
namespace {

TEST(TextTest, TakesTheTextBeforeASeparatorAndRemovesBoth) {
  std::string_view rest = "a;b";
  EXPECT_EQ(take_until(rest, ';'), "a");
  EXPECT_EQ(take_until(rest, ';'), "b");
  EXPECT_TRUE(rest.empty());
}

TEST(TextTest, ParsesOnlyPlainDecimalsWithinTheType) {
  EXPECT_EQ(parse_decimal<std::uint16_t>("65535"), 65535);
  for (const char* text : {"", "65536", "-1", "+1", " 1", "1 ", "0x1"}) {
    EXPECT_FALSE(parse_decimal<std::uint16_t>(text)) << text;
  }
}

TEST(BytesTest, HexRoundTripsAndRefusesOddOrForeignText) {
  EXPECT_EQ(to_hex(*from_hex("00fF10")), "00ff10");
  EXPECT_FALSE(from_hex("0"));
  EXPECT_FALSE(from_hex("0g"));
}

TEST(RandomTest, SameSeedSameDrawsAndBelowStaysBelow) {
  SeededRandom a(7);
  SeededRandom b(7);
  EXPECT_EQ(a.hex(8), b.hex(8));
  for (int i = 0; i < 100; ++i) EXPECT_LT(a.below(3), 3U);
}

}  // namespace
}  // namespace offhook
