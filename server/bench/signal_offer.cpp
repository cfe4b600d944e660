#include "bench/signal_offer.hpp"

#include <cstdio>
#include <string_view>

#include "bench/sip_samples.hpp"

namespace offhook::bench {
namespace {

// The rest of the one line that begins so.
void replace_line(std::string& sdp, std::string_view start, const std::string& rest) {
  const std::size_t at = sdp.find(start) + start.size();
  sdp.replace(at, sdp.find("\r\n", at) - at, rest);
}

std::string in_hexadecimal(ByteView fingerprint) {
  std::string text;
  for (const std::uint8_t byte : fingerprint) {
    char pair[4];
    std::snprintf(pair, sizeof pair, "%02X", unsigned{byte});
    text += (text.empty() ? "" : ":") + std::string(pair);
  }
  return text;
}

}  // namespace

std::string chromium_offer_of(const MediaCall& call) {
  std::string sdp = chromium_offer();
  const auto fingerprint = call.peer().fingerprint();
  replace_line(sdp, "a=ice-ufrag:", call.peer().ice().ufrag);
  replace_line(sdp, "a=ice-pwd:", call.peer().ice().pwd);
  replace_line(sdp, "a=fingerprint:sha-256 ", in_hexadecimal(fingerprint.value));
  return sdp;
}

}  // namespace offhook::bench
