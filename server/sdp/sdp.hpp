#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/endpoint.hpp"
#include "base/result.hpp"
#include "sdp/crypto.hpp"

// Session descriptions (RFC 8866) as far as one audio call needs them.
namespace offhook::sdp {

enum class Direction : std::uint8_t { SendRecv, SendOnly, RecvOnly, Inactive };
enum class Setup : std::uint8_t { Actpass, Active, Passive, Holdconn };  // RFC 4145, RFC 5763

// a=rtpmap and a=fmtp of one payload type; static ones (RFC 3551) are filled in where the rtpmap is
// missing.
struct PayloadFormat {
  std::uint8_t payload_type = 0;  // 0..127
  std::string encoding{};  // as written, compare without case: "PCMU"; "" for an unmapped one
  std::uint32_t clock_rate = 8000;
  std::uint8_t channels = 1;
  std::string fmtp{};  // parameters, "" where absent
  bool operator==(const PayloadFormat&) const = default;
};

struct Fingerprint {
  std::string algorithm{};  // lower case: "sha-256"
  Bytes value{};
  bool operator==(const Fingerprint&) const = default;
};

// a=candidate (RFC 8839, and RFC 6544 for TCP); host candidates only are written.
struct Candidate {
  std::string foundation{};
  std::uint16_t component = 1;
  std::string transport{};  // lower case: "udp", "tcp"
  std::uint32_t priority = 0;
  std::string address{};  // an address literal or a .local name
  std::uint16_t port = 0;
  std::string type{};      // "host", ...
  std::string tcp_type{};  // "active", "passive", "so"; "" for UDP
  bool operator==(const Candidate&) const = default;
};

struct Media {
  std::string type{};                        // "audio", "video", "application"
  std::uint16_t port = 0;                    // 0: refused or not wanted
  std::string protocol{};                    // "RTP/AVP", "UDP/TLS/RTP/SAVPF", ...
  std::vector<PayloadFormat> formats{};      // in order of preference
  std::vector<std::string> other_formats{};  // of m= lines without RTP ("webrtc-datachannel")
  std::string address{};  // the c= in force: the media's or the session's; an address or a name
  Direction direction = Direction::SendRecv;
  std::optional<std::uint16_t> rtcp_port{};
  bool rtcp_mux = false;
  std::optional<std::uint32_t> packet_time_ms{};  // a=ptime
  std::string mid{};                              // "" where absent
  // ICE and DTLS; the media's own or the session's.
  std::string ice_ufrag{};
  std::string ice_pwd{};
  bool ice_lite = false;
  std::vector<Candidate> candidates{};
  bool end_of_candidates = false;
  std::vector<Fingerprint> fingerprints{};
  std::optional<Setup> setup{};
  std::vector<Crypto> crypto{};  // those that we can use, in order of preference
  // a=ssrc:… cname:… and a=msid of the stream, written into answers to browsers.
  std::optional<std::uint32_t> ssrc{};
  std::string cname{};
  std::string msid{};
  bool operator==(const Media&) const = default;
};

struct Session {
  std::string username = "-";
  std::uint64_t id = 0;
  std::uint64_t version = 0;
  std::string origin_address = "127.0.0.1";
  std::string name = "-";
  std::vector<std::string> bundle{};  // mids of a=group:BUNDLE
  std::vector<Media> media{};
  bool operator==(const Session&) const = default;
};

// Bounded by base/limits.hpp. Unknown lines and attributes are dropped, lines may end in LF alone;
// a line that is known and makes no sense is an error that names it. Text fields hold no control
// characters; mids are tokens.
[[nodiscard]] Result<Session> parse(std::string_view text);
// Text fields must hold no control characters, asserted: whatever comes from outside came through
// parse().
[[nodiscard]] std::string write(const Session& session);

}  // namespace offhook::sdp
