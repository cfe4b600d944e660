#include "media/music.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/assert.hpp"
#include "media/tune.hpp"
#include "rtp/g711.hpp"
#include "rtp/packet.hpp"
#include "rtp/ramp.hpp"
#include "rtp/resampler.hpp"
#include "rtp/tone.hpp"
#include "rtp/wav.hpp"

namespace offhook::media {
namespace {

constexpr float kFullScale = 32'124;  // the loudest that mu-law knows

float mean_of(std::span<const float> samples) {
  double sum = 0;
  for (const float sample : samples) sum += static_cast<double>(sample);
  return static_cast<float>(sum / static_cast<double>(samples.size()));
}

double power_of(std::span<const float> samples) {
  double sum = 0;
  for (const float sample : samples)
    sum += static_cast<double>(sample) * static_cast<double>(sample);
  return sum / static_cast<double>(samples.size());
}

// Of what is heard: tenths of a second far below the loudest are pauses, and do not count.
double loudness_of(std::span<const float> samples) {
  constexpr std::size_t kBlock = rtp::kClockRate / 10;
  constexpr double kPause = 0.01;  // 20 dB
  std::vector<double> blocks;
  for (std::size_t at = 0; at < samples.size(); at += kBlock) {
    blocks.push_back(power_of(samples.subspan(at, std::min(kBlock, samples.size() - at))));
  }
  const double pause = kPause * std::ranges::max(blocks);
  double sum = 0;
  double count = 0;
  for (const double block : blocks) {
    if (block < pause) continue;
    sum += block;
    ++count;
  }
  return std::sqrt(sum / count);
}

// The operator's end need not fit the beginning.
void soften_ends(std::span<float> samples) {
  if (samples.size() < 2 * rtp::kRampSamples) return;
  for (std::size_t i = 0; i < rtp::kRampSamples; ++i) {
    samples[i] *= rtp::ramp(i);
    samples[samples.size() - 1 - i] *= rtp::ramp(i);
  }
}

std::vector<float> at_telephone_rate(const rtp::Wav& wav) {
  std::array<float, 4'096> piece{};
  rtp::Resampler resampler(wav.rate());
  std::vector<float> samples;
  samples.reserve(wav.frames() * rtp::kClockRate / wav.rate() + 1);
  for (std::size_t at = 0; at < wav.frames();) {
    const std::size_t count = std::min(piece.size(), wav.frames() - at);
    for (std::size_t i = 0; i < count; ++i) piece[i] = wav.frame(at + i);
    resampler.push(std::span(piece).first(count), samples);
    at += count;
  }
  resampler.finish(samples);
  return samples;
}

}  // namespace

const Music& Music::built_in() {
  static const Music music(compose_tune());
  return music;
}

Result<Music> Music::from_wav(ByteView file) {
  const auto wav = rtp::Wav::parse(file);
  if (!wav) return std::unexpected(wav.error());
  std::vector<float> samples = at_telephone_rate(*wav);
  const float offset = mean_of(samples);
  for (float& sample : samples) sample -= offset;
  soften_ends(samples);
  constexpr float kInaudible = 0.001F;  // of full scale
  if (std::ranges::none_of(samples, [](float s) { return std::abs(s) > kInaudible; })) {
    return failure("holds nothing but silence; choose another file");
  }
  return Music(std::move(samples));
}

Music::Music(std::vector<float> samples) : samples_(samples.size()) {
  OFFHOOK_ASSERT(!samples.empty());
  // The level of a sine is that of its peak less 3 dB.
  const double wanted = rtp::peak_of_sine(kLevelDbm0) / std::numbers::sqrt2;
  float peak = 0;
  for (const float sample : samples) peak = std::max(peak, std::abs(sample));
  const float gain = std::min(static_cast<float>(wanted / loudness_of(samples)), kFullScale / peak);
  std::ranges::transform(samples, samples_.begin(), [gain](float sample) {
    return rtp::encode_sample(rtp::Law::Mu, static_cast<std::int16_t>(std::lround(sample * gain)));
  });
}

std::size_t Music::read(std::size_t at, std::span<std::int16_t> out) const {
  while (!out.empty()) {
    const std::size_t count = std::min(out.size(), samples_.size() - at);
    rtp::decode(rtp::Law::Mu, ByteView(samples_).subspan(at, count), out.first(count));
    out = out.subspan(count);
    at = (at + count) % samples_.size();
  }
  return at;
}

}  // namespace offhook::media
