#include <algorithm>
#include <string>

#include "base/assert.hpp"
#include "base/endpoint.hpp"
#include "sdp/sdp.hpp"

namespace offhook::sdp {
namespace {

std::string_view to_string(Direction direction) {
  switch (direction) {
    case Direction::SendRecv:
      return "sendrecv";
    case Direction::SendOnly:
      return "sendonly";
    case Direction::RecvOnly:
      return "recvonly";
    case Direction::Inactive:
      return "inactive";
  }
  return {};
}

std::string_view to_string(Setup setup) {
  switch (setup) {
    case Setup::Actpass:
      return "actpass";
    case Setup::Active:
      return "active";
    case Setup::Passive:
      return "passive";
    case Setup::Holdconn:
      return "holdconn";
  }
  return {};
}

// What would end the line, or the text for a reader in C.
constexpr std::string_view kForbidden{"\r\n\0", 3};

class Writer {
 public:
  void session(const Session& session);
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  // One line of these parts, strings or numbers.
  template <typename... Parts>
  void line(const Parts&... parts) {
    const std::size_t start = text_.size();
    (append(parts), ...);
    OFFHOOK_ASSERT(std::string_view(text_).substr(start).find_first_of(kForbidden) ==
                   std::string_view::npos);
    text_ += "\r\n";
  }
  void append(std::string_view part) { text_ += part; }
  void append(std::uint64_t part) { text_ += std::to_string(part); }

  void media(const Media& media);
  void formats(const Media& media);
  void ice_and_dtls(const Media& media);

  std::string text_;
};

std::string_view address_type(std::string_view address) {
  return address.contains(':') ? "IP6 " : "IP4 ";
}

std::string fingerprint_text(const Bytes& value) {
  std::string text;
  for (const std::uint8_t byte : value) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    if (!text.empty()) text += ':';
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0x0F];
  }
  return text;
}

void Writer::session(const Session& session) {
  line("v=0");
  line("o=", session.username, " ", session.id, " ", session.version, " IN ",
       address_type(session.origin_address), session.origin_address);
  line("s=", session.name);
  line("t=0 0");
  if (!session.bundle.empty()) {
    std::string group = "a=group:BUNDLE";
    for (const std::string& mid : session.bundle) group += " " + mid;
    line(group);
  }
  // RFC 8839 5.3: a property of the agent, so at session level only.
  if (std::ranges::any_of(session.media, &Media::ice_lite)) line("a=ice-lite");
  for (const Media& section : session.media) media(section);
}

void Writer::media(const Media& media) {
  std::string formats_text;
  for (const PayloadFormat& format : media.formats) {
    formats_text += " " + std::to_string(format.payload_type);
  }
  for (const std::string& format : media.other_formats) formats_text += " " + format;
  line("m=", media.type, " ", std::uint64_t{media.port}, " ", media.protocol, formats_text);
  if (!media.address.empty()) line("c=IN ", address_type(media.address), media.address);
  if (!media.mid.empty()) line("a=mid:", media.mid);
  if (media.port == 0) {  // refused: the rest has no meaning
    line("a=inactive");
    return;
  }
  formats(media);
  line("a=", to_string(media.direction));
  if (media.rtcp_port) line("a=rtcp:", std::uint64_t{*media.rtcp_port});
  if (media.rtcp_mux) line("a=rtcp-mux");
  for (const Crypto& crypto : media.crypto) line("a=crypto:", write_crypto(crypto));
  ice_and_dtls(media);
  if (!media.msid.empty()) line("a=msid:", media.msid);
  if (media.ssrc) line("a=ssrc:", std::uint64_t{*media.ssrc}, " cname:", media.cname);
}

void Writer::formats(const Media& media) {
  for (const PayloadFormat& format : media.formats) {
    const std::uint64_t payload_type = format.payload_type;
    if (!format.encoding.empty()) {
      const std::string channels =
          format.channels > 1 ? "/" + std::to_string(format.channels) : std::string();
      line("a=rtpmap:", payload_type, " ", format.encoding, "/", std::uint64_t{format.clock_rate},
           channels);
    }
    if (!format.fmtp.empty()) line("a=fmtp:", payload_type, " ", format.fmtp);
  }
  if (media.packet_time_ms) line("a=ptime:", std::uint64_t{*media.packet_time_ms});
}

void Writer::ice_and_dtls(const Media& media) {
  if (!media.ice_ufrag.empty()) line("a=ice-ufrag:", media.ice_ufrag);
  if (!media.ice_pwd.empty()) line("a=ice-pwd:", media.ice_pwd);
  for (const Fingerprint& fingerprint : media.fingerprints) {
    line("a=fingerprint:", fingerprint.algorithm, " ", fingerprint_text(fingerprint.value));
  }
  if (media.setup) line("a=setup:", to_string(*media.setup));
  for (const Candidate& candidate : media.candidates) {
    line("a=candidate:", candidate.foundation, " ", std::uint64_t{candidate.component}, " ",
         candidate.transport, " ", std::uint64_t{candidate.priority}, " ", candidate.address, " ",
         std::uint64_t{candidate.port}, " typ ", candidate.type,
         candidate.tcp_type.empty() ? "" : " tcptype ", candidate.tcp_type);
  }
  if (media.end_of_candidates) line("a=end-of-candidates");
}

}  // namespace

std::string write(const Session& session) {
  Writer writer;
  writer.session(session);
  return writer.take();
}

}  // namespace offhook::sdp
