#include "sip/resolution.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "sip/zone_fixture.hpp"

namespace offhook::sip {
namespace {

using testing::ElementsAre;
using Strings = std::vector<std::string>;

class ResolutionTest : public testing::Test {
 protected:
  // The targets as "UDP 192.0.2.1:5060 g0".
  Strings resolve_all(const Server& server) {
    asked_.clear();
    SeededRandom random(1);
    DnsCache cache(random);
    for (int rounds = 0; rounds < 10; ++rounds) {
      result_ = resolve(server, abilities_, cache, Time{});
      bool was_asked = false;
      while (const auto question = cache.poll_output()) {
        was_asked = true;
        asked_.push_back(question->name);
        cache.handle_answer(*question, zone_.answer(*question), Time{});
      }
      if (!was_asked) break;
      EXPECT_FALSE(result_.settled);
    }
    EXPECT_TRUE(result_.settled);
    Strings targets;
    for (const auto& [target, group] : result_.candidates) {
      EXPECT_EQ(target.host, server.host);
      targets.push_back(std::string(to_string(target.transport)) + " " +
                        target.endpoint.to_string() + " g" + std::to_string(group));
    }
    EXPECT_EQ(targets.empty(), !result_.reason.empty());
    return targets;
  }

  Abilities abilities_;
  Zone zone_;
  Resolution result_;
  Strings asked_;
};

TEST_F(ResolutionTest, TakesAnAddressLiteralAsItIs) {
  EXPECT_EQ(resolve_all({"192.0.2.1", {}, {}}), Strings{"UDP 192.0.2.1:5060 g0"});
  EXPECT_EQ(resolve_all({"192.0.2.1", 5080, Transport::Tcp}), Strings{"TCP 192.0.2.1:5080 g0"});
  EXPECT_EQ(resolve_all({"[2001:db8::1]", {}, Transport::Tls}),
            Strings{"TLS [2001:db8::1]:5061 g0"});
  EXPECT_TRUE(asked_.empty());
}

TEST_F(ResolutionTest, RefusesALiteralOfAFamilyThatWeDoNotHave) {
  abilities_.ipv6 = false;
  EXPECT_EQ(resolve_all({"2001:db8::1", {}, {}}), Strings{});
  EXPECT_EQ(result_.reason, "no address that we can use");
}

TEST_F(ResolutionTest, AsksForAddressesOnlyWhereThereIsAPort) {
  zone_.add_address("pbx.example.com", "192.0.2.1");
  zone_.add_srv("_sip._udp.pbx.example.com", {1, 1, 5070, "other.example.com"});
  EXPECT_EQ(resolve_all({"PBX.example.com.", 5080, {}}), Strings{"UDP 192.0.2.1:5080 g0"});
  EXPECT_EQ(asked_, (Strings{"pbx.example.com", "pbx.example.com"}));
}

TEST_F(ResolutionTest, AsksNoNaptrWhereThereIsATransport) {
  zone_.add_address("sip1.example.com", "192.0.2.1");
  zone_.add_srv("_sips._tcp.example.com", {1, 1, 5071, "sip1.example.com"});
  EXPECT_EQ(resolve_all({"example.com", {}, Transport::Tls}), Strings{"TLS 192.0.2.1:5071 g1"});
  EXPECT_EQ(asked_.front(), "_sips._tcp.example.com");
  EXPECT_EQ(asked_.size(), 3U);
}

TEST_F(ResolutionTest, TakesAddressesAndTheUsualPortWhereThereIsNoSrv) {
  zone_.add_address("example.com", "192.0.2.1");
  EXPECT_EQ(resolve_all({"example.com", {}, Transport::Udp}), Strings{"UDP 192.0.2.1:5060 g0"});
  EXPECT_EQ(resolve_all({"example.com", {}, Transport::Tcp}), Strings{"TCP 192.0.2.1:5060 g0"});
  EXPECT_EQ(resolve_all({"example.com", {}, Transport::Tls}), Strings{"TLS 192.0.2.1:5061 g0"});
  EXPECT_EQ(resolve_all({"example.com", {}, {}}), Strings{"UDP 192.0.2.1:5060 g0"});
  abilities_.transports = {Transport::Tls};
  EXPECT_EQ(resolve_all({"example.com", {}, {}}), Strings{"TLS 192.0.2.1:5061 g0"});
}

TEST_F(ResolutionTest, TakesTheNaptrRecordsOfTheLowestOrderByPreference) {
  zone_.add_naptr("example.com", {20, 10, "s", "SIPS+D2T", "_sips._tcp.example.com"});
  zone_.add_naptr("example.com", {10, 60, "S", "sip+d2u", "_sip._udp.example.com"});
  zone_.add_naptr("example.com", {10, 50, "s", "SIP+D2T", "_sip._tcp.example.com"});
  for (const char* service : {"_sip._udp", "_sip._tcp", "_sips._tcp"}) {
    zone_.add_srv(std::string(service) + ".example.com", {1, 1, 5070, "sip1.example.com"});
  }
  zone_.add_address("sip1.example.com", "192.0.2.1");
  EXPECT_EQ(resolve_all({"example.com", {}, {}}),
            (Strings{"TCP 192.0.2.1:5070 g1", "UDP 192.0.2.1:5070 g2"}));
}

TEST_F(ResolutionTest, SkipsNaptrRecordsThatAreNotForUs) {
  zone_.add_naptr("example.com", {1, 1, "u", "E2U+sip", ""});
  zone_.add_naptr("example.com", {1, 1, "s", "SIP+D2S", "_sip._sctp.example.com"});
  zone_.add_naptr("example.com", {1, 1, "a", "SIP+D2U", "sip1.example.com"});
  zone_.add_naptr("example.com", {2, 1, "s", "SIP+D2T", "_sip._tcp.example.com"});
  zone_.add_naptr("example.com", {3, 1, "s", "SIP+D2U", "_sip._udp.example.com"});
  zone_.add_srv("_sip._udp.example.com", {1, 1, 5070, "sip1.example.com"});
  zone_.add_address("sip1.example.com", "192.0.2.1");
  abilities_.transports = {Transport::Udp, Transport::Tls};
  EXPECT_EQ(resolve_all({"example.com", {}, {}}), Strings{"UDP 192.0.2.1:5070 g1"});
}

TEST_F(ResolutionTest, TakesTheSrvRecordsOfAllTransportsInOurOrderWhereThereIsNoNaptr) {
  zone_.add_srv("_sip._udp.example.com", {1, 1, 5070, "sip1.example.com"});
  zone_.add_srv("_sip._tcp.example.com", {1, 1, 5070, "sip1.example.com"});
  zone_.add_address("sip1.example.com", "192.0.2.1");
  zone_.add_address("example.com", "192.0.2.99");
  EXPECT_EQ(resolve_all({"example.com", {}, {}}),
            (Strings{"UDP 192.0.2.1:5070 g1", "TCP 192.0.2.1:5070 g2"}));
  abilities_.transports = {Transport::Tcp, Transport::Udp};
  EXPECT_EQ(resolve_all({"example.com", {}, {}}),
            (Strings{"TCP 192.0.2.1:5070 g1", "UDP 192.0.2.1:5070 g2"}));
}

TEST_F(ResolutionTest, GroupsSrvRecordsByPriority) {
  const std::string name = "_sip._udp.example.com";
  zone_.add_srv(name, {20, 1, 5060, "c.example.com"});
  zone_.add_srv(name, {10, 1, 5060, "a.example.com"});
  zone_.add_srv(name, {10, 0, 5070, "b.example.com"});
  for (const char* host : {"a", "b", "c"}) {
    zone_.add_address(std::string(host) + ".example.com",
                      "192.0.2." + std::to_string(static_cast<unsigned char>(*host)));
  }
  const Strings targets = resolve_all({"example.com", {}, Transport::Udp});
  ASSERT_EQ(targets.size(), 3U);
  EXPECT_THAT((Strings{targets[0], targets[1]}),
              testing::UnorderedElementsAre("UDP 192.0.2.97:5060 g1", "UDP 192.0.2.98:5070 g1"));
  EXPECT_EQ(targets[2], "UDP 192.0.2.99:5060 g2");
}

TEST_F(ResolutionTest, TakesADotForNo) {
  zone_.add_srv("_sip._udp.example.com", {0, 0, 0, "."});
  zone_.add_address("example.com", "192.0.2.1");
  EXPECT_EQ(resolve_all({"example.com", {}, Transport::Udp}), Strings{});
  EXPECT_EQ(result_.reason, "example.com does not offer SIP over UDP");
  zone_.add_srv("_sip._tcp.example.com", {1, 1, 5060, "example.com"});
  EXPECT_EQ(resolve_all({"example.com", {}, {}}), Strings{"TCP 192.0.2.1:5060 g1"});
}

TEST_F(ResolutionTest, SkipsAnSrvRecordWithoutAPort) {
  zone_.add_srv("_sip._udp.example.com", {1, 1, 0, "a.example.com"});
  zone_.add_srv("_sip._udp.example.com", {2, 1, 1, "a.example.com"});
  zone_.add_address("a.example.com", "192.0.2.1");
  EXPECT_EQ(resolve_all({"example.com", {}, Transport::Udp}), Strings{"UDP 192.0.2.1:1 g1"});
}

TEST_F(ResolutionTest, TakesIpv6AndIpv4InTurns) {
  for (const char* address :
       {"192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1", "2001:db8::2"}) {
    zone_.add_address("pbx.example.com", address);
  }
  EXPECT_EQ(
      resolve_all({"pbx.example.com", 5060, {}}),
      (Strings{"UDP [2001:db8::1]:5060 g0", "UDP 192.0.2.1:5060 g0", "UDP [2001:db8::2]:5060 g0",
               "UDP 192.0.2.2:5060 g0", "UDP 192.0.2.3:5060 g0"}));
  abilities_.ipv6 = false;
  EXPECT_EQ(resolve_all({"pbx.example.com", 5060, {}}).size(), 3U);
  EXPECT_EQ(asked_.size(), 1U);
  abilities_ = {.ipv4 = false};
  EXPECT_EQ(resolve_all({"pbx.example.com", 5060, {}}).size(), 2U);
}

TEST_F(ResolutionTest, TakesAnAddressInAnSrvRecordForWhatItIs) {
  zone_.add_srv("_sip._udp.example.com", {1, 1, 5070, "192.0.2.1"});
  EXPECT_EQ(resolve_all({"example.com", {}, Transport::Udp}), Strings{"UDP 192.0.2.1:5070 g1"});
}

TEST_F(ResolutionTest, NamesEachTargetOnceAndNeverTheUnspecifiedAddress) {
  for (const char* address : {"0.0.0.0", "192.0.2.1", "192.0.2.1"}) {
    zone_.add_address("pbx.example.com", address);
  }
  EXPECT_EQ(resolve_all({"pbx.example.com", 5060, {}}), Strings{"UDP 192.0.2.1:5060 g0"});
}

TEST_F(ResolutionTest, BoundsTheTargetsAndTheNamesOfAServer) {
  for (unsigned i = 0; i <= limits::kSipTargetsPerServer; ++i) {
    zone_.add_address("pbx.example.com", "192.0.2." + std::to_string(i + 1));
    zone_.add_srv("_sip._udp.example.com",
                  {static_cast<std::uint16_t>(i), 1, 5060, std::to_string(i) + ".example.com"});
  }
  EXPECT_EQ(resolve_all({"pbx.example.com", 5060, {}}).size(), limits::kSipTargetsPerServer);
  resolve_all({"example.com", {}, Transport::Udp});
  EXPECT_EQ(asked_.size(), 1 + 2 * limits::kSipTargetsPerServer);
}

TEST_F(ResolutionTest, GoesOnWhereANameServerFailsOnNaptrOnly) {
  Zone others = zone_;
  others.add_address("example.com", "192.0.2.1");
  SeededRandom random(1);
  DnsCache cache(random);
  const Server server{"example.com", {}, {}};
  for (int rounds = 0; rounds < 4; ++rounds) {
    result_ = resolve(server, abilities_, cache, Time{});
    while (const auto question = cache.poll_output()) {
      cache.handle_answer(*question,
                          question->type == DnsType::Naptr ? DnsAnswer() : others.answer(*question),
                          Time{});
    }
  }
  EXPECT_TRUE(result_.settled);
  EXPECT_EQ(result_.candidates.size(), 1U);
}

TEST_F(ResolutionTest, SaysWhyThereIsNoAddress) {
  EXPECT_EQ(resolve_all({"example.com", {}, {}}), Strings{});
  EXPECT_EQ(result_.reason, "there is no name example.com");
  zone_.add_srv("_sip._udp.example.com", {1, 1, 5060, "sip1.example.com"});
  EXPECT_EQ(resolve_all({"example.com", {}, Transport::Udp}), Strings{});
  EXPECT_EQ(result_.reason, "there is no name sip1.example.com");
  zone_.set_down(true);
  EXPECT_EQ(resolve_all({"example.com", {}, {}}), Strings{});
  EXPECT_EQ(result_.reason, "the name servers fail");
}

}  // namespace
}  // namespace offhook::sip
