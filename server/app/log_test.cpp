#include "app/log.hpp"

#include <gtest/gtest.h>

namespace offhook::app {
namespace {

TEST(LogTest, WritesTextThatReadsWell) {
  EXPECT_EQ(format_text("signal", "call_ended", {{"user", "demo"}, {"number", "4443"}}),
            "signal   call_ended user=demo number=4443");
}

TEST(LogTest, QuotesWhatCouldBeMisread) {
  EXPECT_EQ(format_text("signal", "e", {{"a", ""}, {"b", "two words"}, {"c", "x=y"}}),
            R"(signal   e a="" b="two words" c="x=y")");
}

TEST(LogTest, LetsNothingBreakOutOfItsLine) {
  const std::string attack = "x\r\n{\"level\":\"error\"}\x1b[2J\x7f\xff\"";
  for (const std::string& line :
       {format_text("signal", "e", {{"a", attack}}), format_json("signal", "e", {{"a", attack}})}) {
    for (const char c : line) {
      EXPECT_GE(static_cast<unsigned char>(c), 0x20) << line;
      EXPECT_NE(c, '\x7f') << line;
    }
    EXPECT_EQ(line.find('\xff'), std::string::npos) << line;
    EXPECT_NE(line.find(R"(x\r\n{\"level\":\"error\"})"), std::string::npos) << line;
  }
}

TEST(LogTest, EscapesWhatTerminalsAndReadersObeyBeyondAscii) {
  EXPECT_EQ(format_json("signal", "e",
                        {{"a",
                          "\xc2\x9b"
                          "2J\xe2\x80\xae"
                          "gnp\x7f"}}),
            R"("role":"signal","event":"e","a":"\u009b2J\u202egnp\u007f")");
  EXPECT_EQ(format_text("signal", "e", {{"a", "\xc2\x9b"}}), R"(signal   e a="\u009b")");
}

TEST(LogTest, WritesFieldsAsJsonStrings) {
  EXPECT_EQ(format_json("signal", "call_ended", {{"user", "demo"}}),
            R"("role":"signal","event":"call_ended","user":"demo")");
}

}  // namespace
}  // namespace offhook::app
