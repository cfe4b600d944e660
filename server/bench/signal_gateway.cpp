#include "bench/signal_gateway.hpp"

#include <cstdlib>
#include <fstream>

#include <system_error>

#include "bench/demo.hpp"
#include "bench/process.hpp"
#include "bench/signal_trunk.hpp"
#include "bench/web_socket.hpp"

namespace offhook::bench {
namespace {

namespace fs = std::filesystem;

const IpAddress kAsker = *IpAddress::parse("127.0.0.11");

fs::path make_directory() {
  std::string name = (fs::temp_directory_path() / "offhook-bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) give_up("cannot make a directory " + name);
  return name;
}

std::string write_configuration(const fs::path& directory) {
  std::ofstream(directory / "password") << SignalTrunk::kPassword;
  fs::permissions(directory / "password", fs::perms::owner_read | fs::perms::owner_write);
  const auto& [page, sip, trunk] = demo();
  const fs::path file = directory / "offhook.toml";
  std::ofstream(file) << "[http]\nlisten = [\"" << page.to_string() << "\"]\n[sip]\nlisten = [\""
                      << sip.to_string() << "\"]\n"
                      << kDialWithoutLimits << "[[trunk]]\nname = \"load\"\nhosts = [\""
                      << trunk.address.to_string() << "\"]\nport = " << trunk.port
                      << "\nusername = \"" << SignalTrunk::kUsername
                      << "\"\npassword_file = \"password\"\n";
  return file;
}

}  // namespace

double SignalMetrics::value(std::string_view name) const {
  const std::string line = "\n" + std::string(name) + " ";
  const std::size_t at = text_.find(line);
  return at == std::string::npos ? 0 : std::strtod(text_.c_str() + at + line.size(), nullptr);
}

SignalGateway::SignalGateway(const std::string& offhook)
    : directory_(make_directory()),
      process_(std::make_unique<ChildProcess>(
          std::vector<std::string>{offhook, "serve", "--config", write_configuration(directory_)},
          Placement{.cpu = kTargetCpu, .output = directory_ / "log"})) {}

SignalGateway::~SignalGateway() {
  process_.reset();
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

void SignalGateway::watch_children() {
  using namespace std::string_literals;
  signal_ = std::make_unique<WatchedProcess>(child_of(process_->pid(), "\0signal\0"s));
  media_ = std::make_unique<WatchedProcess>(child_of(process_->pid(), "/offhook-media\0"s));
}

SignalCpu SignalGateway::cpu() const { return {signal_->cpu_time(), media_->cpu_time()}; }

SignalMemory SignalGateway::memory() const {
  return {signal_->anonymous_kb(), media_->anonymous_kb()};
}

SignalMetrics SignalGateway::metrics() {
  return SignalMetrics(fetch(demo().page, kAsker, "/metrics"));
}

}  // namespace offhook::bench
