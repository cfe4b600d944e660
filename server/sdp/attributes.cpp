#include "sdp/attributes.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace offhook::sdp {
namespace {

constexpr std::string_view kIceExtra = "+/";                   // RFC 8839 5.4 ice-char
constexpr std::string_view kTokenExtra = "!#$%&'*+-.^_`{|}~";  // RFC 8866 9 token-char

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
}

bool consists_of(std::string_view text, std::string_view extra) {
  return !text.empty() && std::ranges::all_of(text, [extra](char c) {
    return is_alphanumeric(c) || extra.contains(c);
  });
}

Result<void> read_direction(Direction direction, Media& media) {
  media.direction = direction;
  return {};
}

PayloadFormat* find_format(std::string_view payload_type, Media& media) {
  const auto number = parse_decimal<std::uint8_t>(payload_type);
  if (!number) return nullptr;
  const auto found = std::ranges::find(media.formats, *number, &PayloadFormat::payload_type);
  return found == media.formats.end() ? nullptr : &*found;
}

// A map of a payload type that the m= line does not name is dropped.
Result<void> read_rtpmap(std::string_view value, Media& media) {
  const std::string_view payload_type = take_until(value, ' ');
  PayloadFormat* format = find_format(payload_type, media);
  if (!parse_decimal<std::uint8_t>(payload_type)) return failure("a=rtpmap without payload type");
  if (format == nullptr) return {};
  value = trim(value);
  const std::string_view encoding = take_until(value, '/');
  const auto clock_rate = parse_decimal<std::uint32_t>(take_until(value, '/'));
  const auto channels = value.empty() ? 1 : parse_decimal<std::uint8_t>(value);
  if (!is_token(encoding) || !clock_rate || *clock_rate == 0 || !channels || *channels == 0) {
    return failure("a=rtpmap is not \"type encoding/clock-rate/channels\"");
  }
  format->encoding = encoding;
  format->clock_rate = *clock_rate;
  format->channels = *channels;
  return {};
}

Result<void> read_fmtp(std::string_view value, Media& media) {
  const std::string_view payload_type = take_until(value, ' ');
  if (PayloadFormat* format = find_format(payload_type, media)) format->fmtp = trim(value);
  return {};
}

// Times that nobody means are as good as none.
Result<void> read_packet_time(std::string_view value, Media& media) {
  const auto milliseconds = parse_decimal<std::uint32_t>(value);
  if (milliseconds && *milliseconds > 0 && *milliseconds <= 1'000) {
    media.packet_time_ms = milliseconds;
  }
  return {};
}

Result<void> read_rtcp(std::string_view value, Media& media) {  // RFC 3605
  const auto port = parse_decimal<std::uint16_t>(take_until(value, ' '));
  if (!port) return failure("a=rtcp without a port");
  media.rtcp_port = port;
  return {};
}

Result<void> read_rtcp_mux(std::string_view, Media& media) {
  media.rtcp_mux = true;
  return {};
}

Result<void> read_mid(std::string_view value, Media& media) {
  if (!is_token(value)) return failure("a=mid is no token");
  media.mid = value;
  return {};
}

Result<void> read_ice_ufrag(std::string_view value, Media& media) {
  if (value.size() < 4 || value.size() > 256 || !consists_of(value, kIceExtra)) {
    return failure("a=ice-ufrag is not 4 to 256 ICE characters");
  }
  media.ice_ufrag = value;
  return {};
}

Result<void> read_ice_pwd(std::string_view value, Media& media) {
  if (value.size() < 22 || value.size() > 256 || !consists_of(value, kIceExtra)) {
    return failure("a=ice-pwd is not 22 to 256 ICE characters");
  }
  media.ice_pwd = value;
  return {};
}

Result<void> read_ice_lite(std::string_view, Media& media) {
  media.ice_lite = true;
  return {};
}

Result<void> read_candidate_line(std::string_view value, Media& media) {
  if (auto candidate = read_candidate(value)) media.candidates.push_back(std::move(*candidate));
  return {};
}

Result<void> read_end_of_candidates(std::string_view, Media& media) {
  media.end_of_candidates = true;
  return {};
}

std::size_t digest_bytes(std::string_view algorithm) {  // 0: unknown
  if (algorithm == "sha-1") return 20;
  if (algorithm == "sha-224") return 28;
  if (algorithm == "sha-256") return 32;
  if (algorithm == "sha-384") return 48;
  if (algorithm == "sha-512") return 64;
  return 0;
}

Result<void> read_fingerprint(std::string_view value, Media& media) {  // RFC 8122 5
  Fingerprint fingerprint{.algorithm = to_lower(take_until(value, ' '))};
  const std::size_t size = digest_bytes(fingerprint.algorithm);
  if (size == 0) return {};  // another one may be of a kind that we know
  std::string digits;
  for (value = trim(value); !value.empty();) {
    const std::string_view byte = take_until(value, ':');
    if (byte.size() != 2) return failure("a=fingerprint is not hexadecimal");
    digits += byte;
  }
  const auto bytes = from_hex(digits);
  if (!bytes || bytes->size() != size) return failure("a=fingerprint is of the wrong length");
  fingerprint.value = *bytes;
  media.fingerprints.push_back(std::move(fingerprint));
  return {};
}

Result<void> read_setup(std::string_view value, Media& media) {
  constexpr std::array<std::pair<std::string_view, Setup>, 4> kRoles{
      {{"actpass", Setup::Actpass},
       {"active", Setup::Active},
       {"passive", Setup::Passive},
       {"holdconn", Setup::Holdconn}}};
  const auto* const role =
      std::ranges::find(kRoles, value, &std::pair<std::string_view, Setup>::first);
  if (role == kRoles.end()) return failure("a=setup is none of actpass, active, passive, holdconn");
  media.setup = role->second;
  return {};
}

Result<void> read_crypto_line(std::string_view value, Media& media) {
  if (auto crypto = read_crypto(value)) media.crypto.push_back(std::move(*crypto));
  return {};
}

Result<void> read_ssrc(std::string_view value, Media& media) {  // RFC 5576 4.1
  const auto ssrc = parse_decimal<std::uint32_t>(take_until(value, ' '));
  if (!ssrc) return failure("a=ssrc without a number");
  if (media.ssrc && *media.ssrc != *ssrc) return {};  // the first is the stream, others repair it
  media.ssrc = ssrc;
  if (take_until(value, ':') == "cname") media.cname = value;
  return {};
}

Result<void> read_msid(std::string_view value, Media& media) {
  media.msid = value;
  return {};
}

struct Attribute {
  std::string_view name;
  Result<void> (*read)(std::string_view value, Media& media);
};

constexpr std::array kAttributes{
    Attribute{"rtpmap", read_rtpmap},
    Attribute{"fmtp", read_fmtp},
    Attribute{"ptime", read_packet_time},
    Attribute{"rtcp", read_rtcp},
    Attribute{"rtcp-mux", read_rtcp_mux},
    Attribute{"mid", read_mid},
    Attribute{"ice-ufrag", read_ice_ufrag},
    Attribute{"ice-pwd", read_ice_pwd},
    Attribute{"ice-lite", read_ice_lite},
    Attribute{"candidate", read_candidate_line},
    Attribute{"end-of-candidates", read_end_of_candidates},
    Attribute{"fingerprint", read_fingerprint},
    Attribute{"setup", read_setup},
    Attribute{"crypto", read_crypto_line},
    Attribute{"ssrc", read_ssrc},
    Attribute{"msid", read_msid},
    Attribute{"sendrecv", [](auto, Media& m) { return read_direction(Direction::SendRecv, m); }},
    Attribute{"sendonly", [](auto, Media& m) { return read_direction(Direction::SendOnly, m); }},
    Attribute{"recvonly", [](auto, Media& m) { return read_direction(Direction::RecvOnly, m); }},
    Attribute{"inactive", [](auto, Media& m) { return read_direction(Direction::Inactive, m); }},
};

}  // namespace

bool is_token(std::string_view text) { return consists_of(text, kTokenExtra); }

bool is_address(std::string_view text) { return consists_of(text, ".:-"); }

Result<void> read_attribute(std::string_view line, Media& media) {
  std::string_view value = line;
  const std::string_view name = take_until(value, ':');
  const auto* const known = std::ranges::find(kAttributes, name, &Attribute::name);
  if (known == kAttributes.end()) return {};
  return known->read(trim(value), media);
}

std::optional<Candidate> read_candidate(std::string_view value) {
  Candidate candidate;
  candidate.foundation = take_until(value, ' ');
  const auto component = parse_decimal<std::uint16_t>(take_until(value, ' '));
  candidate.transport = to_lower(take_until(value, ' '));
  const auto priority = parse_decimal<std::uint32_t>(take_until(value, ' '));
  candidate.address = take_until(value, ' ');
  const auto port = parse_decimal<std::uint16_t>(take_until(value, ' '));
  const std::string_view type_keyword = take_until(value, ' ');
  candidate.type = take_until(value, ' ');
  if (!component || !priority || !port || type_keyword != "typ") return std::nullopt;
  if (!consists_of(candidate.foundation, kIceExtra) || !is_token(candidate.transport) ||
      !is_address(candidate.address) || !is_token(candidate.type)) {
    return std::nullopt;
  }
  while (!value.empty()) {  // extensions, as pairs of a name and a value
    const std::string_view name = take_until(value, ' ');
    const std::string_view extension = take_until(value, ' ');
    if (name == "tcptype" && is_token(extension)) candidate.tcp_type = extension;
  }
  candidate.component = *component;
  candidate.priority = *priority;
  candidate.port = *port;
  return candidate;
}

}  // namespace offhook::sdp
