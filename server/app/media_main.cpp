#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>
#include <variant>

#include <sys/prctl.h>

#include "app/exit_status.hpp"
#include "app/log.hpp"
#include "media/options.hpp"
#include "media/process.hpp"

namespace offhook {
namespace {

constexpr int kCannotWork = 1;

std::string list(const std::vector<Endpoint>& endpoints) {
  std::string text;
  for (const Endpoint& endpoint : endpoints) {
    text += (text.empty() ? "" : " ") + endpoint.to_string();
  }
  return text;
}

int run(media::RunProcess options) {
  media::Process::Config& config = options.process;
  app::Log log("media", options.log);
  // The lifeline tells of the supervisor's end too; this is for the moment before it is watched.
  if (config.lifeline_fd) ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  std::signal(SIGPIPE, SIG_IGN);  // nobody reading the log is no reason to end calls
  config.software = "offhook-media " OFFHOOK_VERSION;
  auto process = media::Process::open(
      config, [&log](LogLevel level, std::string_view event, const LogFields& fields) {
        log.write(level, event, fields);
      });
  if (!process) {
    log.write(LogLevel::Error, "cannot_start", {{"reason", process.error().message}});
    return kCannotWork;
  }
  log.write(LogLevel::Info, "ready",
            {{"software", config.software},
             {"control", config.control_path},
             {"workers", std::to_string(config.workers)},
             {"browser", list((*process)->browser_candidates())},
             {"browser_tcp", list((*process)->browser_tcp_candidates())},
             {"trunk", config.trunk_address.to_string()},
             {"trunk_port_pairs", std::to_string((*process)->trunk_port_pairs())}});
  while ((*process)->step(std::chrono::milliseconds(-1))) {
  }
  log.write(LogLevel::Info, "ended",
            {{"reason", (*process)->end_reason()},
             {"unsent_datagrams", std::to_string((*process)->end())}});
  return 0;
}

}  // namespace
}  // namespace offhook

int main(int argc, char** argv) {
  using namespace offhook;
  const auto options = media::parse_options(argc, argv);
  if (!options) {
    std::fprintf(stderr, "offhook-media: %s\nTry offhook-media --help.\n",
                 options.error().message.c_str());
    return app::kExitMisconfigured;
  }
  if (std::holds_alternative<media::ShowHelp>(*options)) {
    std::fputs(media::help_text(), stdout);
    return 0;
  }
  if (std::holds_alternative<media::ShowVersion>(*options)) {
    std::puts("offhook-media " OFFHOOK_VERSION);
    return 0;
  }
  return run(std::get<media::RunProcess>(*options));
}
