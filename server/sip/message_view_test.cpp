#include "sip/message_view.hpp"

#include <gtest/gtest.h>

#include "sip/message_samples.hpp"

namespace offhook::sip {
namespace {

using samples::options;
using samples::replaced;

MessageView view_of(std::string_view bytes) {
  auto view = MessageView::parse(std::string(bytes));
  EXPECT_TRUE(view) << view.error().message;
  return std::move(view).value();
}

TEST(MessageViewTest, ShowsARequestWhereItLies) {
  const MessageView view = view_of(samples::kChanSipInvite);
  EXPECT_TRUE(view.is_request());
  EXPECT_EQ(view.method(), Method::Invite);
  EXPECT_EQ(view.method_token(), "INVITE");
  EXPECT_EQ(view.uri().user, "100001");
  EXPECT_EQ(view.uri().port, 5062);
  EXPECT_EQ(view.top_via().transport, "UDP");
  EXPECT_EQ(view.top_via().host, "198.51.100.20");
  EXPECT_EQ(view.top_via().port, 5060);
  EXPECT_EQ(view.top_via().branch().str(), "z9hG4bK12d5d9f8");
  EXPECT_TRUE(view.top_via().parameters.has("RPORT"));
  EXPECT_EQ(view.from().display_name.str(), "DOE JOHN");
  EXPECT_EQ(view.from().tag().str(), "as5d0c4a67");
  EXPECT_TRUE(view.to().tag().empty());
  EXPECT_EQ(view.call_id(), "2f5a1e2b1c9d4e7f3a6b@198.51.100.20:5060");
  EXPECT_EQ(view.cseq().number, 102U);
  EXPECT_EQ(view.cseq().method, "INVITE");
  EXPECT_EQ(view.max_forwards(), 70);
  EXPECT_EQ(view.body(), "v=0\r\n");
}

TEST(MessageViewTest, ShowsAResponseWhereItLies) {
  const MessageView view = view_of(samples::kChanSipUnauthorized);
  EXPECT_FALSE(view.is_request());
  EXPECT_EQ(view.status(), 401);
  EXPECT_EQ(view.reason_phrase(), "Unauthorized");
  EXPECT_EQ(view.to().tag().str(), "as2b7c0d11");
  EXPECT_EQ(view.cseq().method, "REGISTER");
  EXPECT_EQ(view.body(), "");
}

TEST(MessageViewTest, ShowsTheTopViaOfSeveral) {
  const MessageView view = view_of(
      options("Via: SIP/2.0/TCP two.example;branch=z9hG4bK2, SIP/2.0/TLS three.example\r\n"));
  EXPECT_EQ(view.top_via().host, "192.0.2.1");
  EXPECT_EQ(view.element_count(HeaderId::Via), 3U);
}

TEST(MessageViewTest, StaysReadableWhenMoved) {
  MessageView first = view_of(options());
  const char* buffer = first.call_id().data();
  const MessageView second = std::move(first);
  EXPECT_EQ(second.call_id(), "c1");
  EXPECT_EQ(second.call_id().data(), buffer);
  EXPECT_EQ(second.to_request().headers.call_id, "c1");
}

TEST(MessageViewTest, MaterialisesAsOftenAsAsked) {
  const MessageView view = view_of(samples::kSipJsInvite);
  EXPECT_EQ(view.to_request(), view.to_request());
  EXPECT_EQ(view.to_message(), *parse_message(samples::kSipJsInvite));
}

TEST(MessageViewTest, MakesOneSpaceOfEachFold) {
  const MessageView view = view_of(
      replaced(options("Subject: I know\r\n you're\r\n\t\tthere\r\nReason: a\r\n  \r\n b\r\n"),
               "<sip:a@example.com>", "\"A\r\n  B\"\r\n\t<sip:a@example.com>\r\n   "));
  EXPECT_EQ(view.from().display_name.str(), "A B");
  EXPECT_EQ(view.from().tag().str(), "1");
  EXPECT_EQ(view.to_request().headers.reason, "a  b");
}

TEST(MessageViewTest, UndoesEscapesOfQuotedStringsOnly) {
  const MessageView view = view_of(
      replaced(options(), "<sip:a@example.com>;tag=1", R"("a \"\\\b" <sip:a@b>;tag="1\2")"));
  EXPECT_EQ(view.from().display_name.str(), R"(a "\b)");
  EXPECT_EQ(view.from().tag().str(), "12");
  EXPECT_EQ(view.to_request().headers.from.tag(), "12");
  EXPECT_TRUE(view.from().tag().equals("12"));
  EXPECT_FALSE(view.from().tag().equals("1\\2"));
}

TEST(MessageViewTest, AnEscapedMagicCookieAloneIsNoBranch) {
  EXPECT_FALSE(MessageView::parse(replaced(options(), "z9hG4bK1", "\"z9hG4b\\K\"")));
}

TEST(MessageViewTest, KeepsTheLinesThatItReads) {
  const MessageView view = view_of(
      options("X-Any: 1\r\nUser-Agent: first\r\nUser-Agent: second\r\nSupported: a\r\nk: b\r\n"));
  EXPECT_EQ(view.line_count(), 8U);
  const Headers headers = view.to_request().headers;
  EXPECT_EQ(headers.user_agent, "first");
  EXPECT_EQ(headers.supported, (std::vector<std::string>{"a", "b"}));
}

TEST(MessageViewTest, FindsEveryHeaderByItsNameInAnyCase) {
  for (std::size_t index = 0; index < kHeaderIds; ++index) {
    const HeaderRule& rule = header_rule(HeaderId(index));
    EXPECT_EQ(find_header_rule(rule.name), &rule);
    EXPECT_EQ(find_header_rule(to_lower(rule.name)), &rule);
    if (rule.compact != 0) EXPECT_EQ(find_header_rule({&rule.compact, 1}), &rule);
  }
  EXPECT_EQ(find_header_rule(""), nullptr);
  EXPECT_EQ(find_header_rule("z"), nullptr);
  EXPECT_EQ(find_header_rule("Vib"), nullptr);
  EXPECT_EQ(find_header_rule("Subscription-Statement"), nullptr);
}

TEST(MessageViewTest, RefusesOneChallengeOrOneCredentialTooMany) {
  for (const std::string name :
       {"Authorization", "Proxy-Authorization", "WWW-Authenticate", "Proxy-Authenticate"}) {
    std::string lines;
    for (std::size_t i = 0; i < limits::kSipListElements; ++i) {
      lines += name + ": Digest realm=\"r\", nonce=\"n\"\r\n";
    }
    EXPECT_TRUE(MessageView::parse(options(lines)));
    EXPECT_TRUE(MessageView::parse(options(lines + name + ": Basic x\r\n")));
    const auto refused = MessageView::parse(options(lines + name + ": Digest realm=\"r\"\r\n"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "malformed " + name);
  }
}

TEST(MessageViewTest, RefusesOneViaTooMany) {
  std::string lines;
  for (std::size_t i = 1; i < limits::kSipListElements; ++i) lines += "v: SIP/2.0/UDP h\r\n";
  EXPECT_TRUE(MessageView::parse(options(lines)));
  EXPECT_FALSE(MessageView::parse(options(lines + "v: SIP/2.0/UDP h\r\n")));
}

TEST(MessageViewTest, ReadsNoMoreElementsOfAListThanItMay) {
  std::string line = "Allow: a0";
  for (std::size_t i = 1; i <= limits::kSipListElements; ++i) line += ",a" + std::to_string(i);
  EXPECT_EQ(view_of(options(line + "\r\n")).to_request().headers.allow.size(),
            limits::kSipListElements);
}

TEST(MessageViewTest, TakesTheLongestMessageAndNoLongerOne) {
  const std::string longest =
      options() + std::string(limits::kSipMessageBytes - options().size(), 'x');
  EXPECT_TRUE(MessageView::parse(longest));
  EXPECT_FALSE(MessageView::parse(longest + "x"));
}

}  // namespace
}  // namespace offhook::sip
