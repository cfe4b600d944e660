#include <algorithm>
#include <chrono>
#include <cstdio>
#include <list>
#include <string>
#include <vector>

#include <poll.h>
#include <unistd.h>

#include "bench/demo.hpp"
#include "bench/flood_attacker.hpp"
#include "bench/flood_phone.hpp"
#include "bench/process.hpp"
#include "io/event_loop.hpp"

// A gateway under fire: bench_flood OFFHOOK SECONDS [GROUP...]. Starts the demo, holds 5,000 idle
// WebSockets, talks, registers once a second, and sends 10,000 datagrams a second of each group of
// methods, once from a stranger's address and once from the trunk's. Fails where the call loses
// anything, a REGISTER waits for more than 1 s, an attacker gets more bytes than it sent, or memory
// does not come back.
namespace offhook::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kPerSecond = 10'000;
constexpr std::size_t kIdleWebSockets = 5'000;
constexpr std::size_t kIdleAddresses = 8;
// The longest timer of a transaction (64*T1), and the gateway's own housekeeping.
constexpr Duration kUntilQuiet = 32s + 15s;

struct Group {
  std::string name;
  std::vector<std::string> methods;
};
const std::vector<Group> kGroups{
    {"INVITE", {"INVITE"}},
    {"REGISTER", {"REGISTER"}},
    {"OPTIONS", {"OPTIONS"}},
    {"in-dialog", {"BYE", "CANCEL", "ACK", "INFO"}},
    {"others",
     {"MESSAGE", "NOTIFY", "SUBSCRIBE", "REFER", "UPDATE", "PRACK", "PUBLISH", "STRANGE"}},
};

IpAddress address(const std::string& text) { return *IpAddress::parse(text); }

const IpAddress kStranger = address("127.0.0.66");
const IpAddress kPhone = address("127.0.0.10");

// Opens them, tells, and answers pings for ever.
void hold_idle_web_sockets(int tell) {
  std::list<WebSocket> held;
  for (std::size_t i = 0; i < kIdleAddresses; ++i) {
    WebSocket::Session session(demo().page, address("127.0.1." + std::to_string(i + 1)));
    for (std::size_t k = 0; k < kIdleWebSockets / kIdleAddresses; ++k) {
      held.push_back(session.open());
    }
  }
  const bool is_open = true;
  (void)!::write(tell, &is_open, sizeof is_open);
  std::vector<pollfd> descriptors;
  for (const WebSocket& each : held) descriptors.push_back({each.fd(), POLLIN, 0});
  while (true) {
    ::poll(descriptors.data(), descriptors.size(), -1);
    auto ready = descriptors.begin();
    for (WebSocket& each : held) {
      if ((ready++)->revents == 0) continue;
      (void)each.poll();
      if (each.is_closed()) give_up("an idle WebSocket was closed");
    }
  }
}

class Bench {
 public:
  Bench(const std::string& offhook, std::size_t seconds)
      : seconds_(seconds), gateway_(demo_command(offhook)) {
    ::sleep(3);
    signal_ = child_of(gateway_.pid(), "signal");
    media_ = child_of(gateway_.pid(), "offhook-media");
  }

  int run(const std::vector<std::string>& groups) {
    FloodPhone phone(demo().page, kPhone);
    phone.call();
    const ChildProcess idle(&hold_idle_web_sockets);
    bool is_open = false;
    while (!idle.has_told(&is_open, sizeof is_open)) phone.run_until(io::now() + 10ms);
    phone.run_until(io::now() + 5s);
    const std::size_t before = tell_memory("before");
    std::printf("%-10s %-8s %9s %9s %9s %11s %9s %5s %9s %9s %9s %7s %7s\n", "method", "from",
                "sent", "overrun", "answers", "bytes out", "in", "lost", "REGISTER", "signal kB",
                "media kB", "signal", "media");
    for (const Group& group : kGroups) {
      if (!groups.empty() && std::ranges::count(groups, group.name) == 0) continue;
      attack(phone, group, kStranger, "stranger");
      attack(phone, group, demo().trunk.address, "trunk");
    }
    phone.run_until(io::now() + kUntilQuiet);
    const std::size_t after = tell_memory("after");
    phone.stop_talking();
    const auto all = phone.measured();
    std::printf("the call: %zu packets, %zu lost; REGISTER: %zu, %zu without an answer\n",
                all.frames_spoken, all.frames_spoken - all.frames_echoed, all.registers_sent,
                all.registers_sent - all.registers_answered);
    expect(all.frames_echoed == all.frames_spoken, "the call lost packets");
    expect(all.registers_answered == all.registers_sent, "a REGISTER was not answered");
    expect(after <= before + before / 20, "memory did not come back");
    phone.hang_up();
    return failed_ ? 1 : 0;
  }

 private:
  std::size_t tell_memory(const char* when) const {
    const std::size_t signal = use_of(signal_).resident_kb;
    std::printf("%s: signal %zu kB, media %zu kB\n", when, signal, use_of(media_).resident_kb);
    return signal;
  }

  void attack(FloodPhone& phone, const Group& group, const IpAddress& from, const char* name) {
    const ProcessUse signal = use_of(signal_);
    const ProcessUse media = use_of(media_);
    const std::size_t overruns = overruns_of(demo().sip.port);
    const auto before = phone.measured();
    phone.forget_slowest();
    const Time start = io::now();
    const ChildProcess attacker([&](int tell) {
      const AttackResult result = carry_out(
          {.from = from, .target = demo().sip, .methods = group.methods, .per_second = kPerSecond},
          start + std::chrono::seconds(seconds_));
      (void)!::write(tell, &result, sizeof result);
    });
    AttackResult result;
    std::size_t signal_kb = 0;
    std::size_t media_kb = 0;
    while (!attacker.has_told(&result, sizeof result)) {
      phone.run_until(io::now() + 100ms);
      signal_kb = std::max(signal_kb, use_of(signal_).resident_kb);
      media_kb = std::max(media_kb, use_of(media_).resident_kb);
    }
    phone.run_until(io::now() + 1s);
    const double took = std::chrono::duration<double>(io::now() - start).count();
    const auto percent = [&](pid_t pid, const ProcessUse& then) {
      return 100 * (use_of(pid).cpu_seconds - then.cpu_seconds) / took;
    };
    const auto now = phone.measured();
    const auto missing = [](const FloodPhone::Measured& m) {
      return static_cast<std::ptrdiff_t>(m.frames_spoken) -
             static_cast<std::ptrdiff_t>(m.frames_echoed);
    };
    const std::ptrdiff_t lost = missing(now) - missing(before);
    const double slowest = std::chrono::duration<double, std::milli>(now.slowest_register).count();
    std::printf("%-10s %-8s %9zu %9zu %9zu %11zu %9zu %5td %6.0f ms %9zu %9zu %5.0f %% %5.0f %%\n",
                group.name.c_str(), name, result.datagrams_sent,
                overruns_of(demo().sip.port) - overruns, result.datagrams_received,
                result.bytes_received, result.bytes_sent, lost, slowest, signal_kb, media_kb,
                percent(signal_, signal), percent(media_, media));
    std::fflush(stdout);
    expect(now.slowest_register <= 1s, "a REGISTER took longer than 1 s");
    expect(result.bytes_received <= result.bytes_sent, "more bytes went out than came in");
  }

  void expect(bool holds, const char* otherwise) {
    if (holds) return;
    std::printf("FAILED: %s\n", otherwise);
    failed_ = true;
  }

  std::size_t seconds_;
  ChildProcess gateway_;
  pid_t signal_ = 0;
  pid_t media_ = 0;
  bool failed_ = false;
};

}  // namespace
}  // namespace offhook::bench

int main(int argc, char** argv) {
  using namespace offhook::bench;
  if (argc < 3) give_up("bench_flood OFFHOOK SECONDS [GROUP...]");
  raise_descriptor_limit();
  return Bench(argv[1], std::stoul(argv[2])).run({argv + 3, argv + argc});
}
