#include "sip/admission.hpp"

#include <gtest/gtest.h>

namespace offhook::sip {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class AdmissionTest : public testing::Test {
 protected:
  std::size_t admitted(std::string_view source, std::size_t asked) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < asked; ++i) count += admission.admit(source, now) ? 1 : 0;
    return count;
  }

  Admission admission{{.requests_per_second = 10,
                       .requests_at_once = 20,
                       .bytes_per_second = 1'000,
                       .bytes_at_once = 4'000,
                       .sources = 3}};
  Time now = Time{} + seconds(1'000);
};

TEST_F(AdmissionTest, AdmitsABurstAndNotOneMore) { EXPECT_EQ(admitted("a", 21), 20U); }

TEST_F(AdmissionTest, AdmitsAtItsRateAfterTheBurst) {
  EXPECT_EQ(admitted("a", 20), 20U);
  now += milliseconds(99);
  EXPECT_EQ(admitted("a", 1), 0U);
  now += milliseconds(1);
  EXPECT_EQ(admitted("a", 2), 1U);
  now += seconds(1);
  EXPECT_EQ(admitted("a", 100), 10U);
}

TEST_F(AdmissionTest, SavesNoMoreThanABurst) {
  EXPECT_EQ(admitted("a", 1), 1U);
  now += seconds(3'600);
  EXPECT_EQ(admitted("a", 100), 20U);
}

TEST_F(AdmissionTest, OneSourceDoesNotUseUpWhatAnotherMay) {
  EXPECT_EQ(admitted("a", 1'000), 20U);
  EXPECT_EQ(admitted("b", 20), 20U);
}

TEST_F(AdmissionTest, CountsBytesApartFromRequests) {
  EXPECT_TRUE(admission.may_send("a", 4'000, now));
  EXPECT_FALSE(admission.may_send("a", 1, now));
  EXPECT_EQ(admitted("a", 20), 20U);
  now += milliseconds(500);
  EXPECT_FALSE(admission.may_send("a", 501, now));
  EXPECT_TRUE(admission.may_send("a", 500, now));
}

TEST_F(AdmissionTest, NeverSendsMoreThanItsBytesAtOnce) {
  EXPECT_FALSE(admission.may_send("a", 4'001, now));
  EXPECT_TRUE(admission.may_send("a", 4'000, now)) << "a refusal is not counted";
}

TEST_F(AdmissionTest, RemembersNoMoreSourcesThanItsLimit) {
  for (int i = 0; i < 100; ++i) {
    admitted(std::to_string(i), 1);
    now += seconds(1);
  }
  EXPECT_EQ(admission.size(), 3U);
}

TEST_F(AdmissionTest, ANewSourceTakesThePlaceOfTheLongestSilentOne) {
  for (const char* source : {"a", "b", "c"}) admitted(source, 1);
  now += seconds(1);
  admitted("a", 1);
  EXPECT_EQ(admitted("d", 100), 20U);
  EXPECT_EQ(admitted("a", 100), 19U) << "b was forgotten, not a";
}

TEST_F(AdmissionTest, BeyondTheTableNewSourcesShareOneBudget) {
  for (const char* source : {"a", "b", "c"}) admitted(source, 20);
  std::size_t newcomers = 0;
  for (int i = 0; i < 1'000; ++i) newcomers += admitted("new" + std::to_string(i), 20);
  EXPECT_EQ(newcomers, 20U);
  EXPECT_EQ(admission.size(), 3U);
  now += seconds(2);
  EXPECT_EQ(admitted("d", 20), 20U) << "a is whole again, and makes room";
}

Flow from(const char* remote) {
  Flow flow;
  flow.remote = *Endpoint::parse(remote);
  return flow;
}

TEST(SourceOfTest, IsTheAddressWithoutThePortOverUdpTcpAndTls) {
  Flow flow = from("198.51.100.7:5060");
  const std::string source = source_of(flow);
  flow.remote = *Endpoint::parse("198.51.100.7:40000");
  EXPECT_EQ(source_of(flow), source);
  flow.transport = Transport::Tls;
  flow.connection = 7;
  EXPECT_EQ(source_of(flow), source);
  flow.remote = *Endpoint::parse("198.51.100.8:40000");
  EXPECT_NE(source_of(flow), source);
}

TEST(SourceOfTest, IsTheNetworkOfAnIpv6Address) {
  const auto source = [](const char* remote) { return source_of(from(remote)); };
  EXPECT_EQ(source("[2001:db8:1:2:3:4:5:6]:5060"), source("[2001:db8:1:2::1]:1"));
  EXPECT_NE(source("[2001:db8:1:2::1]:5060"), source("[2001:db8:1:3::1]:5060"));
}

TEST(SourceOfTest, IsTheConnectionOverWebSockets) {
  Flow flow = from("198.51.100.7:5060");
  flow.transport = Transport::Ws;
  const std::string source = source_of(flow);
  flow.remote = *Endpoint::parse("198.51.100.8:40000");
  EXPECT_EQ(source_of(flow), source);
  flow.connection = 2;
  EXPECT_NE(source_of(flow), source);
}

}  // namespace
}  // namespace offhook::sip
