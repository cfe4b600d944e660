#pragma once

#include <cmath>
#include <cstddef>
#include <numbers>

namespace offhook::rtp {

// Sounds begin, end and take turns within 5 ms: shorter clicks, longer takes a bite out of a word.
inline constexpr std::size_t kRampSamples = 40;

// From 0 to 1 in kRampSamples, round at both ends (a raised cosine); `sample` less than that. What
// goes while this comes is 1 - ramp().
[[nodiscard]] inline float ramp(std::size_t sample) {
  constexpr float kStep = std::numbers::pi_v<float> / static_cast<float>(kRampSamples);
  return 0.5F - 0.5F * std::cos(kStep * (static_cast<float>(sample) + 0.5F));
}

}  // namespace offhook::rtp
