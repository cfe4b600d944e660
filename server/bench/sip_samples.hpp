#pragma once

#include <string>

// INVITEs in the size and shape in which they come.
namespace offhook::bench {

// Chromium's offer, audio only: some 2 kB.
[[nodiscard]] std::string chromium_offer();
// SIP.js 0.21.2 in Chromium, audio only, over a WebSocket: some 3 kB.
[[nodiscard]] std::string sip_js_invite();
// Asterisk's chan_sip over UDP: some 1.2 kB.
[[nodiscard]] std::string chan_sip_invite();

}  // namespace offhook::bench
