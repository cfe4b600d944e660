#include "provider/provider_fixture.hpp"
#include "srtp/context.hpp"

namespace offhook::provider {
namespace {

using testing::HasSubstr;

// An account with "Encrypted SIP Traffic", and a phone with keys.
class ProviderSrtpTest : public ProviderTest {
 protected:
  static Config encrypted() {
    Config made = config();
    made.accounts.front().encrypted = true;
    return made;
  }
  ProviderSrtpTest() : ProviderTest(encrypted()) { random.fill(ours.key_and_salt); }

  std::string secure_offer() {
    return sdp::write(sdp::offer_trunk({sdp::Codec::Pcmu},
                                       {.rtp = phone_rtp, .session_id = 1, .crypto = {ours}}));
  }
  // Reads the provider's SDP: what it sends is decrypted from now on.
  void agree(const std::string& body) {
    const auto session = sdp::parse(body);
    ASSERT_TRUE(session);
    const auto& crypto = session->media.at(0).crypto;
    ASSERT_EQ(crypto.size(), 1u);
    EXPECT_EQ(crypto[0].tag, ours.tag);
    EXPECT_NE(crypto[0].key_and_salt, ours.key_and_salt);
    sender.emplace(*srtp::Sender::make(profile, ours.key_and_salt));
    receiver.emplace(*srtp::Receiver::make(profile, crypto[0].key_and_salt));
    on_rtp = [this](Bytes& packet) {
      const auto plain = receiver->unprotect_rtp(packet);
      ASSERT_TRUE(plain);
      packet.resize(plain->size());
    };
  }
  void speak_encrypted(std::uint16_t sequence) {
    Bytes packet(rtp::kHeaderBytes + 160, 0x33);
    rtp::write_header({.sequence = sequence, .timestamp = 160u * sequence, .ssrc = 7},
                      std::span(packet).first<rtp::kHeaderBytes>());
    const std::size_t size = packet.size();
    packet.resize(size + srtp::kMaxTrailerBytes);
    packet.resize(sender->protect_rtp(packet, size)->size());
    provider.handle_rtp(0, phone_rtp, packet, now);
    run_for(rtp::kPacketTime);
  }

  static constexpr auto profile = srtp::Profile::AesCm128HmacSha1_80;
  sdp::Crypto ours{.tag = 5, .key_and_salt = Bytes(30)};
  std::optional<srtp::Sender> sender;
  std::optional<srtp::Receiver> receiver;
};

TEST_F(ProviderSrtpTest, PlainRtpIsNotAcceptable) {
  EXPECT_EQ(refusal_of("4443"), 488);
  expect_quiet();
}

TEST_F(ProviderSrtpTest, EchoesWhatAuthenticates) {
  (void)dial("4443", secure_offer());
  run_until([this] { return count<sip::Accepted>() == 1; });
  const std::string answer = last<sip::Accepted>().response.body;
  EXPECT_THAT(answer, HasSubstr("RTP/SAVP 0 101"));
  EXPECT_THAT(answer, HasSubstr("a=crypto:5 AES_CM_128_HMAC_SHA1_80 inline:"));
  agree(answer);
  for (std::uint16_t n = 1; n <= 10; ++n) speak_encrypted(n);
  EXPECT_EQ(heard.size(), 10u);
  EXPECT_EQ(heard.back().payload, Bytes(160, 0x33));
  speak_for(milliseconds(200));  // in the clear
  EXPECT_EQ(heard.size(), 10u);
}

TEST_F(ProviderSrtpTest, ARefreshWithTheSameKeysGoesOn) {
  (void)dial("4443", secure_offer());
  run_until([this] { return count<sip::Accepted>() == 1; });
  agree(last<sip::Accepted>().response.body);
  speak_encrypted(1);
  reinvite(secure_offer());
  speak_encrypted(2);
  EXPECT_EQ(heard.size(), 2u);
}

TEST_F(ProviderSrtpTest, ItsOwnCallsOfferOneKey) {
  EXPECT_EQ(authenticated(register_request("100001", 3'600)).status, 200);
  ours.tag = 1;
  on_invite = [this](const sip::InviteReceived& invite) {
    const auto offered = sdp::parse(invite.request.body);
    ASSERT_TRUE(offered);
    EXPECT_EQ(offered->media.at(0).protocol, "RTP/SAVP");
    const auto format = sdp::choose_format(*offered, {sdp::Codec::Pcmu});
    phone.accept(invite.session, identity(),
                 sdp::write(sdp::answer_trunk(
                     *offered, *format, {.rtp = phone_rtp, .session_id = 1, .crypto = {ours}})),
                 now);
    agree(invite.request.body);
  };
  EXPECT_EQ(provider.call_account("100001", "2125550106", now), "");
  run_until([this] { return count<sip::Confirmed>() == 1; });
  run_for(milliseconds(200));
  EXPECT_GT(heard.size(), 5u);
}

TEST_F(ProviderTest, AnAccountWithoutEncryptionRefusesSrtp) {
  const sdp::Crypto key{.key_and_salt = Bytes(30, 1)};
  (void)dial("4443",
             sdp::write(sdp::offer_trunk({sdp::Codec::Pcmu},
                                         {.rtp = phone_rtp, .session_id = 1, .crypto = {key}})));
  run_until([this] { return count<sip::Refused>() == 1; });
  EXPECT_EQ(last<sip::Refused>().response.status, 488);
}

TEST_F(ProviderSrtpTest, HangsUpOnAnAnswerWithoutItsKey) {
  EXPECT_EQ(authenticated(register_request("100001", 3'600)).status, 200);
  on_invite = [this](const sip::InviteReceived& invite) {
    phone.accept(invite.session, identity(), secure_offer(), now);  // tag 5
  };
  EXPECT_EQ(provider.call_account("100001", "2125550106", now), "");
  run_until([this] { return count<sip::Ended>() == 1; });
  EXPECT_EQ(provider.call_count(), 0u);
}

}  // namespace
}  // namespace offhook::provider
