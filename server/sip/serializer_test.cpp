#include <gtest/gtest.h>

#include "sip/message.hpp"
#include "sip/message_samples.hpp"

namespace offhook::sip {
namespace {

using samples::options;

TEST(SerializerTest, WritesWhatItReadForEverySample) {
  for (const std::string_view sample : {samples::kSipJsRegister, samples::kSipJsInvite,
                                        samples::kChanSipInvite, samples::kChanSipUnauthorized}) {
    const auto message = parse_message(sample);
    ASSERT_TRUE(message);
    const std::string bytes = serialize(*message);
    const auto again = parse_message(bytes);
    ASSERT_TRUE(again) << bytes;
    EXPECT_EQ(*again, *message);
    EXPECT_EQ(serialize(*again), bytes);
  }
}

TEST(SerializerTest, WritesExactlyTheFieldsThatAreSet) {
  const auto message = parse_message(options("Subject: dropped\r\nAllow: INVITE,ACK\r\n"));
  ASSERT_TRUE(message);
  EXPECT_EQ(serialize(*message),
            "OPTIONS sip:b@example.com SIP/2.0\r\n"
            "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
            "From: <sip:a@example.com>;tag=1\r\n"
            "To: <sip:b@example.com>\r\n"
            "Call-ID: c1\r\n"
            "CSeq: 1 OPTIONS\r\n"
            "Allow: INVITE, ACK\r\n"
            "Content-Length: 0\r\n"
            "\r\n");
}

TEST(SerializerTest, WritesAChallengeAsChanSipDoes) {
  const auto message = parse_message(samples::kChanSipUnauthorized);
  EXPECT_TRUE(
      serialize(*message).contains("WWW-Authenticate: Digest algorithm=MD5, "
                                   "realm=\"atlanta1.voip.ms\", nonce=\"5c9da5ce\"\r\n"));
}

TEST(SerializerTest, WritesAChallengeInFull) {
  Response response;
  response.status = 401;
  response.headers.www_authenticate = {{.realm = "a \"b\"",
                                        .nonce = "n",
                                        .algorithm = "SHA-512-256",
                                        .opaque = "",
                                        .qop = {"auth", "auth-int"},
                                        .stale = true}};
  EXPECT_TRUE(serialize(response).contains(
      "WWW-Authenticate: Digest algorithm=SHA-512-256, realm=\"a \\\"b\\\"\", nonce=\"n\", "
      "opaque=\"\", qop=\"auth,auth-int\", stale=true\r\n"));
}

TEST(SerializerTest, QuotesWhatNeedsQuotes) {
  auto request = std::get<Request>(*parse_message(options()));
  request.headers.from.display_name = "A \"B\" \\ C";
  request.headers.from.parameters.set("x", "a b;c");
  request.headers.from.parameters.set("empty", "");
  request.headers.from.parameters.set("+sip.methods", "INVITE");
  const std::string bytes = serialize(request);
  EXPECT_TRUE(bytes.contains(
      R"(From: "A \"B\" \\ C" <sip:a@example.com>;tag=1;x="a b;c";empty="";+sip.methods="INVITE")"));
  EXPECT_EQ(std::get<Request>(*parse_message(bytes)), request);
}

TEST(SerializerTest, LeavesHeadersOutOfARequestUri) {
  auto request = std::get<Request>(*parse_message(options()));
  request.uri.headers = "Route=x";
  EXPECT_TRUE(serialize(request).starts_with("OPTIONS sip:b@example.com SIP/2.0\r\n"));
}

TEST(SerializerTest, ComputesContentLength) {
  auto request = std::get<Request>(*parse_message(options("Content-Length: 3\r\n") + "abcdef"));
  EXPECT_TRUE(serialize(request).ends_with("Content-Length: 3\r\n\r\nabc"));
  request.body = std::string("\0\r\n\r\n", 5);
  EXPECT_TRUE(serialize(request).ends_with("Content-Length: 5\r\n\r\n" + request.body));
}

TEST(SerializerTest, WritesNoNumberThatIsNone) {
  auto request = std::get<Request>(*parse_message(options()));
  request.headers.expires = std::chrono::seconds(-1);
  request.headers.min_expires = std::chrono::hours(24 * 365 * 1'000);
  request.headers.session_expires = {std::chrono::seconds(-1), SessionExpires::Refresher::Uac};
  request.headers.min_se = std::chrono::hours(24 * 365 * 1'000);
  request.headers.via[0].port = 0;
  const std::string bytes = serialize(request);
  EXPECT_TRUE(bytes.contains("\r\nExpires: 0\r\n"));
  EXPECT_TRUE(bytes.contains("\r\nMin-Expires: 4294967295\r\n"));
  EXPECT_TRUE(bytes.contains("\r\nSession-Expires: 0;refresher=uac\r\n"));
  EXPECT_TRUE(bytes.contains("\r\nMin-SE: 4294967295\r\n"));
  EXPECT_TRUE(parse_message(bytes));
}

}  // namespace
}  // namespace offhook::sip
