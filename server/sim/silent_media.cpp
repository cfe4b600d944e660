#include "sim/silent_media.hpp"

#include <utility>

#include "call/sample_sdp.hpp"

namespace offhook::sim {

std::string SilentMedia::make_offer() {
  ufrag_ = random_.hex(4);
  return call::sample::browser({.ufrag = ufrag_});
}

// Whatever codec is offered: ours offers one.
std::string SilentMedia::make_answer(const std::string& offer, Time now) {
  ufrag_ = random_.hex(4);
  checks_at_ = now;
  return call::sample::browser_answer(offer.contains("RTP/SAVPF 8") ? "8 101" : "0 101",
                                      {.ufrag = ufrag_});
}

void SilentMedia::take_answer(const std::string&, Time now) { checks_at_ = now; }

std::optional<std::string> SilentMedia::make_reoffer(bool on_hold) {
  return call::sample::browser({.direction = on_hold ? "sendonly" : "sendrecv", .ufrag = ufrag_});
}

void SilentMedia::close() {
  checks_at_.reset();
  check_due_ = false;
}

void SilentMedia::handle_timeout(Time now) {
  if (!is_due(checks_at_, now)) return;
  checks_at_ = now + kCheckEvery;
  check_due_ = true;
}

std::optional<MediaPacket> SilentMedia::poll_packet() {
  if (!std::exchange(check_due_, false)) return std::nullopt;
  return MediaPacket{local_, gateway_, to_bytes(ufrag_)};
}

}  // namespace offhook::sim
