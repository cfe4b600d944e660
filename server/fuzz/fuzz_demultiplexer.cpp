#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <set>
#include <vector>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "fuzz/pinned_randomness.hpp"
#include "fuzz/program.hpp"
#include "fuzz/target.hpp"
#include "ice/stun.hpp"
#include "rtp/packet.hpp"
#include "sim/media_path.hpp"

// A call under way between a browser and a provider, and datagrams of any kind from anywhere into
// any socket: what was overheard, changed or as it was, and what never was. Whatever it is: the
// provider hears what the browser said and silence, the browser what came from the provider's host,
// others get no media and no more bytes than they put in, and the call goes on.
namespace offhook::fuzz {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kOverheard = 24;
constexpr std::uint32_t kMostFrames = 300;
constexpr std::uint8_t kSilence = 0xFF;

class Call : private sim::MediaPath {
 public:
  explicit Call(Program& program) : program_(program) {}

  void run_program() {
    set_up();
    run(milliseconds(200));
    OFFHOOK_ASSERT(browser.connected());
    say(5);
    while (!program_.done() && spoken < kMostFrames) {
      step();
      check();
    }
    to_provider.clear();
    to_browser.clear();
    say(20);
    run(milliseconds(100));
    check();
    // What came from the provider's very endpoint may have moved its stream's numbers.
    OFFHOOK_ASSERT(std::ranges::count_if(to_provider, is_sound) >= 20);
    OFFHOOK_ASSERT(to_browser.size() >= 10);
    OFFHOOK_ASSERT(engine.leg_count() == 2 && engine.bridge_count() == 1);
    OFFHOOK_ASSERT(count(control::Event::kLegFailed) == 0);
    OFFHOOK_ASSERT(count(control::Event::kTimedOut) == 0);
  }

 private:
  void step() {
    switch (program_.below(6)) {
      case 0:
        say(1 + static_cast<std::uint32_t>(program_.below(4)));
        break;
      case 1:
        run(milliseconds(program_.byte()));
        say(1);  // all of it takes less than a lease
        break;
      case 2: {
        const ByteView bytes = program_.bytes();
        inject({bytes.begin(), bytes.end()});
        break;
      }
      case 3: {  // RTP in the manner of one of the two
        const auto number = static_cast<std::uint32_t>(spoken + program_.below(16));
        inject(rtp_packet(program_.flag() ? 0xB0B0 : 0x9999, number, program_.bytes()));
        break;
      }
      default:
        if (overheard_.empty()) break;
        Bytes bytes = overheard_[program_.below(overheard_.size())];
        for (std::size_t changes = program_.below(4); changes > 0; --changes) change(bytes);
        inject(std::move(bytes));
    }
  }
  void change(Bytes& bytes) {
    switch (program_.below(3)) {
      case 0:
        bytes.resize(1 + program_.byte() % bytes.size());
        break;
      case 1: {
        const ByteView more = program_.bytes();
        bytes.insert(bytes.end(), more.begin(), more.end());
        break;
      }
      default: {
        std::uint8_t& changed = bytes[program_.byte() % bytes.size()];
        changed = program_.byte();
      }
    }
  }
  void inject(Bytes bytes) {
    const std::array<Endpoint, 6> sources{browser.local(),
                                          provider,
                                          {provider.address, 6'666},
                                          {browser.local().address, 6'666},
                                          *Endpoint::parse("203.0.114.5:12000"),
                                          *Endpoint::parse("[2001:db8::66]:50000")};
    const std::array<Endpoint, 3> ports{browser_port, trunk_port, trunk_rtcp_port};
    const Endpoint& from = sources[program_.below(sources.size())];
    const std::size_t to = program_.below(ports.size() + 1);
    // Who has the password is the browser, wherever it is: the ICE agent's own target deals with it.
    if (has_password(bytes) && from != browser.local()) return;
    if (from.address == provider.address && to == 1) remember_said(said_by_provider_, bytes);
    if (from != browser.local() && from != provider) put_in_ += bytes.size();
    if (to < ports.size()) return deliver({now, from, ports[to], std::move(bytes)});
    const std::size_t size = bytes.size();
    bytes.resize(std::max(size, limits::kMediaDatagramBytes));
    const media::SocketId socket = program_.byte();
    if (socket != media::kBrowserSocket && socket <= 3) return;  // the trunk leg's own
    engine.handle_datagram(socket, from, MutableByteView(bytes).first(size), now);
    run(milliseconds(0));
  }
  [[nodiscard]] bool has_password(ByteView bytes) const {
    const auto message = ice::StunMessage::parse(bytes);
    return message && message->has_valid_integrity(as_bytes(gateway.ice.pwd));
  }

  void say(std::uint32_t frames) {
    for (std::uint32_t i = 0; i < frames; ++i) {
      said_by_browser_.insert(frame(Speaker::Browser, spoken));
      said_by_provider_.insert(frame(Speaker::Provider, spoken));
      talk(1);
      // Arrived, or soon; a copy that is there first would be the only one.
      for (const Datagram& datagram : flying_before_) {
        if (overheard_.size() == kOverheard) overheard_.erase(overheard_.begin());
        overheard_.push_back(datagram.bytes);
      }
      flying_before_.assign(flying.begin(), flying.end());
    }
  }
  void remember_said(std::set<Bytes>& said, ByteView bytes) {
    const auto view = rtp::PacketView::parse(bytes);
    if (view) said.insert({view->payload().begin(), view->payload().end()});
  }

  static bool is_sound(const Bytes& packet) {
    return !std::ranges::all_of(ByteView(packet).subspan(rtp::kHeaderBytes),
                                [](std::uint8_t byte) { return byte == kSilence; });
  }
  void check() {
    for (const Bytes& packet : to_provider) {
      OFFHOOK_ASSERT(!is_sound(packet) || said_by_browser_.contains(payload_of(packet)));
    }
    for (const Bytes& packet : to_browser) {
      OFFHOOK_ASSERT(said_by_provider_.contains(payload_of(packet)));
    }
    std::size_t got = 0;
    for (const Bytes& bytes : to_others) {
      OFFHOOK_ASSERT(ice::StunMessage::parse(bytes));
      got += bytes.size();
    }
    OFFHOOK_ASSERT(got <= put_in_);
  }
  static Bytes payload_of(const Bytes& packet) {
    return {packet.begin() + rtp::kHeaderBytes, packet.end()};
  }

  Program& program_;
  std::set<Bytes> said_by_browser_;
  std::set<Bytes> said_by_provider_;
  std::vector<Datagram> flying_before_;
  std::vector<Bytes> overheard_;
  std::size_t put_in_ = 0;  // by strangers
};

}  // namespace
}  // namespace offhook::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  offhook::fuzz::pin_randomness();
  offhook::fuzz::Program program({data, size});
  offhook::fuzz::Call(program).run_program();
  return 0;
}
