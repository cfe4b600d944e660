#include "app/dial_settings.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "app/config.hpp"

namespace offhook::app {
namespace {

std::string dial_error(std::string_view toml) {
  const auto config = parse_config(toml, "offhook.toml");
  return config ? "no error" : config.error().message;
}

TEST(DialSettingsTest, AllowsTheCallsOfEveryDayAndForbidsWhatFraudLivesOn) {
  const call::DialRules rules = parse_config("", "offhook.toml").value().dial.user;
  for (const char* destination : {"+12125550100", "+18005550100", "+16045550100", "+442079460000",
                                  "+447700900000", "+4930123456", "+33123456789", "+61212345678",
                                  "+41441234567", "+3292345678", "4443", "*97", "411"}) {
    EXPECT_TRUE(rules.allows(destination)) << destination;
  }
  for (const char* destination :
       {"+19005550100", "+88163123456", "+870773123456", "+8835100012345", "+979123456789",
        "+449098790000", "+447012345678", "+4990012345", "+33899123456", "+611902123456"}) {
    EXPECT_FALSE(rules.allows(destination)) << destination;
  }
}

TEST(DialSettingsTest, AListOfPrefixesReplacesTheDefaultAndMayBeEmpty) {
  const Config config =
      parse_config("[dial]\nallowed = []\nforbidden = []\nemergency = []", "offhook.toml").value();
  EXPECT_TRUE(config.dial.user.allowed.empty());
  EXPECT_TRUE(config.dial.user.forbidden.empty());
  EXPECT_TRUE(config.dial.emergency.empty());
  EXPECT_FALSE(config.dial.user.allows("+12125550100"));
}

TEST(DialSettingsTest, SaysWhatIsWrongWithARuleOfDialling) {
  struct Row {
    const char* toml;
    const char* error;
  };
  for (const Row& row :
       {Row{"[dial]\nallowed = \"+1\"", "offhook.toml:2: [dial] allowed: expected a list of texts"},
        Row{"[dial]\nallowed = [\"+1\",\n\"+1-900\"]",
            "offhook.toml:3: [dial] allowed: expected the beginning of numbers with their country"},
        Row{"[dial]\nforbidden = [\"01144900\"]",
            "offhook.toml:2: [dial] forbidden: expected \"+\" and a country code"},
        Row{"[dial]\nforbidden = [\"\"]", "offhook.toml:2: [dial] forbidden: expected the"},
        Row{"[dial]\nemergency = [\"9-1-1\"]",
            "offhook.toml:2: [dial] emergency: expected a number as it is dialled, such as "
            "\"911\""},
        Row{"[dial]\nemergency = [\"+112\"]", "offhook.toml:2: [dial] emergency: expected"},
        Row{"[dial]\ncalls_at_once = 0",
            "offhook.toml:2: [dial] calls_at_once: expected a number from 1 to 10000"},
        Row{"[dial]\ncalls_at_once = 10001", "offhook.toml:2: [dial] calls_at_once: expected"},
        Row{"[dial]\ncalls_a_minute = 60001",
            "offhook.toml:2: [dial] calls_a_minute: expected a number from 1 to 60000"},
        Row{"[dial]\nlongest_call_min = 241",
            "offhook.toml:2: [dial] longest_call_min: expected a number from 1 to 240"},
        Row{"[dial]\nforbid = []",
            "offhook.toml:2: [dial]: unknown key \"forbid\", expected one of "
            "allowed, forbidden, calls_at_once, calls_a_minute, "
            "longest_call_min, emergency"},
        Row{"[[trunk]]\nname='a'\nhosts=['b']\nusername='c'\npassword_file='d'\nnumber_plan='nanp'",
            "offhook.toml:6: [[trunk]] number_plan: expected \"north_america\" or "
            "\"international\""}}) {
    EXPECT_TRUE(dial_error(row.toml).starts_with(row.error)) << dial_error(row.toml);
  }
}

}  // namespace
}  // namespace offhook::app
