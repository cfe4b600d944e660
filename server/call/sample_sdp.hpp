#pragma once

#include <string>
#include <string_view>

// What browsers and providers send, for tests.
namespace offhook::call::sample {

inline const std::string kFingerprint =
    "A1:B2:C3:D4:E5:F6:07:18:29:3A:4B:5C:6D:7E:8F:90:A1:B2:C3:D4:E5:F6:07:18:29:3A:4B:5C:6D:7E:8F:"
    "90";

struct BrowserSdp {
  std::string setup = "actpass";  // "active" in answers
  std::string payloads = "111 0 8 13 110 126";
  std::string direction = "sendrecv";
  std::string ufrag = "Fr4g";
  std::string pwd = "0123456789abcdefghijklmn";
  std::string fingerprint = kFingerprint;
};

// Chromium's, without the lines that nobody reads.
inline std::string browser(const BrowserSdp& sdp = {}) {
  return "v=0\r\n"
         "o=- 4611731400430051336 2 IN IP4 127.0.0.1\r\n"
         "s=-\r\n"
         "t=0 0\r\n"
         "a=group:BUNDLE 0\r\n"
         "m=audio 9 UDP/TLS/RTP/SAVPF " +
         sdp.payloads +
         "\r\n"
         "c=IN IP4 0.0.0.0\r\n"
         "a=rtcp:9 IN IP4 0.0.0.0\r\n"
         "a=ice-ufrag:" +
         sdp.ufrag +
         "\r\n"
         "a=ice-pwd:" +
         sdp.pwd +
         "\r\n"
         "a=fingerprint:sha-256 " +
         sdp.fingerprint +
         "\r\n"
         "a=setup:" +
         sdp.setup +
         "\r\n"
         "a=mid:0\r\n"
         "a=" +
         sdp.direction +
         "\r\n"
         "a=rtcp-mux\r\n"
         "a=rtpmap:111 opus/48000/2\r\n"
         "a=rtpmap:0 PCMU/8000\r\n"
         "a=rtpmap:8 PCMA/8000\r\n"
         "a=rtpmap:13 CN/8000\r\n"
         "a=rtpmap:110 telephone-event/48000\r\n"
         "a=rtpmap:126 telephone-event/8000\r\n";
}

inline std::string browser_answer(const std::string& payloads = "0 101", BrowserSdp sdp = {}) {
  sdp.setup = "active";
  sdp.payloads = payloads;
  return browser(sdp) + "a=rtpmap:101 telephone-event/8000\r\n";
}

struct TrunkSdp {
  std::string address = "198.51.100.20";
  std::string port = "10002";
  std::string payloads = "0 101";
  std::string direction = "sendrecv";
  std::string protocol = "RTP/AVP";
  std::string crypto{};  // values of a=crypto
};

inline const std::string kTrunkKey = "AES_CM_128_HMAC_SHA1_80 inline:" + std::string(40, 'q');

// As chan_sip writes it.
inline std::string trunk(const TrunkSdp& sdp = {}) {
  return "v=0\r\n"
         "o=root 1821 1821 IN IP4 " +
         sdp.address +
         "\r\n"
         "s=VoIPMS\r\n"
         "c=IN IP4 " +
         sdp.address +
         "\r\n"
         "t=0 0\r\n"
         "m=audio " +
         sdp.port + " " + sdp.protocol + " " + sdp.payloads +
         "\r\n"
         "a=rtpmap:0 PCMU/8000\r\n"
         "a=rtpmap:8 PCMA/8000\r\n"
         "a=rtpmap:101 telephone-event/8000\r\n"
         "a=fmtp:101 0-16\r\n"
         "a=ptime:20\r\n"
         "a=" +
         sdp.direction + "\r\n" + (sdp.crypto.empty() ? "" : "a=crypto:" + sdp.crypto + "\r\n");
}

inline std::string secure_trunk(const std::string& tag = "1", const std::string& key = kTrunkKey) {
  return trunk({.protocol = "RTP/SAVP", .crypto = tag + " " + key});
}

}  // namespace offhook::call::sample
