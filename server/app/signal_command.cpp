#include <algorithm>
#include <csignal>
#include <cstdio>
#include <optional>

#include <sys/resource.h>

#include "app/commands.hpp"
#include "app/exit_status.hpp"
#include "app/memory_trim.hpp"
#include "app/secret.hpp"
#include "app/signal_process.hpp"
#include "base/limits.hpp"
#include "io/lifeline.hpp"
#include "io/signals.hpp"

namespace offhook::app {

namespace {

// The demo's password comes from the supervisor, those of real trunks from their files.
Result<std::string> password_of(const TrunkSettings& trunk, const SignalCommand& command) {
  if (!command.settings.demo) return read_password_file(trunk.password_file);
  if (!command.child.secret_fd) return failure("--demo is for: offhook serve --demo");
  return read_secret(*command.child.secret_fd);
}

Result<call::Config> switchboard_config(const Settings& settings, const SignalCommand& command) {
  call::Config config;
  config.users = {settings.user};
  config.software = "offhook/" OFFHOOK_VERSION;
  config.dial = settings.config.dial;
  for (const TrunkSettings& trunk : settings.config.trunks) {
    Result<std::string> password = password_of(trunk, command);
    if (!password) return std::unexpected(password.error());
    std::vector<sip::Server> servers;
    for (const std::string& host : trunk.hosts) {
      servers.push_back({host, trunk.port, trunk.transport});
    }
    const auto listens_on = [&](bool v6) {
      return std::ranges::any_of(settings.sip_listen,
                                 [&](const Endpoint& e) { return e.address.is_v6() == v6; });
    };
    config.trunks.push_back({.name = trunk.name,
                             .user = settings.user,
                             .servers = std::move(servers),
                             .abilities = {.ipv4 = listens_on(false), .ipv6 = listens_on(true)},
                             .account = {trunk.username, std::move(*password)},
                             .caller_id = trunk.caller_id,
                             .registers = trunk.registers,
                             .expires = trunk.expires,
                             .keep_alive_interval = trunk.keep_alive,
                             .probe_interval = trunk.options,
                             .codecs = trunk.codecs,
                             .srtp = srtp_policy(trunk),
                             .number_plan = trunk.number_plan,
                             .dial = trunk.dial});
  }
  return config;
}

void warn_of_visible_keys(const Settings& settings, Log& log) {
  for (const TrunkSettings& trunk : settings.config.trunks) {
    if (trunk.transport == sip::Transport::Tls || srtp_policy(trunk) == call::SrtpPolicy::Off) {
      continue;
    }
    log.write(LogLevel::Warning, "srtp_keys_in_clear",
              {{"trunk", trunk.name},
               {"reason",
                "the keys stand in SIP messages: with another transport than \"tls\" "
                "whoever sees those can decrypt the sound"}});
  }
}

// Each connection needs a descriptor, and what a shell allows by default is half of
// limits::kHttpConnections.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, limits::kHttpConnections * 2);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int run_signal(const SignalCommand& command) {
  io::limit_life_without_supervisor();
  raise_descriptor_limit();
  const auto refuse = [](const Error& error) {
    std::fprintf(stderr, "offhook signal: %s\n", error.message.c_str());
    return kExitMisconfigured;
  };
  const Result<Settings> settings = make_settings(command.settings);
  if (!settings) return refuse(settings.error());
  Result<call::Config> config = switchboard_config(*settings, command);
  if (!config) return refuse(config.error());

  Log log("signal", settings->config.log);
  warn_of_visible_keys(*settings, log);
  io::EventLoop loop;
  const MemoryTrim memory_trim(loop);
  auto process =
      SignalProcess::open(loop, *settings, std::move(*config), command.control_path, log);
  if (!process) {
    log.write(LogLevel::Error, "cannot_start", {{"reason", process.error().message}});
    return 1;
  }
  const io::Signals signals(loop, {SIGTERM, SIGINT},
                            [&](int) { (*process)->end("the system asked to end"); });
  std::optional<io::Lifeline> lifeline;
  if (command.child.lifeline_fd) {
    lifeline.emplace(loop, *command.child.lifeline_fd,
                     [&] { (*process)->end("the supervisor ends"); });
  }
  (*process)->when_ready([&] {
    log.write(LogLevel::Info, "ready", {{"page", origins_of(settings->config.http).front()}});
    if (lifeline) lifeline->say_ready();
  });
  loop.run();
  log.write(LogLevel::Info, "ended");
  return 0;
}

}  // namespace offhook::app
