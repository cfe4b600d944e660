#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "control/control.pb.h"
#include "fuzz/program.hpp"

// Commands for programs, mostly such as make sense.
namespace offhook::fuzz {

inline const std::array<std::string, 5> kLegIds{"a", "b", "c", "d", "not an id"};
inline const std::array<std::string, 3> kBridgeIds{"one", "two", ""};
inline const std::array<std::string, 4> kProviders{"192.0.2.1", "192.0.2.2", "2001:db8::1",
                                                   "0.0.0.0"};

inline void read_set_remote(Program& program, control::SetRemote& remote) {
  remote.set_leg_id(program.one_of(kLegIds));
  control::AudioFormat& format = *remote.mutable_format();
  format.set_codec(program.flag() ? control::AudioFormat::PCMU : control::AudioFormat::PCMA);
  if (program.flag()) format.set_payload_type(static_cast<std::uint32_t>(program.below(130)));
  if (program.flag()) format.set_telephone_event_payload_type(101);
  if (program.flag()) format.set_packet_time_ms(static_cast<std::uint32_t>(program.below(8) * 10));
  const std::string& host = program.one_of(kProviders);
  remote.mutable_rtp()->set_ip(host);
  remote.mutable_rtp()->set_port(10'000U + program.byte());
  if (program.below(4) == 0) {
    remote.mutable_rtcp()->set_ip(host);
    remote.mutable_rtcp()->set_port(20'000U + program.byte());
  }
  remote.set_send(program.below(4) != 0);
  remote.set_ice_ufrag("browser" + std::to_string(program.below(4)));
  remote.set_ice_pwd("the password of a browser");
  remote.set_fingerprint_algorithm("sha-256");
  remote.set_fingerprint(std::string(32, static_cast<char>(program.below(3))));
  remote.set_dtls_role(program.flag() ? control::SetRemote::PASSIVE : control::SetRemote::ACTIVE);
  remote.set_detect_tones(program.flag());
}

// Without a sequence.
[[nodiscard]] inline control::Command read_command(Program& program) {
  control::Command command;
  switch (program.below(16)) {
    case 0:
    case 1:
    case 2:
      command.mutable_allocate_leg()->set_leg_id(program.one_of(kLegIds));
      command.mutable_allocate_leg()->set_side(static_cast<control::AllocateLeg::Side>(
          program.below(8) == 0 ? 0 : 1 + program.below(2)));
      if (program.flag()) command.mutable_allocate_leg()->set_group(program.one_of(kBridgeIds));
      break;
    case 3:
    case 4:
    case 5:
      read_set_remote(program, *command.mutable_set_remote());
      break;
    case 6:
    case 7:
      command.mutable_bridge()->set_bridge_id(program.one_of(kBridgeIds));
      command.mutable_bridge()->set_leg_a(program.one_of(kLegIds));
      command.mutable_bridge()->set_leg_b(program.one_of(kLegIds));
      break;
    case 8:
      command.mutable_unbridge()->set_bridge_id(program.one_of(kBridgeIds));
      break;
    case 9:
      command.mutable_play()->set_leg_id(program.one_of(kLegIds));
      command.mutable_play()->set_sound(static_cast<control::Play::Sound>(program.below(6)));
      command.mutable_play()->set_instead_of_bridge(program.flag());
      break;
    case 10:
      command.mutable_stop_playing()->set_leg_id(program.one_of(kLegIds));
      break;
    case 11:
      command.mutable_send_digit()->set_leg_id(program.one_of(kLegIds));
      command.mutable_send_digit()->set_digit(
          std::string(1, "0123456789*#ABCDx"[program.below(17)]));
      command.mutable_send_digit()->set_duration_ms(static_cast<std::uint32_t>(program.byte()) *
                                                    25);
      break;
    case 12:
      command.mutable_get_statistics()->set_leg_id(program.one_of(kLegIds));
      break;
    case 13:
      for (std::size_t legs = program.below(5); legs > 0; --legs) {
        command.mutable_renew_lease()->add_leg_id(program.one_of(kLegIds));
      }
      command.mutable_renew_lease();
      break;
    case 14:
      command.mutable_release()->set_leg_id(program.one_of(kLegIds));
      break;
    default:
      if (program.below(4) == 0) {
        command.mutable_hello()->set_version(program.byte());
      } else {
        command.mutable_list();
      }
  }
  return command;
}

}  // namespace offhook::fuzz
