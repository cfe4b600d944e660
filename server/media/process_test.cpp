#include "media/process.hpp"

#include <csignal>
#include <set>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/test_ports.hpp"
#include "control/connection.hpp"
#include "control/message.hpp"
#include "media/test_peer.hpp"
#include "media/trunk_port_range.hpp"

namespace offhook::media {
namespace {

using namespace std::chrono_literals;

class ProcessTest : public testing::Test {
 protected:
  ProcessTest() {
    char name[] = "/tmp/process-test-XXXXXX";
    folder_ = ::mkdtemp(name);
    EXPECT_EQ(::pipe2(lifeline_, O_CLOEXEC), 0);
    config_.control_path = folder_ + "/media.sock";
    config_.browser_addresses = {kLocal};
    config_.trunk_address = kLocal;
    config_.first_trunk_port = free_ports();
    config_.last_trunk_port = static_cast<std::uint16_t>(config_.first_trunk_port + 7);
    config_.lifeline_fd = lifeline_[0];
    config_.software = "test";
    auto process = Process::open(config_, log_);
    EXPECT_TRUE(process) << process.error().message;
    process_ = std::move(*process);
  }
  ~ProcessTest() override {
    process_.reset();
    ::close(lifeline_[1]);
    ::rmdir(folder_.c_str());
  }

  // Lets the process work until `done`; fails after so many turns.
  void run_until(const std::function<bool()>& done) {
    for (int turn = 0; turn < 2'000; ++turn) {
      if (done()) return;
      ASSERT_TRUE(process_->step(5ms));
    }
    FAIL() << "it did not happen";
  }

  control::Connection connect() {
    auto connection = control::Connection::connect(config_.control_path);
    EXPECT_TRUE(connection) << connection.error().message;
    return std::move(*connection);
  }
  control::Event receive_event(control::Connection& connection) {
    control::Event event;
    run_until([&] {
      const auto received = connection.receive();
      const auto* packet = std::get_if<control::Connection::Packet>(&received);
      if (packet != nullptr) event = *control::decode_event(packet->bytes);
      return packet != nullptr;
    });
    return event;
  }
  control::Event ask(control::Connection& connection,
                     const std::function<void(control::Command&)>& fill) {
    control::Command command;
    command.set_sequence(++sequence_);
    fill(command);
    EXPECT_TRUE(connection.send(*control::encode(command)));
    return receive_event(connection);
  }
  Endpoint allocate_trunk(control::Connection& connection, const std::string& leg_id,
                          const Endpoint& remote) {
    const auto reply = ask(connection, [&](control::Command& c) {
      c.mutable_allocate_leg()->set_leg_id(leg_id);
      c.mutable_allocate_leg()->set_side(control::AllocateLeg::TRUNK);
    });
    EXPECT_TRUE(reply.has_leg_allocated()) << reply.command_failed().message();
    const auto done = ask(connection, [&](control::Command& c) {
      c.mutable_set_remote()->set_leg_id(leg_id);
      c.mutable_set_remote()->mutable_format()->set_codec(control::AudioFormat::PCMU);
      c.mutable_set_remote()->mutable_rtp()->set_ip(remote.address.to_string());
      c.mutable_set_remote()->mutable_rtp()->set_port(remote.port);
      c.mutable_set_remote()->set_send(true);
    });
    EXPECT_TRUE(done.has_done());
    return {kLocal, static_cast<std::uint16_t>(reply.leg_allocated().rtp().port())};
  }

  std::string folder_;
  int lifeline_[2] = {-1, -1};
  Process::Config config_;
  std::vector<std::string> logged_;
  const LogSink log_ = [this](LogLevel level, std::string_view event, const LogFields& fields) {
    std::string line = std::string(to_string(level)) + " " + std::string(event);
    for (const auto& [name, value] : fields) line.append(" ").append(name + "=").append(value);
    logged_.push_back(std::move(line));
  };
  std::unique_ptr<Process> process_;
  std::uint64_t sequence_ = 0;
};

TEST_F(ProcessTest, RelaysBetweenRealSockets) {
  control::Connection signal = connect();
  Peer a;
  Peer b;
  const Endpoint to_a = allocate_trunk(signal, "a", a.local());
  (void)allocate_trunk(signal, "b", b.local());
  run_until([&] { return a.receive().size() == 172 && b.receive().size() == 172; });
  ask(signal, [](control::Command& c) {
    c.mutable_bridge()->set_bridge_id("bridge");
    c.mutable_bridge()->set_leg_a("a");
    c.mutable_bridge()->set_leg_b("b");
  });
  Bytes packet(172, 0x77);
  packet[0] = 0x80;
  packet[1] = 0;
  a.send(to_a, packet);
  run_until([&] {
    const Bytes heard = b.receive();
    return heard.size() == 172 && heard.back() == 0x77;
  });
  EXPECT_TRUE(receive_event(signal).has_connected());
}

TEST_F(ProcessTest, AnswersStunOnTheBrowsersPort) {
  control::Connection signal = connect();
  ask(signal, [](control::Command& c) {
    c.mutable_allocate_leg()->set_leg_id("b");
    c.mutable_allocate_leg()->set_side(control::AllocateLeg::BROWSER);
  });
  ASSERT_EQ(process_->browser_candidates().size(), 1U);
  const Endpoint candidate = process_->browser_candidates().front();
  EXPECT_NE(candidate.port, 0);
  Peer stranger;
  stranger.send(candidate, Bytes(64, 0));
  const auto reply = ask(signal, [](control::Command& c) { c.mutable_list(); });
  EXPECT_EQ(reply.leg_list().total(), 1U);
  EXPECT_TRUE(stranger.receive().empty());
}

TEST_F(ProcessTest, TheNewestSignalProcessWinsAndFindsTheLegs) {
  control::Connection first = connect();
  Peer provider;
  (void)allocate_trunk(first, "t", provider.local());
  control::Connection second = connect();
  const auto list = ask(second, [](control::Command& c) { c.mutable_list(); });
  ASSERT_EQ(list.leg_list().leg_id_size(), 1);
  EXPECT_EQ(list.leg_list().leg_id(0), "t");
  EXPECT_TRUE(std::holds_alternative<control::Connection::Closed>(first.receive()));
}

TEST_F(ProcessTest, LegsGoOnWhileSignalIsAway) {
  Peer provider;
  {
    control::Connection signal = connect();
    (void)allocate_trunk(signal, "t", provider.local());
  }
  while (!provider.receive().empty()) {
  }
  int packets = 0;
  run_until([&] {
    if (!provider.receive().empty()) ++packets;
    return packets >= 5;
  });
}

TEST_F(ProcessTest, PacketsThatAreNoCommandsDoNotEndTheConnection) {
  control::Connection signal = connect();
  ASSERT_TRUE(signal.send("\xff\xff\xff"));
  EXPECT_TRUE(ask(signal, [](control::Command& c) { c.mutable_list(); }).has_leg_list());
  ASSERT_EQ(logged_.size(), 2U);
  EXPECT_TRUE(logged_[1].starts_with("error control_packet_refused reason=")) << logged_[1];
}

TEST_F(ProcessTest, LogsTheComingAndGoingOfSignal) {
  {
    control::Connection signal = connect();
    run_until([&] { return !logged_.empty(); });
  }
  run_until([&] { return logged_.size() == 2; });
  EXPECT_EQ(logged_[0], "info signal_connected");
  EXPECT_TRUE(logged_[1].starts_with("warning signal_disconnected reason=")) << logged_[1];
}

TEST_F(ProcessTest, SaysWhenTheTrunkPortsAreUsedUpAndDoesNotReuseOneAtOnce) {
  control::Connection signal = connect();
  Peer provider;
  for (int i = 0; i < 4; ++i) {
    (void)allocate_trunk(signal, "t" + std::to_string(i), provider.local());
  }
  const auto allocate = [](control::Command& c) {
    c.mutable_allocate_leg()->set_leg_id("more");
    c.mutable_allocate_leg()->set_side(control::AllocateLeg::TRUNK);
  };
  EXPECT_EQ(ask(signal, allocate).command_failed().code(), control::CommandFailed::NO_RESOURCES);
  ask(signal, [](control::Command& c) { c.mutable_release()->set_leg_id("t0"); });
  EXPECT_EQ(ask(signal, allocate).command_failed().code(), control::CommandFailed::NO_RESOURCES);
}

TEST_F(ProcessTest, EndsWhenTheLifelineSaysSo) {
  ASSERT_EQ(::write(lifeline_[1], "q", 1), 1);
  EXPECT_FALSE(process_->step(1s));
  EXPECT_FALSE(process_->end_reason().empty());
}

TEST_F(ProcessTest, EndsWhenTheSupervisorIsGone) {
  ::close(std::exchange(lifeline_[1], -1));
  EXPECT_FALSE(process_->step(1s));
}

TEST_F(ProcessTest, EndsOnSigterm) {
  ASSERT_EQ(::raise(SIGTERM), 0);
  EXPECT_FALSE(process_->step(1s));
}

TEST_F(ProcessTest, ASecondProcessOnTheSamePortOrSocketIsToldWhy) {
  Process::Config config = config_;
  config.lifeline_fd.reset();
  config.browser_port = process_->browser_candidates().front().port;
  const auto same_port = Process::open(config, log_);
  ASSERT_FALSE(same_port);
  EXPECT_TRUE(same_port.error().message.contains("--browser-port")) << same_port.error().message;
  config.browser_port = 0;
  const auto same_socket = Process::open(config, log_);
  ASSERT_FALSE(same_socket);
  EXPECT_TRUE(same_socket.error().message.contains("already listens"));
  config.browser_addresses = {*IpAddress::parse("192.0.2.1")};
  const auto foreign = Process::open(config, log_);
  ASSERT_FALSE(foreign);
  EXPECT_TRUE(foreign.error().message.contains("not an address of this machine"));
}

TEST_F(ProcessTest, ALifelineThatCannotBeWatchedIsNotIgnored) {
  Process::Config config = config_;
  config.control_path = folder_ + "/second.sock";
  config.lifeline_fd = 9'999;
  const auto process = Process::open(config, log_);
  ASSERT_FALSE(process);
  EXPECT_TRUE(process.error().message.contains("--lifeline-fd")) << process.error().message;
}

TEST_F(ProcessTest, OneCandidateAnAddressOnTheSamePort) {
  Process::Config config = config_;
  config.lifeline_fd.reset();
  config.control_path = folder_ + "/second.sock";
  config.browser_addresses = {kLocal, *IpAddress::parse("127.0.0.2")};
  const auto process = Process::open(config, log_);
  ASSERT_TRUE(process) << process.error().message;
  const auto& candidates = (*process)->browser_candidates();
  ASSERT_EQ(candidates.size(), 2U);
  EXPECT_EQ(candidates[0].port, candidates[1].port);
  EXPECT_EQ(candidates[1].address.to_string(), "127.0.0.2");
}

TEST_F(ProcessTest, EachOfSeveralWorkersHasPortsOfItsOwnAndAllAreOneToSignal) {
  Process::Config config = config_;
  config.lifeline_fd.reset();
  config.control_path = folder_ + "/second.sock";
  config.first_trunk_port = free_ports();
  config.last_trunk_port = static_cast<std::uint16_t>(config.first_trunk_port + 7);
  config.workers = 2;
  process_ = nullptr;  // steps are the second one's from here on
  auto process = Process::open(config, log_);
  ASSERT_TRUE(process) << process.error().message;
  process_ = std::move(*process);
  EXPECT_EQ(process_->trunk_port_pairs(), 4U);
  ASSERT_EQ(process_->browser_candidates().size(), 2U);
  config_.control_path = config.control_path;
  control::Connection signal = connect();
  std::set<std::uint32_t> browser_ports;
  for (const std::string leg : {"a", "b"}) {
    const auto reply = ask(signal, [&](control::Command& c) {
      c.mutable_allocate_leg()->set_leg_id(leg);
      c.mutable_allocate_leg()->set_side(control::AllocateLeg::BROWSER);
    });
    browser_ports.insert(reply.leg_allocated().candidates(0).port());
  }
  EXPECT_EQ(browser_ports.size(), 2U);
  const auto list = ask(signal, [](control::Command& c) { c.mutable_list(); });
  EXPECT_EQ(list.leg_list().total(), 2U);
  EXPECT_EQ(process_->end(), 0U);
}

}  // namespace
}  // namespace offhook::media
