#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>

#include "dtls/session.hpp"
#include "ice/stun.hpp"
#include "media/outgoing_stream.hpp"
#include "media/test_worker.hpp"
#include "rtp/packet.hpp"
#include "srtp/context.hpp"

namespace offhook::media {
namespace {

using namespace std::chrono_literals;

// Shorter than RTP and nobody's.
const Bytes kNonsense(5, 0xC0);

Bytes make_audio(std::uint16_t sequence, std::uint8_t fill) {
  Bytes packet(rtp::kHeaderBytes + rtp::kSamplesPerPacket, fill);
  rtp::write_header({.marker = false,
                     .payload_type = 0,
                     .sequence = sequence,
                     .timestamp = sequence * rtp::kSamplesPerPacket,
                     .ssrc = 0xABCD},
                    std::span(packet).first<rtp::kHeaderBytes>());
  return packet;
}

// A browser's media behind a real socket, as far as these tests need it.
class Browser {
 public:
  Browser(control::LegAllocated leg, const Endpoint& gateway)
      : leg_(std::move(leg)), gateway_(gateway) {}

  void describe(control::SetRemote& remote) const {
    remote.set_leg_id(leg_.leg_id());
    remote.mutable_format()->set_codec(control::AudioFormat::PCMU);
    remote.set_ice_ufrag("brow");
    remote.set_ice_pwd("browserbrowserbrowserbrowser");
    remote.set_fingerprint_algorithm("sha-256");
    remote.set_fingerprint(std::string(as_text(certificate_.fingerprint("sha-256"))));
    remote.set_dtls_role(control::SetRemote::PASSIVE);
  }
  void check() {
    Bytes buffer(256);
    const ByteView message =
        ice::StunBuilder(buffer, ice::StunClass::Request, ice::kBindingMethod, {1, 2, 3})
            .add(ice::attribute::kUsername, as_bytes(leg_.ice_ufrag() + ":brow"))
            .add_flag(ice::attribute::kUseCandidate)
            .finish(as_bytes(leg_.ice_pwd()));
    send({message.begin(), message.end()});
  }
  void start_dtls() {
    const dtls::PeerFingerprint gateway{leg_.fingerprint_algorithm(), to_bytes(leg_.fingerprint())};
    session_.emplace(*dtls::Context::make(certificate_), dtls::Role::Client, gateway, kStart);
    exchange();
  }
  // What DTLS has to say, and what it hears.
  void exchange() {
    for (Bytes bytes = peer_.receive(); !bytes.empty(); bytes = peer_.receive()) {
      session_->handle(bytes, kStart);
    }
    while (const auto output = session_->poll_output()) {
      if (const auto* datagram = std::get_if<dtls::Datagram>(&*output)) {
        send({datagram->bytes.begin(), datagram->bytes.end()});
      } else if (const auto* connected = std::get_if<dtls::Connected>(&*output)) {
        sender_ = *srtp::Sender::make(*srtp::profile_from_number(connected->srtp_profile),
                                      connected->local.bytes());
      }
    }
  }
  [[nodiscard]] bool connected() const { return sender_.has_value(); }

  void send(const Bytes& bytes) { peer_.send(gateway_, bytes); }
  void send_audio(std::uint16_t sequence, std::uint8_t fill) {
    Bytes packet = make_audio(sequence, fill);
    const std::size_t size = packet.size();
    packet.resize(size + srtp::kMaxTrailerBytes);
    packet.resize(sender_->protect_rtp(packet, size)->size());
    send(packet);
  }

 private:
  // Of DTLS, which repeats nothing here.
  static constexpr Time kStart{1h};

  dtls::Certificate certificate_ = *dtls::Certificate::make();
  control::LegAllocated leg_;
  Endpoint gateway_;
  Peer peer_;
  std::optional<dtls::Session> session_;
  std::optional<srtp::Sender> sender_;
};

class WorkerBrowserTest : public WorkerTest {
 protected:
  Browser allocate_browser(const std::string& leg_id) {
    Browser browser(ask([&](control::Command& c) {
                      c.mutable_allocate_leg()->set_leg_id(leg_id);
                      c.mutable_allocate_leg()->set_side(control::AllocateLeg::BROWSER);
                    }).leg_allocated(),
                    worker_->browser_candidates().at(0));
    const auto done = ask([&](control::Command& c) { browser.describe(*c.mutable_set_remote()); });
    EXPECT_TRUE(done.has_done());
    return browser;
  }
  void connect(Browser& browser) {
    browser.check();
    browser.start_dtls();
    for (int turn = 0; turn < 500 && !browser.connected(); ++turn) {
      ASSERT_TRUE(worker_->step(10ms));
      browser.exchange();
    }
    ASSERT_TRUE(browser.connected());
  }
  void bridge(const std::string& a, const std::string& b) {
    const auto done = ask([&](control::Command& c) {
      c.mutable_bridge()->set_bridge_id("bridge");
      c.mutable_bridge()->set_leg_a(a);
      c.mutable_bridge()->set_leg_b(b);
    });
    EXPECT_TRUE(done.has_done());
  }
  // The last byte of each packet that came to the provider.
  static std::vector<std::uint8_t> take_heard(Peer& provider) {
    std::vector<std::uint8_t> heard;
    for (Bytes bytes = provider.receive(); !bytes.empty(); bytes = provider.receive()) {
      heard.push_back(bytes.back());
    }
    return heard;
  }
  // Until the provider has heard this.
  void relay(Browser& browser, Peer& provider, std::uint16_t sequence, std::uint8_t fill) {
    browser.send_audio(sequence, fill);
    for (int turn = 0; turn < 500; ++turn) {
      ASSERT_TRUE(worker_->step(10ms));
      const auto heard = take_heard(provider);
      if (std::ranges::find(heard, fill) != heard.end()) return;
    }
    FAIL() << "nothing was relayed";
  }
};

TEST_F(WorkerBrowserTest, WhatWaitsIsRelayedBeforeSilenceIsPutIntoTheStream) {
  Browser browser = allocate_browser("b");
  connect(browser);
  Peer provider;
  (void)allocate_trunk("t", provider.local());
  bridge("b", "t");
  relay(browser, provider, 1, 0x11);
  // The worker is not run for a while. More than a batch waits meanwhile, the audio behind it.
  Peer stranger;
  for (int i = 0; i < 40; ++i) stranger.send(worker_->browser_candidates().at(0), kNonsense);
  browser.send_audio(2, 0x22);
  // Silence had delayed the first audio, and by as much this may be late.
  std::this_thread::sleep_for(2 * OutgoingStream::kSilenceAfter);

  std::vector<std::uint8_t> heard;
  for (int turn = 0; turn < 500 && heard.empty(); ++turn) {
    ASSERT_TRUE(worker_->step(10ms));
    heard = take_heard(provider);
  }
  ASSERT_FALSE(heard.empty());
  EXPECT_EQ(heard.front(), 0x22);
}

TEST_F(WorkerBrowserTest, BatchesMayHoldWhatIsForNoLegALegWithoutKeysOrOneWithoutPeer) {
  Browser browser = allocate_browser("b");
  connect(browser);
  Browser without_keys = allocate_browser("n");
  without_keys.check();
  ASSERT_TRUE(worker_->step(1s));
  Peer provider;
  (void)allocate_trunk("t", provider.local());
  bridge("b", "t");
  relay(browser, provider, 1, 0x11);
  Peer stranger;
  const auto send_all = [&](std::uint16_t first) {
    for (std::uint16_t i = 0; i < 4; ++i) {
      stranger.send(worker_->browser_candidates().at(0), kNonsense);
      without_keys.send(make_audio(i, 0x55));
      browser.send_audio(static_cast<std::uint16_t>(first + i), 0x22);
    }
  };
  send_all(2);
  std::ptrdiff_t relayed = 0;
  for (int turn = 0; turn < 500 && relayed < 4; ++turn) {
    ASSERT_TRUE(worker_->step(10ms));
    relayed += std::ranges::count(take_heard(provider), 0x22);
  }
  EXPECT_EQ(relayed, 4);

  (void)ask([](control::Command& c) { c.mutable_release()->set_leg_id("t"); });
  send_all(6);
  const auto packets = [&] {
    return ask([](control::Command& c) { c.mutable_get_statistics()->set_leg_id("b"); })
        .leg_statistics()
        .packets_received();
  };
  std::uint64_t received = packets();
  for (int turn = 0; turn < 500 && received < 9; ++turn) received = packets();
  EXPECT_EQ(received, 9U);
}

}  // namespace
}  // namespace offhook::media
