#include "call/text_message.hpp"

#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace offhook::call {
namespace {

using testing::HasSubstr;
using testing::Not;

sip::Request message(const std::string& type, std::string body) {
  sip::Request request;
  request.method = sip::Method::Message;
  request.headers.content_type = type;
  request.body = std::move(body);
  return request;
}

TEST(TextMessageTest, ReadsPlainTextInEverySpelling) {
  for (const char* type :
       {"text/plain", "TEXT/PLAIN", " text/plain ; charset = UTF-8", "text/plain;charset=\"utf-8\"",
        "text/plain;format=flowed;x", "text/plain;charset=us-ascii", "text/plain;"}) {
    EXPECT_EQ(text_from_browser(message(type, "hi")), "hi") << type;
    EXPECT_EQ(text_from_trunk(message(type, "hi")), "hi") << type;
  }
}

TEST(TextMessageTest, ReadsNothingElse) {
  for (const char* type : {"", "text", "text/html", "text/plain2", "text/plain;charset=utf-16",
                           "text/plain;charset=", "text/plain;charset=\"", "application/text/plain",
                           "text/plain;charset=utf-8;charset=latin1"}) {
    EXPECT_EQ(text_from_browser(message(type, "hi")).error().status, 415) << type;
    EXPECT_EQ(text_from_trunk(message(type, "hi")).error().status, 415) << type;
  }
}

TEST(TextMessageTest, MendsWhatAProviderSendsAndNotWhatABrowserDoes) {
  EXPECT_EQ(text_from_trunk(message("text/plain", "Gr\xfc\xdf")), "Gr??");
  EXPECT_EQ(text_from_browser(message("text/plain", "Gr\xfc\xdf")).error().status, 415);
  const std::string text = std::string("Gr\xc3\xbc\xc3\x9f\r\n\x00", 9);
  EXPECT_EQ(text_from_browser(message("text/plain", text)), text);
}

TEST(TextMessageTest, TakesTextUpToItsLimits) {
  const std::string from_browser(limits::kTextRequestBytes, 'x');
  EXPECT_EQ(text_from_browser(message("text/plain", from_browser)), from_browser);
  EXPECT_EQ(text_from_browser(message("text/plain", from_browser + "x")).error().status, 513);
  const std::string from_trunk(limits::kTextBytes, 'x');
  EXPECT_EQ(text_from_trunk(message("text/plain", from_trunk)), from_trunk);
  EXPECT_EQ(text_from_trunk(message("text/plain", from_trunk + "x")).error().status, 513);
}

TEST(TextMessageTest, TellsEachFailureInASentenceThatFitsIntoAReasonHeader) {
  for (std::size_t i = 0; i < kCallFailures; ++i) {
    const auto failure = static_cast<CallFailure>(i);
    const TextFailure text = text_failure(failure);
    EXPECT_EQ(text.status, describe(failure).sip_status);
    EXPECT_EQ(text.label, describe(failure).label);
    EXPECT_THAT(std::string(text.sentence), Not(HasSubstr("\""))) << text.label;
  }
  EXPECT_EQ(reason_for_browser(kTextTooLong),
            "SIP;cause=513;text=\"This message is too long. Send it in several parts.\"");
}

TEST(TextMessageTest, NeverSpeaksOfACallWhereAMessageFails) {
  for (std::uint16_t status = 300; status < 700; ++status) {
    const std::string sentence(text_failure_from_trunk(status).sentence);
    EXPECT_THAT(sentence, Not(HasSubstr(" call"))) << status;
  }
  for (const CallFailure failure :
       {CallFailure::NotRegistered, CallFailure::InvalidNumber, CallFailure::ForbiddenDestination,
        CallFailure::TooManyCallsAMinute, CallFailure::NoTrunk, CallFailure::TrunkUnresolved,
        CallFailure::ShuttingDown, CallFailure::TrunkSilent}) {
    EXPECT_THAT(std::string(text_failure(failure).sentence), Not(HasSubstr(" call")))
        << describe(failure).label;
  }
}

}  // namespace
}  // namespace offhook::call
