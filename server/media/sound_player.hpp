#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.hpp"
#include "media/sound.hpp"
#include "rtp/g711.hpp"

namespace offhook::media {

// What a stream plays, and how it takes turns with whatever else is sent, so that no switch clicks:
// what comes fades in and what goes fades out, both within the first rtp::kRampSamples after the
// switch. Pieces are as long as that at least.
class SoundPlayer {
 public:
  // The sound before it fades out under it.
  void play(const Sound& sound);
  // It fades out in what is sent next.
  void stop();
  [[nodiscard]] bool playing() const { return current_.has_value(); }
  // A sound was stopped, and what follows it was not sent yet.
  [[nodiscard]] bool fading() const { return ending_.has_value(); }

  // The next piece: silence where nothing plays.
  void fill(std::span<std::int16_t> samples);
  // Before the first fill() after sound from elsewhere, of which this was the last sample: there is
  // no more of it, so it is led to silence.
  void follow(std::int16_t last) { last_of_other_ = last; }
  // Instead of the next fill(): what follows is sound from elsewhere.
  void fade_into(rtp::Law law, MutableByteView payload);
  // Something else was sent, or nothing for a while: there is nothing that the next piece follows.
  void interrupt();

 private:
  std::optional<Sound> current_;
  std::optional<Sound> ending_;
  bool fades_in_ = false;
  std::int16_t last_of_other_ = 0;
};

}  // namespace offhook::media
