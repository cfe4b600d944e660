#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sip/message.hpp"
#include "sip/torture_messages.hpp"

// What the parser reads in the messages of RFC 4475 and RFC 5118 that it takes. Each test has the
// name of its message.
namespace offhook::sip {
namespace {

using testing::ElementsAre;
using torture::repeat;
using torture::torture_message;

class TortureValuesTest : public testing::Test {
 protected:
  static std::string test_name() {
    return testing::UnitTest::GetInstance()->current_test_info()->name();
  }
  static Request request() { return taken<Request>(); }
  static Response response() { return taken<Response>(); }

 private:
  // The message that has the name of the test. What we would write of it reads the same again.
  template <typename Kind>
  static Kind taken() {
    auto message = parse_message(torture_message(test_name()).bytes);
    EXPECT_TRUE(message) << (message ? "" : message.error().message);
    if (!message) return Kind();
    EXPECT_EQ(*parse_message(serialize(*message)), *message);
    return std::get<Kind>(std::move(*message));
  }
};

void expect_uri(const Uri& uri, std::string_view user, std::string_view host) {
  EXPECT_EQ(uri.scheme, "sip");
  EXPECT_EQ(uri.user, user);
  EXPECT_EQ(uri.host, host);
  EXPECT_FALSE(uri.port);
}

void expect_via(const Via& via, std::string_view transport, std::string_view host,
                std::string_view branch) {
  EXPECT_EQ(via.transport, transport);
  EXPECT_EQ(via.host, host);
  EXPECT_EQ(via.branch(), branch);
}

TEST_F(TortureValuesTest, wsinv) {
  const Request read = request();
  expect_uri(read.uri, "vivekg", "chair-dnrc.example.com");
  EXPECT_TRUE(read.uri.parameters.has("unknownparam"));
  EXPECT_EQ(read.uri.parameters.get("unknownparam"), std::nullopt);
  const Headers& headers = read.headers;
  expect_uri(headers.to.uri, "vivekg", "chair-dnrc.example.com");
  EXPECT_EQ(headers.to.tag(), "1918181833n");
  EXPECT_EQ(headers.from.display_name, "J Rosenberg \\\"");
  EXPECT_EQ(headers.from.tag(), "98asjd8");
  EXPECT_EQ(headers.max_forwards, 68);
  EXPECT_EQ(headers.call_id, "wsinv.ndaksdj@192.0.2.1");
  EXPECT_EQ(headers.cseq, (CSeq{9, Method::Invite}));
  ASSERT_EQ(headers.via.size(), 3U);
  expect_via(headers.via[0], "UDP", "192.0.2.2", "390skdjuw");
  expect_via(headers.via[1], "TCP", "spindle.example.com", "z9hG4bK9ikj8");
  expect_via(headers.via[2], "UDP", "192.168.255.111", "z9hG4bK30239");
  ASSERT_EQ(headers.route.size(), 1U);
  expect_uri(headers.route[0].uri, "", "services.example.com");
  EXPECT_TRUE(headers.route[0].uri.parameters.has("lr"));
  EXPECT_EQ(headers.route[0].uri.parameters.get("unknownwith"), "value");
  EXPECT_TRUE(headers.route[0].uri.parameters.has("unknown-no-value"));
  ASSERT_EQ(headers.contact.size(), 1U);
  EXPECT_EQ(headers.contact[0].display_name, "Quoted string \"\"");
  EXPECT_EQ(headers.contact[0].parameters.get("newparam"), "newvalue");
  EXPECT_TRUE(headers.contact[0].parameters.has("secondparam"));
  EXPECT_EQ(headers.contact[0].parameters.get("q"), "0.33");
  EXPECT_EQ(headers.content_type, "application/sdp");
  EXPECT_EQ(read.body.size(), 150U);
}

TEST_F(TortureValuesTest, intmeth) {
  constexpr std::string_view kMethod = "!interesting-Method0123456789_*+`.%indeed'~";
  constexpr std::string_view kUser = "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*";
  const Request read = request();
  EXPECT_EQ(read.method, Method::Unknown);
  EXPECT_EQ(read.method_token(), kMethod);
  expect_uri(read.uri, kUser, "example.com");
  const Headers& headers = read.headers;
  expect_via(headers.via.at(0), "TCP", "host1.example.com", "z9hG4bK-.!%66*_+`'~");
  // The control characters in it, in quotes and escaped, are left out.
  EXPECT_EQ(headers.to.display_name, "BEL: NUL: DEL:");
  expect_uri(headers.to.uri, kUser, "example.com");
  EXPECT_EQ(headers.from.display_name, "token1~` token2'+_ token3*%!.-");
  EXPECT_EQ(headers.from.parameters.get("fromParam''~+*_!.-%"),
            "\xd1\x80\xd0\xb0\xd0\xb1\xd0\xbe\xd1\x82\xd0\xb0\xd1\x8e\xd1\x89\xd0\xb8\xd0\xb9");
  EXPECT_EQ(headers.from.tag(), "_token~1'+`*%!-.");
  EXPECT_EQ(headers.call_id, "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{");
  EXPECT_EQ(headers.cseq, (CSeq{139122385, Method::Unknown, std::string(kMethod)}));
  EXPECT_EQ(headers.max_forwards, 255);
}

TEST_F(TortureValuesTest, esc01) {
  const Request read = request();
  expect_uri(read.uri, "sips:user@example.com", "example.net");
  expect_uri(read.headers.to.uri, "user", "example.com");
  expect_uri(read.headers.from.uri, "I have spaces", "example.net");
  const Uri& contact = read.headers.contact.at(0).uri;
  expect_uri(contact, "caller", "host5.example.net");
  EXPECT_TRUE(contact.parameters.has("lr"));
  EXPECT_EQ(contact.parameters.get("name"), "value%41");  // unescaped once only
  EXPECT_EQ(read.headers.call_id, "esc01.239409asdfakjkn23onasd0-3234");
  EXPECT_EQ(read.body.size(), 150U);
}

TEST_F(TortureValuesTest, escnull) {
  const Request read = request();
  EXPECT_EQ(read.method, Method::Register);
  const std::string_view user("null-\0-null", 11);
  expect_uri(read.headers.to.uri, user, "example.com");
  expect_uri(read.headers.from.uri, user, "example.com");
  ASSERT_EQ(read.headers.contact.size(), 2U);
  expect_uri(read.headers.contact[0].uri, std::string_view("\0", 1), "host5.example.com");
  expect_uri(read.headers.contact[1].uri, std::string_view("\0\0", 2), "host5.example.com");
}

TEST_F(TortureValuesTest, esc02) {
  const Request read = request();
  EXPECT_EQ(read.method, Method::Unknown);
  EXPECT_EQ(read.method_token(), "RE%47IST%45R");
  EXPECT_EQ(read.headers.to.display_name, "%Z%45");
  EXPECT_EQ(read.headers.from.display_name, "%Z%45");
  EXPECT_EQ(read.headers.via.at(0).branch(), "z9hG4bK209%fzsnel234");
  ASSERT_EQ(read.headers.contact.size(), 2U);  // one of the three is a C%6Fntact
  EXPECT_EQ(read.headers.contact[0].uri.user, "alias1");
  EXPECT_EQ(read.headers.contact[1].uri.user, "alias3");
}

TEST_F(TortureValuesTest, lwsdisp) {
  const Request read = request();
  EXPECT_EQ(read.headers.from.display_name, "caller");
  expect_uri(read.headers.from.uri, "caller", "example.com");
  EXPECT_EQ(read.headers.from.tag(), "323");
}

TEST_F(TortureValuesTest, longreq) {
  const Headers headers = request().headers;
  const std::string caller = repeat(5, "amazinglylongcallername");
  EXPECT_EQ(headers.to.display_name,
            "I have a user name of " + repeat(10, "extreme") + " proportion");
  EXPECT_EQ(headers.to.uri.port, 6000);
  EXPECT_EQ(headers.to.uri.parameters.get("unknownparam1"), "very" + repeat(20, "long") + "value");
  EXPECT_EQ(headers.to.uri.parameters.get("longparam" + repeat(25, "name")), "shortvalue");
  EXPECT_TRUE(
      headers.to.uri.parameters.has("very" + repeat(25, "long") + "ParameterNameWithNoValue"));
  expect_uri(headers.from.uri, caller, "example.net");
  EXPECT_EQ(headers.from.tag(), "12" + repeat(50, "982") + "424");
  EXPECT_EQ(headers.from.parameters.get("unknownheaderparam" + repeat(20, "name")),
            "unknowheaderparam" + repeat(15, "value"));
  EXPECT_TRUE(headers.from.parameters.has("unknownValueless" + repeat(10, "paramname")));
  EXPECT_EQ(headers.call_id, "longreq.one" + repeat(20, "really") + "longcallid");
  EXPECT_EQ(headers.cseq, (CSeq{3882340, Method::Invite}));
  ASSERT_EQ(headers.via.size(), 34U);
  for (std::size_t hop = 0; hop < 33; ++hop) {
    expect_via(headers.via[hop], "TCP", "sip" + std::to_string(33 - hop) + ".example.com", "");
  }
  expect_via(headers.via[33], "TCP", "host.example.com",
             "very" + repeat(50, "long") + "branchvalue");
  EXPECT_EQ(headers.via[33].parameters.get("received"), "192.0.2.5");
  expect_uri(headers.contact.at(0).uri, caller, "host5.example.net");
}

TEST_F(TortureValuesTest, dblreq) {
  const Request read = request();
  EXPECT_EQ(read.method, Method::Register);
  EXPECT_EQ(read.headers.call_id, "dblreq.0ha0isndaksdj99sdfafnl3lk233412");
  EXPECT_EQ(read.headers.contact.size(), 1U);
  EXPECT_EQ(read.body, "");
}

TEST_F(TortureValuesTest, semiuri) {
  const Request read = request();
  expect_uri(read.uri, "user;par=u@example.net", "example.com");
  EXPECT_TRUE(read.uri.parameters.empty());
  EXPECT_EQ(read.uri.to_string(), "sip:user;par=u%40example.net@example.com");
  EXPECT_THAT(read.headers.accept,
              ElementsAre("application/sdp", "application/pkcs7-mime", "multipart/mixed",
                          "multipart/signed", "message/sip", "message/sipfrag"));
}

TEST_F(TortureValuesTest, transports) {
  const Headers headers = request().headers;
  ASSERT_EQ(headers.via.size(), 5U);
  expect_via(headers.via[0], "UDP", "t1.example.com", "z9hG4bKkdjuw");
  expect_via(headers.via[1], "SCTP", "t2.example.com", "z9hG4bKklasjdhf");
  expect_via(headers.via[2], "TLS", "t3.example.com", "z9hG4bK2980unddj");
  expect_via(headers.via[3], "UNKNOWN", "t4.example.com", "z9hG4bKasd0f3en");
  expect_via(headers.via[4], "TCP", "t5.example.com", "z9hG4bK0a9idfnee");
}

TEST_F(TortureValuesTest, mpart01) {
  const Request read = request();
  EXPECT_EQ(read.method, Method::Message);
  EXPECT_TRUE(read.headers.via.at(0).parameters.has("rport"));
  EXPECT_EQ(read.headers.route.at(0).uri.port, 5080);
  EXPECT_EQ(read.headers.content_type, "multipart/mixed;boundary=7a9cbec02ceef655");
  EXPECT_EQ(read.headers.user_agent, "SIPimp.org/0.2.5 (curses)");
  EXPECT_EQ(read.body.size(), 553U);
  EXPECT_TRUE(read.body.contains("\r\n\r\nHello\r\n"));
  EXPECT_TRUE(read.body.contains(torture::mpart01_signature()));
  EXPECT_TRUE(read.body.ends_with("\r\n--7a9cbec02ceef655--\r\n"));
}

TEST_F(TortureValuesTest, unreason) {
  const Response read = response();
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(read.reason_phrase,
            "= 2**3 * 5**2 \xd0\xbd\xd0\xbe \xd1\x81\xd1\x82\xd0\xbe "
            "\xd0\xb4\xd0\xb5\xd0\xb2\xd1\x8f\xd0\xbd\xd0\xbe\xd1\x81\xd1\x82\xd0\xbe "
            "\xd0\xb4\xd0\xb5\xd0\xb2\xd1\x8f\xd1\x82\xd1\x8c - "
            "\xd0\xbf\xd1\x80\xd0\xbe\xd1\x81\xd1\x82\xd0\xbe\xd0\xb5");
  EXPECT_EQ(read.body.size(), 154U);
}

TEST_F(TortureValuesTest, noreason) {
  const Response read = response();
  EXPECT_EQ(read.status, 100);
  EXPECT_EQ(read.reason_phrase, "");
  EXPECT_EQ(read.headers.cseq, (CSeq{35, Method::Invite}));
}

TEST_F(TortureValuesTest, baddate) {
  EXPECT_EQ(request().headers.call_id, "baddate.239423mnsadf3j23lj42--sedfnm234");
}

TEST_F(TortureValuesTest, badaspec) {
  const Headers headers = request().headers;
  EXPECT_EQ(headers.from.display_name, "Bell, Alexander");
  EXPECT_EQ(headers.to.display_name, "Watson, Thomas");
  expect_uri(headers.to.uri, "t.watson", "example.org");
}

TEST_F(TortureValuesTest, baddn) {
  const Headers headers = request().headers;
  EXPECT_EQ(headers.from.display_name, "Bell, Alexander");
  EXPECT_EQ(headers.to.display_name, "Watson, Thomas");
  EXPECT_TRUE(serialize(request()).contains("From: \"Bell, Alexander\" <sip:a.g.bell@"));
}

TEST_F(TortureValuesTest, bext01) {
  const Headers headers = request().headers;
  EXPECT_THAT(headers.require, ElementsAre("nothingsupportsthis", "nothingsupportsthiseither"));
  EXPECT_THAT(headers.proxy_require,
              ElementsAre("noproxiessupportthis", "nordoanyproxiessupportthis"));
}

TEST_F(TortureValuesTest, invut) {
  const Request read = request();
  EXPECT_EQ(read.headers.content_type, "application/unknownformat");
  EXPECT_EQ(read.body, "<audio>\r\n <pcmu port=\"443\"/>\r\n</audio>\r\n");
}

TEST_F(TortureValuesTest, regaut01) {
  const Headers headers = request().headers;
  EXPECT_TRUE(headers.authorization.empty());
  EXPECT_EQ(headers.via.at(0).transport, "TCP");
}

TEST_F(TortureValuesTest, bcast) {
  const Response read = response();
  EXPECT_EQ(read.status, 200);
  ASSERT_EQ(read.headers.via.size(), 2U);
  EXPECT_EQ(read.headers.via[1].host, "255.255.255.255");
}

TEST_F(TortureValuesTest, zeromf) { EXPECT_EQ(request().headers.max_forwards, 0); }

TEST_F(TortureValuesTest, cparam01) {
  const NameAddress contact = request().headers.contact.at(0);
  expect_uri(contact.uri, "+19725552222", "gw1.example.net");
  EXPECT_TRUE(contact.parameters.has("unknownparam"));
  EXPECT_TRUE(contact.uri.parameters.empty());
}

TEST_F(TortureValuesTest, cparam02) {
  const NameAddress contact = request().headers.contact.at(0);
  EXPECT_TRUE(contact.parameters.empty());
  EXPECT_TRUE(contact.uri.parameters.has("unknownparam"));
}

TEST_F(TortureValuesTest, regescrt) {
  const NameAddress contact = request().headers.contact.at(0);
  expect_uri(contact.uri, "user", "example.com");
  EXPECT_EQ(contact.uri.headers, "Route=%3Csip:sip.example.com%3E");
}

TEST_F(TortureValuesTest, sdp01) {
  EXPECT_THAT(request().headers.accept, ElementsAre("text/nobodyKnowsThis"));
}

TEST_F(TortureValuesTest, ipv6_good) {
  const Request read = request();
  expect_uri(read.uri, "", "[2001:db8::10]");
  expect_via(read.headers.via.at(0), "UDP", "[2001:db8::9:1]", "z9hG4bKas3-111");
  EXPECT_FALSE(read.headers.via[0].port);
  EXPECT_EQ(read.headers.contact.at(0).display_name, "Caller");
  expect_uri(read.headers.contact[0].uri, "caller", "[2001:db8::1]");
}

TEST_F(TortureValuesTest, port_ambiguous) { expect_uri(request().uri, "", "[2001:db8::10:5070]"); }

TEST_F(TortureValuesTest, port_unambiguous) {
  const Request read = request();
  EXPECT_EQ(read.uri.host, "[2001:db8::10]");
  EXPECT_EQ(read.uri.port, 5070);
}

TEST_F(TortureValuesTest, via_received_param_with_delim) {
  EXPECT_EQ(request().headers.via.at(0).parameters.get("received"), "[2001:db8::9:255]");
}

TEST_F(TortureValuesTest, via_received_param_no_delim) {
  EXPECT_EQ(request().headers.via.at(0).parameters.get("received"), "2001:db8::9:255");
}

TEST_F(TortureValuesTest, ipv6_in_sdp) {
  const Request read = request();
  EXPECT_EQ(read.body.size(), 251U);
  expect_uri(read.headers.contact.at(0).uri, "caller", "[2001:db8::20]");
}

TEST_F(TortureValuesTest, mult_ip_in_header) {
  const Headers headers = request().headers;
  ASSERT_EQ(headers.via.size(), 3U);
  expect_via(headers.via[0], "UDP", "[2001:db8::9:1]", "z9hG4bKas3-111");
  EXPECT_EQ(headers.via[0].port, 6050);
  expect_via(headers.via[1], "UDP", "192.0.2.1", "z9hG4bKjhja8781hjuaij65144");
  expect_via(headers.via[2], "TCP", "[2001:db8::9:255]", "z9hG4bK451jj");
  EXPECT_EQ(headers.via[2].parameters.get("received"), "192.0.2.200");
}

TEST_F(TortureValuesTest, mult_ip_in_sdp) { EXPECT_EQ(request().body.size(), 189U); }

TEST_F(TortureValuesTest, mult_ip_in_sdp_as_printed) { EXPECT_EQ(request().body.size(), 181U); }

TEST_F(TortureValuesTest, ipv4_mapped_ipv6) {
  const Request read = request();
  EXPECT_EQ(read.headers.via.at(0).host, "[::ffff:192.0.2.10]");
  EXPECT_EQ(read.headers.via[0].port, 19823);
  expect_uri(read.headers.contact.at(0).uri, "ted", "[::ffff:192.0.2.2]");
  EXPECT_EQ(read.body.size(), 245U);
}

TEST_F(TortureValuesTest, ipv4_mapped_ipv6_as_printed) { EXPECT_EQ(request().body.size(), 236U); }

TEST_F(TortureValuesTest, ipv6_bug_abnf_3_colons) {
  expect_uri(request().uri, "user", "[2001:db8:::192.0.2.1]");
}

TEST_F(TortureValuesTest, ipv6_correct_abnf_2_colons) {
  expect_uri(request().uri, "user", "[2001:db8::192.0.2.1]");
}

// Every message that is taken has its values checked above.
TEST_F(TortureValuesTest, OfEveryMessageThatIsTakenAreChecked) {
  const testing::UnitTest& unit = *testing::UnitTest::GetInstance();
  std::set<std::string> tests;
  for (int i = 0; i < unit.total_test_suite_count(); ++i) {
    const testing::TestSuite& suite = *unit.GetTestSuite(i);
    if (std::string_view(suite.name()) != "TortureValuesTest") continue;
    for (int j = 0; j < suite.total_test_count(); ++j) tests.insert(suite.GetTestInfo(j)->name());
  }
  for (const auto& message : torture::torture_messages()) {
    EXPECT_EQ(tests.contains(message.name), message.is_taken) << message.name;
  }
}

}  // namespace
}  // namespace offhook::sip
