#include "bench/signal_reference.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <system_error>

#include "bench/media_placement.hpp"
#include "bench/process.hpp"
#include "io/event_loop.hpp"

namespace offhook::bench {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr const char* kKamailio = "/usr/sbin/kamailio";
constexpr const char* kSipp = "/usr/bin/sipp";
constexpr const char* kAddress = "127.0.0.30";
constexpr std::uint16_t kProxyPort = 16'060;
constexpr std::uint16_t kCalledPort = 16'070;
constexpr std::uint16_t kCallerPort = 16'080;

constexpr Duration kStartTime = 1s;
constexpr Duration kIdleTime = 3s;
// Kamailio keeps a finished transaction for 5 s.
constexpr Duration kLongestTimer = 6s;
constexpr Duration kPatience = 60s;
constexpr Duration kPause = 20ms;

constexpr const char* kConfiguration = R"(#!KAMAILIO
debug=0
log_stderror=yes
children=1
auto_aliases=no
dns=no
rev_dns=no
loadmodule "pv.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
request_route {
  if (!mf_process_maxfwd_header("10")) {
    sl_send_reply("483", "Too Many Hops");
    exit;
  }
  if (is_method("INVITE") && !has_totag()) record_route();
  $du = "sip:127.0.0.30:16070";
  t_relay();
}
)";

void wait_until(const auto& condition, Duration patience, const std::string& otherwise) {
  const Time end = io::now() + patience;
  while (!condition()) {
    if (io::now() > end) give_up(otherwise);
    std::this_thread::sleep_for(kPause);
  }
}

std::string endpoint(std::uint16_t port) {
  return std::string(kAddress) + ":" + std::to_string(port);
}

std::vector<std::string> kamailio_command(const fs::path& directory) {
  const fs::path file = directory / "kamailio.cfg";
  std::ofstream(file) << kConfiguration;
  return {kKamailio, "-f",  file,      "-DD", "-E",
          "-m",      "128", "-M",      "8",   "-Y",
          directory, "-w",  directory, "-l",  "udp:" + endpoint(kProxyPort)};
}

Placement quiet() { return {.cpu = kLoadCpu, .output = "/dev/null"}; }

// Until its last transaction is gone.
void call_through(const MeasuredProcess& kamailio, SignalReference& reference, Duration patience,
                  std::chrono::milliseconds hold) {
  const auto at_start = kamailio.cpu_time();
  std::this_thread::sleep_for(kIdleTime);
  const auto before = kamailio.cpu_time();
  const Time start = io::now();
  ChildProcess caller(
      {kSipp, "-sn", "uac", endpoint(kProxyPort), "-i", kAddress, "-p", std::to_string(kCallerPort),
       "-r", std::to_string(static_cast<int>(reference.rate)), "-m",
       std::to_string(reference.calls), "-d", std::to_string(hold.count()), "-nostdin"},
      quiet());
  wait_until([&] { return caller.exit_status().has_value(); }, patience, "SIPp does not end");
  std::this_thread::sleep_for(kLongestTimer);
  const double idle_a_second = static_cast<double>((before - at_start).count()) / (kIdleTime / 1s);
  const double seconds = std::chrono::duration<double>(io::now() - start).count();
  const double took = static_cast<double>((kamailio.cpu_time() - before).count());
  reference.us_a_call =
      (took - idle_a_second * seconds) / static_cast<double>(std::max(reference.calls, 1UZ));
  reference.all_succeeded = caller.exit_status() == 0;
}

}  // namespace

SignalReference run_reference(double rate, std::chrono::seconds length,
                              std::chrono::milliseconds hold) {
  const fs::path directory =
      fs::temp_directory_path() / ("offhook-bench-kamailio-" + std::to_string(::getpid()));
  fs::create_directories(directory);
  SignalReference reference{.rate = rate};
  reference.calls = static_cast<std::size_t>(rate * static_cast<double>(length.count()));
  {
    const MeasuredProcess kamailio(kamailio_command(directory), directory / "log");
    // It works in children, which only a control group counts.
    if (!kamailio.counts_kernel_threads()) give_up("--reference wants a control group: be root");
    const ChildProcess called(
        {kSipp, "-sn", "uas", "-i", kAddress, "-p", std::to_string(kCalledPort), "-nostdin"},
        quiet());
    wait_until([] { return has_udp_port(kProxyPort) && has_udp_port(kCalledPort); }, kPatience,
               "Kamailio or SIPp does not start: " + (directory / "log").string());
    std::this_thread::sleep_for(kStartTime);
    call_through(kamailio, reference, length + hold + kPatience, hold);
  }
  std::error_code ignored;
  fs::remove_all(directory, ignored);
  return reference;
}

}  // namespace offhook::bench
