#include "bench/sip_samples.hpp"

#include <string_view>

namespace offhook::bench {
namespace {

constexpr std::string_view kChromiumOffer =
    "v=0\r\n"
    "o=- 6152836719342104983 2 IN IP4 127.0.0.1\r\n"
    "s=-\r\n"
    "t=0 0\r\n"
    "a=group:BUNDLE 0\r\n"
    "a=extmap-allow-mixed\r\n"
    "a=msid-semantic: WMS 4f0c1f6e-9f0d-4c0a-8a56-0d5a7c1e2b3f\r\n"
    "m=audio 51234 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\n"
    "c=IN IP4 203.0.113.24\r\n"
    "a=rtcp:9 IN IP4 0.0.0.0\r\n"
    "a=candidate:2743519839 1 udp 2122260223 192.168.178.31 51234 typ host generation 0 network-id "
    "1 network-cost 10\r\n"
    "a=candidate:1510613869 1 udp 2122194687 10.8.0.6 53187 typ host generation 0 network-id 2 "
    "network-cost 50\r\n"
    "a=candidate:3388485749 1 udp 1686052607 203.0.113.24 51234 typ srflx raddr 192.168.178.31 "
    "rport 51234 generation 0 network-id 1 network-cost 10\r\n"
    "a=candidate:1082716191 1 tcp 1518280447 192.168.178.31 9 typ host tcptype active generation 0 "
    "network-id 1 network-cost 10\r\n"
    "a=ice-ufrag:EsAw\r\n"
    "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"
    "a=ice-options:trickle\r\n"
    "a=fingerprint:sha-256 "
    "7A:1E:20:9C:4F:6D:33:58:AB:02:C4:F1:90:6E:5B:D7:18:2C:A3:64:0F:E9:71:BD:35:86:4A:DC:29:F0:57:"
    "13\r\n"
    "a=setup:actpass\r\n"
    "a=mid:0\r\n"
    "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
    "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"
    "a=extmap:3 "
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
    "a=sendrecv\r\n"
    "a=msid:4f0c1f6e-9f0d-4c0a-8a56-0d5a7c1e2b3f 1b7d7f57-6c1a-4a52-b0f2-3f5d0e6c9a11\r\n"
    "a=rtcp-mux\r\n"
    "a=rtcp-rsize\r\n"
    "a=rtpmap:111 opus/48000/2\r\n"
    "a=rtcp-fb:111 transport-cc\r\n"
    "a=fmtp:111 minptime=10;useinbandfec=1\r\n"
    "a=rtpmap:63 red/48000/2\r\n"
    "a=fmtp:63 111/111\r\n"
    "a=rtpmap:9 G722/8000\r\n"
    "a=rtpmap:0 PCMU/8000\r\n"
    "a=rtpmap:8 PCMA/8000\r\n"
    "a=rtpmap:13 CN/8000\r\n"
    "a=rtpmap:110 telephone-event/48000\r\n"
    "a=rtpmap:126 telephone-event/8000\r\n"
    "a=ssrc:2231627014 cname:1tWQW5xC5qk2Xk7z\r\n"
    "a=ssrc:2231627014 msid:4f0c1f6e-9f0d-4c0a-8a56-0d5a7c1e2b3f "
    "1b7d7f57-6c1a-4a52-b0f2-3f5d0e6c9a11\r\n";

constexpr std::string_view kChanSipOffer =
    "v=0\r\n"
    "o=root 1196871741 1196871741 IN IP4 198.51.100.20\r\n"
    "s=Asterisk PBX 13.38.3\r\n"
    "c=IN IP4 198.51.100.20\r\n"
    "t=0 0\r\n"
    "m=audio 14882 RTP/AVP 0 101\r\n"
    "a=rtpmap:0 PCMU/8000\r\n"
    "a=rtpmap:101 telephone-event/8000\r\n"
    "a=fmtp:101 0-16\r\n"
    "a=ptime:20\r\n"
    "a=maxptime:150\r\n"
    "a=sendrecv\r\n";

std::string with_body(std::string_view head, std::string_view body) {
  return std::string(head) +
         "Content-Type: application/sdp\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

}  // namespace

std::string chromium_offer() { return std::string(kChromiumOffer); }

std::string sip_js_invite() {
  return with_body(
      "INVITE sip:+12155550143@phone.example.com SIP/2.0\r\n"
      "Via: SIP/2.0/WSS 8hq1v2c0n6d3.invalid;branch=z9hG4bK7750291\r\n"
      "Max-Forwards: 70\r\n"
      "To: <sip:+12155550143@phone.example.com>\r\n"
      "From: \"Alice Example\" <sip:alice@phone.example.com>;tag=l2c5nbs3v9\r\n"
      "Call-ID: 0u1s2nq1f3bsk2q0nq6m\r\n"
      "CSeq: 2 INVITE\r\n"
      "Authorization: Digest algorithm=MD5, username=\"alice\", realm=\"phone.example.com\", "
      "nonce=\"6f1ed002ab5595859014ebf0951522d9\", uri=\"sip:+12155550143@phone.example.com\", "
      "response=\"2a7e9c18f9c1d7a50fb2c08bb4e6d7f3\", qop=auth, cnonce=\"k2v8s0q1c4n7\", "
      "nc=00000001\r\n"
      "Contact: <sip:t7b5a8q1@8hq1v2c0n6d3.invalid;transport=ws;ob>\r\n"
      "Allow: ACK,CANCEL,INVITE,MESSAGE,BYE,OPTIONS,INFO,NOTIFY,REFER\r\n"
      "Supported: outbound\r\n"
      "User-Agent: SIP.js/0.21.2\r\n",
      kChromiumOffer);
}

std::string chan_sip_invite() {
  return with_body(
      "INVITE sip:100001@192.0.2.7:5062 SIP/2.0\r\n"
      "Via: SIP/2.0/UDP 198.51.100.20:5060;branch=z9hG4bK12d5d9f8;rport\r\n"
      "Max-Forwards: 70\r\n"
      "From: \"DOE JOHN\" <sip:2152588220@198.51.100.20>;tag=as5d0c4a67\r\n"
      "To: <sip:100001@192.0.2.7:5062>\r\n"
      "Contact: <sip:2152588220@198.51.100.20:5060>\r\n"
      "Call-ID: 2f5a1e2b1c9d4e7f3a6b@198.51.100.20:5060\r\n"
      "CSeq: 102 INVITE\r\n"
      "User-Agent: voip.ms\r\n"
      "Date: Mon, 23 Nov 2026 08:41:10 GMT\r\n"
      "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, PUBLISH, "
      "MESSAGE\r\n"
      "Supported: replaces, timer\r\n"
      "Remote-Party-ID: \"DOE JOHN\" "
      "<sip:2152588220@198.51.100.20>;party=calling;privacy=off;screen=no\r\n",
      kChanSipOffer);
}

}  // namespace offhook::bench
