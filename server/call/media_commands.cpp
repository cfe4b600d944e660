#include "call/media_commands.hpp"

namespace offhook::call {
namespace {

void write_format(const sdp::AudioFormat& format, control::AudioFormat& to) {
  to.set_codec(format.codec == sdp::Codec::Pcmu ? control::AudioFormat::PCMU
                                                : control::AudioFormat::PCMA);
  to.set_payload_type(format.payload_type);
  if (format.telephone_event) to.set_telephone_event_payload_type(*format.telephone_event);
  to.set_packet_time_ms(format.packet_time_ms);
}

std::optional<Endpoint> read_address(const control::Address& address) {
  const auto ip = IpAddress::parse(address.ip());
  if (!ip || ip->is_unspecified() || address.port() == 0 || address.port() > 65'535) {
    return std::nullopt;
  }
  return Endpoint{*ip, static_cast<std::uint16_t>(address.port())};
}

}  // namespace

control::Command allocate_leg(const std::string& leg_id, control::AllocateLeg::Side side,
                              const std::string& group) {
  control::Command command;
  command.mutable_allocate_leg()->set_leg_id(leg_id);
  command.mutable_allocate_leg()->set_side(side);
  command.mutable_allocate_leg()->set_group(group);
  return command;
}

control::Command restart_ice(const std::string& leg_id, const std::string& group,
                             std::uint32_t generation) {
  control::Command command = allocate_leg(leg_id, control::AllocateLeg::BROWSER, group);
  command.mutable_allocate_leg()->set_ice_generation(generation);
  return command;
}

control::Command set_browser_remote(const std::string& leg_id, const sdp::AudioFormat& format,
                                    const sdp::BrowserRemote& remote,
                                    control::SetRemote::DtlsRole role) {
  control::Command command;
  auto& set = *command.mutable_set_remote();
  set.set_leg_id(leg_id);
  write_format(format, *set.mutable_format());
  set.set_ice_ufrag(remote.ice_ufrag);
  set.set_ice_pwd(remote.ice_pwd);
  set.set_fingerprint_algorithm(remote.fingerprint.algorithm);
  set.set_fingerprint(remote.fingerprint.value.data(), remote.fingerprint.value.size());
  set.set_dtls_role(role);
  set.set_send(true);
  return command;
}

Result<control::Command> set_trunk_remote(const std::string& leg_id, const sdp::AudioFormat& format,
                                          const sdp::TrunkRemote& remote,
                                          const control::SetRemote* keep) {
  const auto ip = IpAddress::parse(remote.address);
  if (!ip) return failure("the far side's media address cannot be read");
  control::Command command;
  auto& set = *command.mutable_set_remote();
  set.set_leg_id(leg_id);
  write_format(format, *set.mutable_format());
  if (ip->is_unspecified()) {
    if (keep == nullptr) return failure("the far side has no media address");
    *set.mutable_rtp() = keep->rtp();
    *set.mutable_rtcp() = keep->rtcp();
    set.set_send(false);
    return command;
  }
  set.mutable_rtp()->set_ip(ip->to_string());
  set.mutable_rtp()->set_port(remote.rtp_port);
  set.mutable_rtcp()->set_ip(ip->to_string());
  set.mutable_rtcp()->set_port(remote.rtcp_port);
  set.set_send(remote.direction == sdp::Direction::SendRecv ||
               remote.direction == sdp::Direction::RecvOnly);
  return command;
}

control::Command bridge_legs(const std::string& bridge_id, const std::string& leg_a,
                             const std::string& leg_b) {
  control::Command command;
  command.mutable_bridge()->set_bridge_id(bridge_id);
  command.mutable_bridge()->set_leg_a(leg_a);
  command.mutable_bridge()->set_leg_b(leg_b);
  return command;
}

control::Command unbridge_legs(const std::string& bridge_id) {
  control::Command command;
  command.mutable_unbridge()->set_bridge_id(bridge_id);
  return command;
}

control::Command play_ringback(const std::string& leg_id) {
  control::Command command;
  command.mutable_play()->set_leg_id(leg_id);
  command.mutable_play()->set_sound(control::Play::RINGBACK);
  return command;
}

control::Command play_hold_music(const std::string& leg_id) {
  control::Command command;
  command.mutable_play()->set_leg_id(leg_id);
  command.mutable_play()->set_sound(control::Play::HOLD_MUSIC);
  command.mutable_play()->set_instead_of_bridge(true);
  return command;
}

control::Command stop_playing(const std::string& leg_id) {
  control::Command command;
  command.mutable_stop_playing()->set_leg_id(leg_id);
  return command;
}

control::Command send_digit(const std::string& leg_id, char digit, std::uint32_t duration_ms) {
  control::Command command;
  command.mutable_send_digit()->set_leg_id(leg_id);
  command.mutable_send_digit()->set_digit(std::string(1, digit));
  command.mutable_send_digit()->set_duration_ms(duration_ms);
  return command;
}

control::Command get_statistics(const std::string& leg_id) {
  control::Command command;
  command.mutable_get_statistics()->set_leg_id(leg_id);
  return command;
}

control::Command release_leg(const std::string& leg_id) {
  control::Command command;
  command.mutable_release()->set_leg_id(leg_id);
  return command;
}

Result<sdp::BrowserLocal> browser_local(const control::LegAllocated& allocated,
                                        std::uint64_t session_id) {
  sdp::BrowserLocal local;
  for (const auto& candidate : allocated.candidates()) {
    const auto endpoint = read_address(candidate);
    if (!endpoint) return failure("media gave a candidate without an address");
    local.candidates.push_back(*endpoint);
  }
  for (const auto& candidate : allocated.tcp_candidates()) {
    const auto endpoint = read_address(candidate);
    if (!endpoint) return failure("media gave a TCP candidate without an address");
    local.tcp_candidates.push_back(*endpoint);
  }
  if (local.candidates.empty() || allocated.ice_ufrag().empty() || allocated.ice_pwd().empty() ||
      allocated.fingerprint().empty()) {
    return failure("media gave a browser leg without candidates, credentials or fingerprint");
  }
  local.ice_ufrag = allocated.ice_ufrag();
  local.ice_pwd = allocated.ice_pwd();
  local.fingerprint = {allocated.fingerprint_algorithm(), to_bytes(allocated.fingerprint())};
  local.ssrc = allocated.ssrc();
  local.cname = allocated.cname();
  local.session_id = session_id;
  return local;
}

Result<sdp::TrunkLocal> trunk_local(const control::LegAllocated& allocated,
                                    std::uint64_t session_id) {
  const auto rtp = read_address(allocated.rtp());
  if (!rtp) return failure("media gave a trunk leg without an address");
  sdp::TrunkLocal local;
  local.rtp = *rtp;
  local.session_id = session_id;
  return local;
}

}  // namespace offhook::call
