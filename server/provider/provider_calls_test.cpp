#include "provider/provider_fixture.hpp"
#include "rtp/g711.hpp"

namespace offhook::provider {
namespace {

using testing::HasSubstr;

class ProviderCallsTest : public ProviderTest {
 protected:
  void register_phone() { EXPECT_EQ(authenticated(register_request("100001", 3'600)).status, 200); }
  // The account is called and answers.
  sip::SessionId call_in(const std::string& answer) {
    on_invite = [this, answer](const sip::InviteReceived& invite) {
      phone.ring(invite.session, identity(), now);
      phone.accept(invite.session, identity(), answer, now);
    };
    EXPECT_EQ(provider.call_account("100001", "2125550106", now), "");
    run_until([this] { return count<sip::Confirmed>() == 1; });
    return last<sip::Confirmed>().session;
  }
};

TEST_F(ProviderCallsTest, AnInviteIsChallengedWith401) {
  (void)answered("4443");
  const auto challenged = std::ranges::find_if(
      sip_from_provider, [](const auto& bytes) { return bytes.starts_with("SIP/2.0 401"); });
  ASSERT_NE(challenged, sip_from_provider.end());
  EXPECT_THAT(*challenged,
              HasSubstr("WWW-Authenticate: Digest algorithm=MD5, realm=\"atlanta1.voip.ms\""));
}

TEST_F(ProviderCallsTest, AWrongPasswordIsForbidden) {
  (void)dial("4443", std::nullopt, "100001", "", "wrong");
  run_until([this] { return count<sip::Refused>() == 1; });
  EXPECT_EQ(last<sip::Refused>().response.status, 403);
  expect_quiet();
}

TEST_F(ProviderCallsTest, AnUnknownAccountIsForbidden) {
  (void)dial("4443", std::nullopt, "999999", "", "secret");
  run_until([this] { return count<sip::Refused>() == 1; });
  EXPECT_EQ(last<sip::Refused>().response.status, 403);
}

TEST_F(ProviderCallsTest, AFromThatIsNotTheAccountIsDeclined) {
  (void)dial("4443", std::nullopt, "100001", "2125550100");
  run_until([this] { return count<sip::Refused>() == 1; });
  EXPECT_EQ(last<sip::Refused>().response.status, 603);
}

TEST_F(ProviderCallsTest, AnAccountWithoutCallerIdIsBusy) {
  (void)dial("4443", std::nullopt, "100002", "", "other");
  run_until([this] { return count<sip::Refused>() == 1; });
  EXPECT_EQ(last<sip::Refused>().response.status, 486);
}

TEST_F(ProviderCallsTest, PcmuIsPreferredAndPcmaTakenWhereItIsAllThereIs) {
  (void)dial("4443", offer({sdp::Codec::Pcma, sdp::Codec::Pcmu}));
  run_until([this] { return count<sip::Accepted>() == 1; });
  EXPECT_THAT(last<sip::Accepted>().response.body, HasSubstr("RTP/AVP 0 101"));
  (void)dial("5555550105", offer({sdp::Codec::Pcma}));
  run_until([this] { return count<sip::Accepted>() == 2; });
  EXPECT_THAT(last<sip::Accepted>().response.body, HasSubstr("RTP/AVP 8 101"));
  run_for(milliseconds(100));
  EXPECT_EQ(heard.back().payload, Bytes(160, rtp::silence(rtp::Law::A)));
}

TEST_F(ProviderCallsTest, OffersWithoutCommonCodecOrWithoutSenseAreNotAcceptable) {
  for (const std::string& body :
       {std::string(
            "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 18\r\n"),
        std::string("nonsense"), std::string("")}) {
    events.clear();
    (void)dial("4443", body);
    run_until([this] { return count<sip::Refused>() == 1; });
    EXPECT_EQ(last<sip::Refused>().response.status, 488) << body;
  }
  expect_quiet();
}

TEST_F(ProviderCallsTest, EveryMediaPortIsUsedOnceAndTheNextCallIsRefused) {
  (void)answered("4443");
  events.clear();
  const auto second = answered("4443");
  events.clear();
  EXPECT_EQ(refusal_of("4443"), 503);
  phone.hang_up(second, {}, now);
  run_for(seconds(1));
  events.clear();
  (void)answered("4443");
  EXPECT_THAT(last<sip::Accepted>().response.body, HasSubstr("m=audio 10004"));
}

TEST_F(ProviderCallsTest, AReleasedPortRestsWhileAnotherIsFree) {
  const auto first = answered("4443");
  phone.hang_up(first, {}, now);
  run_for(seconds(1));
  events.clear();
  (void)answered("4443");
  EXPECT_THAT(last<sip::Accepted>().response.body, HasSubstr("m=audio 10004"));
}

TEST_F(ProviderCallsTest, AudioGoesToTheFirstSourceAndIsLockedThere) {
  (void)answered("5555550105");
  EXPECT_FALSE(heard.empty());  // to the address of the SDP at first
  const Endpoint nat = endpoint("198.51.100.9:7777");
  const Endpoint attacker = endpoint("203.0.113.66:6666");
  const Bytes packet = *from_hex("80000001000000a011223344ffff");
  provider.handle_rtp(0, nat, packet, now);
  provider.handle_rtp(0, attacker, packet, now);
  heard.clear();
  run_for(milliseconds(200));
  EXPECT_TRUE(heard.empty());
  ASSERT_FALSE(sent_elsewhere.empty());
  for (const auto& [remote, packet_sent] : sent_elsewhere) EXPECT_EQ(remote, nat);
}

TEST_F(ProviderCallsTest, NonsenseOnTheMediaPortIsIgnored) {
  (void)answered("4443");
  for (const auto* hex : {"", "80", "0001000000", "80c80001000000a011223344"}) {
    provider.handle_rtp(0, phone_rtp, *from_hex(hex), now);
  }
  provider.handle_rtp(1, phone_rtp, *from_hex("80000001000000a011223344ffff"),
                      now);  // nobody's port
  provider.handle_rtp(99, phone_rtp, *from_hex("80000001000000a011223344ffff"), now);
  run_for(milliseconds(100));
  EXPECT_TRUE(heard.empty());
}

TEST_F(ProviderCallsTest, ACallThatSendsNothingIsHungUpAfterSixtySeconds) {
  (void)answered("4443");
  speak_for(seconds(2));
  const Time last_packet = now;
  run_until([this] { return count<sip::Ended>() == 1; });
  EXPECT_NEAR(std::chrono::duration<double>(now - last_packet).count(), 60, 0.1);
  expect_quiet();
}

TEST_F(ProviderCallsTest, AReinviteMovesTheMedia) {
  (void)answered("4747");
  run_for(milliseconds(100));
  const std::string held =
      "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\nc=IN IP4 0.0.0.0\r\nm=audio 4000 RTP/AVP 0 101\r\n"
      "a=rtpmap:101 telephone-event/8000\r\n";
  reinvite(held);
  EXPECT_THAT(sip_from_provider.back(), HasSubstr("a=recvonly"));
  run_for(milliseconds(50));
  heard.clear();
  run_for(seconds(70));
  EXPECT_TRUE(heard.empty());
  EXPECT_EQ(provider.call_count(), 1u);  // a held call may be silent for longer
  phone_rtp = endpoint("192.0.2.1:4800");
  reinvite(offer());
  run_for(milliseconds(100));
  EXPECT_FALSE(heard.empty());
  reinvite("nonsense");
  EXPECT_THAT(sip_from_provider.back(), HasSubstr("SIP/2.0 488"));
}

TEST_F(ProviderCallsTest, TheAccountIsCalledAndHearsATone) {
  register_phone();
  const std::string answer =
      "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0 101\r\n"
      "a=rtpmap:101 telephone-event/8000\r\n";
  const auto session = call_in(answer);
  EXPECT_THAT(last<sip::InviteReceived>().request.body, HasSubstr("m=audio 10002 RTP/AVP 0 8 101"));
  heard.clear();
  run_for(seconds(1));
  EXPECT_NEAR(static_cast<double>(heard.size()), 50, 1);
  EXPECT_NE(heard[20].payload, Bytes(160, rtp::silence(rtp::Law::Mu)));
  phone.hang_up(session, {}, now);
  run_for(seconds(1));
  EXPECT_EQ(provider.call_count(), 0u);
}

TEST_F(ProviderCallsTest, ViaAndContactSayTheTransportOfTheFlow) {
  for (const auto& [over, via, contact] :
       {std::tuple{sip::Transport::Udp, "Via: SIP/2.0/UDP 192.0.2.20:5060",
                   "Contact: <sip:2125550106@192.0.2.20:5060>"},
        {sip::Transport::Tcp, "Via: SIP/2.0/TCP 192.0.2.20:5060",
         "Contact: <sip:2125550106@192.0.2.20:5060;transport=tcp>"},
        {sip::Transport::Tls, "Via: SIP/2.0/TLS 192.0.2.20:5060",
         "Contact: <sip:2125550106@192.0.2.20:5060;transport=tls>"}}) {
    transport = over;
    register_phone();
    sip_from_provider.clear();
    EXPECT_EQ(provider.call_account("100001", "2125550106", now), "");
    drain();
    ASSERT_FALSE(sip_from_provider.empty());
    EXPECT_THAT(sip_from_provider[0], HasSubstr(via));
    EXPECT_THAT(sip_from_provider[0], HasSubstr(contact));
    run_for(seconds(100));  // nobody answers
    EXPECT_EQ(provider.call_count(), 0u);
  }
}

TEST_F(ProviderCallsTest, ALostConnectionTakesItsRegistrationAlong) {
  transport = sip::Transport::Tcp;
  register_phone();
  sip::Flow other = provider_flow();
  other.connection = 99;
  provider.handle_flow_lost(other, now);
  EXPECT_EQ(provider.call_account("100001", "2125550106", now), "");
  provider.handle_flow_lost(provider_flow(), now);
  EXPECT_EQ(provider.call_account("100001", "2125550106", now), "the account is not registered");
  run_for(seconds(60));
  EXPECT_EQ(provider.call_count(), 0u);
}

TEST_F(ProviderCallsTest, AnAnswerWithoutSenseEndsTheCall) {
  register_phone();
  (void)call_in("nonsense");
  run_until([this] { return count<sip::Ended>() == 1; });
  EXPECT_EQ(provider.call_count(), 0u);
}

TEST_F(ProviderCallsTest, ACallThatIsNotAnsweredIsCancelledAfterSixtySeconds) {
  register_phone();
  on_invite = [this](const sip::InviteReceived& invite) {
    phone.ring(invite.session, identity(), now);
  };
  const Time start = now;
  EXPECT_EQ(provider.call_account("100001", "2125550106", now), "");
  run_until([this] { return count<sip::Cancelled>() == 1; });
  EXPECT_NEAR(std::chrono::duration<double>(now - start).count(), 60, 0.1);
  EXPECT_EQ(provider.call_count(), 0u);
}

TEST_F(ProviderCallsTest, ACallThatTheAccountDeclinesIsOver) {
  register_phone();
  on_invite = [this](const sip::InviteReceived& invite) {
    phone.reject(invite.session, 486, {}, now);
  };
  EXPECT_EQ(provider.call_account("100001", "2125550106", now), "");
  run_for(seconds(1));
  EXPECT_EQ(provider.call_count(), 0u);
}

TEST_F(ProviderCallsTest, UnknownAccountsCannotBeCalled) {
  EXPECT_NE(provider.call_account("100001", "2125550106", now), "");
  EXPECT_NE(provider.call_account("nobody", "2125550106", now), "");
}

TEST_F(ProviderCallsTest, AMissingPhoneLeavesNothingBehind) {
  (void)answered("4443");
  phone_is_gone = true;
  run_for(seconds(200));
  EXPECT_EQ(provider.call_count(), 0u);
  EXPECT_FALSE(provider.next_timeout());
}

TEST_F(ProviderCallsTest, WithAQuarterOfTheMessagesLostCallsStillComeAndGo) {
  loss_percent = 25;
  for (int i = 0; i < 20; ++i) {
    const auto session = dial(i % 2 == 0 ? "4443" : "5555550104");
    run_for(seconds(10));
    phone.hang_up(session, {}, now);
    run_for(seconds(70));
    EXPECT_EQ(provider.call_count(), 0u) << i;
  }
  EXPECT_GT(count<sip::Accepted>(), 15u);
  expect_quiet();
}

TEST_F(ProviderCallsTest, ShuttingDownEndsEveryCallAndRefusesNewOnes) {
  register_phone();
  (void)answered("4443");
  on_invite = [this](const sip::InviteReceived& invite) {
    phone.ring(invite.session, identity(), now);
  };
  EXPECT_EQ(provider.call_account("100001", "2125550106", now), "");
  run_until([this] { return count<sip::InviteReceived>() == 1; });
  provider.shut_down(now);
  EXPECT_EQ(provider.call_count(), 0u);
  run_until([this] { return count<sip::Ended>() == 1 && count<sip::Cancelled>() == 1; },
            seconds(2));
  EXPECT_EQ(refusal_of("4443"), 503);
  EXPECT_NE(provider.call_account("100001", "2125550106", now), "");
}

TEST_F(ProviderCallsTest, ThePacketsOfAToneAreNotMadeUpForAfterAPauseOfTheProcess) {
  (void)answered("5555550105");
  run_for(milliseconds(100));
  heard.clear();
  now += seconds(2);
  provider.handle_timeout(now);
  drain();
  EXPECT_LE(heard.size(), 2u);
}

}  // namespace
}  // namespace offhook::provider
