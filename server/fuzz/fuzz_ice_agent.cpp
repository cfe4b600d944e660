#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/overloaded.hpp"
#include "fuzz/program.hpp"
#include "fuzz/target.hpp"
#include "fuzz/virtual_clock.hpp"
#include "ice/agent.hpp"

// Checks that are authentic and such that are not, over several paths, repeated and overheard, SDP
// of both sides, restarts and pauses against the ICE agent. Whatever it is: only a check under one
// of our passwords, in the role that is the browser's, selects a path or keeps the agent alive; who
// has no password gets no more than it puts in; the agent says what it is, and after its end
// nothing.
namespace offhook::fuzz {
namespace {

constexpr std::size_t kMaxRestarts = 8;
const std::array<ice::Path, 6> kPaths{ice::Path{0, *Endpoint::parse("192.0.2.1:1000")},
                                      ice::Path{1, *Endpoint::parse("192.0.2.1:1000")},
                                      ice::Path{0, *Endpoint::parse("192.0.2.1:2000")},
                                      ice::Path{0, *Endpoint::parse("[2001:db8::1]:1000")},
                                      ice::Path{7, *Endpoint::parse("[2001:db8::1]:1000")},
                                      ice::Path{0, *Endpoint::parse("198.51.100.66:6666")}};

class World {
 public:
  explicit World(Program& program) : program_(program) {}

  void run() {
    while (!program_.done()) {
      step();
      drain();
    }
    if (agent_.next_timeout()) {
      clock_.run_out(3, std::chrono::minutes(2), agent_, [this] { drain(); });
      OFFHOOK_ASSERT(over_);
    }
  }

 private:
  void step() {
    switch (program_.below(8)) {
      case 0:
      case 1:
      case 2:
        check();
        break;
      case 3:
        handle(last_, program_.one_of(kPaths));
        break;
      case 4: {
        const ByteView bytes = program_.bytes();
        handle(bytes, program_.one_of(kPaths));
        break;
      }
      case 5:
        agent_.set_remote({"remote", "the browser's password"}, clock_.now());
        break;
      case 6:
        if (ours_.size() == kMaxRestarts) break;
        ours_.push_back({"ours" + std::to_string(program_.below(4)),
                         "password " + std::to_string(ours_.size()) + " of the gateway"});
        agent_.restart(ours_.back(), clock_.now());
        break;
      default:
        clock_.pass(program_, agent_, [this] { drain(); });
    }
    for (const ice::Path& path : kPaths) {
      if (agent_.accepts_from(path, clock_.now())) OFFHOOK_ASSERT(agent_.selected().has_value());
    }
  }

  // A check, as a browser's but for what the program changes.
  void check() {
    const std::uint8_t how = program_.byte();
    const bool is_odd = (how & 1) != 0;
    const auto rarely = [&] { return is_odd && program_.below(4) == 0; };
    const ice::Credentials& credentials = rarely() ? program_.one_of(ours_) : ours_.back();
    const std::string username =
        rarely() ? std::string(as_text(program_.bytes())) : credentials.ufrag + ":browser";
    const std::string password = credentials.pwd + (rarely() ? "x" : "");
    ice::TransactionId id{};
    store_u32(id.data(), rarely() ? program_.byte() : 1'000 + ++checks_);
    std::array<std::uint8_t, 1'024> buffer{};
    ice::StunBuilder builder(buffer,
                             rarely() ? ice::StunClass::Indication : ice::StunClass::Request,
                             rarely() ? program_.byte() : ice::kBindingMethod, id);
    builder.add(ice::attribute::kUsername, as_bytes(username));
    builder.add_u32(ice::attribute::kPriority, 1);
    builder.add_u64(rarely() ? ice::attribute::kIceControlled : ice::attribute::kIceControlling, 7);
    if ((how & 2) != 0) builder.add_flag(ice::attribute::kUseCandidate);
    if (rarely()) {
      const unsigned type = program_.byte();
      builder.add(static_cast<std::uint16_t>(type << 8 | program_.byte()), program_.bytes());
    }
    const ByteView made = builder.finish(as_bytes(password));
    last_.assign(made.begin(), made.end());
    if (rarely()) {
      std::uint8_t& changed = last_[program_.byte() % last_.size()];
      changed = static_cast<std::uint8_t>(changed ^ program_.byte());
    }
    handle(last_, program_.one_of(kPaths));
  }

  // Whether the sender had a password of ours: what it says of itself is not asked.
  [[nodiscard]] bool is_authentic(const ice::StunMessage& message) const {
    return std::ranges::any_of(ours_, [&](const ice::Credentials& each) {
      return message.has_valid_integrity(as_bytes(each.pwd));
    });
  }
  void handle(ByteView bytes, const ice::Path& path) {
    const auto message = ice::StunMessage::parse(bytes);
    if (!message) return;
    const auto selected = agent_.selected();
    const auto deadline = agent_.next_timeout();
    const bool accepted = agent_.accepts_from(path, clock_.now());
    const bool authentic = is_authentic(*message);
    std::array<std::uint8_t, ice::kMaxStunResponseBytes> response{};
    const ByteView answer = agent_.handle(*message, path, clock_.now(), response);
    OFFHOOK_ASSERT(!over_ || answer.empty());
    const bool succeeded = is_success(answer);
    if (!authentic) OFFHOOK_ASSERT(!succeeded && answer.size() <= bytes.size());
    if (succeeded) {
      OFFHOOK_ASSERT(agent_.accepts_from(path, clock_.now()));
      OFFHOOK_ASSERT(!message->has(ice::attribute::kUseCandidate) || agent_.selected() == path);
    } else {
      OFFHOOK_ASSERT(agent_.selected() == selected && agent_.next_timeout() == deadline);
      OFFHOOK_ASSERT(agent_.accepts_from(path, clock_.now()) == accepted);
    }
  }
  // A success that answers under a password of ours, with nothing but the sender's address.
  bool is_success(ByteView answer) {
    if (answer.empty()) return false;
    const auto message = ice::StunMessage::parse(answer);
    OFFHOOK_ASSERT(message && message->has_fingerprint());
    if (message->message_class() != ice::StunClass::Success) {
      OFFHOOK_ASSERT(message->message_class() == ice::StunClass::Error && message->error_code());
      return false;
    }
    OFFHOOK_ASSERT(is_authentic(*message) && message->xor_mapped_address());
    return true;
  }

  void drain() {
    while (const auto output = agent_.poll_output()) {
      OFFHOOK_ASSERT(!over_);
      std::visit(
          Overloaded{[&](const ice::PairSelected& pair) {
                       OFFHOOK_ASSERT(agent_.selected() == pair.path);
                     },
                     [&](const ice::Disconnected&) {
                       OFFHOOK_ASSERT(agent_.selected() && !std::exchange(away_, true));
                     },
                     [&](const ice::Reconnected&) { OFFHOOK_ASSERT(std::exchange(away_, false)); },
                     [&](const ice::TimedOut&) { over_ = true; }},
          *output);
    }
    OFFHOOK_ASSERT(!over_ || !agent_.next_timeout());
  }

  Program& program_;
  VirtualClock clock_;
  std::vector<ice::Credentials> ours_{{"ours", "the gateway's password"}};  // the newest last
  ice::IceLiteAgent agent_{ours_.back()};
  Bytes last_;  // check
  std::uint32_t checks_ = 0;
  bool away_ = false;
  bool over_ = false;
};

}  // namespace
}  // namespace offhook::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return offhook::fuzz::run_program<offhook::fuzz::World>(data, size);
}
