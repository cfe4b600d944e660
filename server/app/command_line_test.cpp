#include "app/command_line.hpp"

#include <initializer_list>
#include <vector>

#include <gtest/gtest.h>

namespace offhook::app {
namespace {

Command parse(std::initializer_list<const char*> words) {
  std::vector<const char*> arguments{"offhook"};
  arguments.insert(arguments.end(), words);
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

TEST(CommandLineTest, ServesWithADemoAConfigurationAndAPage) {
  const Command command =
      parse({"serve", "--demo", "--config", "offhook.toml", "--web-root", "web/app/dist"});
  const auto& settings = std::get<ServeCommand>(command).settings;
  EXPECT_TRUE(settings.demo);
  EXPECT_EQ(settings.config_file, "offhook.toml");
  EXPECT_EQ(settings.web_root, "web/app/dist");
}

TEST(CommandLineTest, TiesAChildToItsSupervisor) {
  const Command command = parse(
      {"signal", "--control", "/run/control", "--lifeline-fd", "7", "--secret-fd", "8", "--demo"});
  const auto& signal = std::get<SignalCommand>(command);
  EXPECT_EQ(signal.control_path, "/run/control");
  EXPECT_EQ(signal.child.lifeline_fd, 7);
  EXPECT_EQ(signal.child.secret_fd, 8);
}

TEST(CommandLineTest, GivesTheProviderItsDefaults) {
  const Command command = parse({"provider"});
  const auto& provider = std::get<ProviderCommand>(command);
  EXPECT_EQ(provider.listen, Endpoint::parse("127.0.0.1:15060"));
  EXPECT_EQ(provider.account, "100001");
  EXPECT_NE(provider.caller_id, "");
  EXPECT_EQ(provider.child.lifeline_fd, std::nullopt);
}

TEST(CommandLineTest, GivesTheProviderTls) {
  const Command command = parse({"provider", "--tls-listen", "127.0.0.1:15061", "--tls-certificate",
                                 "a.pem", "--tls-key", "b.pem", "--tls-rsa-only"});
  const auto& provider = std::get<ProviderCommand>(command);
  EXPECT_EQ(provider.tls_listen, Endpoint::parse("127.0.0.1:15061"));
  EXPECT_EQ(provider.tls_certificate, "a.pem");
  EXPECT_EQ(provider.tls_key, "b.pem");
  EXPECT_TRUE(provider.tls_rsa_only);
  EXPECT_EQ(std::get<ProviderCommand>(parse({"provider"})).tls_listen, std::nullopt);
  EXPECT_FALSE(provider.encrypted);
  EXPECT_TRUE(std::get<ProviderCommand>(parse({"provider", "--encrypted"})).encrypted);
}

TEST(CommandLineTest, TracesACallOrATrunkOrListsCalls) {
  EXPECT_EQ(std::get<TraceCommand>(parse({"trace"})).call, "");
  const auto call = std::get<TraceCommand>(parse({"trace", "12", "--messages"}));
  EXPECT_EQ(call.call, "12");
  EXPECT_TRUE(call.show_messages);
  EXPECT_EQ(std::get<TraceCommand>(parse({"trace", "--trunk", "voipms"})).trunk, "voipms");
}

TEST(CommandLineTest, ShowsHelpAndVersion) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(std::get<Exit>(parse({"--version"})).status, 0);
  EXPECT_EQ(std::get<Exit>(parse({"--help"})).status, 0);
  const std::string shown = testing::internal::GetCapturedStdout();
  EXPECT_TRUE(shown.starts_with("offhook " OFFHOOK_VERSION "\n")) << shown;
  for (const char* subcommand : {"serve", "signal", "provider", "status", "trace"}) {
    EXPECT_TRUE(shown.contains(subcommand)) << shown;
  }
}

TEST(CommandLineTest, RefusesWrongUsage) {
  testing::internal::CaptureStderr();
  for (const auto words : {std::initializer_list<const char*>{},
                           {"call"},
                           {"serve", "--port", "80"},
                           {"signal"},
                           {"provider", "--tls-listen", "127.0.0.1:15061"},
                           {"provider", "--tls-rsa-only"},
                           {"provider", "--listen", "localhost"},
                           {"provider", "--listen", "127.0.0.1:0"},
                           {"trace", "../status"},
                           {"trace", "12", "--trunk", "voipms"},
                           {"provider", "--log-level", "loud"}}) {
    EXPECT_NE(std::get<Exit>(parse(words)).status, 0);
  }
  EXPECT_TRUE(testing::internal::GetCapturedStderr().contains(
      "expected an address and a port, such as 127.0.0.1:15060, not localhost"));
}

TEST(CommandLineTest, NamesTheCommandThatDoesNotExist) {
  testing::internal::CaptureStderr();
  EXPECT_NE(std::get<Exit>(parse({"bogus"})).status, 0);
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(said.contains("there is no command 'bogus'")) << said;
  EXPECT_TRUE(said.contains("--help")) << said;
}

}  // namespace
}  // namespace offhook::app
