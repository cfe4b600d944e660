#include "call/dtmf_info.hpp"

#include <gtest/gtest.h>

namespace offhook::call {
namespace {

using std::chrono::milliseconds;

TEST(DtmfInfoTest, ReadsDtmfRelayWithItsDuration) {
  const auto key = read_dtmf_info("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->digit, '5');
  EXPECT_EQ(key->duration, milliseconds(160));
}

TEST(DtmfInfoTest, ReadsWhatSipJsSendsWithSpacesAndParameters) {
  const auto key = read_dtmf_info("Application/DTMF-Relay; charset=x", "signal= # \n");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->digit, '#');
  EXPECT_EQ(key->duration, milliseconds(100));
}

TEST(DtmfInfoTest, ReadsPlainDtmf) {
  const auto key = read_dtmf_info("application/dtmf", "d\r\n");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->digit, 'D');
}

TEST(DtmfInfoTest, BoundsTheDuration) {
  EXPECT_EQ(read_dtmf_info("application/dtmf-relay", "Signal=1\nDuration=1")->duration,
            milliseconds(40));
  EXPECT_EQ(read_dtmf_info("application/dtmf-relay", "Signal=1\nDuration=60000")->duration,
            milliseconds(6'000));
  EXPECT_EQ(read_dtmf_info("application/dtmf-relay", "Signal=1\nDuration=-7")->duration,
            milliseconds(100));
}

TEST(DtmfInfoTest, RefusesEverythingElse) {
  EXPECT_FALSE(read_dtmf_info("application/dtmf-relay", "Duration=100"));
  EXPECT_FALSE(read_dtmf_info("application/dtmf-relay", "Signal=55"));
  EXPECT_FALSE(read_dtmf_info("application/dtmf-relay", "Signal=E"));
  EXPECT_FALSE(read_dtmf_info("application/dtmf", ""));
  EXPECT_FALSE(read_dtmf_info("text/plain", "5"));
  EXPECT_FALSE(read_dtmf_info("", "5"));
}

}  // namespace
}  // namespace offhook::call
