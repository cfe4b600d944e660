#include "app/config.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <utility>

#include "app/dial_settings.hpp"
#include "app/toml_table.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"

namespace offhook::app {

namespace {

constexpr std::uint16_t kDefaultHttpPort = 8080;

Result<Endpoint> to_endpoint_setting(std::string_view text) {
  const std::optional<Endpoint> endpoint = Endpoint::parse(text);
  if (endpoint && endpoint->port != 0) return *endpoint;
  return failure("expected an address and a port, such as \"127.0.0.1:8080\" or \"[::1]:8080\"");
}

// Until people can sign in, whoever reaches the page can call at the owner's expense.
Result<Endpoint> to_loopback_endpoint(std::string_view text) {
  Result<Endpoint> endpoint = to_endpoint_setting(text);
  if (endpoint && !endpoint->address.is_loopback()) {
    return failure(
        "expected a loopback address (127.0.0.1 or [::1]): there is no sign-in yet, so "
        "whoever reaches the page could place calls");
  }
  return endpoint;
}

Result<IpAddress> to_address_setting(std::string_view text) {
  const std::optional<IpAddress> address = IpAddress::parse(text);
  if (address && !address->is_unspecified()) return *address;
  return failure("expected an IPv4 or IPv6 address, such as \"192.0.2.1\"");
}

Result<std::string> to_origin(std::string_view text) {
  std::string_view host = text;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (host.starts_with(scheme)) host.remove_prefix(scheme.size());
  }
  const bool is_bare = host.find_first_of("/?# ") == std::string_view::npos && !host.empty();
  if (is_bare && host.size() < text.size() && to_lower(text) == text) return std::string(text);
  return failure("expected an origin as browsers write it, such as \"http://localhost:8080\"");
}

Result<PortRange> to_port_range(std::string_view text) {
  const auto first = parse_decimal<std::uint16_t>(take_until(text, '-'));
  const auto last = parse_decimal<std::uint16_t>(text);
  constexpr std::uint16_t kFirstUnprivileged = 1024;
  if (first && last && *first >= kFirstUnprivileged && *first < *last)
    return PortRange{*first, *last};
  return failure("expected two ports from 1024 to 65535, such as \"10000-19999\"");
}

Result<sdp::Codec> to_codec(std::string_view text) {
  if (text == "PCMU") return sdp::Codec::Pcmu;
  if (text == "PCMA") return sdp::Codec::Pcma;
  return failure("expected \"PCMU\" or \"PCMA\"");
}

Result<call::SrtpPolicy> to_srtp_policy(std::string_view text) {
  if (text == "off") return call::SrtpPolicy::Off;
  if (text == "optional") return call::SrtpPolicy::Optional;
  if (text == "required") return call::SrtpPolicy::Required;
  return failure(R"(expected "off", "optional" or "required")");
}

// Names stand in SIP addresses, logs and the page.
Result<std::string> to_name(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  const bool is_plain = std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
  if (is_plain && !text.empty() && text.size() <= kLongest) return std::string(text);
  return failure("expected 1 to 64 letters, digits, dots, hyphens or underscores");
}

// Becomes part of a Request-URI.
Result<std::string> to_host(std::string_view text) {
  if (const auto address = IpAddress::parse(text)) {
    return address->is_v6() ? "[" + address->to_string() + "]" : address->to_string();
  }
  const Result<std::string> name = to_name(text);
  if (name && !text.contains('_')) return name;
  return failure("expected a host name or an address, such as \"atlanta1.voip.ms\"");
}

Result<std::optional<sip::Transport>> to_transport(std::string_view text) {
  if (text == "udp") return sip::Transport::Udp;
  if (text == "tcp") return sip::Transport::Tcp;
  if (text == "tls") return sip::Transport::Tls;
  if (text == "auto") return std::nullopt;
  return failure(R"(expected "udp", "tcp", "tls" or "auto")");
}

Result<std::string> to_tls_version(std::string_view text) {
  for (const std::string_view known : {"1.0", "1.1", "1.2", "1.3"}) {
    if (text == known) return std::string(text);
  }
  return failure(R"(expected "1.0", "1.1", "1.2" or "1.3")");
}

// A name server: with or without a port.
Result<Endpoint> to_name_server(std::string_view text) {
  constexpr std::uint16_t kDnsPort = 53;
  if (const auto endpoint = Endpoint::parse(text); endpoint && endpoint->port != 0)
    return *endpoint;
  if (const auto address = IpAddress::parse(text)) return Endpoint{*address, kDnsPort};
  return failure("expected an address, such as \"192.0.2.53\" or \"127.0.0.1:5353\"");
}

Result<std::string> to_number(std::string_view text) {
  constexpr std::size_t kLongest = 32;
  const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  if (digits.size() <= kLongest &&
      digits.find_first_not_of("0123456789") == std::string_view::npos) {
    return std::string(text);
  }
  return failure("expected a telephone number in digits, such as \"2125550100\"");
}

Result<std::string> to_text(std::string_view text) {
  if (!text.empty()) return std::string(text);
  return failure("expected some text");
}

TrunkSettings read_trunk(TomlTable table) {
  constexpr std::int64_t kShortestExpiry = 60;
  constexpr std::int64_t kLongestExpiry = 86'400;
  constexpr std::int64_t kLongestInterval = 3'600;
  TrunkSettings trunk;
  std::int64_t expires_s = trunk.expires.count();
  std::int64_t keep_alive_s = trunk.keep_alive.count();
  std::int64_t options_s = trunk.options.count();
  table.require({"name", "hosts", "username", "password_file"});
  table.text("name", trunk.name, to_name);
  table.texts("hosts", trunk.hosts, to_host);
  table.number("port", trunk.port, 1, 65'535);
  table.text("transport", trunk.transport, to_transport);
  table.text("tls_minimum", trunk.tls.versions.minimum, to_tls_version);
  table.text("tls_maximum", trunk.tls.versions.maximum, to_tls_version);
  table.text("tls_ciphers", trunk.tls.versions.ciphers, to_text);
  table.text("tls_ca_file", trunk.tls.ca_file, to_text);
  table.boolean("tls_verify_name", trunk.tls.verify_name);
  table.text("username", trunk.username, to_name);
  table.text("password_file", trunk.password_file, to_text);
  table.text("caller_id", trunk.caller_id, to_number);
  table.boolean("register", trunk.registers);
  table.number("expires_s", expires_s, kShortestExpiry, kLongestExpiry);
  table.number("keep_alive_s", keep_alive_s, 0, kLongestInterval);
  table.number("options_s", options_s, 0, kLongestInterval);
  table.texts("codecs", trunk.codecs, to_codec);
  table.text("srtp", trunk.srtp, to_srtp_policy);
  table.text("number_plan", trunk.number_plan, to_number_plan);
  read_dial_rules(table, trunk.dial);
  table.no_others();
  trunk.expires = std::chrono::seconds(expires_s);
  trunk.keep_alive = std::chrono::seconds(keep_alive_s);
  trunk.options = std::chrono::seconds(options_s);
  return trunk;
}

Config read_all(TomlTable root) {
  Config config = default_config();
  TomlTable http = root.table("http");
  http.texts("listen", config.http.listen, to_loopback_endpoint);
  http.texts("origins", config.http.origins, to_origin);
  http.text("web_root", config.http.web_root, to_text);
  http.text("tls_certificate", config.http.tls_certificate, to_text);
  http.text("tls_key", config.http.tls_key, to_text);
  if (config.http.tls_certificate.empty() != config.http.tls_key.empty()) {
    http.require({"tls_certificate", "tls_key"});
  }
  http.no_others();
  TomlTable sip = root.table("sip");
  sip.texts("listen", config.sip_listen, to_endpoint_setting);
  sip.no_others();
  TomlTable dns = root.table("dns");
  dns.texts("servers", config.dns_servers, to_name_server);
  dns.no_others();
  TomlTable media = root.table("media");
  media.texts("browser_addresses", config.media.browser_addresses, to_address_setting);
  media.number("workers", config.media.workers, 1, limits::kMediaWorkers);
  media.texts("advertised_browser_addresses", config.media.advertised_browser_addresses,
              to_address_setting);
  media.number("browser_port", config.media.browser_port, 1, 65'535);
  media.number("browser_tcp_port", config.media.browser_tcp_port, 0, 65'535);
  media.text("trunk_address", config.media.trunk_address, to_address_setting);
  media.text("advertised_trunk_address", config.media.advertised_trunk_address, to_address_setting);
  media.text("trunk_ports", config.media.trunk_ports, to_port_range);
  media.text("hold_music", config.media.hold_music, to_text);
  media.no_others();
  TomlTable user = root.table("user");
  user.text("name", config.user_name, to_name);
  user.no_others();
  TomlTable dial = root.table("dial");
  read_dial_rules(dial, config.dial.user);
  dial.texts("emergency", config.dial.emergency, to_dialled, 0);
  dial.no_others();
  for (TomlTable& trunk : root.tables("trunk")) config.trunks.push_back(read_trunk(trunk));
  TomlTable demo = root.table("demo");
  demo.text("provider", config.demo_provider, to_loopback_endpoint);
  demo.no_others();
  TomlTable log = root.table("log");
  log.text("level", config.log.level, parse_log_level);
  log.text("format", config.log.format, parse_log_format);
  log.no_others();
  root.no_others();
  return config;
}

}  // namespace

Config default_config() {
  Config config;
  for (const char* loopback : {"127.0.0.1", "::1"}) {
    config.http.listen.push_back({IpAddress::parse(loopback).value(), kDefaultHttpPort});
  }
  config.dial = default_dial_policy();
  return config;
}

Result<Config> parse_config(std::string_view toml, std::string_view file) {
  Result<TomlDocument> document = TomlDocument::parse(toml, file);
  if (!document) return std::unexpected(document.error());
  Config config = read_all(document->root());
  if (const std::optional<Error> error = document->first_error()) return std::unexpected(*error);
  const std::filesystem::path directory = std::filesystem::path(file).parent_path();
  const auto beside = [&](std::string& name) {
    if (!name.empty()) name = (directory / name).string();
  };
  for (TrunkSettings& trunk : config.trunks) {
    beside(trunk.password_file);
    beside(trunk.tls.ca_file);
  }
  beside(config.http.tls_certificate);
  beside(config.http.tls_key);
  beside(config.media.hold_music);
  return config;
}

Result<Config> read_config(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::string toml(std::istreambuf_iterator<char>(stream), {});
  if (!stream) return failure("cannot read the configuration file " + file);
  return parse_config(toml, file);
}

call::SrtpPolicy srtp_policy(const TrunkSettings& trunk) {
  const bool by_tls = trunk.transport == sip::Transport::Tls;
  return trunk.srtp.value_or(by_tls ? call::SrtpPolicy::Optional : call::SrtpPolicy::Off);
}

std::vector<std::string> origins_of(const HttpSettings& http) {
  if (!http.origins.empty()) return http.origins;
  std::vector<std::string> origins;
  const bool is_secure = !http.tls_certificate.empty();
  const std::string scheme = is_secure ? "https://" : "http://";
  const std::uint16_t port_that_goes_without_saying = is_secure ? 443 : 80;
  const auto add = [&](const std::string& host, std::uint16_t port) {
    std::string origin = scheme + host;
    if (port != port_that_goes_without_saying) origin += ":" + std::to_string(port);
    if (std::ranges::find(origins, origin) == origins.end()) origins.push_back(origin);
  };
  for (const Endpoint& endpoint : http.listen) {
    add("localhost", endpoint.port);
    const std::string address = endpoint.address.to_string();
    add(endpoint.address.is_v6() ? "[" + address + "]" : address, endpoint.port);
  }
  return origins;
}

}  // namespace offhook::app
