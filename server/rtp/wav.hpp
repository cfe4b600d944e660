#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace offhook::rtp {

// The sound in a RIFF WAVE file (Microsoft's "New Multimedia Data Types and Data Techniques",
// 1994), as a view into the file's bytes: PCM of 8, 16 or 24 bits, 32-bit float, mu-law or A-law,
// one channel or two, 8 to 48 kHz, up to limits::kMusicLength.
class Wav {
 public:
  // Errors say what to do about the file, and begin so that its name can stand before them ("is
  // not ...").
  [[nodiscard]] static Result<Wav> parse(ByteView file);

  [[nodiscard]] std::uint32_t rate() const { return rate_; }  // frames a second
  [[nodiscard]] std::size_t frames() const { return data_.size() / frame_bytes_; }  // 1 or more
  // The channels' mean, -1 to 1; `index` less than frames().
  [[nodiscard]] float frame(std::size_t index) const;

 private:
  enum class Encoding : std::uint8_t { Pcm8, Pcm16, Pcm24, Float32, ALaw, MuLaw };
  Wav() = default;
  [[nodiscard]] Result<void> read_format(ByteView chunk);
  [[nodiscard]] Result<void> read_encoding(unsigned tag, unsigned bits);
  [[nodiscard]] float sample(const std::uint8_t* at) const;

  ByteView data_;
  std::uint32_t rate_ = 0;
  std::size_t channels_ = 0;
  std::size_t frame_bytes_ = 0;
  Encoding encoding_ = Encoding::Pcm16;
};

}  // namespace offhook::rtp
