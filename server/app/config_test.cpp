#include "app/config.hpp"

#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offhook::app {
namespace {

Endpoint endpoint(std::string_view text) { return Endpoint::parse(text).value(); }

std::string error_of(std::string_view toml) {
  const auto config = parse_config(toml, "offhook.toml");
  return config ? "no error" : config.error().message;
}

std::string read_example() {
  std::ifstream stream(OFFHOOK_SOURCE_DIR "/deploy/offhook.example.toml");
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<call::DialPrefix> prefixes(std::initializer_list<std::string_view> texts) {
  std::vector<call::DialPrefix> prefixes;
  for (const auto text : texts) prefixes.push_back(call::DialPrefix::parse(text).value());
  return prefixes;
}

// The example with every default said aloud.
std::string uncommented_example() {
  std::istringstream lines(read_example());
  std::string result;
  for (std::string line; std::getline(lines, line);) {
    static const std::regex kSetting(R"(#([a-z_]+ = .*|\[\[trunk\]\]))");
    std::smatch match;
    result += (std::regex_match(line, match, kSetting) ? match[1].str() : line) + "\n";
  }
  return result;
}

TEST(ConfigTest, TheExampleAsItStandsIsTheDefault) {
  const Config config = parse_config(read_example(), "example").value();
  EXPECT_EQ(config.http.listen, (std::vector{endpoint("127.0.0.1:8080"), endpoint("[::1]:8080")}));
  EXPECT_TRUE(config.http.origins.empty());
  EXPECT_TRUE(config.trunks.empty());
  EXPECT_TRUE(config.sip_listen.empty());
  EXPECT_TRUE(config.dns_servers.empty());
  EXPECT_EQ(config.user_name, std::nullopt);
}

TEST(ConfigTest, TheExampleShowsTheDefaults) {
  const auto parsed = parse_config(uncommented_example(), "example");
  ASSERT_TRUE(parsed) << parsed.error().message;
  const Config& shown = *parsed;
  const Config defaults = default_config();
  EXPECT_EQ(shown.http.listen, defaults.http.listen);
  EXPECT_EQ(shown.http.origins, origins_of(defaults.http));
  EXPECT_EQ(shown.sip_listen, std::vector{endpoint(kDefaultSipListen)});
  EXPECT_EQ(shown.media.browser_port, defaults.media.browser_port);
  EXPECT_EQ(shown.media.trunk_ports, defaults.media.trunk_ports);
  EXPECT_EQ(shown.user_name, kDefaultUser);
  EXPECT_EQ(shown.dial.user.allowed, defaults.dial.user.allowed);
  EXPECT_EQ(shown.dial.user.forbidden, defaults.dial.user.forbidden);
  EXPECT_EQ(shown.dial.user.calls_at_once, defaults.dial.user.calls_at_once);
  EXPECT_EQ(shown.dial.user.calls_a_minute, defaults.dial.user.calls_a_minute);
  EXPECT_EQ(shown.dial.user.longest_call, defaults.dial.user.longest_call);
  EXPECT_EQ(shown.dial.emergency, defaults.dial.emergency);
  EXPECT_EQ(shown.demo_provider, endpoint(kDemoProvider));
  EXPECT_EQ(shown.log.level, defaults.log.level);
  EXPECT_EQ(shown.log.format, defaults.log.format);
  ASSERT_EQ(shown.trunks.size(), 1U);
  const TrunkSettings trunk;
  EXPECT_EQ(shown.trunks[0].transport, trunk.transport);
  EXPECT_EQ(shown.trunks[0].tls.versions.minimum, trunk.tls.versions.minimum);
  EXPECT_EQ(shown.trunks[0].tls.versions.maximum, trunk.tls.versions.maximum);
  EXPECT_EQ(shown.trunks[0].tls.verify_name, trunk.tls.verify_name);
  EXPECT_EQ(shown.trunks[0].keep_alive, trunk.keep_alive);
  EXPECT_EQ(shown.trunks[0].options, trunk.options);
  EXPECT_EQ(shown.trunks[0].caller_id, trunk.caller_id);
  EXPECT_EQ(shown.trunks[0].registers, trunk.registers);
  EXPECT_EQ(shown.trunks[0].expires, trunk.expires);
  EXPECT_EQ(shown.trunks[0].codecs, trunk.codecs);
  EXPECT_EQ(shown.trunks[0].number_plan, trunk.number_plan);
  EXPECT_EQ(shown.trunks[0].dial.allowed, trunk.dial.allowed);
  EXPECT_EQ(shown.trunks[0].dial.forbidden, trunk.dial.forbidden);
  EXPECT_EQ(shown.trunks[0].dial.longest_call, trunk.dial.longest_call);
}

TEST(ConfigTest, TheExampleShowsEveryKey) {
  const std::string example = read_example();
  // The error about an unknown key lists those that are known, so that no list has to be kept here.
  for (const std::string table : {"[http]", "[sip]", "[dns]", "[media]", "[user]", "[dial]",
                                  "[[trunk]]", "[demo]", "[log]"}) {
    EXPECT_NE(example.find(table), std::string::npos) << table;
    const std::string toml =
        table == "[[trunk]]"
            ? "[[trunk]]\nname='a'\nhosts=['b']\nusername='c'\npassword_file='d'\nx=1"
            : table + "\nx=1";
    const std::string error = error_of(toml);
    constexpr std::string_view kBefore = "expected one of ";
    ASSERT_NE(error.find(kBefore), std::string::npos) << error;
    std::istringstream keys(error.substr(error.find(kBefore) + kBefore.size()));
    for (std::string key; std::getline(keys >> std::ws, key, ',');) {
      EXPECT_NE(example.find("\n#" + key + " = "), std::string::npos) << table << " " << key;
    }
  }
}

TEST(ConfigTest, ReadsEveryKey) {
  const auto parsed = parse_config(R"(
[http]
listen = ["127.0.0.1:8081"]
origins = ["https://phone.example"]
web_root = "/srv/web"
[sip]
listen = ["192.0.2.1:5070", "[2001:db8::1]:5070"]
[dns]
servers = ["192.0.2.53", "127.0.0.1:5353", "2001:db8::53"]
[media]
browser_addresses = ["192.0.2.1", "2001:db8::1"]
advertised_browser_addresses = ["203.0.113.1", "2001:db8::2"]
browser_port = 40001
browser_tcp_port = 443
trunk_address = "192.0.2.2"
advertised_trunk_address = "198.51.100.1"
trunk_ports = "20000-20999"
hold_music = "music.wav"
[user]
name = "alice"
[dial]
allowed = ["+1", "short"]
forbidden = ["+1900", "*72"]
emergency = ["112"]
calls_at_once = 3
calls_a_minute = 12
longest_call_min = 90
[[trunk]]
name = "voipms"
hosts = ["atlanta1.voip.ms", "chicago1.voip.ms"]
port = 5080
transport = "tls"
tls_minimum = "1.0"
tls_maximum = "1.2"
tls_ciphers = "AES128-SHA"
tls_ca_file = "ca.pem"
tls_verify_name = false
username = "100000_office"
password_file = "secret"
caller_id = "+12125550100"
register = false
expires_s = 120
keep_alive_s = 0
options_s = 30
codecs = ["PCMA"]
number_plan = "international"
allowed = ["+"]
forbidden = []
calls_at_once = 2
calls_a_minute = 6
longest_call_min = 30
[demo]
provider = "127.0.0.1:16060"
[log]
level = "debug"
format = "json"
)",
                                   "/etc/offhook/offhook.toml");
  ASSERT_TRUE(parsed) << parsed.error().message;
  const Config& config = *parsed;
  EXPECT_EQ(config.http.listen, std::vector{endpoint("127.0.0.1:8081")});
  EXPECT_EQ(config.http.origins, std::vector<std::string>{"https://phone.example"});
  EXPECT_EQ(config.http.web_root, "/srv/web");
  EXPECT_EQ(config.sip_listen,
            (std::vector{endpoint("192.0.2.1:5070"), endpoint("[2001:db8::1]:5070")}));
  EXPECT_EQ(config.dns_servers, (std::vector{endpoint("192.0.2.53:53"), endpoint("127.0.0.1:5353"),
                                             endpoint("[2001:db8::53]:53")}));
  EXPECT_EQ(config.media.browser_addresses.size(), 2U);
  EXPECT_EQ(config.media.advertised_browser_addresses.size(), 2U);
  EXPECT_EQ(config.media.browser_port, 40'001);
  EXPECT_EQ(config.media.browser_tcp_port, 443);
  EXPECT_EQ(config.media.trunk_address, IpAddress::parse("192.0.2.2"));
  EXPECT_EQ(config.media.advertised_trunk_address, IpAddress::parse("198.51.100.1"));
  EXPECT_EQ(config.media.trunk_ports, (PortRange{20'000, 20'999}));
  EXPECT_EQ(config.media.hold_music, "/etc/offhook/music.wav");
  EXPECT_EQ(config.user_name, "alice");
  EXPECT_EQ(config.dial.user.allowed, prefixes({"+1", "short"}));
  EXPECT_EQ(config.dial.user.forbidden, prefixes({"+1900", "*72"}));
  EXPECT_EQ(config.dial.user.calls_at_once, 3U);
  EXPECT_EQ(config.dial.user.calls_a_minute, 12U);
  EXPECT_EQ(config.dial.user.longest_call, std::chrono::minutes(90));
  EXPECT_EQ(config.dial.emergency, std::vector<std::string>{"112"});
  ASSERT_EQ(config.trunks.size(), 1U);
  EXPECT_EQ(config.trunks[0].number_plan, call::NumberPlan::International);
  EXPECT_EQ(config.trunks[0].dial.allowed, prefixes({"+"}));
  EXPECT_TRUE(config.trunks[0].dial.forbidden.empty());
  EXPECT_EQ(config.trunks[0].dial.calls_at_once, 2U);
  EXPECT_EQ(config.trunks[0].dial.calls_a_minute, 6U);
  EXPECT_EQ(config.trunks[0].dial.longest_call, std::chrono::minutes(30));
  EXPECT_EQ(config.trunks[0].name, "voipms");
  EXPECT_EQ(config.trunks[0].hosts,
            (std::vector<std::string>{"atlanta1.voip.ms", "chicago1.voip.ms"}));
  EXPECT_EQ(config.trunks[0].port, 5080);
  EXPECT_EQ(config.trunks[0].transport, sip::Transport::Tls);
  EXPECT_EQ(config.trunks[0].tls.versions.minimum, "1.0");
  EXPECT_EQ(config.trunks[0].tls.versions.maximum, "1.2");
  EXPECT_EQ(config.trunks[0].tls.versions.ciphers, "AES128-SHA");
  EXPECT_EQ(config.trunks[0].tls.ca_file, "/etc/offhook/ca.pem");
  EXPECT_FALSE(config.trunks[0].tls.verify_name);
  EXPECT_EQ(config.trunks[0].keep_alive, std::chrono::seconds(0));
  EXPECT_EQ(config.trunks[0].options, std::chrono::seconds(30));
  EXPECT_EQ(config.trunks[0].username, "100000_office");
  EXPECT_EQ(config.trunks[0].password_file, "/etc/offhook/secret");
  EXPECT_EQ(config.trunks[0].caller_id, "+12125550100");
  EXPECT_FALSE(config.trunks[0].registers);
  EXPECT_EQ(config.trunks[0].expires, std::chrono::seconds(120));
  EXPECT_EQ(config.trunks[0].codecs, std::vector{sdp::Codec::Pcma});
  EXPECT_EQ(config.demo_provider, endpoint("127.0.0.1:16060"));
  EXPECT_EQ(config.log.level, LogLevel::Debug);
  EXPECT_EQ(config.log.format, LogFormat::Json);
}

TEST(ConfigTest, NamesTheLineAndWhatWasExpected) {
  EXPECT_EQ(error_of("[http]\n\nlisten = \"127.0.0.1:8080\""),
            "offhook.toml:3: [http] listen: expected a list of texts in quotes, such as [\"...\", "
            "\"...\"]");
  EXPECT_EQ(error_of("[http]\nlisten = [\"127.0.0.1:8080\",\n\"localhost:8080\"]"),
            "offhook.toml:3: [http] listen: expected an address and a port, such as "
            "\"127.0.0.1:8080\" or \"[::1]:8080\"");
  EXPECT_EQ(error_of("[media]\nbrowser_port = 70000"),
            "offhook.toml:2: [media] browser_port: expected a number from 1 to 65535");
  EXPECT_EQ(error_of("[user]\nname = 5060"),
            "offhook.toml:2: [user] name: expected a text in quotes");
  EXPECT_EQ(error_of("[log]\nlevel = \"loud\""),
            "offhook.toml:2: [log] level: expected \"debug\", \"info\", \"warning\" or \"error\"");
}

TEST(ConfigTest, NamesAnUnknownKeyAndTheKnownOnes) {
  EXPECT_EQ(error_of("[log]\nlevel = \"info\"\ncolour = \"red\""),
            "offhook.toml:3: [log]: unknown key \"colour\", expected one of level, format");
  EXPECT_EQ(error_of("\n[htttp]\n"),
            "offhook.toml:2: unknown key \"htttp\", expected one of http, sip, dns, media, user, "
            "dial, trunk, demo, log");
}

TEST(ConfigTest, TellsTheFirstOfSeveralErrors) {
  EXPECT_TRUE(
      error_of("[log]\nlevel = 1\n[http]\nlisten = 1").starts_with("offhook.toml:2: [log]"));
  EXPECT_TRUE(
      error_of("[http]\nlisten = 1\n[log]\nlevel = 1").starts_with("offhook.toml:2: [http]"));
}

TEST(ConfigTest, NamesTheLineOfASyntaxError) {
  EXPECT_TRUE(error_of("[log]\nlevel = \"info").starts_with("offhook.toml:2: "))
      << error_of("[log]\nlevel = \"info");
}

TEST(ConfigTest, RefusesToServeThePageToOthers) {
  for (const char* address : {"0.0.0.0:8080", "[::]:8080", "192.0.2.1:8080"}) {
    const std::string error = error_of("[http]\nlisten = [\"" + std::string(address) + "\"]");
    EXPECT_TRUE(error.contains("expected a loopback address")) << error;
    EXPECT_TRUE(error.contains("there is no sign-in yet")) << error;
  }
}

TEST(ConfigTest, EncryptsATrunksMediaWhereItsSignallingIs) {
  const auto policy = [](const std::string& keys) {
    const auto parsed = parse_config(
        "[[trunk]]\nname = \"a\"\nhosts = [\"b\"]\nusername = \"c\"\npassword_file = \"d\"\n" +
            keys,
        "offhook.toml");
    EXPECT_TRUE(parsed) << parsed.error().message;
    return srtp_policy(parsed->trunks.at(0));
  };
  EXPECT_EQ(policy(""), call::SrtpPolicy::Off);
  EXPECT_EQ(policy("transport = \"auto\""), call::SrtpPolicy::Off);
  EXPECT_EQ(policy("transport = \"tls\""), call::SrtpPolicy::Optional);
  EXPECT_EQ(policy("transport = \"tls\"\nsrtp = \"off\""), call::SrtpPolicy::Off);
  EXPECT_EQ(policy("srtp = \"optional\""), call::SrtpPolicy::Optional);
  EXPECT_EQ(policy("srtp = \"required\""), call::SrtpPolicy::Required);
  EXPECT_TRUE(error_of("[[trunk]]\nsrtp = true").contains("[[trunk]]"));
  EXPECT_TRUE(error_of("[[trunk]]\nname = \"a\"\nhosts = [\"b\"]\nusername = \"c\"\n"
                       "password_file = \"d\"\nsrtp = \"maybe\"")
                  .contains("srtp: expected \"off\", \"optional\" or \"required\""));
}

TEST(ConfigTest, WantsTheAccountOfATrunk) {
  EXPECT_EQ(error_of("[[trunk]]\nname = \"a\"\nhosts = [\"b\"]\nusername = \"c\""),
            "offhook.toml:1: [[trunk]]: the key password_file is missing");
  EXPECT_EQ(error_of("[trunk]\nname = \"a\""), "offhook.toml:1: expected tables [[trunk]]");
}

TEST(ConfigTest, WritesIpv6AddressesOfHostsAsUrisDo) {
  const auto config = parse_config(
      "[[trunk]]\nname = \"a\"\nhosts = [\"2001:db8::1\", \"[2001:DB8::2]\", \"192.0.2.1\"]\n"
      "username = \"c\"\npassword_file = \"d\"",
      "offhook.toml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->trunks.at(0).hosts,
            (std::vector<std::string>{"[2001:db8::1]", "[2001:db8::2]", "192.0.2.1"}));
}

TEST(ConfigTest, RefusesValuesThatWouldBreakOut) {
  const auto trunk = [](const std::string& key, const std::string& value) {
    std::string toml = "[[trunk]]\n";
    for (const char* each : {"name", "username", "password_file", "caller_id"}) {
      toml += std::string(each) + " = \"" + (key == each ? value : "1") + "\"\n";
    }
    toml += "hosts = [\"" + (key == "hosts" ? value : "1") + "\"]\n";
    return error_of(toml);
  };
  EXPECT_EQ(trunk("name", "voipms"), "no error");
  for (const char* value : {"a\\r\\nb", "a b", "a@b", "a;b", "<a>", "", "\\u0000"}) {
    EXPECT_TRUE(trunk("name", value).contains("[[trunk]] name: expected")) << value;
    EXPECT_TRUE(trunk("hosts", value).contains("[[trunk]] hosts: expected")) << value;
    EXPECT_TRUE(trunk("username", value).contains("[[trunk]] username: expected")) << value;
  }
  EXPECT_TRUE(trunk("caller_id", "12125550100;x").contains("[[trunk]] caller_id: expected"));
  EXPECT_TRUE(error_of("[user]\nname = \"a\\nb\"").contains("[user] name: expected"));
}

TEST(ConfigTest, RefusesOriginsThatNoBrowserSends) {
  for (const char* origin : {"localhost:8080", "http://localhost:8080/", "http://", "*", "null",
                             "HTTP://localhost", "ftp://localhost"}) {
    EXPECT_TRUE(error_of("[http]\norigins = [\"" + std::string(origin) + "\"]")
                    .contains("expected an origin"))
        << origin;
  }
}

TEST(ConfigTest, RefusesPortRangesThatAreNone) {
  for (const char* range :
       {"10000", "20000-10000", "10000-70000", "80-90", "a-b", "-", "10000-10000"}) {
    EXPECT_TRUE(error_of("[media]\ntrunk_ports = \"" + std::string(range) + "\"")
                    .contains("expected two ports"))
        << range;
  }
}

TEST(ConfigTest, SaysWhichFileItCannotRead) {
  EXPECT_EQ(read_config("/nowhere/offhook.toml").error().message,
            "cannot read the configuration file /nowhere/offhook.toml");
}

TEST(ConfigTest, ACertificateNeedsItsKeyAndBothStandBesideTheFile) {
  const auto parsed = parse_config(
      "[http]\ntls_certificate = 'page.pem'\ntls_key = '/etc/page.key'", "/etc/offhook/a.toml");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->http.tls_certificate, "/etc/offhook/page.pem");
  EXPECT_EQ(parsed->http.tls_key, "/etc/page.key");
  EXPECT_EQ(origins_of(parsed->http).front(), "https://localhost:8080");
  EXPECT_THAT(error_of("[http]\ntls_certificate = 'page.pem'"), testing::HasSubstr("tls_key"));
  EXPECT_THAT(error_of("[http]\ntls_key = 'page.pem'"), testing::HasSubstr("tls_certificate"));
}

TEST(ConfigTest, DerivesTheOriginsFromTheEndpoints) {
  HttpSettings http;
  http.listen = {endpoint("127.0.0.1:80"), endpoint("[::1]:8081")};
  EXPECT_EQ(origins_of(http),
            (std::vector<std::string>{"http://localhost", "http://127.0.0.1",
                                      "http://localhost:8081", "http://[::1]:8081"}));
  http.tls_certificate = "page.pem";
  http.listen = {endpoint("127.0.0.1:443"), endpoint("[::1]:80")};
  EXPECT_EQ(origins_of(http),
            (std::vector<std::string>{"https://localhost", "https://127.0.0.1",
                                      "https://localhost:80", "https://[::1]:80"}));
}

}  // namespace
}  // namespace offhook::app
