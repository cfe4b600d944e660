#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.hpp"
#include "base/result.hpp"

namespace offhook::app {

// What of a command line decides how the configuration is read, the same for each process.
struct SettingsOptions {
  std::string config_file{};  // "": none
  std::string web_root{};     // "": as configured
  bool demo = false;
};

// The configuration with every default decided.
struct Settings {
  Config config;
  bool demo = false;
  std::string user;
  std::vector<Endpoint> sip_listen;
  unsigned media_workers = 1;
  Endpoint demo_provider;
};

// The account that the provider stand-in of --demo knows; its password is made at each start.
inline constexpr std::string_view kDemoAccount = "100001";
inline constexpr std::string_view kDemoCallerId = "2125550100";

// Errors: the configuration's, and [[trunk]] together with --demo, which brings its own.
[[nodiscard]] Result<Settings> make_settings(const SettingsOptions& options);
[[nodiscard]] Result<Settings> make_settings(Config config, const SettingsOptions& options);

// The folder of the running executable.
[[nodiscard]] std::string executable_directory();

}  // namespace offhook::app
