#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "fuzz/media_commands.hpp"
#include "fuzz/pinned_randomness.hpp"
#include "fuzz/program.hpp"
#include "fuzz/target.hpp"
#include "fuzz/virtual_clock.hpp"
#include "media/engine.hpp"
#include "rtp/packet.hpp"
#include "sim/attacker.hpp"
#include "sim/media_path.hpp"
#include "srtp/replay_window.hpp"

// Commands, datagrams and pauses against the media engine, with few legs. Whatever it is: each
// command has one answer (a list its pages) and each leg and bridge is there that should be; what a
// trunk hears is paced, and no packet index is given twice; when all legs are released nothing is
// left.
namespace offhook::fuzz {
namespace {

constexpr std::size_t kMaxLegs = 3;
constexpr std::uint8_t kEventType = 101;
// An hour of sound would take minutes.
constexpr std::size_t kMostDatagrams = 10'000;
// What may go out of a leg at once, and from then on: relayed packets 5 ms apart, sounds and digits
// 10 ms at least.
constexpr int kMostAtOnce = 16;
constexpr Duration kLeastSpacing = std::chrono::milliseconds(3);

struct Stream {
  srtp::ReplayWindow sent;
  Time paid_until{};
};
struct Leg {
  control::LegAllocated allocated;
  bool is_browser = false;
  Endpoint remote;  // in its newest SDP
  std::uint16_t sequence = 65'500;
};

class World {
 public:
  explicit World(Program& program) : program_(program) {}

  void run() {
    while (!program_.done() && datagrams_ < kMostDatagrams) {
      step();
      drain();
      check_counts();
    }
    for (const std::string& leg_id : kLegIds) {
      control::Command release;
      release.mutable_release()->set_leg_id(leg_id);
      carry_out(std::move(release));
    }
    check_counts();
    OFFHOOK_ASSERT(engine_.leg_count() == 0 && engine_.bridge_count() == 0);
    OFFHOOK_ASSERT(ports_.open_now() == 0 && !engine_.next_timeout());
  }

 private:
  void step() {
    switch (program_.below(6)) {
      case 0:
      case 1:
        return carry_out(read_command(program_));
      case 2:
      case 3:
        return receive_rtp();
      case 4:
        return receive_other();
      default:
        clock_.pass(program_, engine_, [this] { drain(); });
    }
  }

  // ---- commands ----

  void carry_out(control::Command command) {
    command.set_sequence(++sequence_);
    answers_ = 0;
    pages_open_ = false;
    reply_.Clear();
    engine_.handle_command(command, clock_.now());
    drain();
    OFFHOOK_ASSERT(answers_ == 1 && !pages_open_);
    follow(command);
    if (!is_due(engine_.next_timeout(), clock_.now())) return;
    engine_.handle_timeout(clock_.now());  // closes the ports of a leg that was released
    drain();
  }
  void follow(const control::Command& command) {
    if (reply_.has_command_failed()) return;
    if (command.has_allocate_leg()) {
      OFFHOOK_ASSERT(reply_.has_leg_allocated());
      Leg& leg = legs_[command.allocate_leg().leg_id()];
      leg.allocated = reply_.leg_allocated();
      leg.is_browser = command.allocate_leg().side() == control::AllocateLeg::BROWSER;
    } else if (command.has_set_remote()) {
      const control::Address& rtp = command.set_remote().rtp();
      legs_.at(command.set_remote().leg_id()).remote = {*IpAddress::parse(rtp.ip()),
                                                        static_cast<std::uint16_t>(rtp.port())};
    } else if (command.has_release()) {
      leave_bridge(command.release().leg_id());
      legs_.erase(command.release().leg_id());
    } else if (command.has_unbridge()) {
      bridges_.erase(command.unbridge().bridge_id());
    } else if (command.has_bridge()) {
      const control::Bridge& bridge = command.bridge();
      bridges_.erase(bridge.bridge_id());
      leave_bridge(bridge.leg_a());
      leave_bridge(bridge.leg_b());
      bridges_[bridge.bridge_id()] = {bridge.leg_a(), bridge.leg_b()};
    } else if (command.has_get_statistics()) {
      OFFHOOK_ASSERT(reply_.has_leg_statistics());
    }
  }
  void leave_bridge(const std::string& leg_id) {
    std::erase_if(bridges_, [&](const auto& each) {
      return each.second.first == leg_id || each.second.second == leg_id;
    });
  }
  void check_counts() {
    OFFHOOK_ASSERT(engine_.leg_count() == legs_.size() && legs_.size() <= kMaxLegs);
    OFFHOOK_ASSERT(engine_.bridge_count() == bridges_.size());
    OFFHOOK_ASSERT(ports_.open_now() == std::ranges::count_if(legs_, [](const auto& leg) {
                     return !leg.second.is_browser;
                   }));
  }

  // ---- the network ----

  void receive_rtp() {
    if (legs_.empty()) return;
    Leg& leg = std::next(legs_.begin(), static_cast<int>(program_.below(legs_.size())))->second;
    if (leg.is_browser) return receive_check(leg);
    static constexpr std::array<std::uint8_t, 6> kTypes{0, 0, 0, 8, 101, 13};
    const std::size_t packets = 1 + program_.below(8);
    const std::uint8_t type = program_.one_of(kTypes);
    const std::uint8_t jump = program_.below(8) == 0 ? program_.byte() : 1;
    const ByteView payload = program_.bytes();
    Endpoint from = leg.remote;
    if (program_.below(8) == 0) from.port = static_cast<std::uint16_t>(from.port + 1);
    for (std::size_t i = 0; i < packets; ++i) {
      leg.sequence = static_cast<std::uint16_t>(leg.sequence + jump);
      Bytes packet(rtp::kHeaderBytes);
      rtp::write_header(
          {.payload_type = type,
           .sequence = leg.sequence,
           .timestamp = leg.sequence * 160U,
           .ssrc = 9},
          std::span<std::uint8_t, rtp::kHeaderBytes>(packet.data(), rtp::kHeaderBytes));
      packet.insert(packet.end(), payload.begin(), payload.end());
      receive(rtp_socket(leg), from, packet);
    }
  }
  void receive_check(const Leg& leg) {
    ice::TransactionId id{};
    store_u32(id.data(), ++checks_);
    receive(media::kBrowserSocket, browser_endpoint(),
            attacker_.check(leg.allocated.ice_ufrag() + ":browser", leg.allocated.ice_pwd(), id));
    if (program_.flag()) {
      receive(media::kBrowserSocket, browser_endpoint(), sim::Attacker::client_hello());
    }
  }
  void receive_other() {
    const ByteView bytes = program_.bytes();
    const bool from_browser = program_.flag();
    receive(program_.below(10),
            from_browser ? browser_endpoint() : Endpoint{*IpAddress::parse(kProviders[0]), 10'000},
            bytes);
  }
  Endpoint browser_endpoint() {
    return {*IpAddress::parse("198.51.100.7"),
            static_cast<std::uint16_t>(50'000 + program_.below(2))};
  }
  void receive(std::size_t socket, const Endpoint& from, ByteView bytes) {
    std::array<std::uint8_t, limits::kMediaDatagramBytes> buffer{};
    std::ranges::copy(bytes, buffer.begin());
    engine_.handle_datagram(static_cast<media::SocketId>(socket), from,
                            MutableByteView(buffer).first(bytes.size()), clock_.now());
    drain();
  }
  static media::SocketId rtp_socket(const Leg& leg) { return leg.allocated.rtp().port() - 30'000; }

  // ---- what comes out ----

  void drain() {
    while (const auto datagram = engine_.poll_datagram()) {
      ++datagrams_;
      OFFHOOK_ASSERT(!datagram->bytes.empty());
      OFFHOOK_ASSERT(datagram->bytes.size() <= limits::kMediaDatagramBytes);
      OFFHOOK_ASSERT(datagram->remote.port != 0 && !datagram->remote.address.is_unspecified());
      if (datagram->socket == media::kBrowserSocket) continue;
      OFFHOOK_ASSERT(is_open(datagram->socket));
      if (rtp::classify(datagram->bytes) == rtp::PacketKind::Rtp) take_rtp(*datagram);
    }
    while (const auto event = engine_.poll_event()) take(*event);
  }
  // A socket is of one leg only, and never given again here.
  void take_rtp(const media::OutgoingDatagram& datagram) {
    const auto view = rtp::PacketView::parse(datagram.bytes);
    OFFHOOK_ASSERT(view.has_value());
    Stream& stream = streams_[{datagram.socket, view->header().ssrc}];
    const auto index = srtp::guess_index(stream.sent, view->header().sequence);
    OFFHOOK_ASSERT(index && stream.sent.accepts(*index));
    stream.sent.mark(*index);
    if (view->header().payload_type == kEventType) return;  // at the pace of the far side
    stream.paid_until = std::max(stream.paid_until, clock_.now()) + kLeastSpacing;
    OFFHOOK_ASSERT(stream.paid_until <= clock_.now() + kMostAtOnce * kLeastSpacing);
  }
  void take(const control::Event& event) {
    if (event.in_reply_to() == 0) return;
    OFFHOOK_ASSERT(event.in_reply_to() == sequence_);
    const bool is_page = event.has_leg_list();
    OFFHOOK_ASSERT(answers_ == 0 || (is_page && pages_open_));
    answers_ = 1;
    pages_open_ = is_page && event.leg_list().more();
    reply_ = event;
  }
  [[nodiscard]] bool is_open(media::SocketId socket) const {
    return std::ranges::any_of(legs_, [&](const auto& each) {
      const Leg& leg = each.second;
      return !leg.is_browser && (socket == rtp_socket(leg) || socket == rtp_socket(leg) + 1);
    });
  }

  Program& program_;
  SeededRandom random_{1};
  VirtualClock clock_;
  sim::CountingPorts ports_;
  sim::Attacker attacker_{1};
  media::Engine engine_{{.browser_candidates = {*Endpoint::parse("198.51.100.1:40000")},
                         .software = "fuzz",
                         .max_legs = kMaxLegs},
                        pinned_certificate(),
                        ports_,
                        random_};
  std::map<std::string, Leg> legs_;
  std::map<std::string, std::pair<std::string, std::string>> bridges_;
  std::map<std::pair<media::SocketId, std::uint32_t>, Stream> streams_;
  std::uint64_t sequence_ = 0;
  std::uint32_t checks_ = 0;
  std::size_t datagrams_ = 0;  // that came out
  int answers_ = 0;            // to the command under way
  bool pages_open_ = false;    // the last page said that more follow
  control::Event reply_;
};

}  // namespace
}  // namespace offhook::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  offhook::fuzz::pin_randomness();
  return offhook::fuzz::run_program<offhook::fuzz::World>(data, size);
}
