#include <array>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>

#include "base/limits.hpp"
#include "base/test_ports.hpp"
#include "io/dns_client.hpp"

// Our client against a name server that others wrote.
namespace offhook::io {
namespace {

using namespace std::chrono_literals;
using Outcome = DnsAnswer::Outcome;

constexpr const char* kDnsmasq = "/usr/sbin/dnsmasq";

class DnsmasqTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kDnsmasq)) GTEST_SKIP() << "dnsmasq is not installed";
    start();
    auto client = DnsClient::create(
        loop_, {.servers = "127.0.0.1:" + std::to_string(port_), .timeout = 500ms});
    ASSERT_TRUE(client);
    client_ = std::move(*client);
    const Time end = now() + 10s;
    while (ask(DnsType::A, "sip1.example.test").outcome != Outcome::Found) ASSERT_LT(now(), end);
  }
  void TearDown() override { stop(); }

  void start() {
    std::vector<std::string> arguments{
        kDnsmasq,
        "--keep-in-foreground",
        "--conf-file=/dev/null",
        "--pid-file=",
        "--user=",
        "--no-resolv",
        "--no-hosts",
        "--bind-interfaces",
        "--listen-address=127.0.0.1",
        "--port=" + std::to_string(port_),
        "--local=/test/",
        "--local-ttl=17",
        "--host-record=sip1.example.test,192.0.2.1,2001:db8::1",
        "--host-record=sip2.example.test,192.0.2.2",
        "--cname=pbx.example.test,sip2.example.test",
        "--naptr-record=example.test,10,50,s,SIP+D2U,,_sip._udp.example.test",
        "--naptr-record=example.test,10,60,s,SIP+D2T,,_sip._tcp.example.test",
        "--srv-host=_sip._udp.example.test,sip1.example.test,5060,10,60",
        "--srv-host=_sip._udp.example.test,sip2.example.test,5070,20,0",
        "--srv-host=_sip._tcp.example.test"};
    for (int i = 0; i < 100; ++i) {
      const std::string number = std::to_string(i);
      arguments.push_back("--srv-host=_many._udp.example.test,a-rather-long-name-of-a-server-" +
                          number + ".example.test,5060," + number + ",1");
    }
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    ASSERT_EQ(::posix_spawn(&pid_, kDnsmasq, nullptr, nullptr, pointers.data(), environ), 0);
  }
  void stop() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  DnsAnswer ask(DnsType type, const std::string& name) {
    DnsAnswer answer;
    client_->ask({type, name}, [&](const DnsAnswer& came) {
      answer = came;
      loop_.stop();
    });
    loop_.run();
    return answer;
  }

  EventLoop loop_;
  const std::uint16_t port_ = free_ports();
  pid_t pid_ = 0;
  std::unique_ptr<DnsClient> client_;
};

TEST_F(DnsmasqTest, FindsAddressesOfBothFamilies) {
  const DnsAnswer v4 = ask(DnsType::A, "sip1.example.test");
  EXPECT_THAT(v4.addresses, testing::ElementsAre(*IpAddress::parse("192.0.2.1")));
  EXPECT_EQ(v4.ttl, 17s);
  EXPECT_THAT(ask(DnsType::Aaaa, "sip1.example.test").addresses,
              testing::ElementsAre(*IpAddress::parse("2001:db8::1")));
  EXPECT_THAT(ask(DnsType::A, "PBX.example.test").addresses,
              testing::ElementsAre(*IpAddress::parse("192.0.2.2")));
}

TEST_F(DnsmasqTest, FindsServices) {
  EXPECT_THAT(
      ask(DnsType::Naptr, "example.test").naptr,
      testing::UnorderedElementsAre(NaptrRecord{10, 50, "s", "SIP+D2U", "_sip._udp.example.test"},
                                    NaptrRecord{10, 60, "s", "SIP+D2T", "_sip._tcp.example.test"}));
  EXPECT_THAT(ask(DnsType::Srv, "_sip._udp.example.test").srv,
              testing::UnorderedElementsAre(SrvRecord{10, 60, 5060, "sip1.example.test"},
                                            SrvRecord{20, 0, 5070, "sip2.example.test"}));
  const DnsAnswer refused = ask(DnsType::Srv, "_sip._tcp.example.test");
  ASSERT_EQ(refused.srv.size(), 1U);
  EXPECT_EQ(refused.srv[0].target, ".");
}

TEST_F(DnsmasqTest, AsksOverTcpWhereTheReplyIsTruncated) {
  const DnsAnswer answer = ask(DnsType::Srv, "_many._udp.example.test");
  EXPECT_EQ(answer.outcome, Outcome::Found);
  EXPECT_EQ(answer.srv.size(), limits::kDnsRecords);
}

TEST_F(DnsmasqTest, HearsThatThereIsNoSuchName) {
  EXPECT_EQ(ask(DnsType::A, "nowhere.example.test").outcome, Outcome::NoSuchRecord);
  EXPECT_EQ(ask(DnsType::Aaaa, "sip2.example.test").outcome, Outcome::NoSuchRecord);
}

TEST_F(DnsmasqTest, FailsWithoutItAndFindsItAgain) {
  EXPECT_EQ(ask(DnsType::A, "example.com").outcome, Outcome::Failed);  // REFUSED: not its own
  stop();
  EXPECT_EQ(ask(DnsType::A, "sip1.example.test").outcome, Outcome::Failed);
  start();
  const Time end = now() + 10s;
  while (ask(DnsType::A, "sip1.example.test").outcome != Outcome::Found) ASSERT_LT(now(), end);
}

}  // namespace
}  // namespace offhook::io
