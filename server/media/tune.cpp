#include "media/tune.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>

#include "rtp/packet.hpp"

namespace offhook::media {
namespace {

// 3.2 s a bar of four beats: 75 a minute.
constexpr std::size_t kStepSamples = 3'200;  // an eighth
constexpr std::size_t kStepsPerBar = 8;
constexpr std::size_t kBarSamples = kStepsPerBar * kStepSamples;

struct LongNote {
  std::size_t step;
  int key;
};
// Keys as MIDI counts them: 60 is middle C, 69 is A at 440 Hz. A telephone carries 300 to 3400 Hz:
// there is no bass.
struct Bar {
  std::array<int, 4> chord;
  std::array<LongNote, 2> above;
};
constexpr std::array<Bar, 8> kBars{{
    {{60, 64, 67, 71}, {{{0, 79}, {4, 76}}}},  // C major seventh
    {{57, 64, 67, 72}, {{{0, 72}, {5, 74}}}},  // A minor seventh
    {{60, 65, 69, 76}, {{{0, 77}, {4, 81}}}},  // F major seventh
    {{59, 62, 67, 71}, {{{0, 79}, {5, 74}}}},  // G
    {{59, 64, 67, 74}, {{{0, 76}, {4, 71}}}},  // E minor seventh
    {{60, 64, 69, 72}, {{{1, 72}, {4, 76}}}},  // A minor
    {{57, 62, 65, 72}, {{{0, 77}, {4, 74}}}},  // D minor seventh
    {{60, 62, 67, 74}, {{{0, 72}, {4, 71}}}},  // G, suspended, on its way to C
}};
// Up the chord and down again.
constexpr std::array<std::size_t, kStepsPerBar> kFigure{0, 1, 2, 3, 2, 1, 2, 1};

struct Partial {
  double harmonic;
  double level;
  double decay_s;  // to 1/e
};
constexpr std::array<Partial, 3> kPlucked{{{1, 1, 0.8}, {2, 0.28, 0.45}, {3, 0.1, 0.25}}};
constexpr std::array<Partial, 3> kBell{{{1, 0.9, 1.5}, {2, 0.18, 0.7}, {4, 0.05, 0.3}}};
constexpr double kPluckedLevel = 1;
constexpr double kBellLevel = 0.8;
constexpr double kPadLevel = 0.16;
constexpr std::size_t kAttackSamples = 160;  // 20 ms: nothing is struck

double hertz_of(int key) { return 440 * std::exp2((key - 69) / 12.0); }
double angle_of(double hertz) { return 2 * std::numbers::pi * hertz / rtp::kClockRate; }

// A sine that may die away, a sample a step; by recurrence, since sin() for each would take long
// enough to be missed by whoever waits for packets.
class Oscillator {
 public:
  // `keep`: what is left of it after a sample.
  explicit Oscillator(double angle, double keep = 1)
      : pull_(2 * keep * std::cos(angle)), push_(keep * keep), before_(-std::sin(angle) / keep) {}
  double next() {
    const double sample = now_;
    now_ = pull_ * now_ - push_ * before_;
    before_ = sample;
    return sample;
  }

 private:
  double pull_;
  double push_;
  double before_;
  double now_ = 0;
};

// Round and round the loop.
void add_partial(std::span<float> loop, std::size_t start, double hertz, double level,
                 double decay_s) {
  Oscillator oscillator(angle_of(hertz), std::exp(-1 / (decay_s * rtp::kClockRate)));
  const auto samples = static_cast<std::size_t>(5 * decay_s * rtp::kClockRate);  // to -43 dB
  for (std::size_t i = 0, at = start; i < samples; ++i) {
    const double attack =
        i < kAttackSamples ? static_cast<double>(i) / static_cast<double>(kAttackSamples) : 1;
    loop[at] += static_cast<float>(level * attack * oscillator.next());
    if (++at == loop.size()) at = 0;
  }
}

void add_note(std::span<float> loop, std::size_t start, int key, double level,
              std::span<const Partial> timbre) {
  for (const Partial& partial : timbre) {
    add_partial(loop, start, partial.harmonic * hertz_of(key), level * partial.level,
                partial.decay_s);
  }
}

// A soft breath of the chord: swells over the bar, and goes within the next one.
void add_pad(std::span<float> loop, std::size_t start, int key) {
  constexpr std::size_t kSamples = 2 * kBarSamples;
  Oscillator wave(angle_of(hertz_of(key)));
  Oscillator swell(std::numbers::pi / kSamples);
  for (std::size_t i = 0; i < kSamples; ++i) {
    const double loudness = swell.next();
    loop[(start + i) % loop.size()] +=
        static_cast<float>(kPadLevel * loudness * loudness * wave.next());
  }
}

}  // namespace

std::vector<float> compose_tune() {
  std::vector<float> loop(kBars.size() * kBarSamples);
  for (std::size_t bar = 0; bar < kBars.size(); ++bar) {
    const std::size_t start = bar * kBarSamples;
    for (std::size_t step = 0; step < kStepsPerBar; ++step) {
      const double level = kPluckedLevel * (step == 0 ? 1 : step % 2 == 0 ? 0.8 : 0.65);
      add_note(loop, start + step * kStepSamples, kBars[bar].chord[kFigure[step]], level, kPlucked);
    }
    for (const LongNote& note : kBars[bar].above) {
      add_note(loop, start + note.step * kStepSamples, note.key, kBellLevel, kBell);
    }
    for (const int key : kBars[bar].chord) add_pad(loop, start, key);
  }
  return loop;
}

}  // namespace offhook::media
