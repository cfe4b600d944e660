#pragma once

#include <string>
#include <string_view>

#include "sip/message.hpp"

// Messages in the shapes that real peers send, for the tests of this folder.
namespace offhook::sip::samples {

// SIP.js 0.21.2 over a WebSocket.
inline constexpr std::string_view kSipJsRegister =
    "REGISTER sip:offhook.invalid SIP/2.0\r\n"
    "Via: SIP/2.0/WS 8hq1v2c0n6d3.invalid;branch=z9hG4bK3148226\r\n"
    "Max-Forwards: 70\r\n"
    "To: <sip:demo@offhook.invalid>\r\n"
    "From: \"Demo\" <sip:demo@offhook.invalid>;tag=7ui5uj3k2e\r\n"
    "Call-ID: 5hk3r8a0c1p1bs2bemnm\r\n"
    "CSeq: 2 REGISTER\r\n"
    "Contact: <sip:t7b5a8q1@8hq1v2c0n6d3.invalid;transport=ws>;+sip.instance=\"<urn:uuid:6c0f5e3e-"
    "7c0a-4a39-9a3b-0242ac120002>\";reg-id=1;expires=600\r\n"
    "Allow: ACK,CANCEL,INVITE,MESSAGE,BYE,OPTIONS,INFO,NOTIFY,REFER\r\n"
    "Supported: outbound, path, gruu\r\n"
    "User-Agent: SIP.js/0.21.2\r\n"
    "Content-Length: 0\r\n"
    "\r\n";

inline constexpr std::string_view kSipJsInvite =
    "INVITE sip:4443@offhook.invalid SIP/2.0\r\n"
    "Via: SIP/2.0/WS 8hq1v2c0n6d3.invalid;branch=z9hG4bK7750291\r\n"
    "Max-Forwards: 70\r\n"
    "To: <sip:4443@offhook.invalid>\r\n"
    "From: \"Demo\" <sip:demo@offhook.invalid>;tag=l2c5nbs3v9\r\n"
    "Call-ID: 0u1s2nq1f3bsk2q0nq6m\r\n"
    "CSeq: 1 INVITE\r\n"
    "Contact: <sip:t7b5a8q1@8hq1v2c0n6d3.invalid;transport=ws;ob>\r\n"
    "Allow: ACK,CANCEL,INVITE,MESSAGE,BYE,OPTIONS,INFO,NOTIFY,REFER\r\n"
    "Supported: outbound\r\n"
    "User-Agent: SIP.js/0.21.2\r\n"
    "Content-Type: application/sdp\r\n"
    "Content-Length: 5\r\n"
    "\r\n"
    "v=0\r\n";

// Asterisk's chan_sip, as VoIP.ms shows itself.
inline constexpr std::string_view kChanSipInvite =
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
    "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, PUBLISH, MESSAGE\r\n"
    "Supported: replaces, timer\r\n"
    "Remote-Party-ID: \"DOE JOHN\" "
    "<sip:2152588220@198.51.100.20>;party=calling;privacy=off;screen=no\r\n"
    "Content-Type: application/sdp\r\n"
    "Content-Length: 5\r\n"
    "\r\n"
    "v=0\r\n";

inline constexpr std::string_view kChanSipUnauthorized =
    "SIP/2.0 401 Unauthorized\r\n"
    "Via: SIP/2.0/UDP 192.0.2.7:5062;branch=z9hG4bK0a1b2c3d;received=203.0.113.9;rport=5062\r\n"
    "From: <sip:100001@atlanta1.voip.ms>;tag=7c1d2e3f\r\n"
    "To: <sip:100001@atlanta1.voip.ms>;tag=as2b7c0d11\r\n"
    "Call-ID: 8e1f2a3b4c5d6e7f\r\n"
    "CSeq: 102 REGISTER\r\n"
    "Server: voip.ms\r\n"
    "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, PUBLISH, MESSAGE\r\n"
    "Supported: replaces, timer\r\n"
    "WWW-Authenticate: Digest algorithm=MD5, realm=\"atlanta1.voip.ms\", nonce=\"5c9da5ce\"\r\n"
    "Content-Length: 0\r\n"
    "\r\n";

// A small valid request; `extra` lines (each with its CRLF) go before the end of the headers.
[[nodiscard]] inline std::string options(std::string_view extra = "") {
  return "OPTIONS sip:b@example.com SIP/2.0\r\n"
         "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
         "From: <sip:a@example.com>;tag=1\r\n"
         "To: <sip:b@example.com>\r\n"
         "Call-ID: c1\r\n"
         "CSeq: 1 OPTIONS\r\n" +
         std::string(extra) + "\r\n";
}

// A copy of `text` with the first `from` replaced.
[[nodiscard]] inline std::string replaced(std::string_view text, std::string_view from,
                                          std::string_view to) {
  std::string copy(text);
  return copy.replace(copy.find(from), from.size(), to);
}

}  // namespace offhook::sip::samples
