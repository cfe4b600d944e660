#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "control/control.pb.h"
#include "sdp/offer_answer.hpp"

// Between the words of SDP and the words of the control schema. Pure; MediaLink numbers the
// commands when they are sent.
namespace offhook::call {

// `group`: legs of other groups can never be bridged with it.
[[nodiscard]] control::Command allocate_leg(const std::string& leg_id,
                                            control::AllocateLeg::Side side,
                                            const std::string& group);
// The same again, for credentials of the next ICE session of a browser's leg that is there.
[[nodiscard]] control::Command restart_ice(const std::string& leg_id, const std::string& group,
                                           std::uint32_t generation);
[[nodiscard]] control::Command set_browser_remote(const std::string& leg_id,
                                                  const sdp::AudioFormat& format,
                                                  const sdp::BrowserRemote& remote,
                                                  control::SetRemote::DtlsRole role);
// An error says what of the address cannot be used. `keep`: what was set before; its address stays
// where the far side now says 0.0.0.0, the old way to hold (RFC 3264 8.4).
[[nodiscard]] Result<control::Command> set_trunk_remote(const std::string& leg_id,
                                                        const sdp::AudioFormat& format,
                                                        const sdp::TrunkRemote& remote,
                                                        const control::SetRemote* keep);
[[nodiscard]] control::Command bridge_legs(const std::string& bridge_id, const std::string& leg_a,
                                           const std::string& leg_b);
[[nodiscard]] control::Command unbridge_legs(const std::string& bridge_id);
[[nodiscard]] control::Command play_ringback(const std::string& leg_id);
// Instead of what the bridge brings, where there is one.
[[nodiscard]] control::Command play_hold_music(const std::string& leg_id);
[[nodiscard]] control::Command stop_playing(const std::string& leg_id);
[[nodiscard]] control::Command send_digit(const std::string& leg_id, char digit,
                                          std::uint32_t duration_ms);
[[nodiscard]] control::Command get_statistics(const std::string& leg_id);
[[nodiscard]] control::Command release_leg(const std::string& leg_id);

// What media says of our side of a leg; an error where it makes no sense (another version).
[[nodiscard]] Result<sdp::BrowserLocal> browser_local(const control::LegAllocated& allocated,
                                                      std::uint64_t session_id);
[[nodiscard]] Result<sdp::TrunkLocal> trunk_local(const control::LegAllocated& allocated,
                                                  std::uint64_t session_id);

}  // namespace offhook::call
