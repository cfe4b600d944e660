#include "media/log.hpp"

#include <gtest/gtest.h>

namespace offhook::media {
namespace {

TEST(LogTest, AnEventIsOneJsonLine) {
  EXPECT_EQ(
      format_log_line("2026-01-02T03:04:05.678Z", LogLevel::Warning, "started", {{"port", "1"}}),
      "{\"time\":\"2026-01-02T03:04:05.678Z\",\"level\":\"warning\",\"role\":\"media\","
      "\"event\":\"started\",\"port\":\"1\"}\n");
}

TEST(LogTest, TextCannotBreakOutOfItsString) {
  const std::string line =
      format_log_line("t", LogLevel::Error, "e", {{"reason", "a\"b\\c\nd\x1b[0m\x7f"}});
  EXPECT_TRUE(line.contains(R"(a\"b\\c\u000ad\u001b[0m\u007f)")) << line;
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

}  // namespace
}  // namespace offhook::media
