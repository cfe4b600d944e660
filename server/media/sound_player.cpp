#include "media/sound_player.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/assert.hpp"
#include "rtp/ramp.hpp"

namespace offhook::media {
namespace {

using Ramped = std::array<std::int16_t, rtp::kRampSamples>;

std::int16_t to_sample(float value) {
  using Limits = std::numeric_limits<std::int16_t>;
  return static_cast<std::int16_t>(
      std::clamp(value, static_cast<float>(Limits::min()), static_cast<float>(Limits::max())));
}

// `comes` takes over from `goes`.
std::int16_t cross(float comes, float goes, std::size_t at) {
  const float share = rtp::ramp(at);
  return to_sample(comes * share + goes * (1 - share));
}

}  // namespace

void SoundPlayer::play(const Sound& sound) {
  stop();
  current_ = sound;
  fades_in_ = true;
}

void SoundPlayer::stop() {
  if (current_ && !fades_in_) ending_ = current_;  // else nobody has heard it
  current_.reset();
  fades_in_ = false;
}

void SoundPlayer::fill(std::span<std::int16_t> samples) {
  OFFHOOK_ASSERT(samples.size() >= rtp::kRampSamples);
  if (current_) {
    current_->fill(samples);
  } else {
    std::ranges::fill(samples, 0);
  }
  if (!fades_in_ && !ending_ && last_of_other_ == 0) return;
  Ramped old;
  old.fill(std::exchange(last_of_other_, std::int16_t{0}));
  if (ending_) ending_->fill(old);
  ending_.reset();
  fades_in_ = false;
  for (std::size_t i = 0; i < old.size(); ++i) samples[i] = cross(samples[i], old[i], i);
}

void SoundPlayer::fade_into(rtp::Law law, MutableByteView payload) {
  if (!ending_) return;
  Ramped old{};
  ending_->fill(old);
  ending_.reset();
  for (std::size_t i = 0; i < std::min(old.size(), payload.size()); ++i) {
    payload[i] = rtp::encode_sample(law, cross(rtp::decode_sample(law, payload[i]), old[i], i));
  }
}

void SoundPlayer::interrupt() {
  ending_.reset();
  last_of_other_ = 0;
  fades_in_ = current_.has_value();
}

}  // namespace offhook::media
