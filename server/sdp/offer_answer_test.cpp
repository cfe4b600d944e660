#include "sdp/offer_answer.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sdp/browser_offers.hpp"

namespace offhook::sdp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::vector<Codec> kBoth{Codec::Pcmu, Codec::Pcma};

Session parsed(std::string_view text) {
  auto session = parse(text);
  EXPECT_TRUE(session) << session.error().message;
  return session ? *session : Session{};
}

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
  std::string result(text);
  const auto at = result.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return result.replace(at, what.size(), with);
}

BrowserLocal browser_local() {
  return {
      .candidates = {*Endpoint::parse("192.0.2.7:5004"), *Endpoint::parse("[2001:db8::7]:5004")},
      .ice_ufrag = "lite",
      .ice_pwd = "0123456789012345678901",
      .fingerprint = {.algorithm = "sha-256", .value = Bytes(32, 0xAB)},
      .ssrc = 4'000'000'000,
      .cname = "cname1",
      .session_id = 77};
}

const TrunkLocal kTrunkLocal{.rtp = {*IpAddress::parse("192.0.2.9"), 12'000}, .session_id = 78};

std::string trunk_body(std::string_view media, std::string_view address = "203.0.113.5") {
  return "v=0\r\no=root 1863311921 1863311921 IN IP4 203.0.113.5\r\ns=Asterisk PBX 16.2.1\r\nc=IN "
         "IP4 " +
         std::string(address) + "\r\nt=0 0\r\n" + std::string(media);
}

// As chan_sip writes it.
constexpr std::string_view kAsteriskMedia =
    "m=audio 14402 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
    "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 "
    "0-16\r\na=ptime:20\r\na=maxptime:150\r\na=sendrecv\r\n";

// ---- browsers ----

TEST(BrowserOfferTest, RealOffersAreRead) {
  for (const std::string_view offer :
       {test::kChromiumAudio, test::kChromiumAll, test::kFirefoxAudio, test::kFirefoxAll}) {
    const auto remote = read_browser(parsed(offer));
    ASSERT_TRUE(remote) << remote.error().message;
    EXPECT_EQ(remote->setup, Setup::Actpass);
    EXPECT_EQ(remote->codecs, kBoth);
    EXPECT_EQ(remote->direction, Direction::SendRecv);
    EXPECT_EQ(remote->fingerprint.value.size(), 32u);
    EXPECT_FALSE(remote->ice_pwd.empty());
  }
}

TEST(BrowserOfferTest, TheTelephoneEventIsTheOneOfTheCodecsClockRate) {
  EXPECT_EQ(*choose_format(parsed(test::kChromiumAudio), kBoth),
            (AudioFormat{.codec = Codec::Pcmu, .payload_type = 0, .telephone_event = 126}));
  EXPECT_EQ(*choose_format(parsed(test::kFirefoxAudio), {Codec::Pcma}),
            (AudioFormat{.codec = Codec::Pcma, .payload_type = 8, .telephone_event = 101}));
}

TEST(BrowserOfferTest, WhatABrowserMustSayIsMissing) {
  const auto error = [](std::string_view what, std::string_view with) {
    const auto remote = read_browser(parsed(replaced(test::kChromiumAudio, what, with)));
    return remote ? "" : remote.error().message;
  };
  EXPECT_THAT(error("a=rtcp-mux\n", ""), HasSubstr("RTCP"));
  EXPECT_THAT(error("a=ice-ufrag:", "a=x:"), HasSubstr("ICE"));
  EXPECT_THAT(error("a=ice-pwd:", "a=x:"), HasSubstr("ICE"));
  EXPECT_THAT(error("a=fingerprint:sha-256", "a=fingerprint:md5"), HasSubstr("fingerprint"));
  EXPECT_THAT(error("a=setup:actpass", "a=x"), HasSubstr("DTLS"));
  EXPECT_THAT(error("a=setup:actpass", "a=setup:holdconn"), HasSubstr("DTLS"));
  EXPECT_THAT(error("a=ice-options:trickle", "a=ice-lite"), HasSubstr("lite"));
  EXPECT_THAT(error("UDP/TLS/RTP/SAVPF", "RTP/AVP"), HasSubstr("encrypt"));
  EXPECT_THAT(error("m=audio 45432", "m=audio 0"), HasSubstr("no audio"));
  EXPECT_THAT(error("m=audio", "m=video"), HasSubstr("no audio"));
  EXPECT_THAT(error("111 63 9 0 8 13 110 126", "111 63 9 13 110 126"), HasSubstr("PCMU"));
}

TEST(BrowserOfferTest, TheStrongestFingerprintCounts) {
  std::string sha512 = "a=fingerprint:sha-512 CC";
  for (int i = 1; i < 64; ++i) sha512 += ":CC";
  const auto offer = replaced(test::kChromiumAudio, "a=fingerprint", sha512 + "\na=fingerprint");
  EXPECT_EQ(read_browser(parsed(offer))->fingerprint.algorithm, "sha-512");
}

TEST(BrowserAnswerTest, HoldsOneCodecAndTelephoneEventAndNothingElse) {
  const Session offer = parsed(test::kChromiumAudio);
  const std::string text =
      write(answer_browser(offer, *choose_format(offer, kBoth), browser_local()));
  EXPECT_EQ(
      text,
      "v=0\r\no=- 77 1 IN IP4 192.0.2.7\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\na=ice-lite\r\n"
      "m=audio 5004 UDP/TLS/RTP/SAVPF 0 126\r\nc=IN IP4 192.0.2.7\r\na=mid:0\r\n"
      "a=rtpmap:0 PCMU/8000\r\na=rtpmap:126 telephone-event/8000\r\na=fmtp:126 "
      "0-15\r\na=ptime:20\r\n"
      "a=sendrecv\r\na=rtcp-mux\r\na=ice-ufrag:lite\r\na=ice-pwd:0123456789012345678901\r\n"
      "a=fingerprint:sha-256 "
      "AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:"
      "AB:AB:AB\r\na=setup:passive\r\n"
      "a=candidate:1 1 udp 2130706431 192.0.2.7 5004 typ host\r\n"
      "a=candidate:2 1 udp 2130706175 2001:db8::7 5004 typ host\r\na=end-of-candidates\r\n"
      "a=msid:offhook audio\r\na=ssrc:4000000000 cname:cname1\r\n");
}

TEST(BrowserAnswerTest, TellsOfTcpBehindUdpAndEveryCandidateHasAPriorityAndAFoundationOfItsOwn) {
  BrowserLocal local = browser_local();
  local.tcp_candidates = {*Endpoint::parse("192.0.2.7:5005"),
                          *Endpoint::parse("[2001:db8::7]:5005")};
  const Session offer = parsed(test::kChromiumAudio);
  const Session answer = answer_browser(offer, *choose_format(offer, kBoth), local);
  EXPECT_TRUE(write(answer).contains(
      "a=candidate:2 1 udp 2130706175 2001:db8::7 5004 typ host\r\n"
      "a=candidate:3 1 tcp 2124414975 192.0.2.7 5005 typ host tcptype passive\r\n"
      "a=candidate:4 1 tcp 2124414719 2001:db8::7 5005 typ host tcptype passive\r\n"
      "a=end-of-candidates\r\n"))
      << write(answer);
  EXPECT_EQ(parsed(write(answer)).media[0].candidates, answer.media[0].candidates);
}

TEST(BrowserAnswerTest, OtherMediaIsRefusedInItsPlaceAndLeavesTheBundle) {
  for (const std::string_view offer_text : {test::kChromiumAll, test::kFirefoxAll}) {
    const Session offer = parsed(offer_text);
    const Session answer =
        parsed(write(answer_browser(offer, *choose_format(offer, kBoth), browser_local())));
    ASSERT_EQ(answer.media.size(), 3u);
    EXPECT_THAT(answer.bundle, ElementsAre("0"));
    EXPECT_NE(answer.media[0].port, 0);
    for (const std::size_t i : {1u, 2u}) {
      EXPECT_EQ(answer.media[i].port, 0);
      EXPECT_EQ(answer.media[i].type, offer.media[i].type);
      EXPECT_EQ(answer.media[i].protocol, offer.media[i].protocol);
      EXPECT_EQ(answer.media[i].mid, offer.media[i].mid);
      EXPECT_FALSE(answer.media[i].formats.empty() && answer.media[i].other_formats.empty());
    }
  }
}

TEST(BrowserAnswerTest, AudioBehindRefusedMediaIsFound) {
  const Session offer = parsed(replaced(test::kChromiumAudio, "m=audio",
                                        "m=video 9 UDP/TLS/RTP/SAVPF 96\na=mid:v\nm=audio"));
  const Session answer = answer_browser(offer, *choose_format(offer, kBoth), browser_local());
  ASSERT_EQ(answer.media.size(), 2u);
  EXPECT_EQ(answer.media[0].port, 0);
  EXPECT_EQ(answer.media[1].port, 5004);
}

TEST(BrowserAnswerTest, TheSecondAudioIsRefused) {
  Session offer = parsed(test::kChromiumAudio);
  offer.media.push_back(offer.media[0]);
  offer.media[1].mid = "1";
  const Session answer = answer_browser(offer, *choose_format(offer, kBoth), browser_local());
  EXPECT_NE(answer.media[0].port, 0);
  EXPECT_EQ(answer.media[1].port, 0);
}

TEST(BrowserAnswerTest, TheRoleIsPassiveUnlessTheOfferIsOrTheAssociationHasOne) {
  Session offer = parsed(test::kChromiumAudio);
  const AudioFormat format = *choose_format(offer, kBoth);
  BrowserLocal local = browser_local();
  const auto role = [&] { return answer_browser(offer, format, local).media[0].setup; };
  EXPECT_EQ(role(), Setup::Passive);
  offer.media[0].setup = Setup::Active;
  EXPECT_EQ(role(), Setup::Passive);
  offer.media[0].setup = Setup::Passive;
  EXPECT_EQ(role(), Setup::Active);
  offer.media[0].setup = Setup::Actpass;
  local.setup = Setup::Active;
  EXPECT_EQ(role(), Setup::Active);
}

TEST(BrowserAnswerTest, WithoutTelephoneEventThereIsNoneInTheAnswer) {
  const Session offer = parsed(replaced(test::kChromiumAudio, "110 126\n", "110\n"));
  const auto format = choose_format(offer, kBoth);
  EXPECT_FALSE(format->telephone_event);
  EXPECT_EQ(answer_browser(offer, *format, browser_local()).media[0].formats.size(), 1u);
}

TEST(BrowserAnswerTest, AnOfferWithoutBundleOrMidGetsNone) {
  Session offer = parsed(replaced(test::kChromiumAudio, "a=mid:0\n", ""));
  offer.bundle.clear();
  const std::string text =
      write(answer_browser(offer, *choose_format(offer, kBoth), browser_local()));
  EXPECT_THAT(text, Not(HasSubstr("BUNDLE")));
  EXPECT_THAT(text, Not(HasSubstr("a=mid")));
}

TEST(BrowserAnswerTest, HoldIsAnsweredByReceivingOnly) {
  const Session offer =
      parsed(replaced(test::kFirefoxAudio, "a=sendrecv\na=end", "a=sendonly\na=end"));
  EXPECT_EQ(read_browser(offer)->direction, Direction::SendOnly);
  EXPECT_EQ(answer_browser(offer, *choose_format(offer, kBoth), browser_local()).media[0].direction,
            Direction::RecvOnly);
}

TEST(BrowserOfferTest, OurOfferLeavesTheRoleOpenAndNamesOurCodecs) {
  const Session offer = parsed(write(offer_browser({Codec::Pcma, Codec::Pcmu}, browser_local())));
  const Media& audio = offer.media.at(0);
  EXPECT_EQ(audio.setup, Setup::Actpass);
  EXPECT_TRUE(audio.ice_lite);
  EXPECT_THAT(offer.bundle, ElementsAre("0"));
  ASSERT_EQ(audio.formats.size(), 3u);
  EXPECT_EQ(audio.formats[0].payload_type, 8);
  EXPECT_EQ(audio.formats[1].payload_type, 0);
  EXPECT_EQ(audio.formats[2].payload_type, 101);
  EXPECT_EQ(audio.candidates.size(), 2u);
}

// ---- trunks ----

TEST(TrunkTest, ABodyOfAsteriskIsRead) {
  const auto remote = read_trunk(parsed(trunk_body(kAsteriskMedia)));
  ASSERT_TRUE(remote) << remote.error().message;
  EXPECT_EQ(remote->address, "203.0.113.5");
  EXPECT_EQ(remote->rtp_port, 14'402);
  EXPECT_EQ(remote->rtcp_port, 14'403);
  EXPECT_EQ(remote->direction, Direction::SendRecv);
  EXPECT_EQ(remote->codecs, kBoth);
}

TEST(TrunkTest, StaticPayloadTypesNeedNoMap) {
  const Session remote = parsed(trunk_body("m=audio 14402 RTP/AVP 8 0\r\n"));
  EXPECT_EQ(read_trunk(remote)->codecs, (std::vector{Codec::Pcma, Codec::Pcmu}));
  EXPECT_EQ(*choose_format(remote, kBoth), (AudioFormat{.codec = Codec::Pcmu, .payload_type = 0}));
}

TEST(TrunkTest, OurOrderDecidesAndOtherNumbersAreKept) {
  const Session remote =
      parsed(trunk_body("m=audio 14402 RTP/AVP 8 100 99\r\na=rtpmap:100 pcmu/8000\r\na=rtpmap:99 "
                        "Telephone-Event/8000\r\na=ptime:30\r\n"));
  EXPECT_EQ(
      *choose_format(remote, kBoth),
      (AudioFormat{
          .codec = Codec::Pcmu, .payload_type = 100, .telephone_event = 99, .packet_time_ms = 30}));
  EXPECT_EQ(choose_format(remote, {Codec::Pcma})->payload_type, 8);
}

TEST(TrunkTest, PacketTimesThatG711HasNotAreTwenty) {
  for (const auto* time : {"5", "25", "100"}) {
    const Session remote =
        parsed(trunk_body("m=audio 1 RTP/AVP 0\r\na=ptime:" + std::string(time) + "\r\n"));
    EXPECT_EQ(choose_format(remote, kBoth)->packet_time_ms, 20u) << time;
  }
}

TEST(TrunkTest, NoCommonCodecSaysWhichWereWanted) {
  const Session remote = parsed(trunk_body("m=audio 14402 RTP/AVP 18 3\r\n"));
  EXPECT_THAT(choose_format(remote, kBoth).error().message, HasSubstr("PCMU, PCMA"));
  EXPECT_THAT(read_trunk(remote).error().message, HasSubstr("PCMU"));
  EXPECT_FALSE(choose_format(remote, {}));
  EXPECT_FALSE(choose_format(Session{}, kBoth));
}

TEST(TrunkTest, TheOldHoldAddressIsAHold) {
  const Session held = parsed(trunk_body(kAsteriskMedia, "0.0.0.0"));
  const auto remote = read_trunk(held);
  ASSERT_TRUE(remote);
  EXPECT_EQ(remote->direction, Direction::SendOnly);
  EXPECT_EQ(answer_trunk(held, *choose_format(held, kBoth), kTrunkLocal).media[0].direction,
            Direction::RecvOnly);
}

TEST(TrunkTest, NamesMulticastEncryptionAndMissingAudioAreRefused) {
  const auto error = [](const std::string& text) {
    const auto remote = read_trunk(parsed(text));
    return remote ? "" : remote.error().message;
  };
  EXPECT_THAT(error(trunk_body(kAsteriskMedia, "media.example.com")), HasSubstr("address"));
  EXPECT_THAT(error(trunk_body(kAsteriskMedia, "224.0.0.1")), HasSubstr("multicast"));
  EXPECT_THAT(error(trunk_body(kAsteriskMedia, "ff02::1")), HasSubstr("multicast"));
  EXPECT_THAT(error(trunk_body("m=audio 1 RTP/SAVP 0\r\n")), HasSubstr("encrypted"));
  EXPECT_THAT(error(trunk_body("m=audio 1 UDP/TLS/RTP/SAVP 0\r\n")), HasSubstr("trunks"));
  EXPECT_THAT(error(trunk_body("m=image 1 udptl t38\r\n")), HasSubstr("no audio"));
  EXPECT_THAT(error(trunk_body("m=audio 0 RTP/AVP 0\r\n")), HasSubstr("no audio"));
  EXPECT_THAT(error(trunk_body("")), HasSubstr("no audio"));
  EXPECT_THAT(error("v=0\r\no=- 1 1 IN IP4 203.0.113.5\r\nm=audio 1 RTP/AVP 0\r\n"),
              HasSubstr("address"));
}

TEST(TrunkTest, RtcpGoesWhereTheBodySays) {
  EXPECT_EQ(read_trunk(parsed(trunk_body("m=audio 100 RTP/AVP 0\r\na=rtcp:205\r\n")))->rtcp_port,
            205);
  EXPECT_EQ(read_trunk(parsed(trunk_body("m=audio 100 RTP/AVP 0\r\na=rtcp:205\r\na=rtcp-mux\r\n")))
                ->rtcp_port,
            100);
  EXPECT_EQ(read_trunk(parsed(trunk_body("m=audio 65535 RTP/AVP 0\r\n")))->rtcp_port, 0);
}

TEST(TrunkTest, OurOfferIsPlainRtp) {
  EXPECT_EQ(write(offer_trunk(kBoth, kTrunkLocal)),
            "v=0\r\no=- 78 1 IN IP4 192.0.2.9\r\ns=-\r\nt=0 0\r\nm=audio 12000 RTP/AVP 0 8 "
            "101\r\nc=IN IP4 192.0.2.9\r\n"
            "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 "
            "telephone-event/8000\r\na=fmtp:101 0-15\r\n"
            "a=ptime:20\r\na=sendrecv\r\n");
}

TEST(TrunkTest, OurAnswerKeepsTheOffersNumbersAndRefusesTheRest) {
  const Session offer =
      parsed(trunk_body("m=image 5000 udptl t38\r\nm=audio 14402 RTP/AVP 18 8 96\r\na=rtpmap:96 "
                        "telephone-event/8000\r\na=sendonly\r\n"));
  const std::string text = write(answer_trunk(offer, *choose_format(offer, kBoth), kTrunkLocal));
  EXPECT_THAT(text, HasSubstr("m=image 0 udptl t38\r\n"));
  EXPECT_THAT(text, HasSubstr("m=audio 12000 RTP/AVP 8 96\r\n"));
  EXPECT_THAT(text, HasSubstr("a=recvonly\r\n"));
}

Crypto crypto(std::uint32_t tag, CryptoSuite suite = CryptoSuite::AesCm128HmacSha1_80) {
  return {.tag = tag, .suite = suite, .key_and_salt = Bytes(key_and_salt_bytes(suite), 0)};
}

const std::string kKey = "inline:" + std::string(40, 'A') + "\r\n";

TEST(TrunkTest, AnOfferWithKeysIsRtpSavp) {
  TrunkLocal local = kTrunkLocal;
  local.crypto = {crypto(1), crypto(2, CryptoSuite::AesCm128HmacSha1_32)};
  std::string text = write(offer_trunk(kBoth, local));
  EXPECT_THAT(text, HasSubstr("m=audio 12000 RTP/SAVP 0 8 101\r\n"));
  EXPECT_THAT(text, HasSubstr("a=crypto:1 AES_CM_128_HMAC_SHA1_80 " + kKey +
                              "a=crypto:2 AES_CM_128_HMAC_SHA1_32 " + kKey));
  local.insists_on_crypto = false;
  text = write(offer_trunk(kBoth, local));
  EXPECT_THAT(text, HasSubstr("m=audio 12000 RTP/AVP 0 8 101\r\n"));
  EXPECT_THAT(text, HasSubstr("a=crypto:1 "));
}

TEST(TrunkTest, TheKeysThatWeCanUseAreReadInTheirOrder) {
  const std::string media = std::string(kAsteriskMedia) + "a=crypto:1 F8_128_HMAC_SHA1_80 " + kKey +
                            "a=crypto:4 AES_CM_128_HMAC_SHA1_32 " + kKey +
                            "a=crypto:2 AES_CM_128_HMAC_SHA1_80 " + kKey;
  const auto plain = read_trunk(parsed(trunk_body(media)));
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->insists_on_crypto);
  EXPECT_THAT(plain->crypto, ElementsAre(crypto(4, CryptoSuite::AesCm128HmacSha1_32), crypto(2)));
  const auto secure = read_trunk(parsed(trunk_body(replaced(media, "RTP/AVP", "RTP/SAVP"))));
  ASSERT_TRUE(secure);
  EXPECT_TRUE(secure->insists_on_crypto);
  EXPECT_EQ(secure->crypto, plain->crypto);
}

TEST(TrunkTest, OurAnswerHasTheOffersProtocolAndOneKey) {
  const std::string media = replaced(kAsteriskMedia, "RTP/AVP", "RTP/SAVP") +
                            "a=crypto:9 AES_CM_128_HMAC_SHA1_80 " + kKey;
  const Session offer = parsed(trunk_body(media));
  TrunkLocal local = kTrunkLocal;
  local.crypto = {crypto(9)};
  const std::string text = write(answer_trunk(offer, *choose_format(offer, kBoth), local));
  EXPECT_THAT(text, HasSubstr("m=audio 12000 RTP/SAVP 0 101\r\n"));
  EXPECT_THAT(text, HasSubstr("a=crypto:9 AES_CM_128_HMAC_SHA1_80 " + kKey));
}

TEST(DirectionTest, TheAnswerNeverDoesMoreThanTheOfferAllows) {
  using enum Direction;
  EXPECT_EQ(answer_direction(SendRecv, SendRecv), SendRecv);
  EXPECT_EQ(answer_direction(SendOnly, SendRecv), RecvOnly);
  EXPECT_EQ(answer_direction(RecvOnly, SendRecv), SendOnly);
  EXPECT_EQ(answer_direction(Inactive, SendRecv), Inactive);
  EXPECT_EQ(answer_direction(SendRecv, SendOnly), SendOnly);
  EXPECT_EQ(answer_direction(SendOnly, SendOnly), Inactive);
  EXPECT_EQ(answer_direction(RecvOnly, RecvOnly), Inactive);
  EXPECT_EQ(answer_direction(SendRecv, Inactive), Inactive);
}

}  // namespace
}  // namespace offhook::sdp
