#pragma once

#include <string>

#include "bench/media_call.hpp"
#include "sim/webrtc_peer.hpp"

namespace offhook::bench {

// The browser's offer of a call: PCMU, ICE, DTLS.
[[nodiscard]] std::string browser_offer(const MediaCall& call);
// The far end's answer: PCMU in plain RTP.
[[nodiscard]] std::string far_end_answer(const MediaCall& call, const Endpoint& rtcp);

// Of a gateway's answer to a browser. Ends the program where it has no DTLS, no ICE or no candidate.
[[nodiscard]] sim::GatewaySide gateway_side_of(const std::string& answer);
// Where a gateway wants the far end's RTP, from its offer.
[[nodiscard]] std::uint16_t rtp_port_of(const std::string& offer);

}  // namespace offhook::bench
