#include <gtest/gtest.h>

#include "sdp/browser_offers.hpp"
#include "sdp/sdp.hpp"

namespace offhook::sdp {
namespace {

TEST(SdpWriterTest, WritesAPlainSession) {
  const Session session{
      .id = 5,
      .version = 2,
      .origin_address = "192.0.2.1",
      .media = {{.type = "audio",
                 .port = 4000,
                 .protocol = "RTP/AVP",
                 .formats = {{.payload_type = 0, .encoding = "PCMU"},
                             {.payload_type = 101, .encoding = "telephone-event", .fmtp = "0-15"}},
                 .address = "192.0.2.1",
                 .direction = Direction::SendOnly,
                 .rtcp_port = 4009,
                 .packet_time_ms = 20}}};
  EXPECT_EQ(write(session),
            "v=0\r\no=- 5 2 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n"
            "m=audio 4000 RTP/AVP 0 101\r\nc=IN IP4 192.0.2.1\r\n"
            "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 "
            "0-15\r\na=ptime:20\r\n"
            "a=sendonly\r\na=rtcp:4009\r\n");
}

TEST(SdpWriterTest, EveryDirectionAndSetupIsReadAsItWasWritten) {
  for (const Direction direction :
       {Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive}) {
    for (const auto setup :
         {sdp::Setup::Actpass, sdp::Setup::Active, sdp::Setup::Passive, sdp::Setup::Holdconn}) {
      const Session session{.origin_address = "192.0.2.1",
                            .media = {{.type = "audio",
                                       .port = 4000,
                                       .protocol = "RTP/AVP",
                                       .formats = {{.payload_type = 0, .encoding = "PCMU"}},
                                       .address = "192.0.2.1",
                                       .direction = direction,
                                       .setup = setup}}};
      const auto again = parse(write(session));
      ASSERT_TRUE(again);
      EXPECT_EQ(again->media.at(0).direction, direction);
      EXPECT_EQ(again->media.at(0).setup, setup);
    }
  }
}

TEST(SdpWriterTest, ARefusedMediaKeepsItsFormatsAndMidAndNothingElse) {
  const Session session{.origin_address = "2001:db8::1",
                        .media = {{.type = "application",
                                   .protocol = "UDP/DTLS/SCTP",
                                   .other_formats = {"webrtc-datachannel"},
                                   .address = "2001:db8::1",
                                   .rtcp_mux = true,
                                   .mid = "2",
                                   .ice_ufrag = "abcd"}}};
  EXPECT_EQ(write(session),
            "v=0\r\no=- 0 0 IN IP6 2001:db8::1\r\ns=-\r\nt=0 0\r\n"
            "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP6 "
            "2001:db8::1\r\na=mid:2\r\na=inactive\r\n");
}

TEST(SdpWriterTest, TheParserReadsBackWhatIsWritten) {
  for (const std::string_view offer :
       {test::kChromiumAudio, test::kChromiumAll, test::kFirefoxAudio, test::kFirefoxAll}) {
    auto session = parse(offer);
    ASSERT_TRUE(session);
    const auto again = parse(write(*session));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, *session);
  }
}

TEST(SdpWriterDeathTest, ATextThatWouldEndItsLineIsOurOwnBug) {
  const Session session{.name = "a\r\nm=audio 1 RTP/AVP 0"};
  EXPECT_DEATH((void)write(session), "");
}

}  // namespace
}  // namespace offhook::sdp
