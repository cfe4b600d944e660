#include "sip/message.hpp"

#include <gtest/gtest.h>

#include "sip/flow.hpp"
#include "sip/message_samples.hpp"

namespace offhook::sip {
namespace {

TEST(MessageTest, NamesEveryMethodBothWays) {
  for (int i = 0; i < static_cast<int>(Method::Unknown); ++i) {
    const auto method = static_cast<Method>(i);
    EXPECT_EQ(method_from(to_string(method)), method);
  }
  EXPECT_EQ(method_from("Invite"), Method::Unknown);
  EXPECT_EQ(method_from(""), Method::Unknown);
}

TEST(MessageTest, ResponseCopiesWhatRfc3261AsksForAndNothingElse) {
  const auto request = std::get<Request>(*parse_message(samples::kSipJsInvite));
  const Response response = make_response(request, 486, "mytag");
  Headers expected;
  expected.via = request.headers.via;
  expected.from = request.headers.from;
  expected.to = request.headers.to;
  expected.to.set_tag("mytag");
  expected.call_id = request.headers.call_id;
  expected.cseq = request.headers.cseq;
  EXPECT_EQ(response.headers, expected);
  EXPECT_EQ(response.reason_phrase, "Busy Here");
  EXPECT_TRUE(response.body.empty());
}

TEST(MessageTest, ResponseKeepsATagThatIsThereAndAddsNoEmptyOne) {
  auto request = std::get<Request>(*parse_message(samples::kSipJsInvite));
  EXPECT_FALSE(make_response(request, 100, "").headers.to.parameters.has("tag"));
  request.headers.to.set_tag("theirs");
  EXPECT_EQ(make_response(request, 200, "mine", "Fine").headers.to.tag(), "theirs");
  EXPECT_EQ(make_response(request, 200, "mine", "Fine").reason_phrase, "Fine");
}

TEST(MessageTest, TheTagOfStatelessAnswersHangsOnTheRequestAndIsShort) {
  const auto request = std::get<Request>(*parse_message(samples::kSipJsInvite));
  const std::string tag = stateless_tag(request.headers);
  EXPECT_EQ(tag.size(), 8U);
  EXPECT_EQ(stateless_tag(request.headers), tag);
  Request other = request;
  other.headers.via.front().parameters.set("branch", "z9hG4bKother");
  EXPECT_NE(stateless_tag(other.headers), tag);
  other = request;
  other.headers.call_id += "x";
  EXPECT_NE(stateless_tag(other.headers), tag);
  other = request;
  other.headers.from.set_tag("other");
  EXPECT_NE(stateless_tag(other.headers), tag);
}

TEST(MessageTest, UnknownStatusHasThePhraseOfItsClass) {
  EXPECT_EQ(reason_phrase(486), "Busy Here");
  EXPECT_EQ(reason_phrase(499), "Bad Request");
  EXPECT_EQ(reason_phrase(699), "Busy Everywhere");
  EXPECT_EQ(reason_phrase(199), "Early Dialog Terminated");
  EXPECT_EQ(reason_phrase(0), "");
}

TEST(MessageTest, SafeTextHasNoControlCharactersAndEndsOnACharacter) {
  EXPECT_EQ(safe_text(std::string_view("a\r\nb\0c\td\x7f\x1b[0m", 13)), "abcd[0m");
  EXPECT_EQ(safe_text("Jos\xe9"), "Jos?");
  EXPECT_EQ(safe_text(std::string(256, 'x')), std::string(256, 'x'));
  EXPECT_EQ(safe_text(std::string(257, 'x')), std::string(256, 'x'));
  EXPECT_EQ(safe_text(std::string(255, 'x') + "\xc3\xa9"), std::string(255, 'x'));
  EXPECT_EQ(safe_text(std::string(254, 'x') + "\xc3\xa9!"), std::string(254, 'x') + "\xc3\xa9");
}

TEST(FlowTest, NamesTransportsAsViaDoes) {
  EXPECT_EQ(to_string(Transport::Udp), "UDP");
  EXPECT_EQ(to_string(Transport::Tcp), "TCP");
  EXPECT_EQ(to_string(Transport::Tls), "TLS");
  EXPECT_EQ(to_string(Transport::Ws), "WS");
  EXPECT_EQ(to_string(Transport::Wss), "WSS");
}

TEST(FlowTest, NamesTransportsAsUrisDoWhereUdpIsTheDefault) {
  EXPECT_EQ(uri_transport(Transport::Udp), "");
  EXPECT_EQ(uri_transport(Transport::Tcp), "tcp");
  EXPECT_EQ(uri_transport(Transport::Tls), "tls");
  EXPECT_EQ(uri_transport(Transport::Ws), "ws");
  EXPECT_EQ(uri_transport(Transport::Wss), "ws");
}

}  // namespace
}  // namespace offhook::sip
