#include "sip/uri.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace offhook::sip {
namespace {

TEST(UriTest, ParsesAllParts) {
  const auto uri = Uri::parse("SIPS:alice:secret@Example.COM:5061;transport=tls;lr?subject=hi");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->scheme, "sips");
  EXPECT_EQ(uri->user, "alice");
  EXPECT_EQ(uri->host, "Example.COM");
  EXPECT_EQ(uri->port, 5061);
  EXPECT_EQ(uri->parameters.get("Transport"), "tls");
  EXPECT_TRUE(uri->parameters.has("lr"));
  EXPECT_FALSE(uri->parameters.get("lr"));
  EXPECT_EQ(uri->headers, "subject=hi");
}

TEST(UriTest, DropsThePassword) {
  EXPECT_EQ(Uri::parse("sip:alice:secret@example.com")->to_string(), "sip:alice@example.com");
}

TEST(UriTest, WritesWhatItRead) {
  for (const char* text :
       {"sip:example.com", "sip:alice@example.com", "sip:*97@192.0.2.1:5060",
        "sip:+12125550100@example.com;user=phone", "sip:abc@x1y2.invalid;transport=ws",
        "sip:alice@[2001:db8::1]:5060;transport=udp", "sip:[::1]", "sip:a%20b@example.com",
        "sip:100001_VoIP@atlanta1.voip.ms", "sip:1234;phone-context=x@example.com",
        "sip:a@b;maddr=[::1];x=%3B?a=b&c=d%20e", "sip:user_1@under_score.example"}) {
    const auto uri = Uri::parse(text);
    ASSERT_TRUE(uri) << text;
    EXPECT_EQ(uri->to_string(), text);
  }
}

TEST(UriTest, HoldsTheUserUnescapedAndEscapesItWhenWritten) {
  const auto uri = Uri::parse("sip:%61%40b%3a@example.com");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->user, "a@b:");
  EXPECT_EQ(uri->to_string(), "sip:a%40b%3A@example.com");
  EXPECT_EQ(Uri::parse("sip:#31#1234@example.com")->to_string(), "sip:%2331%231234@example.com");
}

TEST(UriTest, WritesAValidUriWhateverIsSetByHand) {
  Uri uri;
  uri.scheme = "tel";
  uri.user = "a\r\nVia: x;=@ \xc3\xa9";
  uri.host = "example.com>\r\n;x:1";
  uri.port = 0;
  uri.parameters.set("p", "a;b=c\n");
  uri.parameters.set("q\0r", "");
  uri.parameters.set("", "v");
  uri.headers = "h=%0d%0a";
  EXPECT_EQ(uri.to_string(),
            "sip:a__Via%3A%20x;=%40%20%C3%A9@example.com____x_1;p=a%3Bb%3Dc_;q;_=v");
  EXPECT_TRUE(Uri::parse(uri.to_string()));
  EXPECT_EQ(Uri{}.to_string(), "sip:_");
}

TEST(UriTest, RefusesOtherSchemes) {
  for (const char* text : {"tel:+12125550100", "http://example.com", "mailto:a@b", "sipx:a@b",
                           ":a@b", "", "sip", "a@b", "urn:service:sos"}) {
    EXPECT_FALSE(Uri::parse(text)) << text;
  }
}

TEST(UriTest, RefusesMalformedParts) {
  for (const char* text : {"sip:",
                           "sip:@",
                           "sip:a@",
                           "sip:a@b@c",
                           "sip:a b@c",
                           "sip:a@b c",
                           " sip:a@b",
                           "sip:a@b ",
                           "sip:a@b:",
                           "sip:a@b:0",
                           "sip:a@b:65536",
                           "sip:a@b:-1",
                           "sip:a@b:5060x",
                           "sip:a@b;",
                           "sip:a@b;;lr",
                           "sip:a@b;=x",
                           "sip:a@b;x=",
                           "sip:a@b;x=y=z",
                           "sip:a@b;x=y;X=z",
                           "sip:a@[::1",
                           "sip:a@::1",
                           "sip:a@[192.0.2.1]",
                           "sip:a@[::1]x",
                           "sip:a@[fe80::1%25eth0]",
                           "sip:a%4@b",
                           "sip:a%4g@b",
                           "sip:a%",
                           "sip:a<b>@c",
                           "sip:a@b>",
                           "sip:a@b;x=<y>",
                           "sip:a@b?x=\"",
                           "sip:a@b,c",
                           "sip:\"a\"@b",
                           "sip:a@\xc3\xa9",
                           "sip:\xc3\xa9@b"}) {
    EXPECT_FALSE(Uri::parse(text)) << text;
  }
}

TEST(UriTest, RefusesControlCharactersPlainAndEscaped) {
  for (const std::string_view where :
       {"sip:a?@b", "sip:a@b?", "sip:a@b;x?", "sip:a@b;x=y?", "sip:a@b?h="}) {
    for (const std::string_view bad : {"\r", "\n", "\t", "%0d%0a", "%0A", "%7f", "%1b"}) {
      std::string text(where);
      const auto at = text.find('?');
      text.replace(at, text.starts_with("sip:a@b?h") ? 3 : 1, bad);
      EXPECT_FALSE(Uri::parse(text)) << text;
    }
  }
  EXPECT_FALSE(Uri::parse(std::string_view("sip:a\0b@c", 9)));
  EXPECT_FALSE(Uri::parse(std::string_view("sip:[::1\0]", 10)));
  EXPECT_FALSE(Uri::parse("sip:a@b?h=%0d%0aVia:x"));
}

TEST(UriTest, TakesAnEscapedNulInAUserOnly) {
  const auto uri = Uri::parse("sip:null-%00-null@b");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->user, std::string_view("null-\0-null", 11));
  EXPECT_EQ(uri->to_string(), "sip:null-%00-null@b");
  for (const std::string_view text : {"sip:a%00", "sip:a@b%00", "sip:a:%00@b", "sip:a@b;x%00",
                                      "sip:a@b;x=%00", "sip:a@b?h=%00", "sip:a@b?%00=h"}) {
    EXPECT_FALSE(Uri::parse(text)) << text;
  }
}

TEST(UriTest, ToleratesTheColonTooManyOfTheOldGrammar) {  // RFC 5118 4.10
  for (const std::string_view text :
       {"sip:a@[2001:db8:::192.0.2.1]", "sip:a@[:::192.0.2.1]:5060"}) {
    EXPECT_TRUE(Uri::parse(text)) << text;
  }
  for (const std::string_view text : {"sip:a@[2001:db8:::1]", "sip:a@[2001:db8::::192.0.2.1]",
                                      "sip:a@[192.0.2.1:::2]", "sip:a@[2001:::db8:::192.0.2.1]"}) {
    EXPECT_FALSE(Uri::parse(text)) << text;
  }
}

TEST(UriTest, RefusesOneParameterTooMany) {
  std::string text = "sip:a@b";
  for (std::size_t i = 0; i < limits::kSipParameters; ++i) text += ";p" + std::to_string(i);
  EXPECT_TRUE(Uri::parse(text));
  EXPECT_FALSE(Uri::parse(text + ";more"));
}

TEST(UriTest, RefusesAHostLongerThanDnsAllows) {
  EXPECT_TRUE(Uri::parse("sip:" + std::string(255, 'a')));
  EXPECT_FALSE(Uri::parse("sip:" + std::string(256, 'a')));
}

TEST(UriTest, ComparesAsRfc3261Says) {
  const auto same = [](const char* a, const char* b) {
    return Uri::parse(a)->equivalent(*Uri::parse(b));
  };
  EXPECT_TRUE(same("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"));
  EXPECT_TRUE(same("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"));
  EXPECT_FALSE(same("SIP:ALICE@AtLanTa.CoM", "sip:alice@AtLanTa.CoM"));
  EXPECT_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"));
  EXPECT_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"));
  EXPECT_FALSE(same("sip:bob@biloxi.com", "sips:bob@biloxi.com"));
  EXPECT_FALSE(same("sip:bob@biloxi.com;user=phone", "sip:bob@biloxi.com"));
}

TEST(UriTest, FindsAHeaderByItsName) {
  const Uri uri = *Uri::parse("sip:a@b?Subject=x%26y&re%70laces=c%40d%3Bto-tag%3D1&empty=&none");
  EXPECT_EQ(uri_header(uri, "subject"), "x&y");
  EXPECT_EQ(uri_header(uri, "Replaces"), "c@d;to-tag=1");
  EXPECT_EQ(uri_header(uri, "Empty"), "");
  EXPECT_EQ(uri_header(uri, "none"), "");
  EXPECT_FALSE(uri_header(uri, "x"));
  EXPECT_FALSE(uri_header(*Uri::parse("sip:a@b"), "Replaces"));
  Uri broken = uri;
  broken.headers = "Replaces=%4";
  EXPECT_FALSE(uri_header(broken, "Replaces"));
}

TEST(UriTest, AddsHeadersThatReadTheSame) {
  Uri uri = *Uri::parse("sip:a@b");
  add_uri_header(uri, "Replaces", "c@d;to-tag=1&x");
  add_uri_header(uri, "X=&", "\r\n");
  EXPECT_EQ(uri.to_string(), "sip:a@b?Replaces=c%40d%3Bto-tag%3D1%26x&X%3D%26=__");
  EXPECT_EQ(uri_header(*Uri::parse(uri.to_string()), "Replaces"), "c@d;to-tag=1&x");
}

TEST(ParametersTest, SetReplacesWithoutCaseAndRemoveRemoves) {
  Parameters parameters;
  parameters.set("Tag", "a");
  parameters.set("tag", "b");
  EXPECT_EQ(parameters.items().size(), 1U);
  EXPECT_EQ(parameters.get("TAG"), "b");
  parameters.remove("tAg");
  EXPECT_TRUE(parameters.empty());
  EXPECT_FALSE(parameters.get("tag"));
}

}  // namespace
}  // namespace offhook::sip
