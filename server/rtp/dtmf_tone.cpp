#include "rtp/dtmf_tone.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/assert.hpp"
#include "rtp/packet.hpp"
#include "rtp/tone.hpp"

namespace offhook::rtp {
namespace {

constexpr std::array<double, 2> kLevelsDbm0{-9, -7};
constexpr std::uint32_t kEdgeSamples = 16;

}  // namespace

std::array<double, 2> dtmf_frequencies(std::uint8_t event) {
  constexpr std::array<double, 4> kRows{697, 770, 852, 941};
  constexpr std::array<double, 4> kColumns{1'209, 1'336, 1'477, 1'633};
  // 0-9, *, #, A-D (RFC 4733 3.2), each as four times its row plus its column.
  constexpr std::array<std::uint8_t, 16> kKeys{13, 0,  1,  2,  4, 5, 6,  8,
                                               9,  10, 12, 14, 3, 7, 11, 15};
  OFFHOOK_ASSERT(event < kKeys.size());
  return {kRows[kKeys[event] / 4], kColumns[kKeys[event] % 4]};
}

DtmfTone::DtmfTone(std::uint8_t event, std::uint32_t samples) : samples_(samples) {
  const auto hertz = dtmf_frequencies(event);
  for (std::size_t i = 0; i < oscillators_.size(); ++i) {
    const double step = 2 * std::numbers::pi * hertz[i] / kClockRate;
    const double amplitude = peak_of_sine(kLevelsDbm0[i]);
    oscillators_[i] = {.twice_cosine = 2 * std::cos(step),
                       .current = amplitude * std::sin(step / 2),
                       .previous = -amplitude * std::sin(step / 2)};
  }
}

void DtmfTone::extend(std::uint32_t samples) { samples_ = std::max(samples_, samples); }

std::size_t DtmfTone::fill(std::span<std::int16_t> out) {
  const std::size_t count = std::min<std::size_t>(out.size(), samples_ - position_);
  for (std::int16_t& sample : out.first(count)) {
    const double value = oscillators_[0].next() + oscillators_[1].next();
    sample = static_cast<std::int16_t>(std::lround(value * gain()));
    ++position_;
  }
  return count;
}

double DtmfTone::Oscillator::next() {
  const double value = current;
  current = twice_cosine * current - previous;
  previous = value;
  return value;
}

// Half a cosine at both ends.
double DtmfTone::gain() const {
  const std::uint32_t edge = std::min(position_, samples_ - 1 - position_);
  if (edge >= kEdgeSamples) return 1;
  return 0.5 - 0.5 * std::cos(std::numbers::pi * (edge + 0.5) / kEdgeSamples);
}

}  // namespace offhook::rtp
