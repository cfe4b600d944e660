#include "media/options.hpp"

#include <array>

#include <getopt.h>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "media/music_file.hpp"

namespace offhook::media {
namespace {

enum Option : int {
  kControl = 1,
  kWorkers,
  kBrowserAddress,
  kAdvertiseBrowserAddress,
  kBrowserPort,
  kBrowserTcpPort,
  kTrunkAddress,
  kTrunkPorts,
  kAdvertiseTrunkAddress,
  kHoldMusic,
  kLifelineFd,
  kLogFormat,
  kLogLevel,
  kHelp,
  kVersion
};

constexpr std::array<option, 16> kOptions{{
    {"control", required_argument, nullptr, kControl},
    {"workers", required_argument, nullptr, kWorkers},
    {"browser-address", required_argument, nullptr, kBrowserAddress},
    {"advertise-browser-address", required_argument, nullptr, kAdvertiseBrowserAddress},
    {"browser-port", required_argument, nullptr, kBrowserPort},
    {"browser-tcp-port", required_argument, nullptr, kBrowserTcpPort},
    {"trunk-address", required_argument, nullptr, kTrunkAddress},
    {"trunk-ports", required_argument, nullptr, kTrunkPorts},
    {"advertise-trunk-address", required_argument, nullptr, kAdvertiseTrunkAddress},
    {"hold-music", required_argument, nullptr, kHoldMusic},
    {"lifeline-fd", required_argument, nullptr, kLifelineFd},
    {"log-format", required_argument, nullptr, kLogFormat},
    {"log-level", required_argument, nullptr, kLogLevel},
    {"help", no_argument, nullptr, kHelp},
    {"version", no_argument, nullptr, kVersion},
    {nullptr, 0, nullptr, 0},
}};

// A machine has a handful of addresses that browsers can reach; more is a mistake in a script.
constexpr std::size_t kMaxBrowserAddresses = 8;

// What has been given; the process's own defaults do not tell that.
struct Given {
  bool browser_port = false;
  bool trunk_address = false;
  bool trunk_ports = false;
};

Result<IpAddress> parse_address(std::string_view name, std::string_view text) {
  const auto address = IpAddress::parse(text);
  if (address) return *address;
  return failure(std::string(name) + " wants an IPv4 or IPv6 address, not \"" + std::string(text) +
                 "\"");
}

Result<void> take_workers(Process::Config& config, std::string_view text) {
  const auto workers = parse_decimal<std::uint16_t>(text);
  if (!workers || *workers == 0 || *workers > limits::kMediaWorkers) {
    return failure("--workers wants a number from 1 to " + std::to_string(limits::kMediaWorkers) +
                   ", not \"" + std::string(text) + "\"");
  }
  config.workers = *workers;
  return {};
}

// One of a few that browsers can send to.
Result<void> add_browser_address(std::vector<IpAddress>& addresses, const std::string& name,
                                 std::string_view text) {
  const auto address = parse_address(name, text);
  if (!address) return std::unexpected(address.error());
  if (address->is_unspecified()) {
    return failure(name + " wants an address that browsers can send to, not " +
                   address->to_string());
  }
  if (addresses.size() == kMaxBrowserAddresses) {
    return failure(name + " may be given " + std::to_string(kMaxBrowserAddresses) +
                   " times at most");
  }
  addresses.push_back(*address);
  return {};
}

Result<void> take_trunk_ports(Process::Config& config, std::string_view text) {
  std::string_view rest = text;
  const auto first = parse_decimal<std::uint16_t>(take_until(rest, '-'));
  const auto last = parse_decimal<std::uint16_t>(rest);
  if (!first || !last || *first == 0 || *last <= *first) {
    return failure("--trunk-ports wants FIRST-LAST, such as 10000-11999, not \"" +
                   std::string(text) + "\"");
  }
  config.first_trunk_port = *first;
  config.last_trunk_port = *last;
  return {};
}

template <typename T>
Result<void> take_number(T& value, std::string_view name, std::string_view text) {
  const auto number = parse_decimal<std::uint16_t>(text);
  if (!number) {
    return failure(std::string(name) + " wants a number from 0 to 65535, not \"" +
                   std::string(text) + "\"");
  }
  value = *number;
  return {};
}

template <typename T>
Result<void> take_log_setting(T& value, std::string_view name, const Result<T>& parsed) {
  if (!parsed) return failure(std::string(name) + ": " + parsed.error().message);
  value = *parsed;
  return {};
}

Result<void> take(RunProcess& run, Given& given, int option, std::string_view text) {
  Process::Config& config = run.process;
  switch (option) {
    case kControl:
      config.control_path = text;
      return {};
    case kWorkers:
      return take_workers(config, text);
    case kBrowserAddress:
      return add_browser_address(config.browser_addresses, "--browser-address", text);
    case kAdvertiseBrowserAddress:
      return add_browser_address(config.advertised_browser_addresses, "--advertise-browser-address",
                                 text);
    case kBrowserTcpPort:
      return take_number(config.browser_tcp_port.emplace(), "--browser-tcp-port", text);
    case kBrowserPort:
      given.browser_port = true;
      return take_number(config.browser_port, "--browser-port", text);
    case kTrunkAddress: {
      const auto address = parse_address("--trunk-address", text);
      if (!address) return std::unexpected(address.error());
      config.trunk_address = *address;
      given.trunk_address = true;
      return {};
    }
    case kTrunkPorts:
      given.trunk_ports = true;
      return take_trunk_ports(config, text);
    case kAdvertiseTrunkAddress: {
      const auto address = parse_address("--advertise-trunk-address", text);
      if (!address) return std::unexpected(address.error());
      config.advertise_trunk_address = *address;
      return {};
    }
    case kHoldMusic: {
      auto music = read_music_file(text);
      if (!music) return failure("--hold-music: " + music.error().message);
      config.hold_music = std::make_shared<const Music>(std::move(*music));
      return {};
    }
    case kLogFormat:
      return take_log_setting(run.log.format, "--log-format", parse_log_format(text));
    case kLogLevel:
      return take_log_setting(run.log.level, "--log-level", parse_log_level(text));
    default:
      return take_number(config.lifeline_fd.emplace(), "--lifeline-fd", text);
  }
}

Result<void> check_ports(const Process::Config& config, const std::string& name,
                         std::uint16_t port) {
  if (port == 0 || port + config.workers - 1 <= UINT16_MAX) return {};
  return failure(name + " " + std::to_string(port) + " leaves no port for each of " +
                 std::to_string(config.workers) + " workers");
}

Result<void> check_advertised(const Process::Config& config) {
  const std::size_t count = config.advertised_browser_addresses.size();
  if (count == 0 || count == config.browser_addresses.size()) return {};
  return failure("--advertise-browser-address wants to be given as often as --browser-address");
}

Result<Options> check_complete(RunProcess run, const Given& given) {
  const Process::Config& config = run.process;
  if (config.control_path.empty()) return failure("--control PATH is missing");
  if (config.browser_addresses.empty()) return failure("--browser-address IP is missing");
  if (!given.browser_port) return failure("--browser-port N is missing");
  if (!given.trunk_address) return failure("--trunk-address IP is missing");
  if (!given.trunk_ports) return failure("--trunk-ports FIRST-LAST is missing");
  for (const auto& checked :
       {check_ports(config, "--browser-port", config.browser_port),
        check_ports(config, "--browser-tcp-port", config.browser_tcp_port.value_or(0)),
        check_advertised(config)}) {
    if (!checked) return std::unexpected(checked.error());
  }
  if (static_cast<std::size_t>(config.last_trunk_port - config.first_trunk_port + 1) / 2 <
      config.workers) {
    return failure("--trunk-ports wants two ports a worker at least");
  }
  const IpAddress told = config.advertise_trunk_address.value_or(config.trunk_address);
  if (told.is_unspecified()) {
    return failure("the provider must be told an address: with --trunk-address " +
                   config.trunk_address.to_string() + " give --advertise-trunk-address IP");
  }
  return Options(std::move(run));
}

}  // namespace

const char* help_text() {
  return R"(offhook-media: keeps the sound of calls flowing between browsers and providers.
It is told what to do by `offhook signal`; `offhook serve` starts both.

  --control PATH                 Unix socket to listen on for signal
  --workers N                    threads that relay; 1 without it, and one a processor is best
  --browser-address IP           where browsers reach us; again for a second address, in order of preference
  --advertise-browser-address IP our address as browsers see it, where a NAT stands in front; as often as
                                 --browser-address
  --browser-port N               UDP port for browsers; of further workers N + 1, N + 2, ... (0: any free ones)
  --browser-tcp-port N           TCP port for browsers in networks without UDP, likewise (0: none); without it
                                 the numbers of the UDP ports
  --trunk-address IP             our address towards providers
  --trunk-ports FIRST-LAST       UDP ports towards providers, two a call
  --advertise-trunk-address IP   our address as providers see it, where a NAT stands in front
  --hold-music FILE              WAV file that is played on hold, up to 10 minutes; without it what is built in
  --lifeline-fd N                end when this descriptor says a byte or ends
  --log-format FORMAT            auto (text on a terminal, else JSON), text or json; auto without it
  --log-level LEVEL              debug, info, warning or error; info without it
  --help, --version

Log lines go to standard error. Exit codes: 0 told to end, 1 cannot work, 78 wrong usage.
)";
}

Result<Options> parse_options(int argc, char** argv) {
  RunProcess run;
  Given given;
  ::optind = 0;  // start anew, also the second time in a process
  ::opterr = 0;  // the messages are ours
  for (;;) {
    const int option = ::getopt_long(argc, argv, ":", kOptions.data(), nullptr);
    if (option == -1) break;
    if (option == kHelp) return ShowHelp{};
    if (option == kVersion) return ShowVersion{};
    if (option == '?' || option == ':') {
      const std::string name = argv[::optind - 1];
      return failure(option == ':' ? name + " wants a value" : "unknown option " + name);
    }
    if (auto taken = take(run, given, option, ::optarg); !taken) {
      return std::unexpected(taken.error());
    }
  }
  if (::optind < argc)
    return failure("unexpected argument \"" + std::string(argv[::optind]) + "\"");
  return check_complete(std::move(run), given);
}

}  // namespace offhook::media
