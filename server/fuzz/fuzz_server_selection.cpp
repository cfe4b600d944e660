#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/assert.hpp"
#include "base/overloaded.hpp"
#include "fuzz/program.hpp"
#include "fuzz/target.hpp"
#include "fuzz/virtual_clock.hpp"
#include "sip/server_selection.hpp"

// A program of DNS answers of any kind, failures, successes and pauses against the choice of a
// server. Whatever it is: what is chosen is something that we can send to and that DNS or the
// configuration named, questions are bounded, and it never gives up: once DNS answers and nothing
// fails, a server is chosen within the longest pause.
namespace offhook::fuzz {
namespace {

using namespace std::chrono_literals;
using sip::ServerSelection;
using sip::Transport;

constexpr std::size_t kMaxQuestions = 512;
constexpr Duration kLongestPause = 2h;
constexpr std::array<std::chrono::seconds, 6> kSeconds{
    0s, 1s, 60s, 3'600s, 2'147'483'647s, 4'294'967'295s};
constexpr std::array<std::string_view, 6> kNames{"a.example.com",
                                                 "b.example.com",
                                                 "_sip._udp.a.example.com",
                                                 "_sips._tcp.b.example.com",
                                                 ".",
                                                 ""};
constexpr std::array<std::string_view, 5> kServices{"SIP+D2U", "SIP+D2T", "SIPS+D2T", "sip+d2u",
                                                    "E2U+sip"};
constexpr std::array<std::string_view, 3> kFlags{"s", "S", "u"};
const std::array<IpAddress, 5> kAddresses{
    *IpAddress::parse("192.0.2.1"), *IpAddress::parse("192.0.2.2"), *IpAddress::parse("192.0.2.3"),
    *IpAddress::parse("2001:db8::1"), *IpAddress::parse("2001:db8::2")};
const std::array<sip::Server, 7> kServers{
    sip::Server{"a.example.com", {}, {}},
    sip::Server{"b.example.com", {}, Transport::Tls},
    sip::Server{"a.example.com", {}, Transport::Udp},
    sip::Server{"b.example.com", std::uint16_t{5080}, {}},
    sip::Server{"c.example.com", std::uint16_t{5061}, Transport::Tls},
    sip::Server{"192.0.2.9", {}, {}},
    sip::Server{"[2001:db8::9]", std::uint16_t{5062}, Transport::Tcp}};

ServerSelection::Config config_of(Program& program) {
  ServerSelection::Config config;
  const std::size_t servers = 1 + program.below(3);
  for (std::size_t i = 0; i < servers; ++i) config.servers.push_back(program.one_of(kServers));
  // Every server can be had: names have addresses of IPv4 at the end, literals are what they are.
  config.abilities.ipv6 =
      program.flag() || std::ranges::any_of(config.servers, [](const auto& each) {
        return each.host.starts_with("[");
      });
  config.probes = program.flag();
  return config;
}

class World {
 public:
  explicit World(Program& program)
      : program_(program), config_(config_of(program)), selection_(config_, random_) {}

  void run() {
    selection_.start(clock_.now());
    drain();
    while (!program_.done()) {
      step();
      drain();
    }
    // From here on DNS is well and nothing fails.
    const Time end = clock_.now() + kLongestPause;
    answer_well();
    while (is_due(selection_.next_timeout(), end)) {
      clock_.to_next(selection_, [this] { answer_well(); });
    }
    OFFHOOK_ASSERT(selection_.current());
  }

 private:
  void step() {
    const Time now = clock_.now();
    switch (program_.below(5)) {
      case 0:
        clock_.pass(program_, selection_, [this] { drain(); });
        break;
      case 1: {
        std::optional<std::chrono::seconds> retry_after;
        if (program_.flag()) retry_after = program_.one_of(kSeconds);
        if (const auto target = pick())
          selection_.handle_failed(*target, "failed", retry_after, now);
        break;
      }
      case 2:
        if (const auto target = pick()) selection_.handle_succeeded(*target, now);
        break;
      default:
        if (questions_.empty()) break;
        const std::size_t which = program_.below(std::min<std::size_t>(questions_.size(), 256));
        const DnsQuestion question = questions_[which];
        questions_.erase(questions_.begin() + static_cast<std::ptrdiff_t>(which));
        selection_.handle_answer(question, any_answer(), now);
    }
  }

  std::optional<sip::Target> pick() {
    if (probed_ && program_.below(4) == 0) return std::exchange(probed_, std::nullopt);
    if (chosen_.empty() || program_.flag()) return selection_.current();
    return program_.one_of(chosen_);
  }

  DnsAnswer any_answer() {
    DnsAnswer answer;
    answer.outcome = static_cast<DnsAnswer::Outcome>(program_.below(3));
    answer.ttl = program_.one_of(kSeconds);
    const auto fill = [&](auto& records, const auto& any) {
      const std::size_t count = program_.below(8) == 0 ? program_.below(64) : program_.below(4);
      for (std::size_t i = 0; i < count; ++i) records.push_back(any());
    };
    const auto number = [&] { return static_cast<std::uint16_t>(program_.byte() * 257); };
    const auto name = [&] { return std::string(program_.one_of(kNames)); };
    fill(answer.addresses, [&] { return program_.one_of(kAddresses); });
    fill(answer.srv, [&] {
      SrvRecord record{.priority = number(), .weight = number(), .port = number(), .target = {}};
      record.target = name();
      return record;
    });
    fill(answer.naptr, [&] {
      NaptrRecord record{
          .order = number(), .preference = number(), .flags = {}, .service = {}, .replacement = {}};
      record.flags = program_.one_of(kFlags);
      record.service = program_.one_of(kServices);
      record.replacement = name();
      return record;
    });
    return answer;
  }

  void answer_well() {
    drain();
    for (std::size_t rounds = 0; !questions_.empty(); ++rounds) {
      OFFHOOK_ASSERT(rounds < 8);
      for (const DnsQuestion& question : std::exchange(questions_, {})) {
        DnsAnswer answer{.outcome = DnsAnswer::Outcome::NoSuchRecord, .ttl = 3'600s};
        if (question.type == DnsType::A) {
          answer.outcome = DnsAnswer::Outcome::Found;
          answer.addresses = {kAddresses[0]};
        }
        selection_.handle_answer(question, answer, clock_.now());
      }
      drain();
    }
  }

  void drain() {
    while (auto output = selection_.poll_output()) {
      std::visit(Overloaded{
                     [&](ServerSelection::Ask& ask) { questions_.push_back(ask.question); },
                     [&](ServerSelection::Chosen& chosen) { take(chosen); },
                     [&](ServerSelection::Probe& probe) { take(probe); },
                     [](ServerSelection::NoneLeft& none) { OFFHOOK_ASSERT(!none.reason.empty()); },
                 },
                 *output);
    }
    OFFHOOK_ASSERT(questions_.size() <= kMaxQuestions);
    const auto& current = selection_.current();
    if (!current) {  // something will bring it on
      OFFHOOK_ASSERT(selection_.next_timeout() || !questions_.empty());
      return;
    }
    OFFHOOK_ASSERT(!chosen_.empty() && chosen_.back() == *current);
    const auto addresses = selection_.addresses();
    OFFHOOK_ASSERT(std::ranges::find(addresses, current->endpoint.address) != addresses.end());
    const auto next = selection_.after(*current, clock_.now());
    OFFHOOK_ASSERT(next != *current);
  }
  // Beside what is in use and works.
  void take(const ServerSelection::Probe& probe) {
    OFFHOOK_ASSERT(config_.probes && selection_.current() && probe.target != *selection_.current());
    probed_ = probe.target;
  }
  void take(const ServerSelection::Chosen& chosen) {
    const sip::Target& target = chosen.target;
    const auto& abilities = config_.abilities;
    OFFHOOK_ASSERT(chosen.server < config_.servers.size());
    const sip::Server& server = config_.servers[chosen.server];
    OFFHOOK_ASSERT(target.host == server.host && target.endpoint.port != 0);
    OFFHOOK_ASSERT(!server.transport || *server.transport == target.transport);
    OFFHOOK_ASSERT(std::ranges::count(abilities.transports, target.transport) == 1);
    OFFHOOK_ASSERT(target.endpoint.address.is_v4() ? abilities.ipv4 : abilities.ipv6);
    std::erase(chosen_, target);
    chosen_.push_back(target);
  }

  Program& program_;
  SeededRandom random_{1};
  VirtualClock clock_;
  ServerSelection::Config config_;
  ServerSelection selection_;
  std::vector<DnsQuestion> questions_;  // each to be answered once
  std::vector<sip::Target> chosen_;     // each once, the last one last
  std::optional<sip::Target> probed_;   // the last one
};

}  // namespace
}  // namespace offhook::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return offhook::fuzz::run_program<offhook::fuzz::World>(data, size);
}
