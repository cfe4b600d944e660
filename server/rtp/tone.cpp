#include "rtp/tone.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "rtp/packet.hpp"
#include "rtp/ramp.hpp"

namespace offhook::rtp {
namespace {

constexpr std::size_t kSineBits = 10;
constexpr double kFullScaleDbm0 = 3.14;  // of a sine in mu-law; A-law's 3.17 is the same to the ear

const std::array<float, 1 << kSineBits>& sine_table() {
  static const auto table = [] {
    std::array<float, 1 << kSineBits> values{};
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double turn = static_cast<double>(i) / static_cast<double>(values.size());
      values[i] = static_cast<float>(std::sin(2 * std::numbers::pi * turn));
    }
    return values;
  }();
  return table;
}

Tone busy_like(Duration on_and_off) {
  return {.hertz = {480, 620}, .level_dbm0 = -24, .on = on_and_off, .off = on_and_off};
}

}  // namespace

double peak_of_sine(double dbm0) { return 32'767 * std::pow(10, (dbm0 - kFullScaleDbm0) / 20); }

Tone ringback_tone() {
  return {.hertz = {440, 480},
          .level_dbm0 = -19,
          .on = std::chrono::seconds(2),
          .off = std::chrono::seconds(4)};
}

Tone busy_tone() { return busy_like(std::chrono::milliseconds(500)); }
Tone congestion_tone() { return busy_like(std::chrono::milliseconds(250)); }

ToneGenerator::ToneGenerator(const Tone& tone)
    : amplitude_(peak_of_sine(tone.level_dbm0)),
      on_samples_(to_ticks(tone.on)),
      period_samples_(tone.off == Duration::zero() ? 0 : to_ticks(tone.on + tone.off)) {
  for (std::size_t i = 0; i < step_.size(); ++i) {
    step_[i] = static_cast<std::uint32_t>(tone.hertz[i] / kClockRate * 4294967296.0);
  }
}

double ToneGenerator::envelope(std::uint64_t at) const {
  if (on_samples_ != 0 && at >= on_samples_) return 0;
  const std::uint64_t to_edge = on_samples_ == 0 ? at : std::min(at, on_samples_ - 1 - at);
  return to_edge < kRampSamples ? static_cast<double>(ramp(to_edge)) : 1.0;
}

void ToneGenerator::fill(std::span<std::int16_t> samples) {
  const auto& sine = sine_table();
  for (std::int16_t& sample : samples) {
    const double heard = envelope(position_);
    if (++position_ == period_samples_) position_ = 0;
    sample = 0;
    if (heard == 0) continue;
    double value = 0;
    for (std::size_t i = 0; i < step_.size(); ++i) {
      value += static_cast<double>(sine[phase_[i] >> (32 - kSineBits)]);
      phase_[i] += step_[i];
    }
    sample = static_cast<std::int16_t>(value * amplitude_ * heard);
  }
}

}  // namespace offhook::rtp
