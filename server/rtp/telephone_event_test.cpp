#include "rtp/telephone_event.hpp"

#include <string_view>

#include <gtest/gtest.h>

namespace offhook::rtp {
namespace {

TEST(TelephoneEventTest, ReadsThePayload) {
  const auto event = parse_telephone_event(*from_hex("0b8a0320"));
  ASSERT_TRUE(event);
  EXPECT_EQ(*event, (TelephoneEvent{.event = 11, .end = true, .volume = 10, .duration = 800}));
}

TEST(TelephoneEventTest, IgnoresTheReservedBitAndWhatFollows) {
  const auto event = parse_telephone_event(*from_hex("05400140ffff"));
  ASSERT_TRUE(event);
  EXPECT_EQ(*event, (TelephoneEvent{.event = 5, .end = false, .volume = 0, .duration = 320}));
}

TEST(TelephoneEventTest, AShortPayloadIsRefused) {
  EXPECT_FALSE(parse_telephone_event(*from_hex("0b8a03")));
  EXPECT_FALSE(parse_telephone_event({}));
}

TEST(TelephoneEventTest, WritesThePayload) {
  EXPECT_EQ(
      to_hex(write_telephone_event({.event = 11, .end = true, .volume = 10, .duration = 800})),
      "0b8a0320");
}

TEST(TelephoneEventTest, DigitsAndEventsCorrespond) {
  constexpr std::string_view kDigits = "0123456789*#ABCD";
  for (std::uint8_t event = 0; event < 16; ++event) {
    EXPECT_EQ(digit_from_event(event), kDigits[event]);
    EXPECT_EQ(event_from_digit(kDigits[event]), event);
  }
  EXPECT_EQ(event_from_digit('c'), 14);
  EXPECT_FALSE(digit_from_event(16));  // flash
  for (const char other : {'E', '+', ' ', '\0', 'e'}) EXPECT_FALSE(event_from_digit(other));
}

}  // namespace
}  // namespace offhook::rtp
