#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "base/random.hpp"
#include "sip/message.hpp"
#include "sip/message_samples.hpp"

namespace offhook::sip {
namespace {

using samples::options;
using samples::replaced;

// The status with which a message is refused: 0 where it is dropped silently, 1 where it is taken.
int refusal_of(std::string_view bytes) {
  const auto message = parse_message(bytes);
  if (message) return 1;
  EXPECT_EQ(message.error().answer.has_value(), message.error().status != 0);
  EXPECT_FALSE(message.error().message.empty());
  if (message.error().answer) EXPECT_FALSE(serialize(*message.error().answer).empty());
  return message.error().status;
}

TEST(ParserRefusalTest, AnswersWithWhatIsNeededToFindTheWayBack) {
  const auto message = parse_message(options("Expires: soon\r\n"));
  ASSERT_FALSE(message);
  EXPECT_EQ(message.error().message, "malformed Expires");
  ASSERT_TRUE(message.error().answer);
  const Response& answer = *message.error().answer;
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.headers.via.at(0).branch(), "z9hG4bK1");
  EXPECT_EQ(answer.headers.from.tag(), "1");
  EXPECT_FALSE(answer.headers.to.tag().empty());
  EXPECT_EQ(answer.headers.cseq.method, Method::Options);
  EXPECT_TRUE(parse_message(serialize(answer)));
}

TEST(ParserRefusalTest, AnswersARetransmissionWithTheSameTag) {
  const std::string bytes = options("Expires: soon\r\n");
  EXPECT_EQ(parse_message(bytes).error().answer, parse_message(bytes).error().answer);
  EXPECT_NE(
      parse_message(bytes).error().answer->headers.to.tag(),
      parse_message(replaced(bytes, "z9hG4bK1", "z9hG4bK2")).error().answer->headers.to.tag());
}

TEST(ParserRefusalTest, DropsWhatIsNoSipMessage) {
  for (const std::string_view bytes :
       {"", "\r\n\r\n", "\r\n", "GET / HTTP/1.1\r\n\r\n", "OPTIONS\r\n\r\n",
        "OPTIONS sip:a\r\n\r\n", "SIP/2.0\r\n\r\n", "SIP/2.0 42 X\r\n\r\n", "SIP/2.0 700 X\r\n\r\n",
        "SIP/2.0 099 X\r\n\r\n", "SIP/2.0 4294967301 X\r\n\r\n", "SIP/3.0 200 OK\r\n\r\n",
        "SIP/2.0  200 OK\r\n\r\n", "OP(IONS sip:a SIP/2.0\r\n\r\n", "OPTIONS sip:a SIP/2.0",
        " OPTIONS sip:a SIP/2.0\r\n\r\n", "OPTIONS sip:a SIP/2.0\r\n\r\n",
        "OPTIONS sip:a SIP/2.0\n\n"}) {
    EXPECT_EQ(refusal_of(bytes), 0) << bytes;
  }
}

TEST(ParserRefusalTest, AnswersABadRequestLine) {
  const auto with = [](std::string_view uri_and_version) {
    return refusal_of(replaced(options(), "sip:b@example.com SIP/2.0", uri_and_version));
  };
  EXPECT_EQ(with("sip:b@example.com SIP/2.1"), 505);
  EXPECT_EQ(with("sip:b@example.com SIP/7.0"), 505);
  EXPECT_EQ(with("tel:+12125550100 SIP/2.0"), 416);
  EXPECT_EQ(with("nobodyKnowsThisScheme:abc SIP/2.0"), 416);
  EXPECT_EQ(with("<sip:b@example.com> SIP/2.0"), 400);
  EXPECT_EQ(with("sip:b@example.com; lr SIP/2.0"), 400);
  EXPECT_EQ(with(" sip:b@example.com SIP/2.0"), 400);
  EXPECT_EQ(with("sip:b@example.com  SIP/2.0"), 400);
  EXPECT_EQ(with("sip:b@example.com?Route=%3Csip:x%3E SIP/2.0"), 400);
  EXPECT_EQ(with("sip:b%0d%0a@example.com SIP/2.0"), 400);
  EXPECT_EQ(with("sip:b@example.com SIP/2.0 "), 400);
}

TEST(ParserRefusalTest, DropsARequestWithoutTheFieldsOfAnAnswer) {
  for (const std::string_view line :
       {"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n", "From: <sip:a@example.com>;tag=1\r\n",
        "To: <sip:b@example.com>\r\n", "Call-ID: c1\r\n", "CSeq: 1 OPTIONS\r\n"}) {
    EXPECT_EQ(refusal_of(replaced(options(), line, "")), 0) << line;
  }
}

TEST(ParserRefusalTest, RefusesASingleFieldThatStandsTwice) {
  for (const std::string_view line :
       {"From: <sip:x@example.com>;tag=2\r\n", "f: <sip:x@example.com>;tag=2\r\n",
        "To: <sip:x@example.com>\r\n", "Call-ID: c2\r\n", "CSeq: 1 OPTIONS\r\n",
        "Content-Length: 0\r\nl: 0\r\n", "Expires: 1\r\nExpires: 1\r\n",
        "Max-Forwards: 1\r\nMax-Forwards: 1\r\n", "Content-Type: a/b\r\nc: a/b\r\n",
        "Event: x\r\no: x\r\n"}) {
    EXPECT_EQ(refusal_of(options(line)), 400) << line;
  }
}

TEST(ParserRefusalTest, DropsARequestWhoseAnswerCouldNotBeAddressed) {
  const auto with = [](std::string_view from, std::string_view to) {
    return refusal_of(replaced(options(), from, to));
  };
  EXPECT_EQ(with("UDP 192.0.2.1", "UDP"), 0);
  EXPECT_EQ(with("SIP/2.0/UDP", "SIP//UDP"), 0);
  EXPECT_EQ(with("SIP/2.0/UDP 192.0.2.1", "SIP/2.0/UDP192.0.2.1"), 0);
  EXPECT_EQ(with("192.0.2.1;", "192.0.2.1:0;"), 0);
  EXPECT_EQ(with("192.0.2.1;", "192.0.2.1:65536;"), 0);
  EXPECT_EQ(with("192.0.2.1;", "[2001:db8::1;"), 0);
  EXPECT_EQ(with(";branch=", ";branch=1;branch="), 0);
  EXPECT_EQ(with(";branch=z9hG4bK1", ";branch=z9hG4bK1,"), 0);
  EXPECT_EQ(with(";branch=z9hG4bK1", ";branch=\"z9hG4bK1"), 0);
  EXPECT_EQ(with("<sip:a@example.com>;tag=1", "<sip:a@example.com>;tag=1;tag=2"), 0);
  EXPECT_EQ(with("<sip:a@example.com>", "<sip:a @example.com>"), 0);
  EXPECT_EQ(with("<sip:a@example.com>", "<sip:a@example.com"), 0);
  EXPECT_EQ(with("<sip:a@example.com>", "\"A <sip:a@example.com>"), 0);
  EXPECT_EQ(with("<sip:a@example.com>", "\"A\\"), 0);
  EXPECT_EQ(with("<sip:a@example.com>", "\"A\" sip:a@example.com"), 0);
  EXPECT_EQ(with("<sip:a@example.com>", "A; B <sip:a@example.com>"), 0);
  EXPECT_EQ(with("<sip:a@example.com>", "sip:a@example.com, sip:b@example.com"), 0);
  EXPECT_EQ(with("<sip:a@example.com>", "sip:a@example.com?x=y"), 0);
  EXPECT_EQ(with("<sip:a@example.com>", "<tel:+1>"), 0);
  EXPECT_EQ(with("<sip:a@example.com>", ""), 0);
  EXPECT_EQ(with("<sip:a@example.com>;tag=1", "<sip:a@example.com>;tag=1 x"), 0);
  EXPECT_EQ(with("<sip:a@example.com>;tag=1", "<sip:a@example.com>;tag="), 0);
  EXPECT_EQ(with("Call-ID: c1", "Call-ID: c 1"), 0);
  EXPECT_EQ(with("Call-ID: c1", "Call-ID:"), 0);
  EXPECT_EQ(with("CSeq: 1 ", "CSeq: 2147483648 "), 0);
  EXPECT_EQ(with("CSeq: 1 ", "CSeq: 36893488147419103232 "), 0);
  EXPECT_EQ(with("CSeq: 1 ", "CSeq: -1 "), 0);
  EXPECT_EQ(with("CSeq: 1 OPTIONS", "CSeq: 1"), 0);
  EXPECT_EQ(with("CSeq: 1 OPTIONS", "CSeq: 1 OPTIONS x"), 0);
}

TEST(ParserRefusalTest, RefusesFieldsThatContradictTheMethod) {
  const auto with = [](std::string_view from, std::string_view to) {
    return refusal_of(replaced(options(), from, to));
  };
  EXPECT_EQ(with("1 OPTIONS", "1 INVITE"), 400);
  EXPECT_EQ(with("1 OPTIONS", "1 NEWMETHOD"), 400);
  EXPECT_EQ(with("OPTIONS sip", "NEWMETHOD sip"), 501);
  EXPECT_EQ(with(";tag=1", ""), 400);
  EXPECT_EQ(with(";branch=z9hG4bK1", ";branch=z9hG4bK"), 400);
  EXPECT_EQ(refusal_of(options("Contact: *\r\n")), 400);
  EXPECT_EQ(refusal_of(options("Contact: *\r\nContact: *\r\n")), 400);
  EXPECT_EQ(refusal_of(options("Contact: *\r\nContact: <sip:a@b>\r\n")), 400);
  EXPECT_EQ(refusal_of(options("Contact: <sip:a@b>\r\nContact: *\r\n")), 400);
}

TEST(ParserRefusalTest, RefusesAnInviteWithoutExactlyOneContact) {
  constexpr std::string_view kContact = "Contact: <sip:2152588220@198.51.100.20:5060>\r\n";
  EXPECT_EQ(refusal_of(replaced(samples::kChanSipInvite, kContact, "")), 400);
  EXPECT_EQ(refusal_of(replaced(samples::kChanSipInvite, kContact, "m: <sip:a@b>, <sip:c@d>\r\n")),
            400);
  EXPECT_EQ(refusal_of(replaced(samples::kChanSipInvite, kContact, "m: <tel:+1>\r\n")), 400);
}

TEST(ParserRefusalTest, NeverAnswersAnAckOrAResponse) {
  const std::string ack =
      replaced(replaced(options("Expires: x\r\n"), "OPTIONS sip", "ACK sip"), "1 OPTIONS", "1 ACK");
  EXPECT_EQ(refusal_of(ack), 0);
  EXPECT_EQ(
      refusal_of(replaced(samples::kChanSipUnauthorized, "Content-Length: 0", "Content-Length: 1")),
      0);
  EXPECT_EQ(refusal_of(replaced(samples::kChanSipUnauthorized, "CSeq: 102 REGISTER\r\n", "")), 0);
}

TEST(ParserRefusalTest, RefusesEveryContentLengthBeyondTheBody) {
  for (const std::string_view value :
       {"6", "70", "65536", "4294967296", "18446744073709551616", "100000000000000000000", "-1",
        "+1", "", "5 5", "0x5", "5,5", "\"5\""}) {
    EXPECT_EQ(refusal_of(options("Content-Length: " + std::string(value) + "\r\n") + "12345"), 400)
        << value;
  }
  for (const std::string_view value : {"0", "5", "005"}) {
    EXPECT_EQ(refusal_of(options("Content-Length: " + std::string(value) + "\r\n") + "12345"), 1)
        << value;
  }
}

TEST(ParserRefusalTest, RefusesControlCharactersInNamesAndValues) {
  for (const char* header : {"Via", "From", "To", "Call-ID", "CSeq", "Contact", "Route", "Subject",
                             "User-Agent", "X-Any", "Content-Length"}) {
    for (const std::string_view bad :
         {std::string_view("\r"), std::string_view("\n"), std::string_view("\0", 1),
          std::string_view("\x1b"), std::string_view("\x7f"), std::string_view("\v")}) {
      EXPECT_EQ(refusal_of(options(std::string(header) + std::string(bad) + ": x\r\n")), 400)
          << header;
      EXPECT_EQ(refusal_of(options(std::string(header) + ": x" + std::string(bad) + "\r\n")), 400)
          << header;
    }
    EXPECT_EQ(refusal_of(options(std::string(header) + " x: y\r\n")), 400) << header;
    EXPECT_EQ(refusal_of(options(std::string(header) + "(: y\r\n")), 400) << header;
  }
  EXPECT_EQ(refusal_of(options(": y\r\n")), 400);
  EXPECT_EQ(refusal_of(options("nocolon\r\n")), 400);
}

TEST(ParserRefusalTest, RefusesBareLineFeeds) {
  std::string bytes = options();
  std::erase(bytes, '\r');
  EXPECT_EQ(refusal_of(bytes), 0);
  EXPECT_EQ(refusal_of(options("Subject: a\nContact: <sip:evil@x>\r\n")), 400);
}

TEST(ParserRefusalTest, RefusesMalformedFields) {
  for (const std::string_view line : {"Max-Forwards: 256\r\n",
                                      "Max-Forwards: x\r\n",
                                      "Max-Forwards: -1\r\n",
                                      "Expires: -1\r\n",
                                      "Min-Expires: 1.5\r\n",
                                      "Contact: \r\n",
                                      "Contact: <sip:a@b>,\r\n",
                                      "Contact: ,<sip:a@b>\r\n",
                                      "Contact: <sip:a@b>;=x\r\n",
                                      "Contact: <sip:a@b>;;x\r\n",
                                      "Contact: <sip:a@b> <sip:c@d>\r\n",
                                      "Route: <>\r\n",
                                      "Route: sip:\r\n",
                                      "Record-Route: <sip:a\r\n",
                                      "Require: a b\r\n",
                                      "Require: \"\r\n",
                                      "Authorization: Digest\r\n",
                                      "Authorization: Digest username\r\n",
                                      "Authorization: Digest username=\r\n",
                                      "Authorization: Digest username=\"a\r\n",
                                      "Authorization: Digest a=b c=d\r\n",
                                      "Authorization: Digest a=b,,c=d\r\n",
                                      "Authorization: Digest a=b,A=c\r\n"}) {
    EXPECT_EQ(refusal_of(options(line)), 400) << line;
  }
}

TEST(ParserRefusalTest, RefusesAReferThatDoesNotSayToWhom) {
  const auto refer = [](std::string_view extra) {
    return refusal_of(
        replaced(replaced(options(extra), "OPTIONS sip", "REFER sip"), "1 OPTIONS", "1 REFER"));
  };
  EXPECT_EQ(refer("Refer-To: <sip:c@example.com>\r\n"), 1);
  EXPECT_EQ(refer(""), 400);
  EXPECT_EQ(refer("Refer-To: <tel:+1>\r\n"), 400);
  EXPECT_EQ(refer("Refer-To: <sip:c@example.com\r\n"), 400);
  EXPECT_EQ(refer("Refer-To: sip:c@example.com?Replaces=a\r\n"), 400);
  EXPECT_EQ(refer("Refer-To: <sip:c@example.com>, <sip:d@example.com>\r\n"), 400);
  EXPECT_EQ(refer("Refer-To: <sip:c@example.com>\r\nr: <sip:c@example.com>\r\n"), 400);
}

TEST(ParserRefusalTest, RefusesReplacesThatNamesNoDialogOrTwo) {  // RFC 3891 3
  const std::string_view one = "Replaces: a;to-tag=1;from-tag=2\r\n";
  EXPECT_EQ(refusal_of(options(one)), 1);
  EXPECT_EQ(refusal_of(options("Replaces: a;to-tag=1\r\n")), 400);
  EXPECT_EQ(refusal_of(options(std::string(one) + std::string(one))), 400);
}

TEST(ParserRefusalTest, RefusesHeadersWithoutAnEnd) {
  std::string bytes = options();
  bytes.resize(bytes.size() - 2);
  EXPECT_EQ(refusal_of(bytes), 400);
  EXPECT_EQ(refusal_of(bytes + "Subject: x"), 400);
  EXPECT_EQ(refusal_of(bytes + "Subject: x\r\n y"), 400);
}

TEST(ParserRefusalTest, RefusesOneHeaderLineTooMany) {
  std::string extra;
  for (std::size_t i = 5; i < limits::kSipHeaderLines; ++i) extra += "X: y\r\n";
  EXPECT_EQ(refusal_of(options(extra)), 1);
  EXPECT_EQ(refusal_of(options(extra + "X: y\r\n")), 400);
}

TEST(ParserRefusalTest, RefusesAHeaderLineOneByteTooLong) {
  const std::string value(limits::kSipHeaderLineBytes - 3, 'x');
  EXPECT_EQ(refusal_of(options("X: " + value + "\r\n")), 1);
  EXPECT_EQ(refusal_of(options("X: x" + value + "\r\n")), 400);
  EXPECT_EQ(refusal_of(options("X: " + value + "\r\n y\r\n")), 400);
}

TEST(ParserRefusalTest, DropsAMessageOneByteTooLong) {
  const std::string head = options();
  EXPECT_EQ(refusal_of(head + std::string(limits::kSipMessageBytes - head.size(), 'x')), 1);
  EXPECT_EQ(refusal_of(head + std::string(limits::kSipMessageBytes - head.size() + 1, 'x')), 0);
}

TEST(ParserRefusalTest, RefusesOneListElementTooMany) {
  for (const std::string_view name : {"Contact", "Route", "Record-Route", "Path"}) {
    std::string list = std::string(name) + ": <sip:a@b>";
    for (std::size_t i = 1; i < limits::kSipListElements; ++i) list += ",<sip:a@b>";
    EXPECT_EQ(refusal_of(options(list + "\r\n")), 1) << name;
    EXPECT_EQ(refusal_of(options(list + "\r\n" + std::string(name) + ": <sip:a@b>\r\n")), 400)
        << name;
  }
  std::string tags = "Require: a";
  for (std::size_t i = 1; i < limits::kSipListElements; ++i) tags += ",a";
  EXPECT_EQ(refusal_of(options(tags + "\r\n")), 1);
  EXPECT_EQ(refusal_of(options(tags + ",a\r\n")), 400);
}

TEST(ParserRefusalTest, RefusesOneParameterTooMany) {
  std::string contact = "Contact: <sip:a@b>";
  std::string digest = "Authorization: Digest p=q";
  for (std::size_t i = 0; i < limits::kSipParameters; ++i) contact += ";p" + std::to_string(i);
  for (std::size_t i = 1; i < limits::kSipParameters; ++i)
    digest += ",p" + std::to_string(i) + "=q";
  EXPECT_EQ(refusal_of(options(contact + "\r\n")), 1);
  EXPECT_EQ(refusal_of(options(contact + ";more\r\n")), 400);
  EXPECT_EQ(refusal_of(options(digest + "\r\n")), 1);
  EXPECT_EQ(refusal_of(options(digest + ",more=q\r\n")), 400);
}

TEST(ParserRefusalTest, SurvivesEveryTruncation) {
  for (const std::string_view whole :
       {samples::kSipJsRegister, samples::kChanSipInvite, samples::kChanSipUnauthorized}) {
    for (std::size_t length = 0; length < whole.size(); ++length) {
      EXPECT_NE(refusal_of(whole.substr(0, length)), 1) << length;
    }
  }
}

TEST(ParserRefusalTest, SurvivesRandomMutations) {
  SeededRandom random(1);
  for (int round = 0; round < 2'000; ++round) {
    std::string bytes(round % 2 == 0 ? samples::kSipJsInvite : samples::kChanSipUnauthorized);
    for (std::uint64_t change = 0; change < 1 + random.below(4); ++change) {
      bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
    }
    const auto message = parse_message(bytes);
    if (message) {
      EXPECT_EQ(*parse_message(serialize(*message)), *message);
    }
  }
}

}  // namespace
}  // namespace offhook::sip
