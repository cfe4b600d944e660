#include "rtp/wav.hpp"

#include <algorithm>
#include <bit>
#include <optional>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "rtp/g711.hpp"

namespace offhook::rtp {
namespace {

constexpr std::size_t kChunkHeaderBytes = 8;
constexpr std::uint32_t kLowestRate = 8'000;
constexpr std::uint32_t kHighestRate = 48'000;
// mmreg.h's numbers.
constexpr unsigned kPcmTag = 1;
constexpr unsigned kFloatTag = 3;
constexpr unsigned kALawTag = 6;
constexpr unsigned kMuLawTag = 7;
constexpr unsigned kExtensibleTag = 0xFFFE;
// Whoever writes to a pipe does not know the size, and says about the largest that there is.
constexpr std::uint32_t kUnknownSize = 0x7FFF'0000;

constexpr std::string_view kConvert =
    "; convert it, e.g. with `sox FILE -r 8000 -c 1 -b 16 music.wav`";

unsigned load_u16_le(const std::uint8_t* at) {
  return static_cast<unsigned>(at[0]) | (static_cast<unsigned>(at[1]) << 8U);
}
std::uint32_t load_u32_le(const std::uint8_t* at) {
  return load_u16_le(at) | (std::uint32_t{load_u16_le(at + 2)} << 16U);
}

std::unexpected<Error> wrong(std::string_view what) {
  return failure(std::string(what) + std::string(kConvert));
}

struct Chunk {
  std::string_view id;
  ByteView body;
  bool cut = false;  // says that it is longer than what is there
};

// Takes the next chunk off `rest`; nullopt at its end.
std::optional<Chunk> take_chunk(ByteView& rest) {
  if (rest.size() < kChunkHeaderBytes) return std::nullopt;
  const std::uint32_t size = load_u32_le(&rest[4]);
  Chunk chunk{.id = as_text(rest.first(4)), .body = rest.subspan(kChunkHeaderBytes)};
  chunk.cut = size > chunk.body.size() && size < kUnknownSize;
  chunk.body = chunk.body.first(std::min<std::size_t>(size, chunk.body.size()));
  const std::size_t padded = chunk.body.size() + (chunk.body.size() & 1U);
  rest = rest.subspan(std::min(kChunkHeaderBytes + padded, rest.size()));
  return chunk;
}

}  // namespace

Result<Wav> Wav::parse(ByteView file) {
  constexpr std::size_t kRiffHeaderBytes = 12;
  if (file.size() < kRiffHeaderBytes || as_text(file.first(4)) != "RIFF" ||
      as_text(file.subspan(8, 4)) != "WAVE") {
    return wrong("is no WAV file (RIFF WAVE)");
  }
  Wav wav;
  ByteView rest = file.subspan(kRiffHeaderBytes);
  while (const auto chunk = take_chunk(rest)) {
    if (chunk->id == "fmt ") {
      if (auto read = wav.read_format(chunk->body); !read) return std::unexpected(read.error());
    } else if (chunk->id == "data") {
      if (wav.frame_bytes_ == 0) return wrong("does not say how its sound is encoded");
      if (chunk->cut) return failure("ends before its sound does; copy or download it again");
      wav.data_ = chunk->body.first(chunk->body.size() / wav.frame_bytes_ * wav.frame_bytes_);
      break;
    }
  }
  if (wav.data_.empty()) return failure("holds no sound; choose another file");
  const std::chrono::seconds longest = limits::kMusicLength;
  if (wav.frames() > static_cast<std::size_t>(longest.count()) * wav.rate_) {
    return failure("lasts longer than " + std::to_string(limits::kMusicLength.count()) +
                   " minutes; shorten it");
  }
  return wav;
}

Result<void> Wav::read_format(ByteView chunk) {
  constexpr std::size_t kFormatBytes = 16;
  constexpr std::size_t kSubformatAt = 24;
  if (chunk.size() < kFormatBytes) return wrong("does not say how its sound is encoded");
  unsigned tag = load_u16_le(&chunk[0]);
  if (tag == kExtensibleTag && chunk.size() >= kSubformatAt + 2) {
    tag = load_u16_le(&chunk[kSubformatAt]);
  }
  channels_ = load_u16_le(&chunk[2]);
  rate_ = load_u32_le(&chunk[4]);
  frame_bytes_ = load_u16_le(&chunk[12]);
  const unsigned bits = load_u16_le(&chunk[14]);
  if (auto read = read_encoding(tag, bits); !read) return read;
  if (channels_ != 1 && channels_ != 2) {
    return wrong("has " + std::to_string(channels_) + " channels instead of one or two");
  }
  if (rate_ < kLowestRate || rate_ > kHighestRate) {
    return wrong("has " + std::to_string(rate_) + " samples a second instead of 8000 to 48000");
  }
  if (frame_bytes_ != channels_ * bits / 8) return wrong("contradicts itself about its encoding");
  return {};
}

Result<void> Wav::read_encoding(unsigned tag, unsigned bits) {
  if (tag == kPcmTag && bits == 8) {
    encoding_ = Encoding::Pcm8;
  } else if (tag == kPcmTag && bits == 16) {
    encoding_ = Encoding::Pcm16;
  } else if (tag == kPcmTag && bits == 24) {
    encoding_ = Encoding::Pcm24;
  } else if (tag == kFloatTag && bits == 32) {
    encoding_ = Encoding::Float32;
  } else if (tag == kALawTag && bits == 8) {
    encoding_ = Encoding::ALaw;
  } else if (tag == kMuLawTag && bits == 8) {
    encoding_ = Encoding::MuLaw;
  } else {
    return wrong("has an encoding that is not read here (format " + std::to_string(tag) + ", " +
                 std::to_string(bits) + " bits)");
  }
  return {};
}

float Wav::frame(std::size_t index) const {
  const std::uint8_t* at = &data_[index * frame_bytes_];
  if (channels_ == 1) return sample(at);
  return (sample(at) + sample(at + frame_bytes_ / 2)) / 2;
}

float Wav::sample(const std::uint8_t* at) const {
  const auto of_16 = [](std::int16_t value) { return static_cast<float>(value) / 32'768.0F; };
  switch (encoding_) {
    case Encoding::Pcm8:  // the one without a sign
      return (static_cast<float>(*at) - 128.0F) / 128.0F;
    case Encoding::Pcm16:
      return of_16(static_cast<std::int16_t>(load_u16_le(at)));
    case Encoding::Pcm24: {
      const std::uint32_t top = (load_u16_le(at) << 8U) | (std::uint32_t{at[2]} << 24U);
      return static_cast<float>(static_cast<std::int32_t>(top)) / 2'147'483'648.0F;
    }
    case Encoding::Float32: {
      const auto value = std::bit_cast<float>(load_u32_le(at));
      return value >= -1.0F && value <= 1.0F ? value : value > 1 ? 1.0F : value < -1 ? -1.0F : 0;
    }
    case Encoding::ALaw:
      return of_16(decode_sample(Law::A, *at));
    case Encoding::MuLaw:
      return of_16(decode_sample(Law::Mu, *at));
  }
  return 0;
}

}  // namespace offhook::rtp
