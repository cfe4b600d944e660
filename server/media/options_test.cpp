#include "media/options.hpp"

#include <gtest/gtest.h>

namespace offhook::media {
namespace {

const std::vector<std::string> kGood{
    "--control", "/run/media.sock", "--browser-address", "198.51.100.1",  "--browser-port",
    "3478",      "--trunk-address", "203.0.113.1",       "--trunk-ports", "10000-10999"};

Result<Options> parse(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "offhook-media");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  return parse_options(static_cast<int>(arguments.size()), argv.data());
}

Result<Options> parse_with(const std::vector<std::string>& more) {
  std::vector<std::string> arguments = kGood;
  arguments.insert(arguments.end(), more.begin(), more.end());
  return parse(std::move(arguments));
}

TEST(OptionsTest, TakesWhatASupervisorGives) {
  const auto options = parse_with({"--browser-address", "2001:db8::1", "--advertise-trunk-address",
                                   "192.0.2.1", "--lifeline-fd", "7", "--workers", "4"});
  ASSERT_TRUE(options) << options.error().message;
  const auto& config = std::get<RunProcess>(*options).process;
  EXPECT_EQ(config.control_path, "/run/media.sock");
  ASSERT_EQ(config.browser_addresses.size(), 2U);
  EXPECT_EQ(config.browser_port, 3478);
  EXPECT_EQ(config.first_trunk_port, 10'000);
  EXPECT_EQ(config.last_trunk_port, 10'999);
  EXPECT_EQ(config.advertise_trunk_address->to_string(), "192.0.2.1");
  EXPECT_EQ(config.lifeline_fd, 7);
  EXPECT_EQ(config.workers, 4U);
}

TEST(OptionsTest, TakesAnAdvertisedAddressForEachBrowserAddress) {
  const auto options =
      parse_with({"--browser-address", "2001:db8::1", "--advertise-browser-address", "192.0.2.9",
                  "--advertise-browser-address", "2001:db8::1"});
  ASSERT_TRUE(options) << options.error().message;
  const auto& config = std::get<RunProcess>(*options).process;
  ASSERT_EQ(config.advertised_browser_addresses.size(), 2U);
  EXPECT_EQ(config.advertised_browser_addresses[0].to_string(), "192.0.2.9");
  const auto too_many = parse_with(
      {"--advertise-browser-address", "192.0.2.9", "--advertise-browser-address", "192.0.2.10"});
  ASSERT_FALSE(too_many);
  EXPECT_TRUE(too_many.error().message.contains("as often as --browser-address"));
}

TEST(OptionsTest, TakesATcpPortOrNone) {
  const auto port_of = [](const Result<Options>& options) {
    return std::get<RunProcess>(*options).process.browser_tcp_port;
  };
  EXPECT_EQ(port_of(parse(kGood)), std::nullopt) << "the UDP port's number";
  EXPECT_EQ(port_of(parse_with({"--browser-tcp-port", "443"})), 443);
  EXPECT_EQ(port_of(parse_with({"--browser-tcp-port", "0"})), 0);
  const auto too_high = parse_with({"--browser-tcp-port", "65535", "--workers", "2"});
  ASSERT_FALSE(too_high);
  EXPECT_TRUE(too_high.error().message.contains("--browser-tcp-port 65535 leaves no port"));
}

TEST(OptionsTest, LogsAsItIsToldOrElseFromInfoOnInWhateverFitsStandardError) {
  const auto told = parse_with({"--log-format", "text", "--log-level", "debug"});
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ(std::get<RunProcess>(*told).log.format, LogFormat::Text);
  EXPECT_EQ(std::get<RunProcess>(*told).log.level, LogLevel::Debug);
  const auto untold = parse(kGood);
  ASSERT_TRUE(untold) << untold.error().message;
  EXPECT_EQ(std::get<RunProcess>(*untold).log.format, LogFormat::Auto);
  EXPECT_EQ(std::get<RunProcess>(*untold).log.level, LogLevel::Info);
}

TEST(OptionsTest, MusicOnHoldThatCannotBeReadIsSaidAtOnce) {
  const auto options = parse_with({"--hold-music", "/nowhere/music.wav"});
  ASSERT_FALSE(options);
  EXPECT_TRUE(options.error().message.starts_with("--hold-music: cannot read /nowhere/music.wav"))
      << options.error().message;
}

TEST(OptionsTest, EachRequiredOptionIsMissedByName) {
  for (std::size_t i = 0; i < kGood.size(); i += 2) {
    std::vector<std::string> arguments = kGood;
    arguments.erase(arguments.begin() + static_cast<std::ptrdiff_t>(i),
                    arguments.begin() + static_cast<std::ptrdiff_t>(i + 2));
    const auto options = parse(arguments);
    ASSERT_FALSE(options) << kGood[i];
    EXPECT_TRUE(options.error().message.contains(kGood[i])) << options.error().message;
  }
}

TEST(OptionsTest, WrongValuesAreRefusedByName) {
  const std::vector<std::vector<std::string>> wrong{{"--browser-port", "65536"},
                                                    {"--browser-port", "-1"},
                                                    {"--browser-address", "host"},
                                                    {"--browser-address", "0.0.0.0"},
                                                    {"--trunk-ports", "10000"},
                                                    {"--trunk-ports", "2-1"},
                                                    {"--trunk-ports", "0-10"},
                                                    {"--trunk-address", "x"},
                                                    {"--advertise-trunk-address", ""},
                                                    {"--lifeline-fd", "x"},
                                                    {"--log-format", "xml"},
                                                    {"--log-level", "loud"},
                                                    {"--workers", "0"},
                                                    {"--workers", "65"}};
  for (const auto& arguments : wrong) {
    const auto options = parse_with(arguments);
    ASSERT_FALSE(options) << arguments[0] << " " << arguments[1];
    EXPECT_TRUE(options.error().message.contains(arguments[0])) << options.error().message;
  }
}

TEST(OptionsTest, UnknownOptionsMissingValuesAndStrayArgumentsAreRefused) {
  EXPECT_TRUE(parse_with({"--wrong"}).error().message.contains("--wrong"));
  EXPECT_TRUE(parse_with({"--lifeline-fd"}).error().message.contains("wants a value"));
  EXPECT_TRUE(parse_with({"stray"}).error().message.contains("stray"));
}

TEST(OptionsTest, TheProviderMustBeToldAnAddress) {
  EXPECT_FALSE(parse_with({"--trunk-address", "0.0.0.0"}));
  EXPECT_TRUE(
      parse_with({"--trunk-address", "0.0.0.0", "--advertise-trunk-address", "203.0.113.1"}));
}

TEST(OptionsTest, EachWorkerWantsPortsOfItsOwn) {
  EXPECT_TRUE(parse_with({"--workers", "2", "--browser-port", "65534"}));
  EXPECT_FALSE(parse_with({"--workers", "3", "--browser-port", "65534"}));
  EXPECT_TRUE(parse_with({"--workers", "2", "--trunk-ports", "10000-10003"}));
  EXPECT_FALSE(parse_with({"--workers", "3", "--trunk-ports", "10000-10003"}));
}

TEST(OptionsTest, AtMostEightBrowserAddresses) {
  std::vector<std::string> more;
  for (int i = 0; i < 7; ++i) more.insert(more.end(), {"--browser-address", "198.51.100.9"});
  EXPECT_TRUE(parse_with(more));
  more.insert(more.end(), {"--browser-address", "198.51.100.9"});
  EXPECT_FALSE(parse_with(more));
}

TEST(OptionsTest, HelpAndVersionNeedNothingElse) {
  EXPECT_TRUE(std::holds_alternative<ShowHelp>(*parse({"--help"})));
  EXPECT_TRUE(std::holds_alternative<ShowVersion>(*parse({"--version"})));
}

}  // namespace
}  // namespace offhook::media
