#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/time.hpp"
#include "rtp/dtmf_receiver.hpp"
#include "rtp/dtmf_tone.hpp"

namespace offhook::provider {

// 4747: collects the digits that a caller presses and plays them back as tones, after '#' or when
// no more come for a while. The caller of fill() paces it.
class ReadBack {
 public:
  // Nobody remembers more; what comes above is not read back.
  static constexpr std::size_t kMaxDigits = 64;
  static constexpr Duration kPatience = std::chrono::milliseconds(1'200);
  static constexpr Duration kTone = std::chrono::milliseconds(160);
  static constexpr Duration kPause = std::chrono::milliseconds(120);

  // A telephone-event packet.
  void handle(const rtp::Header& header, ByteView payload, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Time> next_timeout() const;
  // The next samples at 8 kHz: a tone, a pause, or silence.
  void fill(std::span<std::int16_t> samples);

 private:
  void collect(Time now);
  void start_playing();
  [[nodiscard]] std::size_t fill_from_current(std::span<std::int16_t> samples);

  rtp::DtmfReceiver receiver_;
  std::string collected_;
  std::optional<Time> play_at_;
  std::string playing_;  // digits that wait for their tone
  rtp::DtmfTone tone_{0, 0};
  std::size_t left_ = 0;  // samples of the current tone and its pause
};

}  // namespace offhook::provider
