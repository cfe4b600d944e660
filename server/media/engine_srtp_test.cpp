#include "media/test_engine.hpp"
#include "srtp/context.hpp"

// Trunk legs with keys from the SDP.
namespace offhook::media {
namespace {

using namespace std::chrono_literals;
using control::Event;

const std::string kProvider = "192.0.2.1:10000";
const std::string kProvidersRtcp = "192.0.2.1:10001";
const std::string kOther = "192.0.2.200:12000";

struct Keys {
  std::uint32_t profile = 1;
  std::string ours = std::string(30, 'o');
  std::string theirs = std::string(30, 't');
};

const Keys kGcm{.profile = 7, .ours = std::string(28, 'o'), .theirs = std::string(28, 't')};

class EngineSrtpTest : public EngineTest {
 protected:
  control::Event set_keys(const std::string& leg, const std::string& rtp, const Keys& keys) {
    return set_trunk_remote(leg, rtp, true, [&](control::SetRemote& remote) {
      remote.mutable_sdes()->set_srtp_profile(keys.profile);
      remote.mutable_sdes()->set_local_key_and_salt(keys.ours);
      remote.mutable_sdes()->set_remote_key_and_salt(keys.theirs);
    });
  }
  SocketId connect_secure(const std::string& leg, const std::string& rtp, const Keys& keys) {
    const Event allocated = allocate(leg, control::AllocateLeg::TRUNK);
    EXPECT_TRUE(set_keys(leg, rtp, keys).has_done());
    return static_cast<SocketId>(allocated.leg_allocated().rtp().port() - 40'000);
  }
  static srtp::Profile profile(const Keys& keys) {
    return *srtp::profile_from_number(static_cast<std::uint16_t>(keys.profile));
  }
  // What a far side with these keys has.
  static srtp::Sender far_sender(const Keys& keys) {
    return *srtp::Sender::make(profile(keys), as_bytes(keys.theirs));
  }
  static srtp::Receiver far_receiver(const Keys& keys) {
    return *srtp::Receiver::make(profile(keys), as_bytes(keys.ours));
  }
  static Bytes protect(srtp::Sender& sender, Bytes packet) {
    const std::size_t size = packet.size();
    packet.resize(size + srtp::kMaxTrailerBytes);
    const auto done = sender.protect_rtp(packet, size);
    EXPECT_TRUE(done);
    return {done->begin(), done->end()};
  }
  static std::optional<Bytes> open(srtp::Receiver& receiver, Bytes packet) {
    const auto plain = receiver.unprotect_rtp(packet);
    return plain ? std::optional(Bytes(plain->begin(), plain->end())) : std::nullopt;
  }
};

TEST_F(EngineSrtpTest, ATrunkLegWithKeysProtectsRtpAndRtcp) {
  for (const Keys& keys : {Keys{}, Keys{.profile = 2}, kGcm}) {
    const std::string leg = "t" + std::to_string(keys.profile);
    const SocketId socket = connect_secure(leg, kProvider, keys);
    advance(10s);
    srtp::Receiver receiver = far_receiver(keys);
    std::size_t audio = 0;
    std::size_t reports = 0;
    for (const SentDatagram& datagram : take_sent()) {
      if (datagram.is_rtcp()) {
        EXPECT_EQ(datagram.socket, socket + 1);
        Bytes bytes = datagram.bytes;
        EXPECT_TRUE(receiver.unprotect_rtcp(bytes)) << keys.profile;
        ++reports;
        continue;
      }
      const auto plain = open(receiver, datagram.bytes);
      ASSERT_TRUE(plain) << keys.profile;
      EXPECT_EQ(Bytes(plain->begin() + 12, plain->end()), Bytes(160, 0xFF));
      EXPECT_NE(Bytes(datagram.bytes.begin() + 12, datagram.bytes.begin() + 172), Bytes(160, 0xFF));
      ++audio;
    }
    EXPECT_EQ(audio, 501U);
    EXPECT_GE(reports, 1U);
    release(leg);
    take_sent();
  }
}

TEST_F(EngineSrtpTest, RelaysBetweenSrtpAndPlainRtp) {
  const SocketId a = connect_secure("a", kProvider, kGcm);
  const SocketId b = connect_trunk("b", kOther);
  bridge("a", "b");
  take_sent();
  srtp::Sender sender = far_sender(kGcm);
  receive(a, kProvider, protect(sender, make_audio(1)));
  const auto relayed = take_rtp(b);
  ASSERT_EQ(relayed.size(), 1U);
  EXPECT_EQ(relayed[0].payload(), Bytes(160, 0x55));
  receive(b, kOther, make_audio(7, 0x66));
  srtp::Receiver receiver = far_receiver(kGcm);
  bool heard = false;
  for (const SentDatagram& datagram : take_rtp(a)) {
    const auto plain = open(receiver, datagram.bytes);
    ASSERT_TRUE(plain);
    heard |= Bytes(plain->begin() + 12, plain->end()) == Bytes(160, 0x66);
  }
  EXPECT_TRUE(heard);
}

TEST_F(EngineSrtpTest, WhatDoesNotAuthenticateIsCountedAndNothingElse) {
  const SocketId a = connect_secure("a", kProvider, Keys{});
  const SocketId b = connect_trunk("b", kOther);
  bridge("a", "b");
  take_sent();
  srtp::Sender sender = far_sender(Keys{});
  const Bytes good = protect(sender, make_audio(1));
  for (int i = 0; i < 10'000; ++i) {
    Bytes wrong = good;
    wrong[12 + static_cast<std::size_t>(i) % (wrong.size() - 12)] ^= 1;
    receive(a, kProvider, wrong);
  }
  receive(a, kProvider, make_audio(1));
  Bytes report(28, 0);
  report[0] = 0x80;
  report[1] = 200;
  receive(a + 1, kProvidersRtcp, report);
  EXPECT_TRUE(take_rtp(b).empty());
  EXPECT_EQ(count_events(Event::kConnected), 0U);
  EXPECT_EQ(statistics("a").rejected().not_authentic() + statistics("a").rejected().malformed(),
            10'002U);
  EXPECT_GE(statistics("a").rejected().not_authentic(), 10'001U);
  EXPECT_EQ(statistics("a").packets_received(), 0U);

  receive(a, kProvider, good);
  EXPECT_EQ(take_rtp(b).size(), 1U);
  EXPECT_EQ(count_events(Event::kConnected), 1U);
  receive(a, kProvider, good);
  EXPECT_TRUE(take_rtp(b).empty());
  EXPECT_EQ(statistics("a").rejected().replayed(), 1U);
  EXPECT_EQ(count_events(Event::kLegFailed) + count_events(Event::kTimedOut), 0U);
}

TEST_F(EngineSrtpTest, LearnsNoSourceFromWhatDoesNotAuthenticate) {
  const std::string elsewhere = "192.0.2.1:33333";
  const SocketId a = connect_secure("a", kProvider, Keys{});
  for (std::uint16_t i = 1; i <= 300; ++i) receive(a, elsewhere, make_audio(i));
  take_sent();
  advance(20ms);
  for (const auto& datagram : take_rtp(a)) EXPECT_EQ(datagram.remote, *Endpoint::parse(kProvider));

  srtp::Sender sender = far_sender(Keys{});
  for (std::uint16_t i = 1; i <= 5; ++i) receive(a, elsewhere, protect(sender, make_audio(i)));
  take_sent();
  advance(20ms);
  const auto packets = take_rtp(a);
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_EQ(packets[0].remote, *Endpoint::parse(elsewhere));
  const std::uint64_t before = statistics("a").rejected().wrong_source();
  receive(a, "198.51.100.66:10000", protect(sender, make_audio(6)));
  EXPECT_EQ(statistics("a").rejected().wrong_source(), before + 1);
}

TEST_F(EngineSrtpTest, TheSameKeysAgainLeaveTheContextsAlone) {
  const SocketId a = connect_secure("a", kProvider, Keys{});
  srtp::Sender sender = far_sender(Keys{});
  srtp::Receiver receiver = far_receiver(Keys{});
  const Bytes first = protect(sender, make_audio(1));
  receive(a, kProvider, first);
  set_keys("a", kProvider, Keys{});
  receive(a, kProvider, first);
  EXPECT_EQ(statistics("a").rejected().replayed(), 1U);
  advance(100ms);
  // One run of indices: the far side's window refuses none of them.
  for (const auto& datagram : take_rtp(a)) EXPECT_TRUE(open(receiver, datagram.bytes));
}

TEST_F(EngineSrtpTest, ANewKeyOfTheFarSideBeginsItsWindowsAnew) {
  const SocketId a = connect_secure("a", kProvider, Keys{});
  srtp::Sender sender = far_sender(Keys{});
  for (std::uint32_t n = 65'000; n < 65'700; n += 10) {
    receive(a, kProvider, protect(sender, make_audio(static_cast<std::uint16_t>(n))));
  }
  const std::uint64_t before = statistics("a").packets_received();
  const Keys counts_on{.theirs = std::string(30, 'n')};
  set_keys("a", kProvider, counts_on);
  EXPECT_TRUE(sender.rekey(profile(counts_on), as_bytes(counts_on.theirs)));
  receive(a, kProvider, protect(sender, make_audio(200)));
  EXPECT_EQ(statistics("a").packets_received(), before + 1);

  const Keys begins_anew{.theirs = std::string(30, 'm')};
  set_keys("a", kProvider, begins_anew);
  srtp::Sender other = far_sender(begins_anew);
  receive(a, kProvider, protect(other, make_audio(201)));
  EXPECT_EQ(statistics("a").packets_received(), before + 2);
  EXPECT_EQ(statistics("a").packets_rejected(), 0U);
}

TEST_F(EngineSrtpTest, UnderANewKeyOfOursTheStreamGoesOn) {
  const SocketId a = connect_secure("a", kProvider, Keys{});
  advance(100ms);
  const auto before = take_rtp(a);
  const Keys next{.profile = 7, .ours = std::string(28, 'n'), .theirs = std::string(28, 't')};
  set_keys("a", kProvider, next);
  advance(100ms);
  const auto after = take_rtp(a);
  ASSERT_FALSE(before.empty() || after.empty());
  EXPECT_EQ(after.front().header().ssrc, before.front().header().ssrc);
  EXPECT_EQ(after.front().header().sequence,
            static_cast<std::uint16_t>(before.back().header().sequence + 1));
  srtp::Receiver receiver = far_receiver(next);
  for (const auto& datagram : after) EXPECT_TRUE(open(receiver, datagram.bytes));
}

TEST_F(EngineSrtpTest, GoesToPlainRtpAndBack) {
  const SocketId a = connect_secure("a", kProvider, Keys{});
  srtp::Receiver receiver = far_receiver(Keys{});
  advance(100ms);
  for (const auto& datagram : take_rtp(a)) EXPECT_TRUE(open(receiver, datagram.bytes));
  set_trunk_remote("a", kProvider);
  advance(100ms);
  for (const auto& datagram : take_rtp(a)) EXPECT_EQ(datagram.payload(), Bytes(160, 0xFF));
  receive(a, kProvider, make_audio(1));
  EXPECT_EQ(statistics("a").packets_received(), 1U);
  set_keys("a", kProvider, Keys{});
  advance(100ms);
  const auto packets = take_rtp(a);
  EXPECT_FALSE(packets.empty());
  for (const auto& datagram : packets) EXPECT_TRUE(open(receiver, datagram.bytes));
}

TEST_F(EngineSrtpTest, RefusesKeysOfTheWrongLength) {
  allocate("a", control::AllocateLeg::TRUNK);
  EXPECT_TRUE(set_keys("a", kProvider, {.profile = 7}).has_command_failed());
  EXPECT_TRUE(set_keys("a", kProvider, {.profile = 5}).has_command_failed());
  EXPECT_TRUE(sent.empty());
}

}  // namespace
}  // namespace offhook::media
