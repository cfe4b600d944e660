#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "base/random.hpp"
#include "sdp/browser_offers.hpp"
#include "sdp/sdp.hpp"

namespace offhook::sdp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kHead =
    "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n";
constexpr std::string_view kAudio = "m=audio 4000 RTP/AVP 0 8 101\r\n";

std::string with(std::string_view lines) {
  return std::string(kHead) + std::string(kAudio) + std::string(lines);
}

std::string error_of(std::string_view text) {
  const auto session = parse(text);
  return session ? "" : session.error().message;
}

Media audio_of(std::string_view lines) {
  const auto session = parse(with(lines));
  EXPECT_TRUE(session) << error_of(with(lines));
  return session ? session->media.at(0) : Media{};
}

TEST(SdpParserTest, ReadsAnOfferOfChromium) {
  const auto session = parse(test::kChromiumAudio);
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_EQ(session->version, 2u);
  EXPECT_THAT(session->bundle, ElementsAre("0"));
  ASSERT_EQ(session->media.size(), 1u);
  const Media& audio = session->media[0];
  EXPECT_EQ(audio.type, "audio");
  EXPECT_EQ(audio.protocol, "UDP/TLS/RTP/SAVPF");
  EXPECT_EQ(audio.mid, "0");
  EXPECT_TRUE(audio.rtcp_mux);
  EXPECT_EQ(audio.rtcp_port, 9);
  EXPECT_EQ(audio.direction, Direction::SendRecv);
  EXPECT_EQ(audio.setup, Setup::Actpass);
  EXPECT_EQ(audio.ice_ufrag.size(), 4u);
  EXPECT_EQ(audio.ice_pwd.size(), 24u);
  ASSERT_EQ(audio.fingerprints.size(), 1u);
  EXPECT_EQ(audio.fingerprints[0].algorithm, "sha-256");
  EXPECT_EQ(audio.fingerprints[0].value.size(), 32u);
  ASSERT_EQ(audio.formats.size(), 8u);
  EXPECT_EQ(audio.formats[0], (PayloadFormat{.payload_type = 111,
                                             .encoding = "opus",
                                             .clock_rate = 48'000,
                                             .channels = 2,
                                             .fmtp = "minptime=10;useinbandfec=1"}));
  EXPECT_EQ(audio.formats[7].encoding, "telephone-event");
  EXPECT_EQ(audio.formats[7].clock_rate, 8'000u);
  ASSERT_EQ(audio.candidates.size(), 4u);
  EXPECT_EQ(audio.candidates[0].transport, "udp");
  EXPECT_EQ(audio.candidates[0].address, "192.0.2.2");
  EXPECT_EQ(audio.candidates[0].type, "host");
  EXPECT_TRUE(audio.ssrc);
  EXPECT_EQ(audio.cname.size(), 16u);
}

TEST(SdpParserTest, ReadsAnOfferOfFirefoxWhoseFingerprintStandsAtSessionLevel) {
  const auto session = parse(test::kFirefoxAudio);
  ASSERT_TRUE(session) << session.error().message;
  const Media& audio = session->media.at(0);
  ASSERT_EQ(audio.fingerprints.size(), 1u);
  EXPECT_EQ(audio.fingerprints[0].value.size(), 32u);
  EXPECT_EQ(audio.ice_ufrag.size(), 8u);
  EXPECT_TRUE(audio.end_of_candidates);
  EXPECT_EQ(audio.formats.size(), 5u);
  EXPECT_EQ(audio.formats[1].channels, 1);
  EXPECT_EQ(audio.candidates[2].transport, "tcp");
  EXPECT_EQ(audio.candidates[2].tcp_type, "active");
  EXPECT_EQ(audio.candidates[0].tcp_type, "");
  EXPECT_EQ(audio.formats[4].fmtp, "0-15");
}

TEST(SdpParserTest, ReadsOffersWithVideoAndData) {
  for (const std::string_view offer : {test::kChromiumAll, test::kFirefoxAll}) {
    const auto session = parse(offer);
    ASSERT_TRUE(session) << session.error().message;
    ASSERT_EQ(session->media.size(), 3u);
    EXPECT_EQ(session->media[1].type, "video");
    EXPECT_EQ(session->media[2].type, "application");
    EXPECT_THAT(session->media[2].other_formats, ElementsAre("webrtc-datachannel"));
    EXPECT_TRUE(session->media[2].formats.empty());
    EXPECT_THAT(session->bundle, ElementsAre("0", "1", "2"));
  }
}

TEST(SdpParserTest, LinesMayEndInLineFeedAloneAndBlankLinesAreSkipped) {
  EXPECT_TRUE(parse("v=0\no=- 1 1 IN IP4 192.0.2.1\n\ns=-\nm=audio 4000 RTP/AVP 0\n\r\n"));
}

TEST(SdpParserTest, StaticPayloadTypesNeedNoMap) {
  const Media audio = audio_of("");
  ASSERT_EQ(audio.formats.size(), 3u);
  EXPECT_EQ(audio.formats[0].encoding, "PCMU");
  EXPECT_EQ(audio.formats[1].encoding, "PCMA");
  EXPECT_EQ(audio.formats[2].encoding, "");  // dynamic and not mapped
}

TEST(SdpParserTest, AMapOverrulesTheStaticMeaning) {
  EXPECT_EQ(audio_of("a=rtpmap:0 telephone-event/8000\r\n").formats[0].encoding, "telephone-event");
}

TEST(SdpParserTest, MapsOfPayloadTypesThatAreNotOfferedAreDropped) {
  EXPECT_EQ(audio_of("a=rtpmap:99 opus/48000/2\r\na=fmtp:99 x\r\n").formats.size(), 3u);
}

TEST(SdpParserTest, APayloadTypeNamedTwiceCountsOnce) {
  const auto session = parse(std::string(kHead) + "m=audio 4000 RTP/AVP 0 0 8 0\r\n");
  ASSERT_TRUE(session);
  EXPECT_EQ(session->media[0].formats.size(), 2u);
}

TEST(SdpParserTest, TheMediaHasItsOwnConnectionOrTheSessions) {
  EXPECT_EQ(audio_of("").address, "192.0.2.1");
  EXPECT_EQ(audio_of("c=IN IP6 2001:db8::1\r\n").address, "2001:db8::1");
  EXPECT_EQ(audio_of("c=IN IP4 0.0.0.0\r\n").address, "0.0.0.0");
  EXPECT_EQ(audio_of("c=IN IP4 224.2.1.1/127\r\n").address, "224.2.1.1");
  EXPECT_EQ(audio_of("c=IN IP4 media.example.com\r\n").address, "media.example.com");
}

TEST(SdpParserTest, SessionAttributesHoldForEveryMediaUnlessItHasItsOwn) {
  const auto session = parse(std::string(kHead) + "a=sendonly\r\na=setup:active\r\n" +
                             std::string(kAudio) + std::string(kAudio) + "a=inactive\r\n");
  ASSERT_TRUE(session);
  EXPECT_EQ(session->media[0].direction, Direction::SendOnly);
  EXPECT_EQ(session->media[1].direction, Direction::Inactive);
  EXPECT_EQ(session->media[1].setup, Setup::Active);
}

TEST(SdpParserTest, AFingerprintOfTheMediaVoidsTheSessions) {
  const auto fingerprint = [](std::string_view digit) {
    std::string text = "a=fingerprint:SHA-1 ";
    for (int i = 0; i < 20; ++i)
      text += std::string(i == 0 ? "" : ":") + std::string(digit) + std::string(digit);
    return text + "\r\n";
  };
  const auto session = parse(std::string(kHead) + fingerprint("a") + std::string(kAudio) +
                             fingerprint("b") + fingerprint("c"));
  ASSERT_TRUE(session) << session.error().message;
  ASSERT_EQ(session->media[0].fingerprints.size(), 2u);
  EXPECT_EQ(session->media[0].fingerprints[0].algorithm, "sha-1");
  EXPECT_EQ(session->media[0].fingerprints[0].value, Bytes(20, 0xBB));
}

TEST(SdpParserTest, CandidatesThatCannotBeReadAreIgnored) {
  EXPECT_TRUE(audio_of("a=candidate:1 1 udp 5 192.0.2.1 9 host\r\n"
                       "a=candidate:1 1 udp 4294967296 192.0.2.1 9 typ host\r\n"
                       "a=candidate:1 1 udp 1 <script> 9 typ host\r\n"
                       "a=candidate:\r\n")
                  .candidates.empty());
  const Media audio =
      audio_of("a=candidate:1 1 UDP 5 01234567-89ab.local 9 typ host generation 0\r\n");
  ASSERT_EQ(audio.candidates.size(), 1u);
  EXPECT_EQ(audio.candidates[0].address, "01234567-89ab.local");
}

TEST(SdpParserTest, PacketTimesThatNobodyMeansAreIgnored) {
  EXPECT_EQ(audio_of("a=ptime:30\r\n").packet_time_ms, 30u);
  for (const auto* nonsense : {"0", "-20", "20.5", "4000000000", ""}) {
    EXPECT_FALSE(audio_of("a=ptime:" + std::string(nonsense) + "\r\n").packet_time_ms) << nonsense;
  }
}

TEST(SdpParserTest, TheFirstSourceIsTheStream) {
  const Media audio =
      audio_of("a=ssrc:5 cname:phone\r\na=ssrc:6 cname:other\r\na=ssrc:5 msid:a b\r\n");
  EXPECT_EQ(audio.ssrc, 5u);
  EXPECT_EQ(audio.cname, "phone");
}

TEST(SdpParserTest, PortRangesUnknownLinesAndUnknownAttributesAreTolerated) {
  const auto session =
      parse(std::string(kHead) +
            "b=AS:64\r\nk=clear:x\r\na=whatever\r\nm=audio 4000/2 RTP/AVP 0\r\ni=title\r\n"
            "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abc\r\na=X-nat:0\r\n");
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_EQ(session->media[0].port, 4000);
}

TEST(SdpParserTest, NumbersOfTheOriginMayBeOfAnyLength) {
  EXPECT_TRUE(parse("v=0\r\no=root 99999999999999999999999999 1 IN IP4 192.0.2.1\r\n"));
}

TEST(SdpParserTest, NonsenseIsAnErrorThatNamesTheLine) {
  EXPECT_THAT(error_of(with("a=mid:two words\r\n")), HasSubstr("line 7"));
  for (const std::string_view line : {"nonsense",
                                      "A=x",
                                      "=x",
                                      "x",
                                      "m=audio",
                                      "m=audio 65536 RTP/AVP 0",
                                      "m=audio 4000 RTP/AVP",
                                      "m=audio -1 RTP/AVP 0",
                                      "m=audio 4000 RTP/AVP 128",
                                      "m=audio 4000 RTP/AVP x",
                                      "m=au<dio 4000 RTP/AVP 0",
                                      "m=audio 4000 RTP;AVP 0",
                                      "m=application 9 UDP/DTLS/SCTP <x>",
                                      "c=IN IP4",
                                      "c=IN IP5 192.0.2.1",
                                      "c=IN IP4 a b",
                                      "c=ATM IP4 192.0.2.1",
                                      "v=0",
                                      "v=1",
                                      "o=- 1 1 IN IP4 192.0.2.1",
                                      "a=rtpmap:x PCMU/8000",
                                      "a=rtpmap:0 PCMU",
                                      "a=rtpmap:0 PCMU/0",
                                      "a=rtpmap:0 PCMU/8000/0",
                                      "a=rtpmap:0",
                                      "a=rtcp:x",
                                      "a=mid:",
                                      "a=setup:both",
                                      "a=ice-ufrag:abc",
                                      "a=ice-ufrag:a b c",
                                      "a=ice-pwd:short",
                                      "a=fingerprint:sha-256 AA:BB",
                                      "a=fingerprint:sha-256 XX",
                                      "a=fingerprint:sha-256 A:B",
                                      "a=ssrc:x cname:y"}) {
    EXPECT_NE(error_of(with(std::string(line) + "\r\n")), "") << line;
  }
}

TEST(SdpParserTest, ControlCharactersAreRefused) {
  EXPECT_NE(error_of(with(std::string("a=msid:a") + '\0' + "b\r\n")), "");
  EXPECT_NE(error_of(with("a=msid:a\rb\r\n")), "");
  EXPECT_NE(error_of(with("a=msid:a\x1B[31m\r\n")), "");
  EXPECT_NE(error_of(with("a=msid:a\x7F\r\n")), "");
}

TEST(SdpParserTest, VersionComesFirstAndOriginMustBeThere) {
  EXPECT_NE(error_of(""), "");
  EXPECT_NE(error_of("v=0\r\n"), "");
  EXPECT_NE(error_of("o=- 1 1 IN IP4 192.0.2.1\r\nv=0\r\n"), "");
  for (const std::string_view origin :
       {"o=-", "o=- 1", "o=- x 1 IN IP4 192.0.2.1", "o=- 1 -1 IN IP4 192.0.2.1", "o=- 1 1 IN IP4",
        "o= 1 1 IN IP4 192.0.2.1", "o=- 1 1 IN IP4 a b"}) {
    EXPECT_NE(error_of("v=0\r\n" + std::string(origin) + "\r\n"), "") << origin;
  }
}

TEST(SdpParserTest, TextAndLinesAreBounded) {
  std::string text = with("");
  const std::size_t lines = 6;
  for (std::size_t i = lines; i < limits::kSdpLines; ++i) text += "a=x\r\n";
  EXPECT_EQ(error_of(text), "");
  EXPECT_THAT(error_of(text + "a=x\r\n"), HasSubstr("too many lines"));

  text = with("a=x:");
  text.append(limits::kSdpBytes - text.size(), 'y');
  EXPECT_EQ(error_of(text), "");
  EXPECT_THAT(error_of(text + "y"), HasSubstr("too long"));
}

TEST(SdpParserTest, EveryTruncationAndManyMutationsAreReadOrRefused) {
  SeededRandom random(3);
  for (const std::string_view offer : {test::kChromiumAll, test::kFirefoxAll}) {
    for (std::size_t size = 0; size < offer.size(); size += 7) (void)parse(offer.substr(0, size));
    for (int round = 0; round < 300; ++round) {
      std::string text(offer);
      for (int i = 0; i < 5; ++i)
        text[random.below(text.size())] = static_cast<char>(random.below(256));
      if (const auto session = parse(text)) EXPECT_TRUE(parse(write(*session)));
    }
  }
}

}  // namespace
}  // namespace offhook::sdp
