#include "io/dns_client.hpp"

#include <filesystem>
#include <map>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "base/random.hpp"
#include "io/dns_reply.hpp"
#include "io/udp_socket.hpp"

namespace offhook::io {
namespace {

using namespace std::chrono_literals;
using Outcome = DnsAnswer::Outcome;

Bytes u16(unsigned value) {
  return {static_cast<std::uint8_t>(value >> 8U), static_cast<std::uint8_t>(value)};
}
Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
Bytes name(std::string_view text) {
  Bytes bytes;
  while (!text.empty()) {
    const std::string_view label = text.substr(0, text.find('.'));
    bytes.push_back(static_cast<std::uint8_t>(label.size()));
    bytes = bytes + to_bytes(label);
    text.remove_prefix(std::min(text.size(), label.size() + 1));
  }
  bytes.push_back(0);
  return bytes;
}
Bytes text(std::string_view text) {
  return Bytes{static_cast<std::uint8_t>(text.size())} + to_bytes(text);
}
Bytes address(const char* text) {
  const IpAddress address = *IpAddress::parse(text);
  return {address.bytes().begin(), address.bytes().end()};
}
Bytes record(std::string_view owner, unsigned type, unsigned ttl, const Bytes& data) {
  return name(owner) + u16(type) + u16(1) + u16(0) + u16(ttl) +
         u16(static_cast<unsigned>(data.size())) + data;
}
Bytes srv(unsigned priority, unsigned weight, unsigned port, std::string_view target) {
  return u16(priority) + u16(weight) + u16(port) + name(target);
}
Bytes naptr(unsigned order, std::string_view service, std::string_view replacement,
            std::string_view expression = "") {
  return u16(order) + u16(10) + text("s") + text(service) + text(expression) + name(replacement);
}
// The header and question of `query`, then these answers.
Bytes reply(ByteView query, unsigned code, const std::vector<Bytes>& answers) {
  std::size_t end = 12;
  while (query[end] != 0) end += query[end] + 1U;
  Bytes bytes(query.begin(), query.begin() + static_cast<std::ptrdiff_t>(end + 5));
  bytes[2] = 0x81;
  bytes[3] = static_cast<std::uint8_t>(0x80U | code);
  store_u16(&bytes[6], static_cast<std::uint16_t>(answers.size()));
  store_u16(&bytes[10], 0);
  for (const Bytes& answer : answers) bytes = bytes + answer;
  return bytes;
}

// A name server that answers what the test wants, and our client in the same loop.
class DnsClientTest : public testing::Test {
 protected:
  void SetUp() override {
    auto socket =
        UdpSocket::bind(loop_, *Endpoint::parse("127.0.0.1:0"),
                        {.on_datagram =
                             [this](ByteView query, const Endpoint&, const Endpoint& remote) {
                               ++queries_;
                               if (const Bytes answer = serve_(query); !answer.empty()) {
                                 server_->send(answer, remote);
                               }
                             },
                         .on_unreachable = [](const Endpoint&, ByteView) {}});
    ASSERT_TRUE(socket);
    server_ = std::move(*socket);
    auto client =
        DnsClient::create(loop_, {.servers = server_->local().to_string(), .timeout = 50ms});
    ASSERT_TRUE(client);
    client_ = std::move(*client);
  }
  void serve(unsigned code, std::vector<Bytes> answers) {
    serve_ = [code, answers = std::move(answers)](ByteView query) {
      return reply(query, code, answers);
    };
  }
  DnsAnswer ask(DnsType type, const std::string& name) {
    DnsAnswer answer;
    int calls = 0;
    client_->ask({type, name}, [&](const DnsAnswer& came) {
      answer = came;
      ++calls;
      loop_.stop();
    });
    EXPECT_EQ(calls, 0);
    Timer end(loop_, [&] { loop_.stop(); });
    end.set(now() + 10s);
    loop_.run();
    EXPECT_EQ(calls, 1);
    return answer;
  }
  void run_for(Duration time) {
    Timer end(loop_, [&] { loop_.stop(); });
    end.set(now() + time);
    loop_.run();
  }

  EventLoop loop_;
  std::unique_ptr<UdpSocket> server_;
  std::function<Bytes(ByteView)> serve_;
  int queries_ = 0;
  std::unique_ptr<DnsClient> client_;
};

TEST_F(DnsClientTest, FindsAddressesWithTheShortestTtl) {
  serve(0, {record("pbx.example.com", 1, 300, address("192.0.2.1")),
            record("pbx.example.com", 1, 60, address("192.0.2.2"))});
  const DnsAnswer answer = ask(DnsType::A, "pbx.example.com");
  EXPECT_EQ(answer.outcome, Outcome::Found);
  EXPECT_EQ(answer.ttl, 60s);
  EXPECT_THAT(answer.addresses,
              testing::ElementsAre(*IpAddress::parse("192.0.2.1"), *IpAddress::parse("192.0.2.2")));
  serve(0, {record("pbx.example.com", 28, 300, address("2001:db8::1"))});
  EXPECT_THAT(ask(DnsType::Aaaa, "pbx.example.com").addresses,
              testing::ElementsAre(*IpAddress::parse("2001:db8::1")));
}

TEST_F(DnsClientTest, FindsServices) {
  serve(0, {record("_sip._udp.example.com", 33, 30, srv(10, 60, 5060, "SIP1.example.com")),
            record("_sip._udp.example.com", 33, 30, srv(20, 0, 5080, ""))});
  EXPECT_THAT(ask(DnsType::Srv, "_sip._udp.example.com").srv,
              testing::ElementsAre(SrvRecord{10, 60, 5060, "sip1.example.com"},
                                   SrvRecord{20, 0, 5080, "."}));
  serve(0, {record("example.com", 35, 30, naptr(5, "SIP+D2U", "_sip._udp.example.com")),
            record("example.com", 35, 30, naptr(6, "E2U+sip", "", "!^.*$!sip:info@example.com!"))});
  EXPECT_THAT(ask(DnsType::Naptr, "example.com").naptr,
              testing::ElementsAre(NaptrRecord{5, 10, "s", "SIP+D2U", "_sip._udp.example.com"}));
}

TEST_F(DnsClientTest, FollowsAliasesAndTakesNothingElse) {
  serve(0, {record("pbx.example.com", 5, 20, name("a.example.net")),
            record("other.example.com", 1, 1, address("192.0.2.66")),
            record("a.example.net", 1, 300, address("192.0.2.1")),
            record("a.example.net", 28, 1, address("2001:db8::1"))});
  const DnsAnswer answer = ask(DnsType::A, "pbx.example.com");
  EXPECT_THAT(answer.addresses, testing::ElementsAre(*IpAddress::parse("192.0.2.1")));
  EXPECT_EQ(answer.ttl, 20s);
  serve(0, {record("pbx.example.com", 5, 20, name("pbx.example.com"))});
  EXPECT_EQ(ask(DnsType::A, "pbx.example.com").outcome, Outcome::NoSuchRecord);
}

TEST_F(DnsClientTest, SaysThatThereIsNoNameOrNoSuchRecord) {
  serve(3, {});
  DnsAnswer answer = ask(DnsType::A, "nowhere.example.com");
  EXPECT_EQ(answer.outcome, Outcome::NoSuchRecord);
  EXPECT_EQ(answer.reason, "there is no name nowhere.example.com");
  serve(0, {});
  answer = ask(DnsType::Srv, "_sip._udp.example.com");
  EXPECT_EQ(answer.outcome, Outcome::NoSuchRecord);
  EXPECT_EQ(answer.reason, "there is no such record for _sip._udp.example.com");
}

TEST_F(DnsClientTest, FailsWhereNameServersFail) {
  for (const unsigned code : {2U, 4U, 5U}) {
    serve(code, {});
    const DnsAnswer answer = ask(DnsType::A, "pbx.example.com");
    EXPECT_EQ(answer.outcome, Outcome::Failed);
    EXPECT_TRUE(answer.reason.starts_with("the name servers fail: ")) << answer.reason;
  }
}

TEST_F(DnsClientTest, FailsWhereNobodyAnswersAfterASecondTry) {
  serve_ = [](ByteView) { return Bytes(); };
  const Time start = now();
  EXPECT_EQ(ask(DnsType::A, "pbx.example.com").outcome, Outcome::Failed);
  EXPECT_GE(now() - start, 100ms);
  EXPECT_LE(now() - start, 2s);
  EXPECT_EQ(queries_, 2);
}

TEST_F(DnsClientTest, FindsWhatOnlyTheSecondTryBrought) {
  serve_ = [this](ByteView query) {
    if (queries_ == 1) return Bytes();
    return reply(query, 0, {record("pbx.example.com", 1, 300, address("192.0.2.1"))});
  };
  EXPECT_EQ(ask(DnsType::A, "pbx.example.com").outcome, Outcome::Found);
}

TEST_F(DnsClientTest, FailsOnGarbageAndOnATruncatedReplyWithoutTcp) {
  serve_ = [](ByteView query) {
    Bytes bytes = reply(query, 0, {});
    store_u16(&bytes[6], 5);
    return bytes;
  };
  EXPECT_EQ(ask(DnsType::A, "pbx.example.com").reason, "the name server's reply is malformed");
  serve_ = [](ByteView) { return to_bytes("what?"); };
  EXPECT_EQ(ask(DnsType::A, "pbx.example.com").outcome, Outcome::Failed);
  serve_ = [](ByteView query) {
    Bytes bytes = reply(query, 0, {});
    bytes[2] |= 0x02U;
    return bytes;
  };
  EXPECT_EQ(ask(DnsType::A, "pbx.example.com").outcome, Outcome::Failed);
}

TEST_F(DnsClientTest, AnswersOneQuestionTooManyAtOnceAndAllOthersOnce) {
  serve_ = [](ByteView) { return Bytes(); };
  std::vector<int> answers(limits::kDnsQuestions + 1);
  std::size_t count = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    client_->ask({DnsType::A, "n" + std::to_string(i) + ".example.com"}, [&, i](const DnsAnswer&) {
      ++answers[i];
      if (++count == answers.size()) loop_.stop();
    });
  }
  run_for(20ms);
  EXPECT_EQ(answers.back(), 1);
  EXPECT_EQ(count, 1U);
  run_for(20s);
  EXPECT_EQ(std::ranges::count(answers, 1), static_cast<std::ptrdiff_t>(answers.size()));
}

TEST_F(DnsClientTest, TakesTheHostsFileForTheWholeTruthAboutAName) {
  if (!std::filesystem::exists("/etc/hosts")) GTEST_SKIP() << "no /etc/hosts here";
  const DnsAnswer answer = ask(DnsType::A, "localhost");
  EXPECT_THAT(answer.addresses, testing::Contains(*IpAddress::parse("127.0.0.1")));
  EXPECT_EQ(ask(DnsType::Srv, "_sip._udp.localhost").outcome, Outcome::NoSuchRecord);
  EXPECT_EQ(ask(DnsType::Naptr, "localhost").outcome, Outcome::NoSuchRecord);
  EXPECT_EQ(queries_, 0);
}

TEST_F(DnsClientTest, MayBeAskedFromWithinAnAnswer) {
  serve(0, {record("pbx.example.com", 1, 300, address("192.0.2.1"))});
  int answers = 0;
  client_->ask({DnsType::A, "pbx.example.com"}, [&](const DnsAnswer&) {
    ++answers;
    client_->ask({DnsType::A, "pbx.example.com"}, [&](const DnsAnswer&) {
      ++answers;
      loop_.stop();
    });
  });
  Timer end(loop_, [&] { loop_.stop(); });
  end.set(now() + 10s);
  loop_.run();
  EXPECT_EQ(answers, 2);
}

TEST_F(DnsClientTest, CallsNobodyBackOnceItIsGone) {
  serve(0, {record("pbx.example.com", 1, 300, address("192.0.2.1"))});
  int answers = 0;
  const auto count = [&](const DnsAnswer&) { ++answers; };
  client_->ask({DnsType::A, "localhost"}, count);  // answered, not delivered
  client_->ask({DnsType::A, "pbx.example.com"}, count);
  client_.reset();
  run_for(50ms);
  EXPECT_EQ(answers, 0);
}

TEST_F(DnsClientTest, RefusesServersThatAreNone) {
  const auto client = DnsClient::create(loop_, {.servers = "nowhere:99999"});
  ASSERT_FALSE(client);
  EXPECT_TRUE(client.error().message.starts_with("\"nowhere:99999\" does not name DNS servers"));
}

TEST(DnsReplyTest, SurvivesEveryChangeOfABitAndEveryCut) {
  const Bytes query = Bytes(4) + u16(1) + Bytes(6) + name("a.example.com") + u16(33) + u16(1);
  const Bytes whole = reply(query, 0,
                            {record("a.example.com", 5, 1, name("b.example.com")),
                             record("b.example.com", 33, 1, srv(1, 2, 3, "c.d")),
                             record("b.example.com", 35, 1, naptr(1, "SIP+D2U", "e.f"))});
  ASSERT_EQ(parse_dns_reply(whole, DnsType::Srv).srv.size(), 1U);
  ASSERT_EQ(parse_dns_reply(whole, DnsType::Naptr).naptr.size(), 1U);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_EQ(parse_dns_reply(ByteView(whole).first(i), DnsType::Srv).outcome, Outcome::Failed);
    for (unsigned bit = 0; bit < 8; ++bit) {
      Bytes changed = whole;
      changed[i] ^= static_cast<std::uint8_t>(1U << bit);
      for (const DnsType type : {DnsType::A, DnsType::Aaaa, DnsType::Srv, DnsType::Naptr}) {
        const DnsAnswer answer = parse_dns_reply(changed, type);
        EXPECT_EQ(answer.addresses.size(), 0U);
      }
    }
  }
}

TEST(DnsReplyTest, KeepsABoundedNumberOfRecords) {
  const Bytes query = Bytes(4) + u16(1) + Bytes(6) + name("a.b") + u16(1) + u16(1);
  std::vector<Bytes> records;
  for (std::size_t i = 0; i <= limits::kDnsRecords; ++i) {
    const std::string text = "192.0.2." + std::to_string(i);
    records.push_back(record("a.b", 1, 300, address(text.c_str())));
  }
  EXPECT_EQ(parse_dns_reply(reply(query, 0, records), DnsType::A).addresses.size(),
            limits::kDnsRecords);
}

TEST(DnsReplyTest, DropsNamesThatNobodyCanAskFor) {
  const Bytes query = Bytes(4) + u16(1) + Bytes(6) + name("a.b") + u16(33) + u16(1);
  const Bytes whole = reply(
      query, 0,
      {record("a.b", 33, 1, srv(1, 2, 3, "c d\r\n.e")), record("a.b", 33, 1, srv(1, 2, 3, "c.e"))});
  EXPECT_EQ(parse_dns_reply(whole, DnsType::Srv).srv.size(), 1U);
}

}  // namespace
}  // namespace offhook::io
