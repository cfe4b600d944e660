#include "app/signal_process.hpp"

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "io/udp_socket.hpp"

namespace offhook::app {
namespace {

using namespace std::chrono_literals;

const IpAddress kLoopback = IpAddress::parse("127.0.0.1").value();

std::chrono::milliseconds processor_time() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec));
}

class SignalProcessTest : public testing::Test {
 protected:
  void add_trunk(const std::string& name, const std::string& host, std::uint16_t port) {
    TrunkSettings& settings = settings_.config.trunks.emplace_back();
    settings.name = name;
    settings.hosts = {host};
    settings.port = port;
    call::TrunkConfig trunk;
    trunk.name = name;
    trunk.user = "demo";
    trunk.servers = {{host, port, sip::Transport::Udp}};
    trunk.account = {"100001", "secret"};
    config_.trunks.push_back(trunk);
  }
  std::unique_ptr<SignalProcess> open() {
    settings_.config.http.listen = {{kLoopback, 0}};
    settings_.user = "demo";
    settings_.sip_listen = {{kLoopback, 0}};
    config_.users = {"demo"};
    return SignalProcess::open(loop_, settings_, config_, "/nowhere/control", log_).value();
  }

  io::EventLoop loop_;
  Log log_{"signal", {.level = LogLevel::Error, .format = LogFormat::Json}};
  Settings settings_;
  call::Config config_;
};

// A trunk that does not answer keeps us for 1.5 s, in which the look-up of the other is due.
TEST_F(SignalProcessTest, RestsWhileItEnds) {
  const auto silent = io::UdpSocket::bind(loop_, {kLoopback, 0},
                                          {.on_datagram = [](auto...) {}, .on_unreachable = {}});
  add_trunk("silent", "127.0.0.1", silent.value()->local().port);
  add_trunk("nowhere", "::1", 5'060);  // no address for our socket: looked up again after 2 s
  const auto process = open();
  std::chrono::milliseconds used{};
  io::Timer end(loop_, [&] {
    used = processor_time();
    process->end("the test asks for it");
  });
  const Time before = io::now();
  end.set(before + 1'200ms);
  loop_.run();
  EXPECT_GT(io::now() - before, 2'500ms) << "the look-up was never due";
  EXPECT_LT(processor_time() - used, 250ms);
}

}  // namespace
}  // namespace offhook::app
