#include "media/sound.hpp"

#include "base/assert.hpp"
#include "base/overloaded.hpp"

namespace offhook::media {

void Sound::fill(std::span<std::int16_t> samples) {
  std::visit(Overloaded{
                 [samples](rtp::ToneGenerator& tone) { tone.fill(samples); },
                 [samples](MusicPlace& place) { place.at = place.music->read(place.at, samples); },
             },
             source_);
}

Sound make_sound(control::Play::Sound sound, const Music* hold_music) {
  switch (sound) {
    case control::Play::RINGBACK:
      return Sound(rtp::ringback_tone());
    case control::Play::HOLD_MUSIC:
      return Sound(hold_music != nullptr ? *hold_music : Music::built_in());
    case control::Play::BUSY:
      return Sound(rtp::busy_tone());
    case control::Play::CONGESTION:
      return Sound(rtp::congestion_tone());
    default:
      OFFHOOK_ASSERT(false);
  }
}

}  // namespace offhook::media
