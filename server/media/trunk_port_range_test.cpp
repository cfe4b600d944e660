#include "media/trunk_port_range.hpp"

#include <set>

#include <gtest/gtest.h>
#include <sys/epoll.h>

namespace offhook::media {
namespace {

using namespace std::chrono_literals;

class TrunkPortRangeTest : public testing::Test {
 protected:
  // Ports from below the range that the kernel gives out by itself.
  TrunkPortRange make(std::uint16_t pairs) {
    return {{.bind = *IpAddress::parse("127.0.0.1"),
             .advertise = *IpAddress::parse("203.0.113.9"),
             .first = 20'001,
             .last = static_cast<std::uint16_t>(20'001 + 2 * pairs)},
            epoll_.get(),
            random_};
  }
  SeededRandom random_{1};
  control::FileDescriptor epoll_{::epoll_create1(EPOLL_CLOEXEC)};
};

TEST_F(TrunkPortRangeTest, RtpIsEvenRtcpTheNextAndTheProviderIsToldTheOtherAddress) {
  TrunkPortRange range = make(2);
  EXPECT_EQ(range.pairs(), 2U);
  const auto pair = range.open();
  ASSERT_TRUE(pair);
  EXPECT_EQ(pair->rtp.port % 2, 0);
  EXPECT_EQ(pair->rtcp.port, pair->rtp.port + 1);
  EXPECT_EQ(pair->rtp.address.to_string(), "203.0.113.9");
  EXPECT_GE(range.fd(pair->rtp_socket), 0);
  EXPECT_GE(range.fd(pair->rtcp_socket), 0);
  range.close(*pair);
  EXPECT_EQ(range.fd(pair->rtp_socket), -1);
}

TEST_F(TrunkPortRangeTest, AReleasedPairRestsBeforeItIsUsedAgain) {
  TrunkPortRange range = make(1);
  const Time now{1h};
  range.set_time(now);
  const auto pair = range.open();
  ASSERT_TRUE(pair);
  range.close(*pair);
  EXPECT_FALSE(range.open());
  range.set_time(now + TrunkPortRange::kRest - 1ms);
  EXPECT_FALSE(range.open());
  range.set_time(now + TrunkPortRange::kRest);
  EXPECT_TRUE(range.open());
}

TEST_F(TrunkPortRangeTest, ThePairThatRestedLongestComesFirst) {
  TrunkPortRange range = make(3);
  range.set_time(Time{1h});
  const auto first = range.open();
  ASSERT_TRUE(first);
  range.close(*first);
  range.set_time(Time{2h});
  EXPECT_NE(range.open()->rtp.port, first->rtp.port);
}

TEST_F(TrunkPortRangeTest, APairThatSomebodyElseHoldsIsPassedOver) {
  TrunkPortRange range = make(2);
  TrunkPortRange same = make(2);
  const auto taken = range.open();
  ASSERT_TRUE(taken);
  const auto other = same.open();
  ASSERT_TRUE(other);
  EXPECT_NE(other->rtp.port, taken->rtp.port);
  EXPECT_FALSE(same.open());
}

TEST_F(TrunkPortRangeTest, BeginsAnywhereAndStillGivesEveryPairOnce) {
  std::set<std::uint16_t> first_ports;
  for (int process = 0; process < 20; ++process) {
    TrunkPortRange range = make(5);
    std::set<std::uint16_t> ports;
    for (int i = 0; i < 5; ++i) {
      const auto pair = range.open();
      ASSERT_TRUE(pair);
      if (i == 0) first_ports.insert(pair->rtp.port);
      ports.insert(pair->rtp.port);
    }
    EXPECT_EQ(ports.size(), 5U);
    EXPECT_FALSE(range.open());
  }
  EXPECT_GE(first_ports.size(), 3U);
}

TEST_F(TrunkPortRangeTest, ARangeWithoutAPairHasNone) {
  const TrunkPortRange::Config config{{}, {}, 20'000, 20'000};
  EXPECT_EQ(TrunkPortRange(config, epoll_.get(), random_).pairs(), 0U);
  EXPECT_EQ(TrunkPortRange({{}, {}, 20'001, 20'002}, epoll_.get(), random_).pairs(), 0U);
  EXPECT_EQ(TrunkPortRange({{}, {}, 65'534, 65'535}, epoll_.get(), random_).pairs(), 1U);
}

}  // namespace
}  // namespace offhook::media
