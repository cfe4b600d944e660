#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "call/dial_rules.hpp"
#include "call/srtp_policy.hpp"
#include "io/tls_context.hpp"
#include "sdp/offer_answer.hpp"
#include "sip/flow.hpp"

namespace offhook::app {

// What applies where the configuration says nothing.
inline constexpr std::string_view kDefaultUser = "user";
inline constexpr std::string_view kDefaultSipListen = "0.0.0.0:5062";
// With --demo: everything on this machine, on ports that nobody else is likely to use.
inline constexpr std::string_view kDemoUser = "demo";
inline constexpr std::string_view kDemoSipListen = "127.0.0.1:15062";
inline constexpr std::string_view kDemoProvider = "127.0.0.1:15060";

struct HttpSettings {
  std::vector<Endpoint> listen;      // loopback addresses only
  std::vector<std::string> origins;  // empty: localhost and the addresses of `listen`
  std::string web_root;              // "": beside the executable
  // PEM files, relative to the configuration file's directory; both or neither ("": http and ws).
  std::string tls_certificate;
  std::string tls_key;
};

struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
  bool operator==(const PortRange&) const = default;
};

struct MediaSettings {
  std::optional<unsigned> workers;                      // nullopt: one a processor
  std::vector<IpAddress> browser_addresses;             // empty: detected
  std::vector<IpAddress> advertised_browser_addresses;  // empty: the same
  std::uint16_t browser_port = 40'000;
  std::optional<std::uint16_t> browser_tcp_port;  // 0: none; nullopt: browser_port
  std::optional<IpAddress> trunk_address;         // nullopt: what routing chooses towards the trunk
  std::optional<IpAddress> advertised_trunk_address;
  PortRange trunk_ports{10'000, 19'999};
  std::string hold_music;  // relative to the configuration file's directory; "": the built-in
};

struct TrunkSettings {
  std::string name;
  std::vector<std::string> hosts;     // the preferred one first
  std::optional<std::uint16_t> port;  // nullopt: what DNS says, else the transport's own
  std::optional<sip::Transport> transport = sip::Transport::Udp;  // nullopt: what DNS says
  io::TlsClientSettings tls;
  std::string username;
  std::string password_file;  // relative to the configuration file's directory
  std::string caller_id;
  bool registers = true;
  std::chrono::seconds expires{300};
  std::chrono::seconds keep_alive{25};
  std::chrono::seconds options{60};
  std::vector<sdp::Codec> codecs{sdp::Codec::Pcmu, sdp::Codec::Pcma};
  std::optional<call::SrtpPolicy> srtp;  // nullopt: see srtp_policy()
  call::NumberPlan number_plan = call::NumberPlan::NorthAmerica;
  call::DialRules dial = call::DialRules::open();
};

// deploy/offhook.example.toml documents every key. What is nullopt or empty here has a default that
// depends on the rest.
struct Config {
  HttpSettings http;
  std::vector<Endpoint> sip_listen;   // empty: kDefaultSipListen
  std::vector<Endpoint> dns_servers;  // empty: the system's
  MediaSettings media;
  std::optional<std::string> user_name;
  call::DialPolicy dial;
  std::vector<TrunkSettings> trunks;
  std::optional<Endpoint> demo_provider;
  LogSettings log;
};

// Port 8080 of 127.0.0.1 and ::1, and default_dial_policy().
[[nodiscard]] Config default_config();

// `file` is its name in errors, which read "FILE:LINE: what was expected".
[[nodiscard]] Result<Config> parse_config(std::string_view toml, std::string_view file);
// A file that cannot be read is an error as well.
[[nodiscard]] Result<Config> read_config(const std::string& file);

// As configured, or what follows from the transport. Over TLS Optional: who encrypts signalling
// mostly wants the media so too, and who does not says it with a 488. Else Off, because whoever sees
// the keys hears the call.
[[nodiscard]] call::SrtpPolicy srtp_policy(const TrunkSettings& trunk);

// What browsers may say in Origin: as configured, or what follows from the endpoints that we listen
// on.
[[nodiscard]] std::vector<std::string> origins_of(const HttpSettings& http);

}  // namespace offhook::app
