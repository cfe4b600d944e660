#include "rtp/resampler.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

#include "base/assert.hpp"
#include "rtp/packet.hpp"

namespace offhook::rtp {
namespace {

// In the middle between what must pass and what would fold back; the window's main lobe is 730 Hz
// wide over so many output samples.
constexpr double kCutOffHertz = 3'650;
constexpr std::size_t kHalfInOutputSamples = 30;

double sinc(double x) {
  return x == 0 ? 1 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
}

// In lanes, which the compiler may run side by side: ten minutes of music are two thousand million
// products. The spans have the same length, a multiple of kLanes.
constexpr std::size_t kLanes = 8;
float inner_product(std::span<const float> a, std::span<const float> b) {
  std::array<float, kLanes> sums{};
  for (std::size_t i = 0; i < a.size(); i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  }
  return std::accumulate(sums.begin(), sums.end(), 0.0F);
}

// Of -1 to 1.
double blackman(double x) {
  return 0.42 + 0.5 * std::cos(std::numbers::pi * x) + 0.08 * std::cos(2 * std::numbers::pi * x);
}

}  // namespace

Resampler::Resampler(std::uint32_t rate)
    : phases_(kClockRate / std::gcd(kClockRate, rate)),
      step_(rate / std::gcd(kClockRate, rate)),
      half_((kHalfInOutputSamples * rate / kClockRate / kLanes + 1) * kLanes) {
  OFFHOOK_ASSERT(rate >= kClockRate && rate <= 6 * kClockRate);
  if (rate == kClockRate) return;
  const double turns = 2 * kCutOffHertz / rate;
  taps_.resize(phases_ * 2 * half_);
  for (std::uint32_t phase = 0; phase < phases_; ++phase) {
    const auto taps = std::span(taps_).subspan(phase * 2 * half_, 2 * half_);
    const double middle = static_cast<double>(half_ - 1) + static_cast<double>(phase) / phases_;
    double sum = 0;
    for (std::size_t i = 0; i < taps.size(); ++i) {
      const double distance = static_cast<double>(i) - middle;
      const double tap = sinc(turns * distance) * blackman(distance / static_cast<double>(half_));
      taps[i] = static_cast<float>(tap);
      sum += tap;
    }
    for (float& tap : taps) tap /= static_cast<float>(sum);  // no phase is louder than another
  }
  input_.assign(half_ - 1, 0);
}

void Resampler::push(std::span<const float> samples, std::vector<float>& out) {
  if (taps_.empty()) {
    out.insert(out.end(), samples.begin(), samples.end());
    return;
  }
  input_.insert(input_.end(), samples.begin(), samples.end());
  while (at_ + 2 * half_ <= input_.size()) {
    const auto taps = std::span(taps_).subspan(phase_ * 2 * half_, 2 * half_);
    out.push_back(inner_product(taps, std::span(input_).subspan(at_, 2 * half_)));
    phase_ += step_;
    at_ += phase_ / phases_;
    phase_ %= phases_;
  }
  const std::size_t done = std::min(at_, input_.size());
  input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(done));
  at_ -= done;
}

void Resampler::finish(std::vector<float>& out) {
  if (!taps_.empty()) push(std::vector<float>(half_, 0), out);
}

}  // namespace offhook::rtp
