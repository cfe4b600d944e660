#include <deque>

#include <openssl/ssl.h>

#include "dtls/record.hpp"
#include "dtls/session.hpp"
#include "ice/stun.hpp"
#include "media/browser_leg.hpp"
#include "media/test_engine.hpp"
#include "srtp/context.hpp"

// DTLS of many browsers through one engine, and what others may do to it who know a browser's
// address and can send from it.
namespace offhook::media {
namespace {

using namespace std::chrono_literals;
using control::Event;

const std::string kProvider = "192.0.2.1:10000";
constexpr Duration kOneWay = 5ms;
constexpr std::uint8_t kSound = 0x55;  // make_audio()'s; a trunk leg sends silence of its own
constexpr auto kNoKeys = srtp::PacketError::AuthenticationFailed;
constexpr char kNullCipher[] = "ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0";

class DtlsEngineTest : public EngineTest {
 protected:
  // A browser with a call: ICE, DTLS, and sound as soon as it can.
  struct Browser {
    Browser(DtlsEngineTest& made_by, int made_number)
        : test(made_by),
          number(made_number),
          leg_id("b" + std::to_string(number)),
          address("198.51.100." + std::to_string(1 + number % 200) + ":" +
                  std::to_string(40'000 + number)) {
      sdp = test.allocate(leg_id, control::AllocateLeg::BROWSER).leg_allocated();
    }

    control::Event announce(const std::function<void(control::SetRemote&)>& change = {}) {
      return test.command([&](control::Command& c) {
        control::SetRemote& remote = *c.mutable_set_remote();
        remote.set_leg_id(leg_id);
        remote.mutable_format()->set_codec(control::AudioFormat::PCMU);
        remote.set_ice_ufrag("brow");
        remote.set_ice_pwd("browserbrowserbrowserbrowser");
        remote.set_fingerprint_algorithm("sha-256");
        remote.set_fingerprint(std::string(as_text(certificate.fingerprint("sha-256"))));
        remote.set_dtls_role(control::SetRemote::PASSIVE);
        if (change) change(remote);
      });
    }
    void check() {
      Bytes buffer(256);
      ice::TransactionId id{};
      test.random.fill(id);
      ice::StunBuilder builder(buffer, ice::StunClass::Request, ice::kBindingMethod, id);
      builder.add(ice::attribute::kUsername, as_bytes(sdp.ice_ufrag() + ":brow"));
      builder.add_u32(ice::attribute::kPriority, 1'853'824'767);
      builder.add_u64(ice::attribute::kIceControlling, 7);
      builder.add_flag(ice::attribute::kUseCandidate);
      const ByteView message = builder.finish(as_bytes(sdp.ice_pwd()));
      test.fly(true, address, {message.begin(), message.end()});
    }
    void start_dtls() {
      const dtls::PeerFingerprint gateway{sdp.fingerprint_algorithm(), to_bytes(sdp.fingerprint())};
      session.emplace(*dtls::Context::make(certificate), dtls::Role::Client, gateway, test.now);
      drain();
    }
    void receive(const Bytes& bytes) {
      if (ice::looks_like_stun(bytes)) {
        if (!session) start_dtls();
      } else if (bytes[0] >= 20 && bytes[0] < 64) {
        if (session) session->handle(bytes, test.now);
        drain();
      } else if (rtp::classify(bytes) == rtp::PacketKind::Rtp) {
        Bytes packet = bytes;
        const auto plain = receiver ? receiver->unprotect_rtp(packet) : std::unexpected(kNoKeys);
        if (plain && plain->back() == kSound) ++heard;
      }
    }
    void tick() {
      if (!session) return;
      session->handle_timeout(test.now);
      drain();
      if (sender && test.now >= speaks_at) speak();
    }
    void drain() {
      while (const auto output = session->poll_output()) {
        if (const auto* datagram = std::get_if<dtls::Datagram>(&*output)) {
          test.fly(true, address, {datagram->bytes.begin(), datagram->bytes.end()});
        } else if (const auto* connected = std::get_if<dtls::Connected>(&*output)) {
          const auto profile = *srtp::profile_from_number(connected->srtp_profile);
          sender = *srtp::Sender::make(profile, connected->local.bytes());
          receiver = *srtp::Receiver::make(profile, connected->remote.bytes());
        }
      }
    }
    Bytes next_packet() {
      Bytes packet = make_audio(++spoken);
      const std::size_t size = packet.size();
      packet.resize(size + srtp::kMaxTrailerBytes);
      packet.resize(sender->protect_rtp(packet, size)->size());
      return packet;
    }
    void speak() {
      test.fly(true, address, next_packet());
      speaks_at = test.now + 20ms;
    }

    DtlsEngineTest& test;
    int number;
    std::string leg_id;
    std::string address;
    control::LegAllocated sdp;
    dtls::Certificate certificate = *dtls::Certificate::make();
    std::optional<dtls::Session> session;
    std::optional<srtp::Sender> sender;
    std::optional<srtp::Receiver> receiver;
    Time speaks_at{};
    std::uint16_t spoken = 0;
    std::size_t heard = 0;
  };

  struct Flight {
    Time arrives;
    bool to_engine;
    std::string address;
    Bytes bytes;
  };

  void fly(bool to_engine, const std::string& address, Bytes bytes) {
    if (lose && lose(to_engine, bytes)) return;
    flying.push_back({now + kOneWay, to_engine, address, std::move(bytes)});
  }
  // Lets everybody go on for `duration`, a millisecond at a time. `each` acts in each of them.
  void run(Duration duration, const std::function<void()>& each = {}) {
    for (const Time end = now + duration; now < end;) {
      advance(1ms);
      if (each) each();
      while (!flying.empty() && flying.front().arrives <= now) {
        const Flight flight = std::move(flying.front());
        flying.pop_front();
        if (flight.to_engine) {
          receive(kBrowserSocket, flight.address, flight.bytes);
        } else if (Browser* browser = find(flight.address)) {
          browser->receive(flight.bytes);
        }
      }
      for (const auto& browser : browsers) browser->tick();
      for (SentDatagram& datagram : take_sent()) {
        if (datagram.socket == kBrowserSocket) {
          fly(false, datagram.remote.to_string(), std::move(datagram.bytes));
        } else if (!datagram.is_rtcp() && datagram.bytes.back() == kSound) {
          ++to_trunk[datagram.socket];
        }
      }
    }
  }
  Browser* find(const std::string& address) {
    const auto found = std::ranges::find_if(
        browsers, [&](const auto& browser) { return browser->address == address; });
    return found == browsers.end() ? nullptr : found->get();
  }
  Browser& add_browser() {
    browsers.push_back(std::make_unique<Browser>(*this, static_cast<int>(browsers.size())));
    return *browsers.back();
  }
  Browser& connect() {
    Browser& browser = add_browser();
    EXPECT_TRUE(browser.announce().has_done());
    browser.check();
    run(60ms);
    EXPECT_TRUE(browser.sender);
    return browser;
  }
  // A trunk leg behind the browser's; its RTP socket.
  SocketId bridge_trunk(const Browser& browser) {
    const std::string leg_id = "t" + std::to_string(browser.number);
    const SocketId socket = connect_trunk(leg_id, kProvider);
    EXPECT_TRUE(bridge(browser.leg_id, leg_id, "c" + std::to_string(browser.number)).has_done());
    return socket;
  }
  // ClientHellos of nobody, each with another random.
  static std::vector<Bytes> make_hellos(const char* ciphers, std::size_t count) {
    const dtls::Context context = *dtls::Context::make(*dtls::Certificate::make());
    if (ciphers != nullptr) EXPECT_EQ(SSL_CTX_set_cipher_list(context.get(), ciphers), 1);
    std::vector<Bytes> hellos;
    for (std::size_t i = 0; i < count; ++i) {
      dtls::Session session(context, dtls::Role::Client, std::nullopt, Time{});
      const auto output = session.poll_output();
      const ByteView bytes = std::get<dtls::Datagram>(*output).bytes;
      hellos.emplace_back(bytes.begin(), bytes.end());
    }
    return hellos;
  }

  // 100 calls, one begun each 20 ms, while `attack` acts each millisecond; how many are heard on
  // both sides.
  std::size_t heard_calls(const std::function<void()>& attack) {
    constexpr int kCalls = 100;
    std::vector<SocketId> trunks;
    for (int i = 0; i < kCalls; ++i) {
      Browser& browser = add_browser();
      trunks.push_back(bridge_trunk(browser));
    }
    run(50ms, attack);
    for (const auto& browser : browsers) {
      EXPECT_TRUE(browser->announce().has_done());
      browser->check();
      started = static_cast<std::size_t>(browser->number) + 1;
      run(20ms, attack);
    }
    run(300ms, [&] {
      attack();
      if (now.time_since_epoch() % 20ms != 0ms) return;
      ++trunk_sequence;
      for (const SocketId trunk : trunks) receive(trunk, kProvider, make_audio(trunk_sequence));
    });
    std::size_t heard = 0;
    for (std::size_t i = 0; i < trunks.size(); ++i) {
      if (to_trunk[trunks[i]] > 0 && browsers[i]->heard > 0) ++heard;
    }
    EXPECT_EQ(count_events(Event::kLegFailed), 0U);
    return heard;
  }

  std::vector<std::unique_ptr<Browser>> browsers;
  std::deque<Flight> flying;
  std::function<bool(bool to_engine, const Bytes&)> lose;
  std::unordered_map<SocketId, std::size_t> to_trunk;
  std::uint16_t trunk_sequence = 0;
  std::size_t started = 0;  // of `browsers`, by heard_calls()
};

TEST_F(DtlsEngineTest, AThousandHellosASecondFromElsewhereCostNoCall) {
  for (const char* ciphers : {static_cast<const char*>(nullptr), kNullCipher}) {
    const std::vector<Bytes> hellos = make_hellos(ciphers, 20);
    std::size_t attacks = 0;
    const std::uint64_t before = engine.rejections().of(Rejection::UnknownSource);
    EXPECT_EQ(heard_calls([&] {
                receive(kBrowserSocket, "127.0.0.66:" + std::to_string(1'000 + attacks % 5'000),
                        hellos[attacks % hellos.size()]);
                ++attacks;
              }),
              100U);
    EXPECT_GE(attacks, 2'000U);
    EXPECT_EQ(engine.rejections().of(Rejection::UnknownSource) - before, attacks);
    for (const auto& browser : std::exchange(browsers, {})) {
      release(browser->leg_id);
      release("t" + std::to_string(browser->number));
    }
    flying.clear();
    to_trunk.clear();
  }
}

// From the addresses of five calls at a time, each a thousand a second: before their first check,
// before their handshake, in its midst and after it.
TEST_F(DtlsEngineTest, AThousandHellosASecondFromTheBrowsersOwnAddressCostNoCall) {
  for (const char* ciphers : {static_cast<const char*>(nullptr), kNullCipher}) {
    const std::vector<Bytes> hellos = make_hellos(ciphers, 20);
    std::size_t attacks = 0;
    EXPECT_EQ(heard_calls([&] {
                const std::size_t first = started < 3 ? 0 : started - 3;
                const std::size_t end = std::min(started + 2, browsers.size());
                for (std::size_t i = first; i < end; ++i) {
                  receive(kBrowserSocket, browsers[i]->address, hellos[attacks++ % hellos.size()]);
                }
              }),
              100U);
    EXPECT_GE(attacks, 5'000U);
    std::uint64_t rejected = engine.rejections().of(Rejection::UnknownSource);
    for (const auto& browser : browsers) {
      rejected += statistics(browser->leg_id).rejected().not_authentic();
    }
    EXPECT_GE(rejected, attacks * 9 / 10);
    for (const auto& browser : std::exchange(browsers, {})) {
      release(browser->leg_id);
      release("t" + std::to_string(browser->number));
    }
    flying.clear();
    to_trunk.clear();
  }
}

TEST_F(DtlsEngineTest, AHelloFromNowhereMakesTheOthersReturnACookie) {
  Browser& calm = add_browser();
  ASSERT_TRUE(calm.announce().has_done());
  calm.check();
  run(31ms);  // the check, and two round trips
  EXPECT_TRUE(calm.sender);
  receive(kBrowserSocket, "127.0.0.66:666", make_hellos(nullptr, 1)[0]);
  Browser& browser = add_browser();
  ASSERT_TRUE(browser.announce().has_done());
  browser.check();
  run(31ms);
  EXPECT_FALSE(browser.sender);
  run(10ms);
  EXPECT_TRUE(browser.sender) << "a round trip later";
}

TEST_F(DtlsEngineTest, AHelloFromTheValidatedAddressAfterTheHandshakeIsIgnoredAndCounted) {
  Browser& browser = connect();
  const SocketId trunk = bridge_trunk(browser);
  for (const bool released : {false, true}) {
    const std::uint64_t before = statistics(browser.leg_id).rejected().not_authentic();
    flying.clear();
    for (const char* ciphers : {static_cast<const char*>(nullptr), kNullCipher}) {
      receive(kBrowserSocket, browser.address, make_hellos(ciphers, 1)[0]);
    }
    for (const SentDatagram& datagram : take_sent()) EXPECT_GE(datagram.bytes[0], 128U);
    EXPECT_EQ(statistics(browser.leg_id).rejected().not_authentic(), before + 2);
    const std::size_t heard = to_trunk[trunk];
    for (int i = 0; i < 5; ++i) {
      browser.check();
      run(3s);
    }
    EXPECT_GT(to_trunk[trunk], heard) << released;
  }
  EXPECT_EQ(count_events(Event::kDisconnected) + count_events(Event::kLegFailed), 0U);
}

TEST_F(DtlsEngineTest, AForgedAlertEndsNothingBeforeOrAfterTheHandshake) {
  const Bytes fatal = *from_hex("15fefd000000000000003c00020228");
  const Bytes close_notify = *from_hex("15fefd000000000000003d00020100");
  Browser& browser = add_browser();
  const SocketId trunk = bridge_trunk(browser);
  ASSERT_TRUE(browser.announce().has_done());
  browser.check();
  run(1s, [&] {
    receive(kBrowserSocket, browser.address, fatal);
    receive(kBrowserSocket, browser.address, close_notify);
  });
  EXPECT_GT(to_trunk[trunk], 40U);
  EXPECT_EQ(count_events(Event::kDisconnected) + count_events(Event::kLegFailed), 0U);
  EXPECT_GE(statistics(browser.leg_id).rejected().not_authentic(), 1'900U);
}

TEST_F(DtlsEngineTest, NoMediaLeavesBeforeTheFingerprintIsKnownAndRight) {
  for (const std::string algorithm : {"sha-256", "sha-384", "sha-512"}) {
    for (const bool right : {false, true}) {
      Browser& browser = add_browser();
      const SocketId trunk = bridge_trunk(browser);
      const auto talk = [&] {
        if (now.time_since_epoch() % 20ms == 0ms) {
          receive(trunk, kProvider, make_audio(++trunk_sequence));
        }
      };
      std::size_t media = 0;
      lose = [&](bool to_engine, const Bytes& bytes) {
        media += !to_engine && bytes[0] >= 128 ? 1 : 0;
        return false;
      };
      browser.check();
      run(200ms, talk);
      EXPECT_TRUE(browser.sender) << "for the browser the handshake is done";
      EXPECT_EQ(media, 0U);
      Bytes fingerprint = browser.certificate.fingerprint(algorithm);
      if (!right) fingerprint.back() ^= 1;
      EXPECT_TRUE(browser
                      .announce([&](control::SetRemote& remote) {
                        remote.set_fingerprint_algorithm(algorithm);
                        remote.set_fingerprint(std::string(as_text(fingerprint)));
                      })
                      .has_done());
      run(200ms, talk);
      EXPECT_EQ(media > 0, right) << algorithm;
      EXPECT_EQ(to_trunk[trunk] > 0, right) << algorithm;
      EXPECT_EQ(count_events(Event::kLegFailed), right ? 0U : 1U);
      events.clear();
      lose = {};
      release(browser.leg_id);
      take_sent();
    }
  }
}

TEST_F(DtlsEngineTest, ARogueCertificateGetsNoMediaHoweverOftenItTries) {
  Browser& rogue = add_browser();
  const SocketId trunk = bridge_trunk(rogue);
  const dtls::Certificate other = *dtls::Certificate::make();
  ASSERT_TRUE(rogue
                  .announce([&](control::SetRemote& remote) {
                    remote.set_fingerprint(std::string(as_text(other.fingerprint("sha-256"))));
                  })
                  .has_done());
  std::size_t media = 0;
  lose = [&](bool to_engine, const Bytes& bytes) {
    media += !to_engine && bytes[0] >= 128 ? 1 : 0;
    return false;
  };
  rogue.check();
  for (int i = 0; i < 10; ++i) {
    run(100ms);
    receive(trunk, kProvider, make_audio(++trunk_sequence));
    rogue.start_dtls();
  }
  EXPECT_FALSE(rogue.sender);
  EXPECT_EQ(media, 0U);
  EXPECT_EQ(count_events(Event::kLegFailed), 1U);
  EXPECT_FALSE(statistics(rogue.leg_id).connected());
}

TEST_F(DtlsEngineTest, AnIceRestartWithTheSameFingerprintKeepsTheAssociation) {
  Browser& browser = connect();
  const SocketId trunk = bridge_trunk(browser);
  std::size_t handshake = 0;
  for (const auto role : {control::SetRemote::ACTIVE, control::SetRemote::PASSIVE}) {
    // Browsers offer actpass each time, so that the role may come out the other way round.
    ASSERT_TRUE(browser
                    .announce([&](control::SetRemote& remote) {
                      remote.set_ice_ufrag(role == control::SetRemote::ACTIVE ? "new1" : "new2");
                      remote.set_dtls_role(role);
                    })
                    .has_done());
    browser.address = role == control::SetRemote::ACTIVE ? "203.0.113.9:9000" : "203.0.113.10:1";
    browser.check();
    const std::size_t heard = to_trunk[trunk];
    handshake = 0;
    lose = [&](bool, const Bytes& bytes) {
      handshake += bytes[0] >= 20 && bytes[0] < 64 ? 1 : 0;
      return false;
    };
    run(200ms);
    EXPECT_EQ(handshake, 0U);
    EXPECT_GE(to_trunk[trunk], heard + 8);
  }
  EXPECT_EQ(count_events(Event::kConnected), 1U);
}

TEST_F(DtlsEngineTest, MediaUnderOldKeysPassesUntilTheNewAssociationIsUpAndNeverAfter) {
  Browser& browser = connect();
  const SocketId trunk = bridge_trunk(browser);
  run(100ms);
  const std::size_t before = to_trunk[trunk];
  browser.certificate = *dtls::Certificate::make();
  ASSERT_TRUE(browser.announce().has_done());
  run(100ms);
  EXPECT_GE(to_trunk[trunk], before + 4) << "the new association is not up yet";
  const Bytes early = browser.next_packet();
  const Bytes late = browser.next_packet();
  browser.start_dtls();
  run(14ms);
  EXPECT_EQ(count_events(Event::kConnected), 1U);
  receive(kBrowserSocket, browser.address, early);
  EXPECT_EQ(statistics(browser.leg_id).packets_rejected(), 0U);
  run(3ms);
  EXPECT_EQ(count_events(Event::kConnected), 2U);
  const std::uint64_t rejected = statistics(browser.leg_id).rejected().not_authentic();
  receive(kBrowserSocket, browser.address, late);
  EXPECT_EQ(statistics(browser.leg_id).rejected().not_authentic(), rejected + 1);
  const std::size_t after = to_trunk[trunk];
  run(100ms);
  EXPECT_GE(to_trunk[trunk], after + 4);
}

TEST_F(DtlsEngineTest, RepeatsItsLastFlightAsLongAsABrowserWaitsForIt) {
  Browser& browser = add_browser();
  ASSERT_TRUE(browser.announce().has_done());
  browser.check();
  run(20ms);
  std::size_t lost = 0;
  lose = [&](bool to_engine, const Bytes& bytes) {
    const bool is_lost = !to_engine && (bytes[0] == 20 || bytes[0] == 22);
    lost += is_lost ? 1 : 0;
    return is_lost;
  };
  for (int i = 0; i < 3; ++i) {
    run(5s);
    browser.check();
  }
  EXPECT_FALSE(browser.sender);
  EXPECT_EQ(count_events(Event::kConnected), 1U) << "for us the handshake is done";
  EXPECT_GE(lost, 7U);
  EXPECT_LE(lost, 9U) << "one for each of the browser's";
  lose = {};
  run(6s);
  EXPECT_TRUE(browser.sender);
}

}  // namespace
}  // namespace offhook::media
