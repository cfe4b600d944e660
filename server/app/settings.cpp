#include "app/settings.hpp"

#include <algorithm>
#include <filesystem>
#include <thread>
#include <utility>

#include <system_error>

#include "base/assert.hpp"
#include "base/limits.hpp"

namespace offhook::app {

namespace {

Endpoint known_endpoint(std::string_view text) {
  const std::optional<Endpoint> endpoint = Endpoint::parse(text);
  OFFHOOK_ASSERT(endpoint);
  return *endpoint;
}

TrunkSettings demo_trunk(const Endpoint& provider) {
  TrunkSettings trunk;
  trunk.name = "demo";
  trunk.hosts = {provider.address.to_string()};
  trunk.port = provider.port;
  trunk.username = kDemoAccount;
  return trunk;
}

}  // namespace

std::string executable_directory() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path().string();
}

Result<Settings> make_settings(const SettingsOptions& options) {
  if (options.config_file.empty()) return make_settings(default_config(), options);
  Result<Config> config = read_config(options.config_file);
  if (!config) return std::unexpected(config.error());
  return make_settings(std::move(*config), options);
}

Result<Settings> make_settings(Config config, const SettingsOptions& options) {
  if (options.demo && !config.trunks.empty()) {
    return failure("--demo brings its own provider: leave out either --demo or [[trunk]] in " +
                   options.config_file);
  }
  Settings settings;
  settings.demo = options.demo;
  settings.user = config.user_name.value_or(std::string(options.demo ? kDemoUser : kDefaultUser));
  settings.sip_listen = config.sip_listen;
  if (settings.sip_listen.empty()) {
    settings.sip_listen = {known_endpoint(options.demo ? kDemoSipListen : kDefaultSipListen)};
  }
  // Without an answer from the system the number of processors is 0.
  settings.media_workers = config.media.workers.value_or(
      std::clamp<unsigned>(std::thread::hardware_concurrency(), 1, limits::kMediaWorkers));
  settings.demo_provider = config.demo_provider.value_or(known_endpoint(kDemoProvider));
  if (options.demo) config.trunks.push_back(demo_trunk(settings.demo_provider));
  if (!options.web_root.empty()) config.http.web_root = options.web_root;
  if (config.http.web_root.empty()) {
    config.http.web_root =
        (std::filesystem::path(executable_directory()) / "../share/offhook/web").lexically_normal();
  }
  settings.config = std::move(config);
  return settings;
}

}  // namespace offhook::app
