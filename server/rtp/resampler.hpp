#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace offhook::rtp {

// Brings sound to 8 kHz: a polyphase low-pass (a sinc under a Blackman window) that lets through
// what a telephone does, up to 3.3 kHz, and keeps what would fold back into that, 74 dB down. Takes
// the sound in pieces of any size. What is at 8 kHz already goes through as it is.
class Resampler {
 public:
  // Of the input, 8,000 to 48,000 a second, asserted.
  explicit Resampler(std::uint32_t rate);

  // Appends what can be told of the output by now.
  void push(std::span<const float> samples, std::vector<float>& out);
  // The input is over.
  void finish(std::vector<float>& out);

 private:
  std::uint32_t phases_;  // output samples come at multiples of step_ / phases_ input samples
  std::uint32_t step_;
  std::size_t half_;         // of the filter, in input samples
  std::vector<float> taps_;  // 2 * half_ for each phase
  std::vector<float> input_;
  std::size_t at_ = 0;  // where in input_ the filter stands
  std::uint32_t phase_ = 0;
};

}  // namespace offhook::rtp
