#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <thread>

#include "app/commands.hpp"
#include "app/exit_status.hpp"
#include "app/media_addresses.hpp"
#include "app/ports.hpp"
#include "app/supervisor.hpp"
#include "base/system_random.hpp"
#include "io/local_address.hpp"
#include "io/signals.hpp"
#include "io/udp_socket.hpp"

namespace offhook::app {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPasswordBytes = 16;

// A folder for the control socket that only we can enter.
class PrivateDirectory {
 public:
  PrivateDirectory() {
    std::error_code error;
    std::string name = (fs::temp_directory_path(error) / "offhook-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  PrivateDirectory(const PrivateDirectory&) = delete;
  PrivateDirectory& operator=(const PrivateDirectory&) = delete;
  ~PrivateDirectory() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

struct MediaAddresses {
  std::vector<BrowserAddress> browser;
  IpAddress trunk;
};

IpAddress loopback() { return IpAddress::parse("127.0.0.1").value_or(IpAddress{}); }

Result<MediaAddresses> find_media_addresses(const Settings& settings) {
  const MediaSettings& media = settings.config.media;
  const std::vector<IpAddress> detected = io::detect_media_addresses();
  auto browser = browser_addresses(media, detected);
  if (!browser) return std::unexpected(browser.error());
  if (browser->empty()) {
    std::fprintf(
        stderr,
        "No network interface but loopback is up, and browsers do not send sound there: "
        "calls will have none.\nConnect to a network (it is not used, its address is), then "
        "start again.\n");
    browser->push_back({loopback(), loopback()});
  }
  MediaAddresses found{.browser = std::move(*browser), .trunk = loopback()};
  if (media.trunk_address) {
    found.trunk = *media.trunk_address;
  } else if (settings.demo) {
    found.trunk = settings.demo_provider.address;
  } else if (!detected.empty()) {
    found.trunk = detected.front();
  }
  return found;
}

// Of the roles that do not read the configuration.
void append_log_options(std::vector<std::string>& arguments, const LogSettings& log) {
  arguments.insert(arguments.end(), {"--log-level", std::string(to_string(log.level)),
                                     "--log-format", std::string(to_string(log.format))});
}

std::vector<std::string> media_arguments(const Settings& settings, const MediaAddresses& addresses,
                                         const std::string& control) {
  const MediaSettings& media = settings.config.media;
  std::vector<std::string> arguments = {
      (fs::path(executable_directory()) / "offhook-media").string(), "--control", control};
  for (const BrowserAddress& address : addresses.browser) {
    arguments.insert(arguments.end(), {"--browser-address", address.local.to_string(),
                                       "--advertise-browser-address", address.told.to_string()});
  }
  if (media.browser_tcp_port) {
    arguments.insert(arguments.end(),
                     {"--browser-tcp-port", std::to_string(*media.browser_tcp_port)});
  }
  arguments.insert(
      arguments.end(),
      {"--workers", std::to_string(settings.media_workers), "--browser-port",
       std::to_string(media.browser_port), "--trunk-address", addresses.trunk.to_string(),
       "--trunk-ports",
       std::to_string(media.trunk_ports.first) + "-" + std::to_string(media.trunk_ports.last)});
  if (media.advertised_trunk_address) {
    arguments.insert(arguments.end(),
                     {"--advertise-trunk-address", media.advertised_trunk_address->to_string()});
  }
  if (!media.hold_music.empty()) {
    arguments.insert(arguments.end(), {"--hold-music", media.hold_music});
  }
  append_log_options(arguments, settings.config.log);
  return arguments;
}

std::vector<ChildCommand> children_of(const ServeCommand& command, const Settings& settings,
                                      const MediaAddresses& addresses, const std::string& control,
                                      int provider_fd) {
  const std::string self = (fs::path(executable_directory()) / "offhook").string();
  SystemRandom random;
  const std::string secret = settings.demo ? random.hex(kPasswordBytes) : "";

  std::vector<std::string> signal = {self,    "signal",     "--control",
                                     control, "--web-root", settings.config.http.web_root};
  if (settings.demo) signal.emplace_back("--demo");
  if (!command.settings.config_file.empty()) {
    signal.insert(signal.end(), {"--config", command.settings.config_file});
  }
  std::vector<ChildCommand> children;
  children.push_back({.name = "media", .arguments = media_arguments(settings, addresses, control)});
  if (settings.demo) {
    std::vector<std::string> provider = {self,       "provider",
                                         "--listen", settings.demo_provider.to_string(),
                                         "--sip-fd", std::to_string(provider_fd)};
    append_log_options(provider, settings.config.log);
    children.push_back({.name = "provider",
                        .arguments = std::move(provider),
                        .secret = secret,
                        .inherited_fd = provider_fd});
  }
  children.push_back(
      {.name = "signal", .arguments = std::move(signal), .stage = 0, .secret = secret});
  return children;
}

// Processes of a supervisor that was killed a moment ago need up to 2 s to go.
std::optional<Error> wait_for_ports(const std::vector<WantedPort>& ports) {
  const Time deadline = io::now() + std::chrono::seconds(2);
  for (const WantedPort& port : ports) {
    while (auto taken = check_port(port)) {
      if (io::now() >= deadline) return taken;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
  return std::nullopt;
}

void say_ready(const Settings& settings) {
  std::printf("Offhook is ready: %s\n", origins_of(settings.config.http).front().c_str());
  if (settings.demo) {
    std::printf(
        "Dial 4443 and hear yourself, 4747 to have your digits read back, 5555550106 to be "
        "called.\n");
  } else if (settings.config.trunks.empty()) {
    std::printf("There is no [[trunk]] in the configuration, so nobody can be called yet.\n");
  }
  std::printf("Press Ctrl-C to end it.\n");
  std::fflush(stdout);
}

int supervise(const ServeCommand& command, const Settings& settings,
              const MediaAddresses& addresses) {
  const PrivateDirectory directory;
  const std::string control = (directory.path() / "control").string();
  Log log("serve", settings.config.log);
  // Opened here, so that a REGISTER sent before the stand-in is up waits for it instead of being
  // refused.
  const auto provider = settings.demo ? io::UdpSocket::open(settings.demo_provider)
                                      : Result<io::FileDescriptor>(io::FileDescriptor());
  if (!provider) {
    log.write(LogLevel::Error, "cannot_start", {{"reason", provider.error().message}});
    return 1;
  }
  io::EventLoop loop;
  bool is_told = false;
  int status = 0;
  Supervisor supervisor(loop, children_of(command, settings, addresses, control, provider->get()),
                        log,
                        {.on_ready =
                             [&](const std::string& child) {
                               if (child != "signal" || is_told) return;
                               is_told = true;
                               say_ready(settings);
                             },
                         .on_all_ended =
                             [&](bool misconfigured) {
                               if (misconfigured) status = kExitMisconfigured;
                               loop.stop();
                             }});
  const io::Signals signals(loop, {SIGTERM, SIGINT, SIGHUP}, [&](int) { supervisor.stop(); });
  supervisor.start();
  loop.run();
  return status;
}

}  // namespace

int serve(const ServeCommand& command) {
  const auto refuse = [](const Error& error) {
    std::fprintf(stderr, "offhook: %s\n", error.message.c_str());
    return kExitMisconfigured;
  };
  const Result<Settings> settings = make_settings(command.settings);
  if (!settings) return refuse(settings.error());
  const Result<MediaAddresses> addresses = find_media_addresses(*settings);
  if (!addresses) return refuse(addresses.error());
  std::vector<IpAddress> browser;
  for (const BrowserAddress& address : addresses->browser) browser.push_back(address.local);
  if (const auto taken = wait_for_ports(wanted_ports(*settings, browser))) {
    return refuse(*taken);
  }
  return supervise(command, *settings, *addresses);
}

}  // namespace offhook::app
