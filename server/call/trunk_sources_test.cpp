#include "call/trunk_sources.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace offhook::call {
namespace {

using std::chrono::seconds;

IpAddress ip(const std::string& text) { return *IpAddress::parse(text); }

class TrunkSourcesTest : public testing::Test {
 protected:
  Time now{seconds(10)};
  TrunkSources sources;
};

TEST_F(TrunkSourcesTest, KnowsEveryAddressOfTheProvider) {
  sources.renew({ip("198.51.100.20"), ip("2001:db8::20")}, now);
  EXPECT_TRUE(sources.contains(ip("198.51.100.20")));
  EXPECT_TRUE(sources.contains(ip("2001:db8::20")));
  EXPECT_FALSE(sources.contains(ip("198.51.100.22")));
}

TEST_F(TrunkSourcesTest, StillKnowsThoseThatTheNewestAnswerLeavesOut) {
  sources.renew({ip("198.51.100.20"), ip("198.51.100.21")}, now);
  sources.renew({ip("198.51.100.22")}, now);
  for (const char* address : {"198.51.100.20", "198.51.100.21", "198.51.100.22"}) {
    EXPECT_TRUE(sources.contains(ip(address))) << address;
  }
}

TEST_F(TrunkSourcesTest, ForgetsAFormerSourceWhenNoCallCanBeLeftThere) {
  sources.renew({ip("198.51.100.21")}, now);
  sources.renew({ip("198.51.100.20")}, now);
  now += limits::kCallLength - seconds(1);
  sources.renew({ip("198.51.100.20")}, now);
  EXPECT_TRUE(sources.contains(ip("198.51.100.21")));
  now += seconds(1);
  sources.renew({ip("198.51.100.20")}, now);
  EXPECT_FALSE(sources.contains(ip("198.51.100.21")));
}

TEST_F(TrunkSourcesTest, RemembersNoMoreThan16FormerSources) {
  for (int i = 0; i <= 17; ++i) sources.renew({ip("203.0.113." + std::to_string(i))}, now);
  EXPECT_FALSE(sources.contains(ip("203.0.113.0")));
  for (int i = 1; i <= 17; ++i) {
    EXPECT_TRUE(sources.contains(ip("203.0.113." + std::to_string(i)))) << i;
  }
}

}  // namespace
}  // namespace offhook::call
