#include "call/call_failure.hpp"

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offhook::call {
namespace {

using testing::HasSubstr;

TEST(CallFailureTest, DescribesEveryFailureOnceWithWordsThatFitIntoAHeader) {
  std::set<std::string_view> labels;
  for (std::size_t i = 0; i < kCallFailures; ++i) {
    const auto& info = describe(static_cast<CallFailure>(i));
    EXPECT_TRUE(labels.insert(info.label).second) << info.label;
    EXPECT_GE(info.sip_status, 400) << info.label;
    EXPECT_LT(info.sip_status, 700) << info.label;
    EXPECT_GE(info.q850_cause, 1) << info.label;
    EXPECT_LE(info.q850_cause, 127) << info.label;
    EXPECT_FALSE(info.sentence.empty()) << info.label;
    EXPECT_EQ(info.sentence.find_first_of("\"\\\r\n"), std::string_view::npos) << info.label;
  }
}

// SIP.js would take 401 and 407 for questions to itself.
TEST(CallFailureTest, NeverAsksABrowserForThePasswordOfATrunk) {
  for (std::uint16_t status = 300; status < 700; ++status) {
    const auto answered = describe(failure_from_trunk(status, false)).sip_status;
    EXPECT_NE(answered, 401) << status;
    EXPECT_NE(answered, 407) << status;
  }
}

TEST(CallFailureTest, KeepsTheTrunksMeaning) {
  EXPECT_EQ(failure_from_trunk(486, false), CallFailure::Busy);
  EXPECT_EQ(failure_from_trunk(404, false), CallFailure::NumberNotFound);
  EXPECT_EQ(failure_from_trunk(603, false), CallFailure::Declined);
  EXPECT_EQ(failure_from_trunk(401, false), CallFailure::PasswordRefused);
  EXPECT_EQ(failure_from_trunk(302, false), CallFailure::TrunkError);
  EXPECT_EQ(failure_from_trunk(599, false), CallFailure::TrunkError);
}

TEST(CallFailureTest, TellsASilentProviderFromACalleeWhoDoesNotAnswer) {
  EXPECT_EQ(failure_from_trunk(408, true), CallFailure::TrunkSilent);
  EXPECT_EQ(failure_from_trunk(408, false), CallFailure::NoAnswer);
}

TEST(CallFailureTest, GivesTheProviderBusyForADeclinedCallSoThatItsFailoverWorks) {
  EXPECT_EQ(status_for_trunk(failure_from_device(603, false)), 486);
  EXPECT_EQ(status_for_trunk(failure_from_device(486, false)), 486);
  EXPECT_EQ(status_for_trunk(failure_from_device(408, true)), 480);
}

TEST(CallFailureTest, TellsWhatTheDialGateRefusedFromWhatTheProviderDid) {
  const auto& forbidden = describe(CallFailure::ForbiddenDestination);
  EXPECT_EQ(forbidden.sip_status, 403);
  EXPECT_EQ(forbidden.outcome, Outcome::Rejected);
  EXPECT_NE(forbidden.sentence, describe(CallFailure::Forbidden).sentence);
  EXPECT_EQ(describe(CallFailure::TooManyCallsOfUser).sip_status, 486);
  EXPECT_EQ(describe(CallFailure::TooManyCalls).sip_status, 503);
  EXPECT_EQ(describe(CallFailure::TooManyCallsAMinute).sip_status, 503);
  EXPECT_EQ(status_for_trunk(CallFailure::TooManyCallsOfUser), 486);
}

TEST(CallFailureTest, WritesReasonsForBothSides) {
  EXPECT_THAT(reason_for_browser(CallFailure::Busy),
              HasSubstr("SIP;cause=486;text=\"The line is busy. Call again later.\""));
  EXPECT_THAT(reason_for_browser(CallFailure::AnsweredElsewhere),
              HasSubstr("SIP;cause=200;text=\"Call completed elsewhere\""));
  EXPECT_EQ(reason_for_trunk(CallFailure::MediaLost), "Q.850;cause=41");
}

}  // namespace
}  // namespace offhook::call
