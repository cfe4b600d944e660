#pragma once

#include "sip/torture_message.hpp"

// RFC 5118 4, under the names of the files in its appendix. The Content-Length of its three INVITEs
// is wrong as printed; they stand here with the right one and again as printed.
namespace offhook::sip::torture {

namespace detail {

[[nodiscard]] inline std::string with_content_length(std::string head, const std::string& body,
                                                     std::size_t length) {
  head += "Content-Length: " + std::to_string(length) + "\n\n";
  return lines(head) + body;
}

[[nodiscard]] inline std::string register_at(std::string_view uri) {
  return lines("REGISTER " + std::string(uri) + R"( SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Max-Forwards: 70
Contact: "Caller" <sip:caller@[2001:db8::1]>
CSeq: 98176 REGISTER
Content-Length: 0

)");
}

[[nodiscard]] inline std::string options_at(std::string_view uri) {
  const std::string at(uri);
  return lines("OPTIONS " + at + " SIP/2.0\nTo: " + at + R"(
From: sip:user@example.com;tag=810x2
Via: SIP/2.0/UDP lab1.east.example.com;branch=z9hG4bKas3-111
Call-ID: G9559905523997077@hlau_4100
CSeq: 689 OPTIONS
Max-Forwards: 70
Content-Length: 0

)");
}

}  // namespace detail

// Max-Forwards and Contact stand the other way round in 4.3 and 4.4, which changes nothing.
[[nodiscard]] inline std::string ipv6_good() { return detail::register_at("sip:[2001:db8::10]"); }
[[nodiscard]] inline std::string ipv6_bad() { return detail::register_at("sip:2001:db8::10"); }
[[nodiscard]] inline std::string port_ambiguous() {
  return detail::register_at("sip:[2001:db8::10:5070]");
}
[[nodiscard]] inline std::string port_unambiguous() {
  return detail::register_at("sip:[2001:db8::10]:5070");
}

[[nodiscard]] inline std::string via_received_param_with_delim() {
  return lines(R"(BYE sip:[2001:db8::10] SIP/2.0
To: sip:user@example.com;tag=bd76ya
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Max-Forwards: 70
CSeq: 321 BYE
Content-Length: 0

)");
}

[[nodiscard]] inline std::string via_received_param_no_delim() {
  return lines(R"(OPTIONS sip:[2001:db8::10] SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3
Call-ID: SSG95523997077@hlau_4100
Max-Forwards: 70
Contact: "Caller" <sip:caller@[2001:db8::9:1]>
CSeq: 921 OPTIONS
Content-Length: 0

)");
}

[[nodiscard]] inline std::string ipv6_in_sdp(std::size_t content_length) {
  return detail::with_content_length(R"(INVITE sip:user@[2001:db8::10] SIP/2.0
To: sip:user@[2001:db8::10]
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::20];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Contact: "Caller" <sip:caller@[2001:db8::20]>
CSeq: 8612 INVITE
Max-Forwards: 70
Content-Type: application/sdp
)",
                                     lines(R"(v=0
o=assistant 971731711378798081 0 IN IP6 2001:db8::20
s=Live video feed for today's meeting
c=IN IP6 2001:db8::20
t=3338481189 3370017201
m=audio 6000 RTP/AVP 2
a=rtpmap:2 G726-32/8000
m=video 6024 RTP/AVP 107
a=rtpmap:107 H263-1998/90000
)"),
                                     content_length);
}

[[nodiscard]] inline std::string mult_ip_in_header() {
  return lines(R"(BYE sip:user@host.example.net SIP/2.0
Via: SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144
Via: SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200
Call-ID: 997077@lau_4100
Max-Forwards: 70
CSeq: 89187 BYE
To: sip:user@example.net;tag=9817--94
From: sip:user@example.com;tag=81x2
Content-Length: 0

)");
}

[[nodiscard]] inline std::string mult_ip_in_sdp(std::size_t content_length) {
  return detail::with_content_length(R"(INVITE sip:user@[2001:db8::10] SIP/2.0
To: sip:user@[2001:db8::10]
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Contact: "Caller" <sip:caller@[2001:db8::9:1]>
Max-Forwards: 70
CSeq: 8912 INVITE
Content-Type: application/sdp
)",
                                     lines(R"(v=0
o=bob 280744730 28977631 IN IP4 host.example.com
s=
t=0 0
m=audio 22334 RTP/AVP 0
c=IN IP4 192.0.2.1
m=video 6024 RTP/AVP 107
c=IN IP6 2001:db8::1
a=rtpmap:107 H263-1998/90000
)"),
                                     content_length);
}

[[nodiscard]] inline std::string ipv4_mapped_ipv6(std::size_t content_length) {
  return detail::with_content_length(R"(INVITE sip:user@example.com SIP/2.0
To: sip:user@example.com
From: sip:user@east.example.com;tag=81x2
Via: SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19
Via: SIP/2.0/UDP [::ffff:192.0.2.2];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Contact: "T. desk phone" <sip:ted@[::ffff:192.0.2.2]>
CSeq: 612 INVITE
Max-Forwards: 70
Content-Type: application/sdp
)",
                                     lines(R"(v=0
o=assistant 971731711378798081 0 IN IP6 ::ffff:192.0.2.2
s=Call me soon, please!
c=IN IP6 ::ffff:192.0.2.2
t=3338481189 3370017201
m=audio 6000 RTP/AVP 2
a=rtpmap:2 G726-32/8000
m=video 6024 RTP/AVP 107
a=rtpmap:107 H263-1998/90000
)"),
                                     content_length);
}

[[nodiscard]] inline std::vector<TortureMessage> ipv6_messages() {
  using enum Outcome;
  constexpr bool kNotTaken = false;
  return {
      {"ipv6_good", "4.1", ipv6_good(), RequestReceived},
      {"ipv6_bad", "4.2", ipv6_bad(), Refused, 400, kNotTaken},
      {"port_ambiguous", "4.3", port_ambiguous(), RequestReceived},
      {"port_unambiguous", "4.4", port_unambiguous(), RequestReceived},
      // No dialog of ours: so for mult_ip_in_header.
      {"via_received_param_with_delim", "4.5", via_received_param_with_delim(), Answered, 481},
      {"via_received_param_no_delim", "4.5", via_received_param_no_delim(), Answered, 200},
      {"ipv6_in_sdp", "4.6", ipv6_in_sdp(251), InviteReceived, 100},
      // More than there is (RFC 3261 18.3).
      {"ipv6_in_sdp_as_printed", "4.6", ipv6_in_sdp(268), Refused, 400, kNotTaken},
      {"mult_ip_in_header", "4.7", mult_ip_in_header(), Answered, 481},
      {"mult_ip_in_sdp", "4.8", mult_ip_in_sdp(189), InviteReceived, 100},
      {"mult_ip_in_sdp_as_printed", "4.8", mult_ip_in_sdp(181), InviteReceived, 100},
      {"ipv4_mapped_ipv6", "4.9", ipv4_mapped_ipv6(245), InviteReceived, 100},
      {"ipv4_mapped_ipv6_as_printed", "4.9", ipv4_mapped_ipv6(236), InviteReceived, 100},
      // The first is what the grammar of RFC 3261 says by mistake; both must be tolerated.
      {"ipv6_bug_abnf_3_colons", "4.10", detail::options_at("sip:user@[2001:db8:::192.0.2.1]"),
       Answered, 200},
      {"ipv6_correct_abnf_2_colons", "4.10", detail::options_at("sip:user@[2001:db8::192.0.2.1]"),
       Answered, 200},
  };
}

}  // namespace offhook::sip::torture
