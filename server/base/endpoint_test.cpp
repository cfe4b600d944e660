#include "base/endpoint.hpp"

#include <gtest/gtest.h>

namespace offhook {
namespace {

TEST(EndpointTest, ParsesAndWritesBothFamilies) {
  for (const char* text : {"192.0.2.1:5060", "[2001:db8::1]:5060", "127.0.0.1:0", "[::1]:65535"}) {
    const auto endpoint = Endpoint::parse(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(endpoint->to_string(), text);
  }
}

TEST(EndpointTest, RefusesWhatIsNotAnAddressAndAPort) {
  for (const char* text :
       {"", ":", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1", "host:1",
        "2001:db8::1:5060", "[192.0.2.1]:1", "192.0.2.1:5060 ", "[::1]5060"}) {
    EXPECT_FALSE(Endpoint::parse(text)) << text;
  }
  EXPECT_FALSE(IpAddress::parse(std::string_view("::1\0x", 5)));
}

TEST(EndpointTest, NormalisesMappedIpv4) {
  EXPECT_EQ(IpAddress::parse("::ffff:192.0.2.1"), IpAddress::parse("192.0.2.1"));
  EXPECT_NE(IpAddress::parse("::1"), IpAddress::parse("127.0.0.1"));
}

TEST(EndpointTest, KnowsLoopbackAndUnspecified) {
  EXPECT_TRUE(IpAddress::parse("127.9.9.9")->is_loopback());
  EXPECT_TRUE(IpAddress::parse("::1")->is_loopback());
  EXPECT_FALSE(IpAddress::parse("192.0.2.1")->is_loopback());
  EXPECT_TRUE(IpAddress::parse("::")->is_unspecified());
  EXPECT_TRUE(IpAddress().is_unspecified());
}

TEST(IpAddressTest, NetworkIsTheAddressOfIpv4AndTheFirst64BitsOfIpv6) {
  const auto network = [](const char* text) {
    return IpAddress::parse(text)->network().to_string();
  };
  EXPECT_EQ(network("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
}

}  // namespace
}  // namespace offhook
