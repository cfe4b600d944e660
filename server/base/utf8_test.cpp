#include "base/utf8.hpp"

#include <gtest/gtest.h>

namespace offhook {
namespace {

TEST(Utf8Test, ReplacesEveryByteThatIsNotWellFormed) {
  EXPECT_EQ(well_formed_utf8("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x93\x9e"),
            "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x93\x9e");
  EXPECT_EQ(well_formed_utf8("\x80\xff"), "??");
  EXPECT_EQ(well_formed_utf8("\xc3"), "?");
  EXPECT_EQ(well_formed_utf8("\xc0\xaf"), "??");            // overlong
  EXPECT_EQ(well_formed_utf8("\xe0\x80\xaf"), "???");       // overlong
  EXPECT_EQ(well_formed_utf8("\xed\xa0\x80"), "???");       // surrogate
  EXPECT_EQ(well_formed_utf8("\xf0\x80\x80\x80"), "????");  // overlong
  EXPECT_EQ(well_formed_utf8("\xf4\x90\x80\x80"), "????");  // beyond U+10FFFF
  EXPECT_EQ(well_formed_utf8("\xe2\x82"
                             "a"),
            "??a");
}

TEST(Utf8Test, ShowsNothingThatActsOnATerminal) {
  EXPECT_EQ(printable_utf8("plain text\nsecond line"), "plain text\nsecond line");
  EXPECT_EQ(printable_utf8("J\xc3\xbcrgen \xe2\x82\xac"), "J\xc3\xbcrgen \xe2\x82\xac");
  EXPECT_EQ(printable_utf8(std::string_view("a\0b\r\x1b[2J\x7f", 9)), "a?b??[2J?");
  EXPECT_EQ(printable_utf8("\xc2\x9b"
                           "2J"),
            "?2J")
      << "CSI in one character";
  EXPECT_EQ(printable_utf8("\xe2\x80\xae"
                           "exe.\xe2\x81\xa6\xe2\x80\xa8\xd8\x9c"),
            "?exe.???");
  EXPECT_EQ(printable_utf8("\xff\xc2"), "??");
}

}  // namespace
}  // namespace offhook
