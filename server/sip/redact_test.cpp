#include "sip/redact.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "sip/message_samples.hpp"

namespace offhook::sip {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

Request invite() { return std::get<Request>(parse_message(samples::kSipJsInvite).value()); }
Request with_body(Method method, const std::string& type, const std::string& body) {
  Request request = invite();
  request.method = method;
  request.headers.cseq.method = method;
  request.headers.content_type = type;
  request.body = body;
  return request;
}

TEST(RedactTest, WritesTheMessageInLinesForPeople) {
  const std::string text = redact(Message(invite()));
  EXPECT_TRUE(text.starts_with("INVITE sip:4443@offhook.invalid SIP/2.0\nVia: SIP/2.0/WS "))
      << text;
  EXPECT_THAT(text, HasSubstr("\nCall-ID: 0u1s2nq1f3bsk2q0nq6m\nCSeq: 1 INVITE\n"));
  EXPECT_THAT(text, HasSubstr("\nContent-Length: 5\n\n"));
  EXPECT_EQ(text.find('\r'), std::string::npos);
}

TEST(RedactTest, KeepsOfADigestAnswerWhoseItIs) {
  Request request = invite();
  for (auto* answers : {&request.headers.authorization, &request.headers.proxy_authorization}) {
    answers->push_back({.username = "100001",
                        .realm = "voip.ms",
                        .nonce = "planted-nonce",
                        .uri = "sip:voip.ms",
                        .response = "planted-response",
                        .algorithm = "MD5",
                        .cnonce = "planted-cnonce",
                        .qop = "auth",
                        .nonce_count = "00000001",
                        .opaque = "planted-opaque"});
  }
  const std::string text = redact(Message(request));
  EXPECT_THAT(text, Not(HasSubstr("planted")));
  for (const char* header : {"\nAuthorization: ", "\nProxy-Authorization: "}) {
    EXPECT_THAT(text,
                HasSubstr(header + std::string("Digest username=\"100001\", realm=\"voip.ms\", "
                                               "nonce=\"removed\", uri=\"sip:voip.ms\", "
                                               "response=\"removed\", algorithm=MD5")));
  }
}

TEST(RedactTest, KeepsOfAChallengeWhatItAsks) {
  Response response = make_response(invite(), 401, "t");
  for (auto* challenges :
       {&response.headers.www_authenticate, &response.headers.proxy_authenticate}) {
    challenges->push_back({.realm = "voip.ms",
                           .nonce = "planted-nonce",
                           .algorithm = "SHA-256",
                           .opaque = "planted-opaque",
                           .qop = {"auth"},
                           .stale = true});
  }
  const std::string text = redact(Message(response));
  EXPECT_THAT(text, Not(HasSubstr("planted")));
  EXPECT_THAT(text, HasSubstr("\nWWW-Authenticate: Digest algorithm=SHA-256, realm=\"voip.ms\", "
                              "nonce=\"removed\", opaque=\"removed\", qop=\"auth\", stale=true\n"));
}

TEST(RedactTest, KeepsOfAnOfferWhatAudioItOffersAndFromWhere) {
  const std::string text = redact(Message(with_body(
      Method::Invite, "application/sdp",
      "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nk=clear:planted\r\nc=IN IP6 2001:db8::1\r\n"
      "a=ice-pwd:planted\r\na=fingerprint:sha-256 00:11\r\n"
      "m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\na=rtpmap:111 opus/48000/2\r\na=setup:actpass\r\n"
      "a=ptime:20\r\na=sendonly\r\na=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n"
      "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:planted\r\n")));
  EXPECT_THAT(text, EndsWith("\n\nc=IN IP6 2001:db8::1\nm=audio 9 UDP/TLS/RTP/SAVPF 111 0\n"
                             "a=rtpmap:111 opus/48000/2\na=setup:actpass\na=ptime:20\na=sendonly\n"
                             "(not shown: 1 candidates, 2 keys, 4 other lines)\n"));
}

// Two lines for us, one for who knows CRLF only.
TEST(RedactTest, LetsNoSecretHideBehindALineThatIsShown) {
  for (const char* body : {"a=setup:actpass\ra=ice-pwd:planted", "a=setup:actpass;planted=1",
                           "a=sendrecv planted", "A=crypto:planted", " a=ice-pwd:planted"}) {
    EXPECT_THAT(redact(Message(with_body(Method::Invite, "application/sdp", body))),
                Not(HasSubstr("planted")))
        << body;
  }
}

TEST(RedactTest, SaysOfOtherBodiesOnlyHowLongTheyAreAndOfWhatType) {
  EXPECT_THAT(redact(Message(with_body(Method::Info, "application/dtmf-relay",
                                       "Signal=7\r\nDuration=160\r\n"))),
              EndsWith("\nContent-Length: 24\n\n"
                       "(not shown: 24 bytes of application/dtmf-relay)\n"));
  EXPECT_THAT(redact(Message(with_body(Method::Message, "text/plain", "planted"))),
              EndsWith("\n\n(not shown: 7 bytes of text/plain)\n"));
  EXPECT_THAT(redact(Message(with_body(Method::Message, "application/sdp", "m=planted"))),
              EndsWith("\n\n(not shown: 9 bytes of application/sdp)\n"));
  EXPECT_THAT(redact(Message(with_body(Method::Invite, "multipart/mixed", "m=planted"))),
              EndsWith("\n\n(not shown: 9 bytes of multipart/mixed)\n"));
  EXPECT_THAT(redact(Message(with_body(Method::Invite, "", "m=planted"))),
              EndsWith("\n\n(not shown: 9 bytes of no type)\n"));
}

TEST(RedactTest, ShowsNothingThatUrisCarryOnTheSide) {
  Request request = invite();
  request.uri.parameters.set("postd", "planted");
  request.headers.to.uri.headers = "body=planted";
  request.headers.contact.at(0).uri.headers = "Replaces=planted";
  request.headers.refer_to = request.headers.referred_by = request.headers.contact.at(0);
  const std::string text = redact(Message(request)) + summary(Message(request));
  EXPECT_THAT(text, Not(HasSubstr("planted")));
}

TEST(RedactTest, IsSafeOnATerminal) {
  Request request = invite();
  request.headers.from.display_name = "\x1b[2J\xc2\x9b\xff";
  request.headers.user_agent = "a\tb\x7f";
  const std::string text = redact(Message(request));
  EXPECT_THAT(text, HasSubstr("\"?[2J??\" <sip:"));
  EXPECT_THAT(text, HasSubstr("User-Agent: a?b?\n"));
  Response response = make_response(request, 486, "t", "Bu\x1bsy");
  EXPECT_EQ(summary(Message(response)), "486 Bu?sy (INVITE)");
}

TEST(RedactTest, CutsWhatIsTooLong) {
  Request request = invite();
  request.headers.user_agent.clear();
  const std::size_t without =
      redact(Message(request)).size() + std::string("User-Agent: \n").size();
  request.headers.user_agent = std::string(limits::kTraceMessageBytes - without, 'x');
  EXPECT_EQ(redact(Message(request)).size(), limits::kTraceMessageBytes);
  EXPECT_THAT(redact(Message(request)), Not(HasSubstr("(cut)")));
  request.headers.user_agent += "x";
  EXPECT_EQ(redact(Message(request)).size(), limits::kTraceMessageBytes);
  EXPECT_THAT(redact(Message(request)), EndsWith("\n(cut)\n"));
  request.uri.user = std::string(500, 'x');
  EXPECT_EQ(summary(Message(request)).size(), 120U);
}

TEST(RedactTest, SumsUpInOneLine) {
  EXPECT_EQ(summary(Message(invite())), "INVITE sip:4443@offhook.invalid");
  EXPECT_EQ(summary(Message(make_response(invite(), 180, "t"))), "180 Ringing (INVITE)");
  Request unknown = invite();
  unknown.method = Method::Unknown;
  unknown.unknown_method = "FOO";
  unknown.headers.cseq = {1, Method::Unknown, "FOO"};
  EXPECT_EQ(summary(Message(make_response(unknown, 405, "t"))), "405 Method Not Allowed (FOO)");
}

}  // namespace
}  // namespace offhook::sip
