#include "ice/path.hpp"

#include <set>

#include <gtest/gtest.h>

namespace offhook::ice {
namespace {

// Else who numbers both alike, as a network that hands out addresses and ports in order, makes every
// look-up a walk along all of them.
TEST(PathTest, TheNthPortOfTheNthAddressHasAHashOfItsOwn) {
  std::set<std::size_t> hashes;
  for (unsigned n = 0; n < 1'000; ++n) {
    const std::array<std::uint8_t, 4> address{10, 1, static_cast<std::uint8_t>(n >> 8),
                                              static_cast<std::uint8_t>(n)};
    hashes.insert(std::hash<Path>{}(
        {0, {*IpAddress::from_bytes(address), static_cast<std::uint16_t>(40'000 + n)}}));
  }
  EXPECT_EQ(hashes.size(), 1'000U);
}

}  // namespace
}  // namespace offhook::ice
