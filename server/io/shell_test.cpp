#include <array>
#include <chrono>
#include <csignal>
#include <optional>
#include <set>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/system_random.hpp"
#include "io/back_off.hpp"
#include "io/lifeline.hpp"
#include "io/local_address.hpp"
#include "io/signals.hpp"
#include "io/standard_descriptors.hpp"

namespace offhook::io {
namespace {

using namespace std::chrono_literals;

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }

TEST(BackOffTest, DoublesUpToTheLongestAndStartsAgainAfterReset) {
  BackOff back_off(100ms, 300ms);
  EXPECT_EQ(back_off.next(), 100ms);
  EXPECT_EQ(back_off.next(), 200ms);
  EXPECT_EQ(back_off.next(), 300ms);
  EXPECT_EQ(back_off.next(), 300ms);
  back_off.reset();
  EXPECT_EQ(back_off.next(), 100ms);
}

TEST(StandardDescriptorsTest, FillsThoseThatAreClosedAndLeavesTheOthers) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(STDIN_FILENO);
    ::close(STDERR_FILENO);
    fill_standard_descriptors();
    char nothing = 0;
    const bool is_null = ::read(STDIN_FILENO, &nothing, 1) == 0;
    const bool is_kept = ::write(STDOUT_FILENO, "x", 1) == 1;
    const bool is_writable = ::write(STDERR_FILENO, "y", 1) == 1;
    ::_exit(is_null && is_kept && is_writable ? 0 : 1);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0);
  ::close(ends[1]);
  std::array<char, 2> said{};
  EXPECT_EQ(::read(ends[0], said.data(), said.size()), 1);
  EXPECT_EQ(said[0], 'x');
  ::close(ends[0]);
}

TEST(SystemRandomTest, DoesNotRepeatItself) {
  SystemRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(random.hex(16));
  EXPECT_EQ(seen.size(), 100U);
}

TEST(LocalAddressTest, IsLoopbackTowardsLoopback) {
  EXPECT_EQ(local_address_towards(address("127.0.0.1")).value(), address("127.0.0.1"));
}

TEST(LocalAddressTest, ThereIsAlwaysALoopbackInterface) {
  bool found = false;
  for (const InterfaceAddress& interface : interface_addresses()) {
    found = found || interface.address.is_loopback();
  }
  EXPECT_TRUE(found);
}

using Addresses = std::vector<IpAddress>;

TEST(MediaAddressTest, PrefersTheDefaultRouteAndTellsOfIpv6AfterIpv4) {
  EXPECT_EQ(choose_media_addresses({{address("10.0.0.1"), true}, {address("192.0.2.7"), true}},
                                   address("192.0.2.7"), address("2001:db8::7")),
            (Addresses{address("192.0.2.7"), address("2001:db8::7")}));
}

TEST(MediaAddressTest, TakesTheFirstInterfaceThatIsUpWithoutADefaultRoute) {
  EXPECT_EQ(choose_media_addresses({{address("127.0.0.1"), true},
                                    {address("169.254.1.1"), true},
                                    {address("10.0.0.1"), false},
                                    {address("2001:db8::7"), true},
                                    {address("10.0.0.2"), true}},
                                   std::nullopt, std::nullopt),
            Addresses{address("10.0.0.2")});
}

TEST(MediaAddressTest, TellsOfNoIpv6BesideIpv4ThatOnlyASiteKnows) {
  EXPECT_EQ(choose_media_addresses({}, address("192.0.2.7"), address("fd00::7")),
            Addresses{address("192.0.2.7")});
  EXPECT_EQ(choose_media_addresses({}, std::nullopt, address("fd00::7")),
            Addresses{address("fd00::7")});
}

TEST(MediaAddressTest, TakesIpv6WhereThereIsNoIpv4) {
  EXPECT_EQ(choose_media_addresses({{address("fe80::1"), true}, {address("2001:db8::7"), true}},
                                   std::nullopt, std::nullopt),
            Addresses{address("2001:db8::7")});
}

TEST(MediaAddressTest, IsNoneOnAMachineWithLoopbackOnly) {
  EXPECT_EQ(choose_media_addresses({{address("127.0.0.1"), true}, {address("::1"), true}},
                                   address("127.0.0.1"), std::nullopt),
            Addresses{});
}

TEST(SignalsTest, TurnsASignalIntoACallback) {
  EventLoop loop;
  int received = 0;
  Signals signals(loop, {SIGUSR1}, [&](int signal) {
    received = signal;
    loop.stop();
  });
  ::kill(::getpid(), SIGUSR1);
  loop.run();
  EXPECT_EQ(received, SIGUSR1);
}

class LifelineTest : public testing::Test {
 protected:
  LifelineTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    supervisor_ = FileDescriptor(ends[0]);
    lifeline_.emplace(loop_, ends[1], [this] {
      ++ends_;
      lifeline_.reset();
      loop_.stop();
    });
  }

  EventLoop loop_;
  FileDescriptor supervisor_;
  int ends_ = 0;
  std::optional<Lifeline> lifeline_;
};

TEST_F(LifelineTest, EndsWhenTheSupervisorAsks) {
  ASSERT_EQ(::write(supervisor_.get(), "q", 1), 1);
  loop_.run();
  EXPECT_EQ(ends_, 1);
}

TEST_F(LifelineTest, EndsWhenTheSupervisorIsGone) {
  supervisor_.reset();
  loop_.run();
  EXPECT_EQ(ends_, 1);
}

TEST_F(LifelineTest, TellsTheSupervisorThatItIsReady) {
  lifeline_->say_ready();
  char said{};
  ASSERT_EQ(::read(supervisor_.get(), &said, 1), 1);
  EXPECT_EQ(said, 'r');
}

}  // namespace
}  // namespace offhook::io
