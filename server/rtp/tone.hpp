#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/time.hpp"

namespace offhook::rtp {

// One or two sines, switched on and off: softly, within kRampSamples of the time that they are on.
struct Tone {
  std::array<double, 2> hertz{};  // 0: not used
  double level_dbm0 = -13;        // of each sine; 0 dBm0 is 3.14 dB under full scale (G.711)
  Duration on{};                  // zero: for ever
  Duration off{};                 // zero: once, silence afterwards
  bool operator==(const Tone&) const = default;
};

// The peak of a sine of this level, as 16-bit samples have it.
[[nodiscard]] double peak_of_sine(double dbm0);

// The North American precise tone plan, as in supplement 2 of ITU-T E.180: ringback 440 + 480 Hz,
// 2 s on, 4 s off, each -19 dBm0; busy 480 + 620 Hz, 0.5 s on, 0.5 s off, each -24 dBm0; congestion
// (reorder) the same at twice the pace.
[[nodiscard]] Tone ringback_tone();
[[nodiscard]] Tone busy_tone();
[[nodiscard]] Tone congestion_tone();

// Samples of a tone at 8 kHz, continuous over calls; no clock, the caller paces it.
class ToneGenerator {
 public:
  explicit ToneGenerator(const Tone& tone);
  void fill(std::span<std::int16_t> samples);

 private:
  // How much of the tone is heard at a sample of its period.
  [[nodiscard]] double envelope(std::uint64_t at) const;

  std::array<std::uint32_t, 2> phase_{};  // a turn is 2^32
  std::array<std::uint32_t, 2> step_{};
  double amplitude_;
  std::uint64_t on_samples_;
  std::uint64_t period_samples_;  // 0: no repetition
  std::uint64_t position_ = 0;
};

}  // namespace offhook::rtp
