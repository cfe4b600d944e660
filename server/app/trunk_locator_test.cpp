#include "app/trunk_locator.hpp"

#include <gtest/gtest.h>

namespace offhook::app {
namespace {

using namespace std::chrono_literals;

std::vector<IpAddress> addresses(std::initializer_list<const char*> texts) {
  std::vector<IpAddress> all;
  for (const char* text : texts) all.push_back(IpAddress::parse(text).value());
  return all;
}

class TrunkLocatorTest : public testing::Test {
 protected:
  // The address in use after a look-up at its time; "" for none.
  std::string look_up(const Result<std::vector<IpAddress>>& found, bool is_registered = false) {
    now_ = locator_.next_timeout().value();
    EXPECT_TRUE(locator_.take_lookup(now_));
    EXPECT_FALSE(locator_.take_lookup(now_)) << "a second one while one is under way";
    EXPECT_EQ(locator_.next_timeout(), std::nullopt);
    const auto address = locator_.handle(found, is_registered, now_);
    return address ? address->to_string() : "";
  }

  Time now_{1h};
  TrunkLocator locator_{false, now_};
};

TEST_F(TrunkLocatorTest, LooksUpAtOnceAndThenEveryMinute) {
  EXPECT_EQ(locator_.next_timeout(), now_);
  EXPECT_EQ(look_up(addresses({"192.0.2.1"})), "192.0.2.1");
  EXPECT_EQ(locator_.next_timeout(), now_ + 60s);
}

TEST_F(TrunkLocatorTest, KeepsTheAddressInUseWhileItIsAmongThem) {
  EXPECT_EQ(look_up(addresses({"192.0.2.1", "192.0.2.2"})), "192.0.2.1");
  EXPECT_EQ(look_up(addresses({"192.0.2.2", "192.0.2.1"})), "192.0.2.1");
  EXPECT_EQ(look_up(addresses({"192.0.2.2"})), "192.0.2.2");
}

TEST_F(TrunkLocatorTest, KeepsAnAddressThatIsGoneFromTheAnswerWhileTheTrunkIsRegisteredThere) {
  EXPECT_EQ(look_up(addresses({"192.0.2.1"})), "192.0.2.1");
  EXPECT_EQ(look_up(addresses({"192.0.2.2"}), true), "192.0.2.1");
  EXPECT_EQ(look_up(addresses({"192.0.2.3"}), false), "192.0.2.3");
}

TEST_F(TrunkLocatorTest, LeavesAnAddressThatIsGoneFromTheAnswerAndUnreachable) {
  look_up(addresses({"192.0.2.1"}));
  locator_.handle_unreachable(now_ + 1s);
  EXPECT_EQ(look_up(addresses({"192.0.2.1"}), true), "192.0.2.1");
  EXPECT_EQ(look_up(addresses({"192.0.2.2"}), true), "192.0.2.1");  // it was but a moment
  locator_.handle_unreachable(now_ + 1s);
  EXPECT_EQ(look_up(addresses({"192.0.2.2"}), true), "192.0.2.2");
}

TEST_F(TrunkLocatorTest, UsesTheFamilyOfTheSocket) {
  EXPECT_EQ(look_up(addresses({"2001:db8::1", "192.0.2.1"})), "192.0.2.1");
  EXPECT_EQ(look_up(addresses({"2001:db8::1"})), "");
}

TEST_F(TrunkLocatorTest, TriesAgainSoonerWithoutAnAnswer) {
  for (const auto delay : {2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    EXPECT_EQ(look_up(failure("silent")), "");
    EXPECT_EQ(locator_.next_timeout(), now_ + delay);
  }
  look_up(addresses({"192.0.2.1"}));
  look_up(failure("silent"));
  EXPECT_EQ(locator_.next_timeout(), now_ + 2s);
}

TEST_F(TrunkLocatorTest, LooksUpSoonerWhatIsUnreachableButNotAtEachDatagram) {
  look_up(addresses({"192.0.2.1"}));
  const Time looked_up = now_;
  locator_.handle_unreachable(now_ + 1s);
  EXPECT_EQ(locator_.next_timeout(), looked_up + 5s);
  look_up(addresses({"192.0.2.1"}));
  locator_.handle_unreachable(now_ + 30s);
  EXPECT_EQ(locator_.next_timeout(), now_ + 30s);
}

}  // namespace
}  // namespace offhook::app
