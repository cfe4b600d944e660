#pragma once

#include <optional>
#include <string>

#include "base/random.hpp"
#include "sim/browser.hpp"

namespace offhook::sim {

// A browser's media for ScriptedMedia: SDP as Chromium writes it, and behind it nothing but a sign
// of life every 2.5 s, in place of ICE's consent checks (RFC 7675).
class SilentMedia final : public BrowserMedia {
 public:
  SilentMedia(const Endpoint& local, const Endpoint& gateway, Random& random)
      : local_(local), gateway_(gateway), random_(random) {}

  std::string make_offer() override;
  std::string make_answer(const std::string& offer, Time now) override;
  void take_answer(const std::string& answer, Time now) override;
  [[nodiscard]] std::optional<std::string> make_reoffer(bool on_hold) override;
  void close() override;

  void handle_timeout(Time now) override;
  [[nodiscard]] std::optional<MediaPacket> poll_packet() override;
  [[nodiscard]] std::optional<Time> next_timeout() const override { return checks_at_; }

 private:
  static constexpr Duration kCheckEvery = std::chrono::milliseconds(2'500);

  Endpoint local_;
  Endpoint gateway_;
  Random& random_;
  std::string ufrag_;  // of the call
  std::optional<Time> checks_at_;
  bool check_due_ = false;
};

}  // namespace offhook::sim
