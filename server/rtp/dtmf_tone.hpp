#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace offhook::rtp {

// The two frequencies of a digit's event, low group first, in Hz (ITU-T Q.23). 0..15.
[[nodiscard]] std::array<double, 2> dtmf_frequencies(std::uint8_t event);

// The samples of one digit at 8 kHz: -9 dBm0 in the low group, -7 dBm0 in the high group, which
// lines weaken more (ETSI ES 201 235-2), rising and falling within 2 ms so that nothing clicks.
// No clock: the caller paces it.
class DtmfTone {
 public:
  // `event` 0..15; `samples` is how long it lasts, as far as is known.
  DtmfTone(std::uint8_t event, std::uint32_t samples);
  // It lasts longer than was known; less than before is not believed.
  void extend(std::uint32_t samples);
  // Writes the next samples of the tone and says how many: fewer than there is room for when it is
  // over.
  std::size_t fill(std::span<std::int16_t> out);
  [[nodiscard]] bool finished() const { return position_ == samples_; }

 private:
  // A sine as a recurrence: each value of the two before it.
  struct Oscillator {
    double twice_cosine = 0;
    double current = 0;
    double previous = 0;
    double next();
  };
  [[nodiscard]] double gain() const;

  std::array<Oscillator, 2> oscillators_;
  std::uint32_t samples_;
  std::uint32_t position_ = 0;
};

}  // namespace offhook::rtp
