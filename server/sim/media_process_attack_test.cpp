#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/system_random.hpp"
#include "base/test_ports.hpp"
#include "control/connection.hpp"
#include "control/message.hpp"
#include "media/leg.hpp"
#include "media/process.hpp"
#include "media/trunk_port_range.hpp"
#include "media/udp_socket.hpp"
#include "rtp/packet.hpp"
#include "sim/attacker.hpp"
#include "sim/heap.hpp"
#include "sim/media_path.hpp"
#include "sim/webrtc_peer.hpp"

// What strangers may do to a call's media, against the real media process with its threads and
// sockets: a browser on 127.0.0.10, a provider on 127.0.0.20, an attacker on 127.0.0.66 and next to
// each of them. Nothing depends on how fast the machine is: after each round of an attack the true
// peers say a frame, and the next round begins when both have heard it. The same on a virtual
// clock, with more of it: media_attack_test.cpp.
namespace offhook::sim {
namespace {

using namespace std::chrono_literals;

const IpAddress kGateway = *IpAddress::parse("127.0.0.1");
const IpAddress kBrowserHost = *IpAddress::parse("127.0.0.10");
const IpAddress kProviderHost = *IpAddress::parse("127.0.0.20");
const IpAddress kAttackerHost = *IpAddress::parse("127.0.0.66");
constexpr std::uint32_t kBrowserSsrc = 0xB0B0;
constexpr std::uint32_t kProviderSsrc = 0x9999;

Time read_clock() {
  return Time(
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

class Socket {
 public:
  explicit Socket(const IpAddress& host) : socket_(media::UdpSocket::bind({host, 0}).value()) {}
  [[nodiscard]] Endpoint local() const { return socket_.local(); }
  void send(const Endpoint& to, ByteView bytes) {
    sockaddr_storage address{};
    const socklen_t size = media::to_socket_address(to, address);
    EXPECT_EQ(::sendto(socket_.fd(), bytes.data(), bytes.size(), 0,
                       reinterpret_cast<const sockaddr*>(&address), size),
              static_cast<ssize_t>(bytes.size()));
  }
  // Empty when nothing is there.
  Bytes receive() {
    Bytes bytes(2'048);
    const ssize_t size = ::recv(socket_.fd(), bytes.data(), bytes.size(), 0);
    bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return bytes;
  }

 private:
  media::UdpSocket socket_;
};

class MediaProcessAttackTest : public testing::Test {
 protected:
  MediaProcessAttackTest() {
    char name[] = "/tmp/attack-test-XXXXXX";
    folder_ = ::mkdtemp(name);
    EXPECT_EQ(::pipe2(lifeline_, O_CLOEXEC), 0);
    media::Process::Config config;
    config.control_path = folder_ + "/media.sock";
    config.workers = 2;
    config.browser_addresses = {kGateway};
    config.trunk_address = kGateway;
    config.first_trunk_port = free_ports();
    config.last_trunk_port = static_cast<std::uint16_t>(config.first_trunk_port + 7);
    config.lifeline_fd = lifeline_[0];
    config.software = "test";
    auto process = media::Process::open(config, [](auto, auto, const auto&) {});
    EXPECT_TRUE(process) << process.error().message;
    process_ = std::move(*process);
    signal_.emplace(control::Connection::connect(config.control_path).value());
  }
  ~MediaProcessAttackTest() override {
    process_.reset();
    ::close(lifeline_[1]);
    ::rmdir(folder_.c_str());
  }

  // ---- signal's part ----
  control::Event ask(const std::function<void(control::Command&)>& fill) {
    control::Command command;
    command.set_sequence(++sequence_);
    fill(command);
    EXPECT_TRUE(signal_->send(*control::encode(command)));
    std::optional<control::Event> reply;
    run_until([&] {
      const auto received = signal_->receive();
      const auto* packet = std::get_if<control::Connection::Packet>(&received);
      if (packet == nullptr) return false;
      reply = control::decode_event(packet->bytes).value();
      if (reply->has_leg_failed() || reply->has_timed_out() || reply->has_disconnected()) ++lost_;
      return reply->in_reply_to() == sequence_;
    });
    return reply.value_or(control::Event{});
  }
  control::LegAllocated allocate(const std::string& leg_id, control::AllocateLeg::Side side) {
    return ask([&](control::Command& c) {
             c.mutable_allocate_leg()->set_leg_id(leg_id);
             c.mutable_allocate_leg()->set_side(side);
             c.mutable_allocate_leg()->set_group("user");
           })
        .leg_allocated();
  }
  control::LegStatistics statistics(const std::string& leg_id) {
    return ask([&](control::Command& c) { c.mutable_get_statistics()->set_leg_id(leg_id); })
        .leg_statistics();
  }
  void start_call() {
    const control::LegAllocated leg = allocate("b", control::AllocateLeg::BROWSER);
    gateway_ = {.candidate = {*IpAddress::parse(leg.candidates(0).ip()),
                              static_cast<std::uint16_t>(leg.candidates(0).port())},
                .ice = {.ufrag = leg.ice_ufrag(), .pwd = leg.ice_pwd()},
                .fingerprint = {.algorithm = leg.fingerprint_algorithm(),
                                .value = to_bytes(leg.fingerprint())}};
    const control::LegAllocated trunk = allocate("t", control::AllocateLeg::TRUNK);
    trunk_port_ = {kGateway, static_cast<std::uint16_t>(trunk.rtp().port())};
    ports_ = process_->browser_candidates();
    ports_.push_back(trunk_port_);
    ports_.push_back({kGateway, static_cast<std::uint16_t>(trunk.rtcp().port())});
    ask([&](control::Command& c) {
      control::SetRemote& remote = *c.mutable_set_remote();
      remote.set_leg_id("b");
      remote.mutable_format()->set_codec(control::AudioFormat::PCMU);
      remote.set_ice_ufrag(browser_.ice().ufrag);
      remote.set_ice_pwd(browser_.ice().pwd);
      remote.set_fingerprint_algorithm("sha-256");
      remote.set_fingerprint(std::string(as_text(browser_.fingerprint().value)));
      remote.set_dtls_role(control::SetRemote::PASSIVE);
    });
    ask([&](control::Command& c) {
      control::SetRemote& remote = *c.mutable_set_remote();
      remote.set_leg_id("t");
      remote.mutable_format()->set_codec(control::AudioFormat::PCMU);
      remote.mutable_rtp()->set_ip(kProviderHost.to_string());
      remote.mutable_rtp()->set_port(provider_socket_.local().port);
      remote.set_send(true);
    });
    ask([&](control::Command& c) {
      c.mutable_bridge()->set_bridge_id("bridge");
      c.mutable_bridge()->set_leg_a("b");
      c.mutable_bridge()->set_leg_b("t");
    });
    browser_.connect(gateway_, read_clock());
    run_until([&] { return browser_.connected(); });
    for (int i = 0; i < 5; ++i) talk();
  }

  // ---- the two who talk ----
  // Lets everybody work until `done`; fails after ten seconds.
  void run_until(const std::function<bool()>& done) {
    for (const Time end = read_clock() + 10s; read_clock() < end;) {
      if (done()) return;
      ASSERT_TRUE(process_->step(1ms));
      serve_peers();
    }
    FAIL() << "it did not happen";
  }
  void serve_peers() {
    for (Bytes bytes = browser_socket_.receive(); !bytes.empty();
         bytes = browser_socket_.receive()) {
      browser_.handle(bytes, read_clock());
    }
    if (is_due(browser_.next_timeout(), read_clock())) browser_.handle_timeout(read_clock());
    while (auto output = browser_.poll_output()) {
      if (const auto* transmit = std::get_if<WebRtcPeer::Transmit>(&*output)) {
        if (transmit->bytes[0] >= 128) overheard_.push_back(transmit->bytes);
        browser_socket_.send(transmit->remote, transmit->bytes);
      } else if (const auto* received = std::get_if<WebRtcPeer::RtpReceived>(&*output)) {
        hear(received->packet, MediaPath::Speaker::Provider, heard_by_browser_);
      }
    }
    for (Bytes bytes = provider_socket_.receive(); !bytes.empty();
         bytes = provider_socket_.receive()) {
      if (bytes.back() == 0xFF && bytes[rtp::kHeaderBytes] == 0xFF) {
        ++silent_;
        continue;
      }
      hear(bytes, MediaPath::Speaker::Browser, heard_by_provider_);
    }
  }
  // Anything but the next frame is one too many.
  void hear(ByteView packet, MediaPath::Speaker speaker, std::uint32_t& heard) {
    const auto view = rtp::PacketView::parse(packet);
    if (view && std::ranges::equal(view->payload(), MediaPath::frame(speaker, heard))) {
      ++heard;
    } else {
      ++wrong_;
    }
  }
  // A frame from each, until both have heard it.
  void talk() {
    browser_.send_rtp(MediaPath::rtp_packet(
        kBrowserSsrc, spoken_, MediaPath::frame(MediaPath::Speaker::Browser, spoken_)));
    provider_socket_.send(
        trunk_port_,
        MediaPath::rtp_packet(kProviderSsrc, spoken_,
                              MediaPath::frame(MediaPath::Speaker::Provider, spoken_)));
    ++spoken_;
    serve_peers();
    run_until([&] { return heard_by_browser_ == spoken_ && heard_by_provider_ == spoken_; });
  }
  void expect_untouched() {
    EXPECT_EQ(wrong_, 0U);
    EXPECT_EQ(lost_, 0U);
    EXPECT_EQ(heard_by_browser_, spoken_);
    EXPECT_EQ(heard_by_provider_, spoken_);
    EXPECT_EQ(browser_.packets_rejected(), 0U);
  }
  // Bytes that came since the last call.
  static std::size_t received(Socket& socket) {
    std::size_t sum = 0;
    for (Bytes bytes = socket.receive(); !bytes.empty(); bytes = socket.receive()) {
      sum += bytes.size();
    }
    return sum;
  }

  std::string folder_;
  int lifeline_[2] = {-1, -1};
  std::unique_ptr<media::Process> process_;
  std::optional<control::Connection> signal_;
  std::uint64_t sequence_ = 0;
  SystemRandom random_;
  Socket browser_socket_{kBrowserHost};
  Socket provider_socket_{kProviderHost};
  WebRtcPeer browser_{WebRtcPeer::Identity::make().value(), browser_socket_.local(),
                      dtls::Role::Client, random_};
  GatewaySide gateway_;
  Endpoint trunk_port_;
  std::vector<Endpoint> ports_;   // that are open
  std::vector<Bytes> overheard_;  // SRTP of the browser
  std::uint32_t spoken_ = 0;
  std::uint32_t heard_by_browser_ = 0;
  std::uint32_t heard_by_provider_ = 0;
  std::uint32_t silent_ = 0;  // packets of silence to the provider
  std::uint32_t wrong_ = 0;
  std::uint32_t lost_ = 0;
  Attacker attacker_{7};
};

TEST_F(MediaProcessAttackTest, SprayAtEveryPortIsNotHeardAndBringsNobodyAByte) {
  start_call();
  std::array<Socket, 3> strangers{Socket(kAttackerHost), Socket(kProviderHost),
                                  Socket(kBrowserHost)};
  std::size_t sprayed = 0;
  for (int round = 0; round < 100; ++round) {
    const auto sequence = static_cast<std::uint16_t>(65'500 + spoken_ + 1);
    for (Socket& stranger : strangers) {
      for (const Endpoint& port : ports_) {
        const std::uint32_t ssrc = port == trunk_port_ ? kProviderSsrc : kBrowserSsrc;
        for (const Bytes& bytes : attacker_.one_of_each(ssrc, sequence)) {
          stranger.send(port, bytes);
          ++sprayed;
        }
      }
    }
    talk();
  }
  EXPECT_EQ(sprayed, 13'200U);
  for (Socket& stranger : strangers) EXPECT_EQ(received(stranger), 0U);
  EXPECT_GT(statistics("t").rejected().wrong_source(), 0U);
  expect_untouched();
}

TEST_F(MediaProcessAttackTest,
       TenThousandPacketsWithAWrongTagAndTenThousandReplayedAreCountedOnly) {
  start_call();
  constexpr std::uint64_t kEach = 10'000;
  for (std::uint64_t i = 0; i < kEach; ++i) {
    const Bytes& real = overheard_[i % 5];
    browser_socket_.send(gateway_.candidate, real);
    Bytes wrong = real;
    store_u16(wrong.data() + 2, static_cast<std::uint16_t>(65'500 + spoken_ + i % 100));
    wrong[wrong.size() - 1 - i % 16] ^= 1;
    browser_socket_.send(gateway_.candidate, wrong);
    if (i % 100 == 99) talk();
  }
  EXPECT_EQ(statistics("b").rejected().replayed(), kEach);
  EXPECT_EQ(statistics("b").rejected().not_authentic(), kEach);
  EXPECT_EQ(statistics("b").packets_rejected(), 2 * kEach);
  expect_untouched();
}

TEST_F(MediaProcessAttackTest, WhoDoesNotHaveThePasswordGetsNoMoreThanItPutsIn) {
  start_call();
  Socket stranger(kAttackerHost);
  const std::string username = gateway_.ice.ufrag + ":browser";
  std::size_t in = 0;
  std::size_t out = 0;
  for (int i = 0; i < 5'000; ++i) {
    Bytes sent = attacker_.check(username, "a wrong password, 22 bytes");
    if (i % 2 == 0) sent = attacker_.mutate(std::move(sent));
    stranger.send(gateway_.candidate, sent);
    in += sent.size();
    if (i % 100 != 99) continue;
    talk();
    out += received(stranger);
    ASSERT_LE(out, in);
  }
  EXPECT_GT(out, 0U);
  RecordProperty("bytes_in", std::to_string(in));
  RecordProperty("bytes_out", std::to_string(out));
  expect_untouched();
}

TEST_F(MediaProcessAttackTest, AFloodLeavesNothingInMemory) {
  start_call();
  const auto flood = [&] {
    for (int round = 0; round < 50; ++round) {
      Socket stranger(kAttackerHost);  // another port each time
      for (const Endpoint& port : ports_) {
        for (const Bytes& bytes : attacker_.one_of_each(kProviderSsrc, 1)) {
          stranger.send(port, bytes);
        }
      }
      talk();
      overheard_.clear();
    }
  };
  flood();
  const std::size_t before = heap_in_use();
  flood();
  EXPECT_LE(heap_in_use(), before + 16'384);
  expect_untouched();
}

// Virtual clocks do not show that the real one is read.
TEST_F(MediaProcessAttackTest, InRealTimeALeaseEndsAndAPortRestsWhileAnOldPeerSends) {
  if (std::getenv("OFFHOOK_REAL_TIME") == nullptr) GTEST_SKIP() << "script/endurance runs it";
  start_call();
  ask([](control::Command& c) {
    c.mutable_renew_lease()->add_leg_id("b");
    c.mutable_renew_lease()->add_leg_id("t");
  });
  const Time renewed = read_clock();
  Time last_sent = renewed;
  while (read_clock() < renewed + media::Leg::kLease + 5s) {
    ASSERT_TRUE(process_->step(2ms));
    const std::uint32_t before = silent_;
    serve_peers();
    if (silent_ != before) last_sent = read_clock();
  }
  EXPECT_GE(last_sent - renewed, media::Leg::kLease - 500ms);
  EXPECT_LE(last_sent - renewed, media::Leg::kLease + 500ms);
  ask([](control::Command& c) { c.mutable_renew_lease()->add_leg_id("t"); });
  EXPECT_EQ(std::exchange(lost_, 0), 2U) << "both legs said that their lease was over";
  run_until([this, before = silent_] { return silent_ > before; });

  const Time released = read_clock();
  ask([](control::Command& c) { c.mutable_release()->set_leg_id("t"); });
  for (int leg = 0; read_clock() < released + 3 * media::TrunkPortRange::kRest; ++leg) {
    provider_socket_.send(trunk_port_, attacker_.rtp(kProviderSsrc, 1));
    const control::LegAllocated allocated =
        allocate("new-" + std::to_string(leg), control::AllocateLeg::TRUNK);
    if (allocated.rtp().port() != trunk_port_.port) continue;
    EXPECT_GE(read_clock() - released, media::TrunkPortRange::kRest);
    return;
  }
  FAIL() << "the port was not given again";
}

}  // namespace
}  // namespace offhook::sim
