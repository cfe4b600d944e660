#include "control/validate.hpp"

#include <algorithm>
#include <string>

#include "base/endpoint.hpp"
#include "base/limits.hpp"

namespace offhook::control {
namespace {

constexpr std::size_t kIdCharacters = 64;
constexpr std::string_view kDigits = "0123456789*#ABCD";

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// RFC 8839 5.4: ice-char, 4 to 256 of them in a ufrag and 22 to 256 in a pwd.
bool is_ice_token(std::string_view text, std::size_t least) {
  return text.size() >= least && text.size() <= 256 && std::ranges::all_of(text, [](char c) {
           return is_letter_or_digit(c) || c == '+' || c == '/';
         });
}

Result<void> check_id(std::string_view field, std::string_view id) {
  if (is_valid_id(id)) return {};
  return failure(std::string(field) + " must be 1 to 64 characters of 0-9, a-z, A-Z and -");
}

// RFC 5761 4: 64 to 95 with the marker bit look like RTCP types on a shared port.
bool is_payload_type(std::uint32_t type) { return type <= 127 && (type < 64 || type > 95); }

Result<void> check_format(const AudioFormat& format) {
  if (format.codec() != AudioFormat::PCMU && format.codec() != AudioFormat::PCMA) {
    return failure("format.codec must be PCMU or PCMA");
  }
  if (!is_payload_type(format.payload_type())) {
    return failure("format.payload_type must be 0 to 63 or 96 to 127");
  }
  if (format.has_telephone_event_payload_type() &&
      (!is_payload_type(format.telephone_event_payload_type()) ||
       format.telephone_event_payload_type() == format.payload_type())) {
    return failure(
        "format.telephone_event_payload_type must be 0 to 63 or 96 to 127, and not the codec's");
  }
  const std::uint32_t ms = format.packet_time_ms();
  if (ms != 0 && (ms < 10 || ms > 60 || ms % 10 != 0)) {
    return failure("format.packet_time_ms must be 10, 20, 30, 40, 50 or 60, or 0 for 20");
  }
  return {};
}

Result<void> check_bridge(const Bridge& bridge) {
  for (const auto& [field, id] : {std::pair{"bridge_id", &bridge.bridge_id()},
                                  {"leg_a", &bridge.leg_a()},
                                  {"leg_b", &bridge.leg_b()}}) {
    if (auto checked = check_id(field, *id); !checked) return checked;
  }
  if (bridge.leg_a() == bridge.leg_b()) return failure("a bridge needs two different legs");
  return {};
}

Result<void> check_digit(const SendDigit& command) {
  if (command.digit().size() != 1 || !kDigits.contains(command.digit().front())) {
    return failure("digit must be one of 0-9 * # A-D");
  }
  if (command.duration_ms() != 0 && (command.duration_ms() < 40 || command.duration_ms() > 6'000)) {
    return failure("duration_ms must be 40 to 6000, or 0 for 100");
  }
  return check_id("leg_id", command.leg_id());
}

Result<void> check_address(std::string_view field, const Address& address, bool may_be_nowhere) {
  const auto ip = IpAddress::parse(address.ip());
  if (!ip) return failure(std::string(field) + ".ip must be an IPv4 or IPv6 address");
  if (address.port() > 65'535) return failure(std::string(field) + ".port must be 0 to 65535");
  if ((ip->is_unspecified() || address.port() == 0) && !may_be_nowhere) {
    return failure(std::string(field) + " must name a host and a port where send is true");
  }
  return {};
}

std::size_t digest_bytes(std::string_view algorithm) {
  if (algorithm == "sha-256") return 32;
  if (algorithm == "sha-384") return 48;
  return algorithm == "sha-512" ? 64 : 0;
}

// Bytes of master key and salt of a DTLS-SRTP profile (RFC 5764 4.1.2, RFC 7714 14.2); 0: not ours.
std::size_t key_and_salt_bytes(std::uint32_t srtp_profile) {
  switch (srtp_profile) {
    case 1:
    case 2:
      return 16 + 14;
    case 7:
      return 16 + 12;
    case 8:
      return 32 + 12;
    default:
      return 0;
  }
}

Result<void> check_sdes(const SetRemote::Sdes& sdes) {
  const std::size_t expected = key_and_salt_bytes(sdes.srtp_profile());
  if (expected == 0) return failure("sdes.srtp_profile must be 1, 2, 7 or 8");
  if (sdes.local_key_and_salt().size() != expected ||
      sdes.remote_key_and_salt().size() != expected) {
    return failure("sdes keys must be " + std::to_string(expected) + " bytes for profile " +
                   std::to_string(sdes.srtp_profile()));
  }
  return {};
}

}  // namespace

bool is_valid_id(std::string_view id) {
  return !id.empty() && id.size() <= kIdCharacters &&
         std::ranges::all_of(id, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

Result<void> validate(const Command& command) {
  if (command.sequence() == 0) return failure("sequence must not be 0");
  switch (command.kind_case()) {
    case Command::kHello:
      if (command.hello().version() == 0) return failure("hello.version must be 1 or more");
      return {};
    case Command::kAllocateLeg:
      if (command.allocate_leg().side() != AllocateLeg::BROWSER &&
          command.allocate_leg().side() != AllocateLeg::TRUNK) {
        return failure("side must be BROWSER or TRUNK");
      }
      if (command.allocate_leg().group().size() > limits::kMediaGroupBytes) {
        return failure("group must be " + std::to_string(limits::kMediaGroupBytes) +
                       " bytes at most");
      }
      return check_id("leg_id", command.allocate_leg().leg_id());
    case Command::kSetRemote:
      if (auto checked = check_format(command.set_remote().format()); !checked) return checked;
      return check_id("leg_id", command.set_remote().leg_id());
    case Command::kBridge:
      return check_bridge(command.bridge());
    case Command::kUnbridge:
      return check_id("bridge_id", command.unbridge().bridge_id());
    case Command::kPlay:
      if (!Play::Sound_IsValid(command.play().sound()) ||
          command.play().sound() == Play::SOUND_UNSPECIFIED) {
        return failure("sound must be RINGBACK, HOLD_MUSIC, BUSY or CONGESTION");
      }
      return check_id("leg_id", command.play().leg_id());
    case Command::kStopPlaying:
      return check_id("leg_id", command.stop_playing().leg_id());
    case Command::kSendDigit:
      return check_digit(command.send_digit());
    case Command::kGetStatistics:
      return check_id("leg_id", command.get_statistics().leg_id());
    case Command::kRenewLease:
      for (const std::string& id : command.renew_lease().leg_id()) {
        if (auto checked = check_id("leg_id", id); !checked) return checked;
      }
      return {};
    case Command::kRelease:
      return check_id("leg_id", command.release().leg_id());
    case Command::kList:
    case Command::kGetEngineStatistics:
      return {};
    case Command::KIND_NOT_SET:
      break;
  }
  return failure("the command's kind is unknown to version 1 of the schema");
}

Result<void> validate_browser(const SetRemote& remote) {
  if (!is_ice_token(remote.ice_ufrag(), 4)) {
    return failure("ice_ufrag must be 4 to 256 characters of 0-9, a-z, A-Z, + and /");
  }
  if (!is_ice_token(remote.ice_pwd(), 22)) {
    return failure("ice_pwd must be 22 to 256 characters of 0-9, a-z, A-Z, + and /");
  }
  const std::size_t expected = digest_bytes(remote.fingerprint_algorithm());
  if (expected == 0) return failure("fingerprint_algorithm must be sha-256, sha-384 or sha-512");
  if (remote.fingerprint().size() != expected) {
    return failure("fingerprint must be " + std::to_string(expected) + " bytes for " +
                   remote.fingerprint_algorithm());
  }
  if (remote.dtls_role() != SetRemote::PASSIVE && remote.dtls_role() != SetRemote::ACTIVE) {
    return failure("dtls_role must be PASSIVE or ACTIVE");
  }
  return {};
}

Result<void> validate_trunk(const SetRemote& remote) {
  if (!remote.has_rtp()) return failure("rtp is missing");
  if (auto checked = check_address("rtp", remote.rtp(), !remote.send()); !checked) return checked;
  if (remote.has_rtcp()) {
    if (auto checked = check_address("rtcp", remote.rtcp(), true); !checked) return checked;
  }
  return remote.has_sdes() ? check_sdes(remote.sdes()) : Result<void>{};
}

}  // namespace offhook::control
