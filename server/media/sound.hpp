#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include "control/control.pb.h"
#include "media/music.hpp"
#include "rtp/tone.hpp"

namespace offhook::media {

// One sound, from its beginning on, at 8 kHz: a tone of the telephone's, or music. Here is where
// another kind of sound would go.
class Sound {
 public:
  explicit Sound(const rtp::Tone& tone) : source_(rtp::ToneGenerator(tone)) {}
  // Which must outlive the sound.
  explicit Sound(const Music& music) : source_(MusicPlace{&music, 0}) {}

  // What comes next of it; silence where it is over.
  void fill(std::span<std::int16_t> samples);

 private:
  struct MusicPlace {
    const Music* music;
    std::size_t at;
  };
  std::variant<rtp::ToneGenerator, MusicPlace> source_;
};

// What a validated Play asks for; `hold_music` null: the built-in.
[[nodiscard]] Sound make_sound(control::Play::Sound sound, const Music* hold_music);

}  // namespace offhook::media
