#include "app/media_addresses.hpp"

#include <gtest/gtest.h>

namespace offhook::app {
namespace {

IpAddress address(const char* text) { return IpAddress::parse(text).value(); }

const IpAddress kPrivate = address("10.0.0.5");
const IpAddress kPublic = address("203.0.113.5");
const IpAddress kV6 = address("2001:db8::5");
using Addresses = std::vector<BrowserAddress>;

TEST(MediaAddressesTest, TakesWhatIsConfiguredAndTellsItWhereNothingElseIsAdvertised) {
  MediaSettings media;
  media.browser_addresses = {kPrivate, kV6};
  EXPECT_EQ(browser_addresses(media, {kPublic}).value(),
            (Addresses{{kPrivate, kPrivate}, {kV6, kV6}}));
}

TEST(MediaAddressesTest, TellsTheAdvertisedAddressOfTheSamePlace) {
  MediaSettings media;
  media.browser_addresses = {kV6, kPrivate};
  media.advertised_browser_addresses = {kV6, kPublic};
  EXPECT_EQ(browser_addresses(media, {}).value(), (Addresses{{kV6, kV6}, {kPrivate, kPublic}}));
}

TEST(MediaAddressesTest, RefusesMoreOrFewerAdvertisedThanConfigured) {
  MediaSettings media;
  media.browser_addresses = {kPrivate, kV6};
  media.advertised_browser_addresses = {kPublic};
  EXPECT_EQ(browser_addresses(media, {}).error().message,
            "[media] advertised_browser_addresses must name one for each of browser_addresses, in "
            "the same order");
}

TEST(MediaAddressesTest, TellsTheAdvertisedAddressOfADetectedOnesFamily) {
  MediaSettings media;
  media.advertised_browser_addresses = {kPublic};
  EXPECT_EQ(browser_addresses(media, {kPrivate, kV6}).value(),
            (Addresses{{kPrivate, kPublic}, {kV6, kV6}}));
}

TEST(MediaAddressesTest, RefusesAnAdvertisedAddressOfAFamilyThatTheMachineHasNot) {
  MediaSettings media;
  media.advertised_browser_addresses = {kV6};
  EXPECT_EQ(browser_addresses(media, {kPrivate}).error().message,
            "[media] advertised_browser_addresses names 2001:db8::5, but no IPv6 address was found "
            "on this machine: name it in browser_addresses");
}

TEST(MediaAddressesTest, IsEmptyWhereNothingIsKnown) {
  EXPECT_EQ(browser_addresses({}, {}).value(), Addresses{});
}

}  // namespace
}  // namespace offhook::app
