#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "sip/message.hpp"
#include "sip/message_samples.hpp"

namespace offhook::sip {
namespace {

using namespace std::chrono_literals;
using samples::options;
using samples::replaced;
using testing::ElementsAre;

Request request_of(std::string_view bytes) {
  auto message = parse_message(bytes);
  EXPECT_TRUE(message) << (message ? "" : message.error().message);
  return message ? std::get<Request>(std::move(*message)) : Request{};
}

Response response_of(std::string_view bytes) {
  auto message = parse_message(bytes);
  EXPECT_TRUE(message) << (message ? "" : message.error().message);
  return message ? std::get<Response>(std::move(*message)) : Response{};
}

TEST(ParserTest, ReadsARegisterOfSipJs) {
  const Request request = request_of(samples::kSipJsRegister);
  EXPECT_EQ(request.method, Method::Register);
  EXPECT_EQ(request.uri.to_string(), "sip:offhook.invalid");
  const Headers& headers = request.headers;
  ASSERT_EQ(headers.via.size(), 1U);
  EXPECT_EQ(headers.via[0].transport, "WS");
  EXPECT_EQ(headers.via[0].host, "8hq1v2c0n6d3.invalid");
  EXPECT_EQ(headers.via[0].branch(), "z9hG4bK3148226");
  EXPECT_EQ(headers.max_forwards, 70);
  EXPECT_EQ(headers.from.display_name, "Demo");
  EXPECT_EQ(headers.from.tag(), "7ui5uj3k2e");
  EXPECT_EQ(headers.to.tag(), "");
  EXPECT_EQ(headers.call_id, "5hk3r8a0c1p1bs2bemnm");
  EXPECT_EQ(headers.cseq, (CSeq{2, Method::Register, {}}));
  ASSERT_EQ(headers.contact.size(), 1U);
  EXPECT_EQ(headers.contact[0].uri.parameters.get("transport"), "ws");
  EXPECT_EQ(headers.contact[0].parameters.get("+sip.instance"),
            "<urn:uuid:6c0f5e3e-7c0a-4a39-9a3b-0242ac120002>");
  EXPECT_EQ(headers.contact[0].parameters.get("reg-id"), "1");
  EXPECT_EQ(headers.contact[0].parameters.get("expires"), "600");
  EXPECT_THAT(headers.supported, ElementsAre("outbound", "path", "gruu"));
  EXPECT_EQ(headers.allow.size(), 9U);
  EXPECT_EQ(headers.user_agent, "SIP.js/0.21.2");
}

TEST(ParserTest, ReadsAnInviteOfSipJs) {
  const Request request = request_of(samples::kSipJsInvite);
  EXPECT_EQ(request.method, Method::Invite);
  EXPECT_EQ(request.uri.user, "4443");
  EXPECT_TRUE(request.headers.contact.at(0).uri.parameters.has("ob"));
  EXPECT_EQ(request.headers.content_type, "application/sdp");
  EXPECT_EQ(request.body, "v=0\r\n");
}

TEST(ParserTest, ReadsAnInviteOfChanSip) {
  const Request request = request_of(samples::kChanSipInvite);
  EXPECT_EQ(request.headers.via.at(0).host, "198.51.100.20");
  EXPECT_EQ(request.headers.via.at(0).port, 5060);
  EXPECT_TRUE(request.headers.via.at(0).parameters.has("rport"));
  EXPECT_EQ(request.headers.from.display_name, "DOE JOHN");
  ASSERT_TRUE(request.headers.remote_party_id);
  EXPECT_EQ(request.headers.remote_party_id->uri.user, "2152588220");
  EXPECT_EQ(request.headers.remote_party_id->parameters.get("privacy"), "off");
  EXPECT_EQ(request.headers.call_id, "2f5a1e2b1c9d4e7f3a6b@198.51.100.20:5060");
}

TEST(ParserTest, ReadsAChallengeOfChanSip) {
  const Response response = response_of(samples::kChanSipUnauthorized);
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(response.reason_phrase, "Unauthorized");
  EXPECT_EQ(response.headers.via.at(0).parameters.get("received"), "203.0.113.9");
  ASSERT_EQ(response.headers.www_authenticate.size(), 1U);
  EXPECT_EQ(response.headers.www_authenticate[0],
            (Challenge{"atlanta1.voip.ms", "5c9da5ce", "MD5", std::nullopt, {}, false}));
}

TEST(ParserTest, ReadsCompactForms) {
  const Request request = request_of(
      "INVITE sip:b@example.com SIP/2.0\r\n"
      "v: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nf: <sip:a@example.com>;tag=1\r\n"
      "t: <sip:b@example.com>\r\ni: c1\r\nCSeq: 1 INVITE\r\nm: <sip:a@192.0.2.1>\r\n"
      "k: timer\r\nc: text/plain\r\no: refer\r\nl: 2\r\n\r\nhi");
  EXPECT_EQ(request.headers.from.uri.user, "a");
  EXPECT_EQ(request.headers.contact.size(), 1U);
  EXPECT_THAT(request.headers.supported, ElementsAre("timer"));
  EXPECT_EQ(request.headers.event, "refer");
  EXPECT_EQ(request.body, "hi");
}

TEST(ParserTest, ReadsWhereSomebodyIsReferredTo) {
  const std::string bytes = options(
      "Refer-To: \"Bo\" <sip:4444@example.com?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2>;p=q\r\n"
      "Referred-By: <sip:al@example.com>;cid=\"x@y\"\r\n");
  const Headers headers = request_of(bytes).headers;
  ASSERT_TRUE(headers.refer_to && headers.referred_by);
  EXPECT_EQ(headers.refer_to->display_name, "Bo");
  EXPECT_EQ(headers.refer_to->uri.user, "4444");
  EXPECT_EQ(headers.refer_to->parameters.get("p"), "q");
  EXPECT_EQ(uri_header(headers.refer_to->uri, "replaces"), "a@b;to-tag=1;from-tag=2");
  EXPECT_EQ(headers.referred_by->uri.user, "al");
  EXPECT_EQ(headers.referred_by->parameters.get("cid"), "x@y");
  EXPECT_EQ(request_of(replaced(replaced(bytes, "Refer-To", "r"), "Referred-By", "b")).headers,
            headers);
  EXPECT_FALSE(request_of(options("Referred-By: <sip:\r\n")).headers.referred_by);
}

TEST(ParserTest, ReadsReplaces) {
  EXPECT_EQ(request_of(options("Replaces: a@b ; to-tag = 1;x;FROM-tag=\"2\"\r\n")).headers.replaces,
            (Replaces{.call_id = "a@b", .to_tag = "1", .from_tag = "2"}));
  const auto early = parse_replaces("a;from-tag=2;early-only;to-tag=1");
  ASSERT_TRUE(early);
  EXPECT_EQ(*early, (Replaces{.call_id = "a", .to_tag = "1", .from_tag = "2", .early_only = true}));
  EXPECT_EQ(*parse_replaces(to_string(*early)), *early);
  for (const std::string_view bad :
       {"", ";to-tag=1;from-tag=2", "a", "a;to-tag=1", "a;from-tag=2", "a;to-tag;from-tag=2",
        "a;to-tag=;from-tag=2", "a;to-tag=\"\";from-tag=2", "a;to-tag=1;to-tag=1;from-tag=2",
        "a b;to-tag=1;from-tag=2", "a;to-tag=1;from-tag=2,b;to-tag=1;from-tag=2"}) {
    EXPECT_FALSE(parse_replaces(bad)) << bad;
  }
}

TEST(ParserTest, ReadsNumbersOfProvisionalResponses) {
  const Headers headers = request_of(options("RSeq: 4294967295\r\nRAck: 7  1 INVITE \r\n")).headers;
  EXPECT_EQ(headers.rseq, 4294967295U);
  EXPECT_EQ(headers.rack, (RAck{7, {1, Method::Invite, {}}}));
  for (const std::string_view bad :
       {"RSeq: \r\n", "RSeq: -1\r\n", "RSeq: 4294967296\r\n", "RAck: 1 INVITE\r\n", "RAck: 7 1\r\n",
        "RAck: 71 INVITE\r\n", "RAck: x 1 INVITE\r\n", "RAck: \r\n"}) {
    const Headers read = request_of(options(bad)).headers;
    EXPECT_FALSE(read.rseq || read.rack) << bad;
  }
}

TEST(ParserTest, ReadsFoldedLinesAndOddSpacing) {
  const Request request = request_of(
      "OPTIONS sip:b@example.com SIP/2.0\r\n"
      "VIA  :  SIP  /\r\n 2.0 /\tudp  192.0.2.1 : 5060\r\n ; branch = z9hG4bK1 \r\n"
      "from\t:\"A\r\n  b\"<sip:a@example.com> ; tag=1\r\n"
      "TO: sip:b@example.com;x=y\r\n"
      "Call-Id:c1   \r\n"
      "cseq: 1\r\n    OPTIONS\r\n"
      "Subject:\r\n\r\n");
  EXPECT_EQ(request.headers.via.at(0).transport, "UDP");
  EXPECT_EQ(request.headers.via.at(0).port, 5060);
  EXPECT_EQ(request.headers.via.at(0).branch(), "z9hG4bK1");
  EXPECT_EQ(request.headers.from.display_name, "A b");
  EXPECT_EQ(request.headers.to.parameters.get("x"), "y");
  EXPECT_TRUE(request.headers.to.uri.parameters.empty());
  EXPECT_EQ(request.headers.call_id, "c1");
}

TEST(ParserTest, LeavesQuotedControlCharactersOut) {
  const Request request = request_of(replaced(options("User-Agent: a\\\x1b b \\\\ c\r\n"),
                                              "From: ", "From: \"A\\\x07 \\\"B\\\" \\\\\" "));
  EXPECT_EQ(request.headers.from.display_name, "A \"B\" \\");
  EXPECT_EQ(request.headers.user_agent, "a b \\\\ c");
  for (const std::string_view bad : {"\\\\\x07", "\\\n", "\\\r", "\x07\\"}) {
    EXPECT_FALSE(parse_message(options("Subject: " + std::string(bad) + "x\r\n"))) << bad;
  }
}

TEST(ParserTest, ReadsNamesThatShouldBeInQuotesAndSpacesInBrackets) {
  const Request request = request_of(
      replaced(options(), "From: <sip:a@example.com>", "From: Bell, A. < sip:a@example.com >"));
  EXPECT_EQ(request.headers.from.display_name, "Bell, A.");
  EXPECT_EQ(request.headers.from.uri.host, "example.com");
}

TEST(ParserTest, ReadsAViaWithoutABranch) {  // RFC 3261 17.2.3: as from RFC 2543
  EXPECT_EQ(request_of(replaced(options(), ";branch=z9hG4bK1", "")).headers.via.at(0).branch(), "");
}

TEST(ParserTest, ReadsCommaListsLikeRepeatedLines) {
  const Request request = request_of(
      options("Via: SIP/2.0/TCP one.example;branch=z9hG4bK2 , SIP/2.0/TLS "
              "[2001:db8::9]:5061;branch=z9hG4bK3\r\n"
              "Record-Route: <sip:p1;lr>,<sip:p2;lr;x=1>\r\nRecord-Route: <sip:p3;lr=on>\r\n"
              "Contact: \"Bell, \\\"Alex\\\"\" <sip:a@192.0.2.1?x=1>;q=0.5, Bob <sip:b@192.0.2.2>, "
              "sip:c@192.0.2.3\r\n"));
  ASSERT_EQ(request.headers.via.size(), 3U);
  EXPECT_EQ(request.headers.via[2].host, "[2001:db8::9]");
  ASSERT_EQ(request.headers.record_route.size(), 3U);
  EXPECT_EQ(request.headers.record_route[1].uri.parameters.get("x"), "1");
  ASSERT_EQ(request.headers.contact.size(), 3U);
  EXPECT_EQ(request.headers.contact[0].display_name, "Bell, \"Alex\"");
  EXPECT_EQ(request.headers.contact[1].display_name, "Bob");
  EXPECT_EQ(request.headers.contact[2].uri.user, "c");
}

TEST(ParserTest, KeepsUnknownMethodsAndDropsUnknownHeaders) {
  const Request request =
      request_of(replaced(replaced(options("X-Secret: 1\r\nAuthorization: Basic abc\r\n"),
                                   "OPTIONS sip", "NEWMETHOD sip"),
                          "1 OPTIONS", "1 NEWMETHOD"));
  EXPECT_EQ(request.method, Method::Unknown);
  EXPECT_EQ(request.method_token(), "NEWMETHOD");
  EXPECT_TRUE(request.headers.authorization.empty());
  EXPECT_FALSE(serialize(request).contains("Secret"));
}

TEST(ParserTest, TakesMethodsWithCase) {
  const Request request = request_of(
      replaced(replaced(options(), "OPTIONS sip", "options sip"), "1 OPTIONS", "1 options"));
  EXPECT_EQ(request.method, Method::Unknown);
}

TEST(ParserTest, ReadsTheBodyUpToContentLengthAndDropsTheRest) {
  EXPECT_EQ(request_of(options("Content-Length: 2\r\n") + "hi there").body, "hi");
  EXPECT_EQ(request_of(options() + "hi there").body, "hi there");
  EXPECT_EQ(request_of(options("Content-Length: 0\r\n") + "hi there").body, "");
}

TEST(ParserTest, SkipsEmptyLinesBeforeTheStartLine) {
  EXPECT_EQ(request_of("\r\n\r\n" + options()).headers.call_id, "c1");
}

TEST(ParserTest, ReadsStatusLinesWithAndWithoutPhrase) {
  const auto with = [](std::string_view line) {
    return replaced(samples::kChanSipUnauthorized, "SIP/2.0 401 Unauthorized", line);
  };
  EXPECT_EQ(response_of(with("SIP/2.0 200 OK ")).reason_phrase, "OK ");
  EXPECT_EQ(response_of(with("sip/2.0 200 ")).status, 200);
  EXPECT_EQ(response_of(with("SIP/2.0 200")).reason_phrase, "");
  EXPECT_EQ(response_of(with("SIP/2.0 699 \xd0\x9f = 2**3 * \"x\"")).reason_phrase,
            "\xd0\x9f = 2**3 * \"x\"");
}

TEST(ParserTest, SaturatesExpiryAndReadsRetryAfterWithComment) {
  const Request request =
      request_of(options("Expires: 99999999999999999999\r\nMin-Expires: 60\r\n"
                         "Retry-After: 18 (in a meeting);duration=3600\r\n"));
  EXPECT_EQ(request.headers.expires, std::chrono::seconds(UINT32_MAX));
  EXPECT_EQ(request.headers.min_expires, 60s);
  EXPECT_EQ(request.headers.retry_after, RetryAfter{18s});
}

TEST(ParserTest, ReadsSessionTimers) {
  using Refresher = SessionExpires::Refresher;
  Headers headers = request_of(options("Session-Expires: 1800;refresher=uas;x=y\r\n"
                                       "Min-SE: 90 ; a=b\r\n"))
                        .headers;
  EXPECT_EQ(headers.session_expires, (SessionExpires{1800s, Refresher::Uas}));
  EXPECT_EQ(headers.min_se, 90s);
  headers = request_of(options("x:\t99999999999 ;Refresher=\"UAC\"\r\n")).headers;
  EXPECT_EQ(headers.session_expires,
            (SessionExpires{std::chrono::seconds(UINT32_MAX), Refresher::Uac}));
  headers = request_of(options("x: 90;refresher=proxy\r\n")).headers;
  EXPECT_EQ(headers.session_expires, (SessionExpires{90s, Refresher::Unnamed}));
}

TEST(ParserTest, LeavesASessionTimerOutThatItCannotRead) {
  for (const std::string_view value :
       {"", "soon", "-1", "1.5", "90 90", "90,90", "90;", "90;refresher=uac;refresher=uas",
        "90;refresher=\"uac", ";refresher=uac", "0x5a", "90;=uac"}) {
    const std::string text(value);
    const Headers headers =
        request_of(options("Session-Expires: " + text + "\r\nMin-SE: " + text + "\r\n")).headers;
    EXPECT_FALSE(headers.session_expires) << value;
    EXPECT_FALSE(headers.min_se) << value;
  }
}

TEST(ParserTest, TakesTheFirstOfTwoSessionTimers) {
  const Headers headers =
      request_of(options("Session-Expires: 100\r\nx: 200\r\nMin-SE: 90\r\nMin-SE: 91\r\n")).headers;
  EXPECT_EQ(headers.session_expires->interval, 100s);
  EXPECT_EQ(headers.min_se, 90s);
}

TEST(ParserTest, ReadsSeveralChallengesAndLeavesOtherSchemesOut) {
  const Response response =
      response_of(replaced(samples::kChanSipUnauthorized, "Server: voip.ms\r\n",
                           "WWW-Authenticate: Basic realm=\"x\"\r\n"
                           "WWW-Authenticate: Digest realm=\"a, \\\"b\\\"\", "
                           "nonce=\"n\",qop=\"auth, auth-int\" , opaque=\"\",algorithm="
                           "SHA-256,stale=TRUE\r\n"
                           "WWW-Authenticate: Digest realm=\"broken\r\n"
                           "Proxy-Authenticate: Digest realm=\"p\", nonce=\"q\"\r\n"));
  ASSERT_EQ(response.headers.www_authenticate.size(), 2U);
  EXPECT_EQ(response.headers.www_authenticate[0],
            (Challenge{"a, \"b\"", "n", "SHA-256", "", {"auth", "auth-int"}, true}));
  EXPECT_EQ(response.headers.proxy_authenticate.size(), 1U);
}

TEST(ParserTest, ReadsCredentials) {
  const Request request = request_of(
      options("Authorization: Digest "
              "username=\"100001\",realm=\"r\",nonce=\"n\",uri=\"sip:x\",response=\"abc\","
              "algorithm=MD5,cnonce=\"c\",qop=auth,nc=00000001\r\n"));
  ASSERT_EQ(request.headers.authorization.size(), 1U);
  const Credentials& credentials = request.headers.authorization[0];
  EXPECT_EQ(credentials.username, "100001");
  EXPECT_EQ(credentials.nonce_count, "00000001");
  EXPECT_EQ(credentials.qop, "auth");
  EXPECT_FALSE(credentials.opaque);
}

TEST(ParserTest, LeavesOutAddressesWithOtherSchemes) {
  const Request request = request_of(options(
      "Contact: <tel:+12125550100>;q=1, <sip:a@192.0.2.1>\r\n"
      "P-Asserted-Identity: <tel:+12125550100>\r\nP-Asserted-Identity: \"A\" <sip:1@x>\r\n"));
  ASSERT_EQ(request.headers.contact.size(), 1U);
  EXPECT_EQ(request.headers.p_asserted_identity->uri.user, "1");
}

TEST(ParserTest, IgnoresCallerNamesItCannotRead) {
  const Request request = request_of(
      options("Remote-Party-ID: ###\r\nP-Asserted-Identity: <sip:\r\nAllow: a b, INVITE, ,\r\n"));
  EXPECT_FALSE(request.headers.remote_party_id);
  EXPECT_FALSE(request.headers.p_asserted_identity);
  EXPECT_THAT(request.headers.allow, ElementsAre("INVITE"));
}

TEST(ParserTest, ReplacesBytesThatAreNotUtf8) {
  const Request request =
      request_of(replaced(options("Subject: \xff\r\n"), "From: ", "From: \"Jos\xe9 \xc3\xa9\" "));
  EXPECT_EQ(request.headers.from.display_name, "Jos? \xc3\xa9");
}

TEST(ParserTest, ACommaInQuotesEndsNoElement) {
  const Request request =
      request_of(options("Accept: a/b;x=\"1, \\\"2\" ;y=3 , c/d\r\nSupported: \"x,y\", z\r\n"));
  EXPECT_THAT(request.headers.accept, ElementsAre("a/b;x=\"1, \\\"2\" ;y=3", "c/d"));
  EXPECT_THAT(request.headers.supported, ElementsAre("z"));
}

TEST(ParserTest, ReadsAStarContactInRegister) {
  const std::string message =
      replaced(replaced(options("Contact: *\r\nExpires: 0\r\n"), "OPTIONS sip", "REGISTER sip"),
               "1 OPTIONS", "1 REGISTER");
  const Request request = request_of(message);
  EXPECT_TRUE(request.headers.contact_is_star);
  EXPECT_TRUE(request.headers.contact.empty());
}

TEST(ParserTest, ReadsTagsThatAreNoTokens) {
  const Request request = request_of(replaced(options(), ";tag=1", ";tag=a/b=="));
  EXPECT_EQ(request.headers.from.tag(), "a/b==");
  EXPECT_TRUE(serialize(request).contains(";tag=a/b==\r\n"));
}

}  // namespace
}  // namespace offhook::sip
