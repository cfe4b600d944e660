#include "sip/message_summary.hpp"

#include <gtest/gtest.h>

namespace offhook::sip {
namespace {

using Counts = MessageSummary::Counts;

TEST(MessageSummaryTest, ReadsWhatAsteriskSends) {
  const auto summary = parse_message_summary(
      "Messages-Waiting: yes\r\n"
      "Message-Account: sip:asterisk@198.51.100.20\r\n"
      "Voice-Message: 2/8 (1/3)\r\n");
  ASSERT_TRUE(summary);
  EXPECT_TRUE(summary->waiting);
  EXPECT_EQ(summary->voice, (Counts{2, 8, 1, 3}));
}

TEST(MessageSummaryTest, ReadsEverySpellingThatTheGrammarAllows) {
  const MessageSummary expected{.waiting = false, .voice = Counts{0, 1, 0, 0}};
  for (const char* body :
       {"Messages-Waiting: no\r\nVoice-Message: 0/1\r\n", "messages-waiting:NO\nVOICE-MESSAGE:0/1",
        "Messages-Waiting : no\r\nVoice-Message\t: 0 / 1 ( 0 / 0 )\r\n",
        "Voice-Message: 0/1 (0/0)\r\nMessages-Waiting: no\r\n",
        "Messages-Waiting: no\r\nVoice-Message: 000/01 (0/0)\r\nFax-Message: 7/7\r\n"}) {
    EXPECT_EQ(parse_message_summary(body), expected) << body;
  }
}

TEST(MessageSummaryTest, TakesALightWithoutCounts) {
  EXPECT_EQ(parse_message_summary("Messages-Waiting: yes\r\n"),
            (MessageSummary{.waiting = true, .voice = std::nullopt}));
  EXPECT_EQ(parse_message_summary("Messages-Waiting: yes\r\nFax-Message: 2/8 (0/2)\r\n"),
            (MessageSummary{.waiting = true, .voice = std::nullopt}));
}

TEST(MessageSummaryTest, LeavesOutCountsThatCannotBeRead) {
  for (const std::string counts : {"", "2", "2/", "/8", "-1/8", "2/8 (1)", "2/8 (1/x)", "two/8",
                                   "4294967296/0", "99999999999999999999/0"}) {
    const auto summary =
        parse_message_summary("Messages-Waiting: yes\r\nVoice-Message: " + counts + "\r\n");
    ASSERT_TRUE(summary) << counts;
    EXPECT_EQ(summary->voice, std::nullopt) << counts;
  }
  EXPECT_EQ(parse_message_summary("Messages-Waiting: yes\r\nVoice-Message: 4294967295/0\r\n")
                .value()
                .voice,
            (Counts{4'294'967'295, 0, 0, 0}));
}

TEST(MessageSummaryTest, IsNoneWhereItDoesNotSayWhetherMessagesWait) {
  for (const char* body :
       {"", "\r\n", "Voice-Message: 2/8\r\n", "Messages-Waiting:\r\n",
        "Messages-Waiting: maybe\r\n", "Messages-Waiting yes\r\n", "\r\nMessages-Waiting: yes\r\n",
        "Messages-Waiting: yes\r\nMessages-Waiting: perhaps\r\n"}) {
    EXPECT_EQ(parse_message_summary(body), std::nullopt) << body;
  }
}

TEST(MessageSummaryTest, PassesOverTheHeadersOfSingleMessages) {
  const auto summary = parse_message_summary(
      "Messages-Waiting: yes\r\nVoice-Message: 1/0\r\n\r\nSubject: x\r\nVoice-Message: 9/9\r\n"
      "Messages-Waiting: no\r\n");
  EXPECT_EQ(summary, (MessageSummary{.waiting = true, .voice = Counts{1, 0, 0, 0}}));
}

TEST(MessageSummaryTest, ReadsWhatItWrites) {
  for (const MessageSummary& summary :
       {MessageSummary{}, MessageSummary{.waiting = true},
        MessageSummary{.waiting = true, .voice = Counts{2, 8, 1, 4'294'967'295}}}) {
    EXPECT_EQ(parse_message_summary(to_string(summary)), summary) << to_string(summary);
  }
  EXPECT_EQ(to_string(MessageSummary{.waiting = true, .voice = Counts{2, 8, 0, 2}}),
            "Messages-Waiting: yes\r\nVoice-Message: 2/8 (0/2)\r\n");
}

TEST(MessageSummaryTest, AddsTwoMailboxesAndStopsAtTheLimit) {
  const MessageSummary empty{.waiting = false, .voice = Counts{}};
  const MessageSummary some{.waiting = true, .voice = Counts{1, 2, 3, 4}};
  const MessageSummary many{.waiting = true, .voice = Counts{4'294'967'295, 4'294'967'290, 0, 0}};
  const MessageSummary uncounted{.waiting = true};
  EXPECT_EQ(together(empty, some), some);
  EXPECT_EQ(together(uncounted, empty), (MessageSummary{.waiting = true, .voice = Counts{}}));
  EXPECT_EQ(together(empty, uncounted), (MessageSummary{.waiting = true, .voice = Counts{}}));
  EXPECT_EQ(together(some, many),
            (MessageSummary{.waiting = true, .voice = Counts{4'294'967'295, 4'294'967'292, 3, 4}}));
}

TEST(MessageSummaryTest, KnowsItsOwnEvent) {
  Request notify;
  notify.method = Method::Notify;
  for (const auto& [event, is_ours] :
       {std::pair{"message-summary", true}, std::pair{"Message-Summary ;id=1", true},
        std::pair{"message-summaries", false}, std::pair{"dialog", false}, std::pair{"", false}}) {
    notify.headers.event = event;
    EXPECT_EQ(is_message_summary(notify), is_ours) << event;
  }
  notify.headers.event = "message-summary";
  notify.method = Method::Publish;
  EXPECT_FALSE(is_message_summary(notify));
}

}  // namespace
}  // namespace offhook::sip
