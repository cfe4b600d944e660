#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace offhook::media {

// Music on hold: sound that repeats without end, at 8 kHz. Kept once, as mu-law, and only read: all
// legs of all workers share it, each at a place of its own.
class Music {
 public:
  // As loud as people speak on the telephone.
  static constexpr double kLevelDbm0 = -20;

  // The one that comes with the program. Composed when it is first asked for, in some 14 ms.
  [[nodiscard]] static const Music& built_in();
  // The operator's: a WAV file. Errors are as rtp::Wav's.
  [[nodiscard]] static Result<Music> from_wav(ByteView file);
  // Brought to kLevelDbm0, or as near as its peaks allow. One sample at least, asserted.
  explicit Music(std::vector<float> samples);

  [[nodiscard]] std::size_t size() const { return samples_.size(); }
  // From the place `at`, less than size(); returns the place after it.
  [[nodiscard]] std::size_t read(std::size_t at, std::span<std::int16_t> out) const;

 private:
  Bytes samples_;
};

}  // namespace offhook::media
