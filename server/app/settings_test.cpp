#include "app/settings.hpp"

#include <gtest/gtest.h>

namespace offhook::app {
namespace {

Endpoint endpoint(std::string_view text) { return Endpoint::parse(text).value(); }

TEST(SettingsTest, DemoNeedsNoConfiguration) {
  const Settings settings = make_settings({.demo = true}).value();
  EXPECT_TRUE(settings.demo);
  EXPECT_EQ(settings.user, "demo");
  EXPECT_EQ(settings.sip_listen, std::vector{endpoint("127.0.0.1:15062")});
  ASSERT_EQ(settings.config.trunks.size(), 1U);
  EXPECT_EQ(settings.config.trunks[0].name, "demo");
  EXPECT_EQ(settings.config.trunks[0].hosts, std::vector<std::string>{"127.0.0.1"});
  EXPECT_EQ(settings.config.trunks[0].port, 15'060);
  EXPECT_EQ(settings.config.trunks[0].username, "100001");
}

TEST(SettingsTest, DemoTakesItsPortsFromTheConfiguration) {
  const auto config = parse_config(
      "[sip]\nlisten=[\"127.0.0.1:25062\"]\n[demo]\nprovider=\"127.0.0.1:25060\"", "offhook.toml");
  const Settings settings = make_settings(config.value(), {.demo = true}).value();
  EXPECT_EQ(settings.sip_listen, std::vector{endpoint("127.0.0.1:25062")});
  EXPECT_EQ(settings.config.trunks[0].port, 25'060);
}

TEST(SettingsTest, DemoDoesNotMixWithARealProvider) {
  Config config = default_config();
  config.trunks.emplace_back();
  const auto settings = make_settings(config, {.config_file = "offhook.toml", .demo = true});
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().message,
            "--demo brings its own provider: leave out either --demo or [[trunk]] in offhook.toml");
}

TEST(SettingsTest, WithoutDemoHasTheUserAndNoTrunk) {
  const Settings settings = make_settings(default_config(), {}).value();
  EXPECT_EQ(settings.user, "user");
  EXPECT_EQ(settings.sip_listen, std::vector{endpoint("0.0.0.0:5062")});
  EXPECT_TRUE(settings.config.trunks.empty());
}

TEST(SettingsTest, ThePageIsWhereTheCommandLineSaysElseTheConfigurationElseBesideTheProgram) {
  Config config = default_config();
  EXPECT_TRUE(make_settings(config, {})->config.http.web_root.ends_with("/share/offhook/web"));
  config.http.web_root = "/configured";
  EXPECT_EQ(make_settings(config, {})->config.http.web_root, "/configured");
  EXPECT_EQ(make_settings(config, {.web_root = "/said"})->config.http.web_root, "/said");
}

}  // namespace
}  // namespace offhook::app
