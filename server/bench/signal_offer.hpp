#pragma once

#include <string>

#include "bench/media_call.hpp"

namespace offhook::bench {

// Chromium's offer, in its full length, with the ICE and DTLS of this call's browser.
[[nodiscard]] std::string chromium_offer_of(const MediaCall& call);

}  // namespace offhook::bench
