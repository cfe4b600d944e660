#include "dtls/session.hpp"
#include "ice/stun.hpp"
#include "media/browser_leg.hpp"
#include "media/test_engine.hpp"
#include "rtp/rtcp.hpp"
#include "srtp/context.hpp"

namespace offhook::media {
namespace {

using namespace std::chrono_literals;
using control::Event;

const std::string kBrowser = "198.51.100.7:50000";
const std::string kAttacker = "203.0.113.66:6666";
const std::string kProvider = "192.0.2.1:10000";

// A browser's media as far as these tests need it: ICE checks, DTLS in either role, SRTP.
class BrowserEngineTest : public EngineTest {
 protected:
  BrowserEngineTest() { sdp_ = allocate("b", control::AllocateLeg::BROWSER).leg_allocated(); }

  control::Event set_remote(control::SetRemote::DtlsRole role = control::SetRemote::PASSIVE,
                            const std::function<void(control::SetRemote&)>& change = {}) {
    return command([&](control::Command& c) {
      control::SetRemote& remote = *c.mutable_set_remote();
      remote.set_leg_id("b");
      remote.mutable_format()->set_codec(control::AudioFormat::PCMU);
      remote.mutable_format()->set_telephone_event_payload_type(126);
      remote.set_ice_ufrag("brow");
      remote.set_ice_pwd("browserbrowserbrowserbrowser");
      remote.set_fingerprint_algorithm("sha-256");
      remote.set_fingerprint(std::string(as_text(certificate_.fingerprint("sha-256"))));
      remote.set_dtls_role(role);
      if (change) change(remote);
    });
  }

  Bytes make_check(std::string_view password, bool use_candidate = true) {
    Bytes buffer(256);
    ice::TransactionId id{};
    random.fill(id);
    ice::StunBuilder builder(buffer, ice::StunClass::Request, ice::kBindingMethod, id);
    builder.add(ice::attribute::kUsername, as_bytes(sdp_.ice_ufrag() + ":brow"));
    builder.add_u32(ice::attribute::kPriority, 1'853'824'767);
    builder.add_u64(ice::attribute::kIceControlling, 7);
    if (use_candidate) builder.add_flag(ice::attribute::kUseCandidate);
    const ByteView message = builder.finish(as_bytes(password));
    return {message.begin(), message.end()};
  }
  void check(const std::string& from = kBrowser, SocketId socket = kBrowserSocket) {
    receive(socket, from, make_check(sdp_.ice_pwd()));
  }

  void start_dtls(dtls::Role role) {
    const dtls::PeerFingerprint gateway{sdp_.fingerprint_algorithm(), to_bytes(sdp_.fingerprint())};
    session_.emplace(*dtls::Context::make(certificate_), role, gateway, now);
    exchange();
  }
  // Carries datagrams to and fro until both sides are quiet.
  void exchange(const std::string& from = kBrowser) {
    for (bool busy = true; busy;) {
      busy = false;
      while (const auto output = session_->poll_output()) {
        busy = true;
        if (const auto* datagram = std::get_if<dtls::Datagram>(&*output)) {
          outbound_.emplace_back(datagram->bytes.begin(), datagram->bytes.end());
        } else if (const auto* connected = std::get_if<dtls::Connected>(&*output)) {
          const auto profile = *srtp::profile_from_number(connected->srtp_profile);
          sender_ = *srtp::Sender::make(profile, connected->local.bytes());
          receiver_ = *srtp::Receiver::make(profile, connected->remote.bytes());
        }
      }
      for (const Bytes& datagram : std::exchange(outbound_, {})) {
        receive(kBrowserSocket, from, datagram);
      }
      for (SentDatagram& datagram : take_sent()) {
        if (datagram.remote != *Endpoint::parse(from)) continue;
        if (datagram.bytes[0] >= 20 && datagram.bytes[0] < 64) {
          busy = true;
          session_->handle(datagram.bytes, now);
        } else {
          media_.push_back(std::move(datagram));
        }
      }
    }
  }
  void connect() {
    ASSERT_TRUE(set_remote().has_done());
    check();
    start_dtls(dtls::Role::Client);
    ASSERT_TRUE(sender_);
  }
  SocketId connect_bridged_trunk() {
    const SocketId trunk = connect_trunk("t", kProvider);
    EXPECT_TRUE(bridge("b", "t").has_done());
    take_sent();
    return trunk;
  }

  Bytes protect(Bytes packet) {
    const std::size_t size = packet.size();
    packet.resize(size + srtp::kMaxTrailerBytes);
    const auto made = sender_->protect_rtp(packet, size);
    packet.resize(made->size());
    return packet;
  }
  // RTP that came to the browser since the last call.
  std::vector<Bytes> take_heard() {
    std::vector<Bytes> heard;
    for (SentDatagram& datagram : take_sent()) media_.push_back(std::move(datagram));
    for (SentDatagram& datagram : std::exchange(media_, {})) {
      if (datagram.remote != *Endpoint::parse(kBrowser)) continue;
      if (rtp::classify(datagram.bytes) != rtp::PacketKind::Rtp) continue;
      const auto plain = receiver_->unprotect_rtp(datagram.bytes);
      EXPECT_TRUE(plain);
      if (plain) heard.emplace_back(plain->begin(), plain->end());
    }
    return heard;
  }

  dtls::Certificate certificate_ = *dtls::Certificate::make();
  control::LegAllocated sdp_;
  std::optional<dtls::Session> session_;
  std::optional<srtp::Sender> sender_;
  std::optional<srtp::Receiver> receiver_;
  std::vector<Bytes> outbound_;
  std::vector<SentDatagram> media_;
};

TEST_F(BrowserEngineTest, ConnectsAndRelaysBothWays) {
  connect();
  EXPECT_EQ(count_events(Event::kConnected), 1U);
  EXPECT_TRUE(statistics("b").connected());
  const SocketId trunk = connect_bridged_trunk();

  receive(kBrowserSocket, kBrowser, protect(make_audio(1, 0x11)));
  const auto to_trunk = take_rtp(trunk);
  ASSERT_EQ(to_trunk.size(), 1U);
  EXPECT_EQ(to_trunk[0].payload(), Bytes(160, 0x11));

  receive(trunk, kProvider, make_audio(9, 0x22));
  const auto heard = take_heard();
  ASSERT_EQ(heard.size(), 1U);
  const auto view = rtp::PacketView::parse(heard[0]);
  EXPECT_EQ(view->header().ssrc, sdp_.ssrc());
  EXPECT_EQ(Bytes(view->payload().begin(), view->payload().end()), Bytes(160, 0x22));
}

TEST_F(BrowserEngineTest, ConnectsAsTheActiveSide) {
  ASSERT_TRUE(set_remote(control::SetRemote::ACTIVE).has_done());
  EXPECT_TRUE(take_sent().empty()) << "nothing before ICE has an address";
  session_.emplace(*dtls::Context::make(certificate_), dtls::Role::Server,
                   dtls::PeerFingerprint{"sha-256", to_bytes(sdp_.fingerprint())}, now);
  check();
  exchange();
  EXPECT_EQ(count_events(Event::kConnected), 1U);
}

TEST_F(BrowserEngineTest, AHandshakeThatRunsAheadOfTheAnswerIsFinishedByIt) {
  check();
  start_dtls(dtls::Role::Client);
  EXPECT_EQ(count_events(Event::kConnected), 0U);
  EXPECT_FALSE(statistics("b").connected());
  ASSERT_TRUE(set_remote().has_done());
  exchange();
  EXPECT_EQ(count_events(Event::kConnected), 1U);
  EXPECT_TRUE(statistics("b").connected());
}

TEST_F(BrowserEngineTest, DtlsIsOnlyForAddressesThatIceValidated) {
  ASSERT_TRUE(set_remote().has_done());
  check();
  session_.emplace(*dtls::Context::make(certificate_), dtls::Role::Client,
                   dtls::PeerFingerprint{"sha-256", to_bytes(sdp_.fingerprint())}, now);
  take_sent();
  exchange(kAttacker);
  EXPECT_TRUE(sent.empty());
  EXPECT_GE(engine.rejections().of(Rejection::UnknownSource), 1U);
  start_dtls(dtls::Role::Client);
  EXPECT_EQ(count_events(Event::kConnected), 1U) << "the real browser is not disturbed";
}

TEST_F(BrowserEngineTest, AWrongPasswordValidatesNothing) {
  ASSERT_TRUE(set_remote().has_done());
  receive(kBrowserSocket, kAttacker, make_check("wrongwrongwrongwrongwrong"));
  take_sent();
  receive(kBrowserSocket, kAttacker, Bytes(100, 22));
  EXPECT_TRUE(take_sent().empty());
  EXPECT_EQ(engine.rejections().of(Rejection::UnknownSource), 1U);
}

TEST_F(BrowserEngineTest, ACheckForNobodyGetsNoAnswer) {
  sdp_.set_ice_ufrag("nobody");
  check(kAttacker);
  EXPECT_TRUE(take_sent().empty());
  EXPECT_EQ(engine.rejections().of(Rejection::UnknownSource), 1U);
}

TEST_F(BrowserEngineTest, AWrongFingerprintFailsTheLegAndNoMediaPasses) {
  ASSERT_TRUE(set_remote(control::SetRemote::PASSIVE, [](control::SetRemote& remote) {
                remote.set_fingerprint(std::string(32, 'x'));
              }).has_done());
  check();
  start_dtls(dtls::Role::Client);
  // It may have been somebody else's certificate, for all that is known.
  EXPECT_EQ(count_events(Event::kLegFailed), 0U);
  advance(dtls::kSecondChance);
  EXPECT_EQ(count_events(Event::kLegFailed), 1U);
  EXPECT_EQ(count_events(Event::kConnected), 0U);
  const SocketId trunk = connect_bridged_trunk();
  receive(trunk, kProvider, make_audio(1));
  EXPECT_TRUE(take_heard().empty());
}

TEST_F(BrowserEngineTest, BadSrtpIsCountedByCauseAndDoesNotEndTheCall) {
  connect();
  const SocketId trunk = connect_bridged_trunk();
  const Bytes good = protect(make_audio(1));
  receive(kBrowserSocket, kBrowser, good);
  receive(kBrowserSocket, kBrowser, good);  // replayed
  Bytes forged = protect(make_audio(2));
  forged.back() ^= 1;
  for (int i = 0; i < 1'000; ++i) receive(kBrowserSocket, kBrowser, forged);
  EXPECT_EQ(take_rtp(trunk).size(), 1U);
  EXPECT_EQ(statistics("b").packets_rejected(), 1'001U);
  EXPECT_EQ(statistics("b").rejected().not_authentic(), 1'000U);
  EXPECT_EQ(statistics("b").rejected().replayed(), 1U);
  advance(20ms);
  receive(kBrowserSocket, kBrowser, protect(make_audio(3)));
  EXPECT_GE(take_rtp(trunk).size(), 1U);
}

TEST_F(BrowserEngineTest, MediaFromAnotherAddressIsNotHeard) {
  connect();
  const SocketId trunk = connect_bridged_trunk();
  receive(kBrowserSocket, kAttacker, protect(make_audio(1)));
  EXPECT_TRUE(take_rtp(trunk).empty());
}

TEST_F(BrowserEngineTest, MediaFollowsTheBrowserToAnotherAddress) {
  connect();
  const SocketId trunk = connect_bridged_trunk();
  const std::string moved = "198.51.100.99:40000";
  advance(1s);
  check(moved);
  take_sent();
  receive(trunk, kProvider, make_audio(1));
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].remote, *Endpoint::parse(moved));
  take_sent();
  receive(kBrowserSocket, kBrowser, protect(make_audio(1)));
  EXPECT_EQ(take_rtp(trunk).size(), 1U) << "the old address is receivable for a while";
  for (int i = 0; i < 3; ++i) {
    advance(3s);
    check(moved);
  }
  take_sent();
  receive(kBrowserSocket, kBrowser, protect(make_audio(2)));
  EXPECT_TRUE(take_rtp(trunk).empty());
}

TEST_F(BrowserEngineTest, AnswersOnTheSocketWhoseAddressTheBrowserChose) {
  connect();
  const SocketId trunk = connect_bridged_trunk();
  check(kBrowser, kFurtherBrowserSockets + 1);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].socket, kFurtherBrowserSockets + 1);
  take_sent();
  receive(trunk, kProvider, make_audio(1));
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].socket, kFurtherBrowserSockets + 1);
}

TEST_F(BrowserEngineTest, SaysWhenTheBrowserIsAwayBackAndLost) {
  connect();
  advance(5s);
  EXPECT_EQ(count_events(Event::kDisconnected), 0U);
  advance(2s);
  EXPECT_EQ(count_events(Event::kDisconnected), 1U);
  EXPECT_FALSE(statistics("b").connected());
  check();
  EXPECT_EQ(count_events(Event::kConnected), 2U);
  EXPECT_TRUE(statistics("b").connected());
  advance(31s);
  EXPECT_EQ(count_events(Event::kDisconnected), 2U);
  EXPECT_EQ(count_events(Event::kTimedOut), 1U);
  const SocketId trunk = connect_bridged_trunk();
  receive(trunk, kProvider, make_audio(1));
  EXPECT_TRUE(take_heard().empty());
}

TEST_F(BrowserEngineTest, ABrowserThatNeverComesTimesOut) {
  ASSERT_TRUE(set_remote().has_done());
  advance(31s);
  EXPECT_EQ(count_events(Event::kTimedOut) + count_events(Event::kLegFailed), 1U);
}

// DTLS is over by then; ICE tells that the browser is away.
TEST_F(BrowserEngineTest, CloseNotifyIsNoFailure) {
  connect();
  session_->close();
  exchange();
  EXPECT_EQ(count_events(Event::kDisconnected), 0U);
  advance(6s);
  EXPECT_EQ(count_events(Event::kDisconnected), 1U);
  EXPECT_EQ(count_events(Event::kLegFailed), 0U);
}

TEST_F(BrowserEngineTest, CloseNotifyBeforeTheAnswerIsAnAbsenceAndNoFailure) {
  check();
  start_dtls(dtls::Role::Client);
  session_->close();
  exchange();
  EXPECT_EQ(count_events(Event::kDisconnected), 1U);
  ASSERT_TRUE(set_remote().has_done());
  EXPECT_EQ(count_events(Event::kLegFailed) + count_events(Event::kConnected), 0U);
}

TEST_F(BrowserEngineTest, TheSameRemoteAgainChangesNothing) {
  connect();
  const SocketId trunk = connect_bridged_trunk();
  // Browsers re-offer actpass each time, so the role may come out the other way round (RFC 8842 5).
  ASSERT_TRUE(set_remote(control::SetRemote::ACTIVE).has_done());
  ASSERT_TRUE(set_remote().has_done());
  EXPECT_TRUE(take_sent().empty());
  receive(kBrowserSocket, kBrowser, protect(make_audio(1)));
  EXPECT_EQ(take_rtp(trunk).size(), 1U);
}

TEST_F(BrowserEngineTest, AnotherFingerprintIsANewAssociation) {
  connect();
  const SocketId trunk = connect_bridged_trunk();
  certificate_ = *dtls::Certificate::make();
  ASSERT_TRUE(set_remote().has_done());
  start_dtls(dtls::Role::Client);
  EXPECT_EQ(count_events(Event::kConnected), 2U);
  receive(kBrowserSocket, kBrowser, protect(make_audio(1)));
  EXPECT_EQ(take_rtp(trunk).size(), 1U);
  advance(20ms);
  (void)take_heard();
  receive(trunk, kProvider, make_audio(1));
  EXPECT_EQ(take_heard().size(), 1U);
}

TEST_F(BrowserEngineTest, RingbackWaitsForDtlsAndEndsWithTheBridgesAudio) {
  ASSERT_TRUE(command([](control::Command& c) {
                c.mutable_play()->set_leg_id("b");
                c.mutable_play()->set_sound(control::Play::RINGBACK);
              }).has_done());
  advance(100ms);
  EXPECT_TRUE(take_sent().empty());
  connect();
  advance(190ms);
  EXPECT_EQ(take_heard().size(), 10U);
  const SocketId trunk = connect_bridged_trunk();
  receive(trunk, kProvider, make_audio(1, 0x42));
  advance(1s);
  EXPECT_EQ(take_heard().size(), 1U);
}

TEST_F(BrowserEngineTest, DigitsOfTheBrowserReachTheTrunkAndSignal) {
  connect();
  const SocketId trunk = connect_bridged_trunk();
  for (std::uint16_t i = 1; i <= 3; ++i) {
    Bytes packet = make_rtp(126, i, Bytes{7, 0x8A, 0x03, 0x20});
    store_u32(&packet[4], 160);
    receive(kBrowserSocket, kBrowser, protect(packet));
  }
  advance(45ms);
  auto events_sent = take_rtp(trunk);
  std::erase_if(events_sent, [](const auto& sent) { return sent.header().payload_type == 0; });
  ASSERT_EQ(events_sent.size(), 3U);
  EXPECT_EQ(events_sent[0].header().payload_type, 101);
  EXPECT_EQ(count_events(Event::kDigitReceived), 1U);
}

TEST_F(BrowserEngineTest, SendsProtectedReportsAndReadsTheBrowsers) {
  connect();
  const SocketId trunk = connect_bridged_trunk();
  receive(kBrowserSocket, kBrowser, protect(make_audio(1)));
  receive(trunk, kProvider, make_audio(1));
  advance(5'900ms);  // the check of connect() is 6 s good
  check();
  advance(2s);
  std::size_t reports = 0;
  for (SentDatagram& datagram : take_sent()) {
    if (datagram.socket != kBrowserSocket || !datagram.is_rtcp()) continue;
    const auto plain = receiver_->unprotect_rtcp(datagram.bytes);
    ASSERT_TRUE(plain);
    const auto report = rtp::parse_rtcp(*plain);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->sender_ssrc, sdp_.ssrc());
    EXPECT_EQ(report->cname, sdp_.cname());
    EXPECT_EQ(report->block_for(0xABCD) != nullptr, reports == 0) << "it was heard once";
    ++reports;
  }
  EXPECT_GE(reports, 3U) << "one each 1 to 3 s: browsers show what they say";
  EXPECT_LE(reports, 8U);

  Bytes buffer(600);
  rtp::Report report;
  report.sender_ssrc = 0xABCD;
  const std::size_t size = rtp::write_rtcp(report, buffer).size();
  const auto packet = sender_->protect_rtcp(buffer, size);
  const auto before = statistics("b").packets_rejected();
  receive(kBrowserSocket, kBrowser, *packet);
  EXPECT_EQ(statistics("b").packets_rejected(), before);
}

TEST_F(BrowserEngineTest, KnowsFromTheBrowsersReportsHowItHearsUs) {
  connect();
  const SocketId trunk = connect_bridged_trunk();
  for (std::uint16_t i = 0; i < 100; ++i) {
    receive(trunk, kProvider, make_audio(i));
    advance(20ms);
  }
  EXPECT_FALSE(statistics("b").has_mos_sent());
  rtp::Report report{.sender_ssrc = 0xABCD};
  report.add({.ssrc = sdp_.ssrc(),
              .cumulative_lost = 10,
              .jitter = 40,
              .last_sender_report = static_cast<std::uint32_t>(rtp::ntp_time(now - 1s) >> 16),
              .delay_since_last_sender_report = 65'536 * 3 / 4});
  Bytes buffer(600);
  const std::size_t size = rtp::write_rtcp(report, buffer).size();
  const auto packet = sender_->protect_rtcp(buffer, size);
  const Bytes again(packet->begin(), packet->end());
  receive(kBrowserSocket, kBrowser, *packet);
  receive(kBrowserSocket, kBrowser, again);
  const auto figures = statistics("b");
  EXPECT_EQ(figures.rejected().replayed(), 1U);
  EXPECT_EQ(figures.far_packets_lost(), 10U);
  EXPECT_EQ(figures.far_jitter_us(), 5'000U);
  EXPECT_NEAR(figures.round_trip_us(), 250'000, 100);
  EXPECT_LT(figures.mos_sent(), 350U);
  EXPECT_FALSE(figures.has_mos_received()) << "it said nothing";
}

TEST_F(BrowserEngineTest, AReleasedLegSaysGoodbyeProtected) {
  connect();
  const SocketId trunk = connect_bridged_trunk();
  receive(trunk, kProvider, make_audio(1));
  take_sent();
  release("b");
  auto sent = take_sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].remote, *Endpoint::parse(kBrowser));
  const auto plain = receiver_->unprotect_rtcp(sent[0].bytes);
  ASSERT_TRUE(plain);
  EXPECT_TRUE(rtp::parse_rtcp(*plain)->bye);
}

TEST_F(BrowserEngineTest, SurvivesWhateverComesFromTheWire) {
  connect();
  const SocketId trunk = connect_bridged_trunk();
  receive(trunk, kProvider, make_audio(1));
  constexpr std::array<std::uint8_t, 5> kFirstBytes{0, 22, 0x80, 0x90, 0xB2};
  for (int i = 0; i < 20'000; ++i) {
    Bytes bytes(random.below(300));
    random.fill(bytes);
    if (!bytes.empty()) bytes[0] = kFirstBytes[random.below(kFirstBytes.size())];
    if (bytes.size() > 1 && random.below(2) == 0) bytes[1] = random.below(2) == 0 ? 0 : 201;
    receive(kBrowserSocket, kBrowser, bytes);
    receive(trunk + static_cast<SocketId>(random.below(2)), kProvider, bytes);
    Bytes almost = make_check(sdp_.ice_pwd());
    almost[random.below(almost.size())] ^= static_cast<std::uint8_t>(1 + random.below(255));
    receive(kBrowserSocket, kAttacker, almost);
    if (i % 100 == 0) advance(1ms);
  }
  (void)take_heard();
  advance(1s);
  check();
  take_sent();
  receive(kBrowserSocket, kBrowser, protect(make_audio(1)));
  EXPECT_EQ(take_rtp(trunk).size(), 1U);
}

TEST_F(BrowserEngineTest, AddressesThatAreGivenUpAreForgotten) {
  connect();
  for (int i = 0; i < 200; ++i) {
    check("198.51.100.8:" + std::to_string(1'000 + i));
    advance(100ms);
  }
  check();
  const SocketId trunk = connect_bridged_trunk();
  receive(kBrowserSocket, kBrowser, protect(make_audio(1)));
  EXPECT_EQ(take_rtp(trunk).size(), 1U);
  ASSERT_TRUE(release("b").has_done());
  take_sent();
  receive(kBrowserSocket, kBrowser, protect(make_audio(2)));
  EXPECT_EQ(engine.rejections().of(Rejection::UnknownSource), 1U);
}

}  // namespace
}  // namespace offhook::media
