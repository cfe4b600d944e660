#include "app/ports.hpp"

#include <gtest/gtest.h>

#include "io/event_loop.hpp"
#include "io/stream_listener.hpp"
#include "io/udp_socket.hpp"

namespace offhook::app {
namespace {

TEST(PortsTest, KnowsEveryPortOfTheDemo) {
  Config config = default_config();
  config.media.workers = 2;
  const auto settings = make_settings(std::move(config), {.demo = true}).value();
  std::string all;
  for (const WantedPort& port : wanted_ports(settings, {IpAddress::parse("192.0.2.1").value()})) {
    all += (port.is_tcp ? "tcp " : "udp ") + port.endpoint.to_string() + "\n";
  }
  EXPECT_EQ(all,
            "tcp 127.0.0.1:8080\ntcp [::1]:8080\nudp 127.0.0.1:15062\ntcp 127.0.0.1:15062\n"
            "udp 192.0.2.1:40000\ntcp 192.0.2.1:40000\nudp 192.0.2.1:40001\ntcp 192.0.2.1:40001\n"
            "udp 127.0.0.1:15060\ntcp 127.0.0.1:15060\n");
}

TEST(PortsTest, SaysWhichPortIsTakenAndWhatToDo) {
  io::EventLoop loop;
  auto taken = io::UdpSocket::bind(loop, {IpAddress::parse("127.0.0.1").value(), 0}, {}).value();
  const Endpoint endpoint = taken->local();
  const WantedPort port{false, endpoint, "SIP", "[sip] listen"};
  EXPECT_EQ(check_port(port)->message,
            "UDP port " + std::to_string(endpoint.port) +
                " on 127.0.0.1, for SIP, is in use by another program. Stop that program, or set "
                "[sip] listen in a configuration file (--config) to another port.");
  taken.reset();
  EXPECT_FALSE(check_port(port));
}

TEST(PortsTest, SaysWhichTcpPortIsTaken) {
  io::EventLoop loop;
  const auto taken =
      io::StreamListener::listen(loop, {IpAddress::parse("127.0.0.1").value(), 0}, {});
  ASSERT_TRUE(taken) << taken.error().message;
  const auto error = check_port({true, (*taken)->local(), "SIP", "[sip] listen"});
  ASSERT_TRUE(error);
  EXPECT_TRUE(error->message.starts_with("TCP port ")) << error->message;
}

}  // namespace
}  // namespace offhook::app
