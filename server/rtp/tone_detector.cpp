#include "rtp/tone_detector.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <string_view>

#include "base/assert.hpp"

namespace offhook::rtp {
namespace {

using Complex = std::complex<float>;

constexpr std::size_t kBlockSamples = 40;
constexpr float kBlockPower = 2.0F / (kBlockSamples * kBlockSamples);  // of a sum
constexpr float kWindowSamples = 4 * kBlockSamples;
constexpr float kPi = std::numbers::pi_v<float>;
constexpr std::size_t kTones = 8;
constexpr std::size_t kRows = 4;
constexpr std::array<float, kTones> kHertz{697, 770, 852, 941, 1'209, 1'336, 1'477, 1'633};
constexpr std::string_view kKeys = "123A456B789C*0#D";  // row by row
// All frequencies are whole Hz: after 200 blocks, one second, all are where they began.
constexpr std::size_t kTurns = kClockRate / kBlockSamples;
constexpr float kHertzPerTurn = kTurns;  // beside a frequency: a turn from block to block

// ---- what is taken for a digit ----

// Between the 1.5 % that are a digit's and the 3.5 % that are not.
constexpr float kMaxOffset = 0.025F;
// 2.5 dB below what must be heard. The power of a sine that fills 16 bits is 1/2, and 3.14 dBm0.
const float kMinPower = 0.5F * std::pow(10.0F, (-27.5F - 3.14F) / 10);
const float kMaxTwist = std::pow(10.0F, 0.5F);  // high over low: 5 dB
constexpr float kMaxReverseTwist = 10;          // low over high: 10 dB
// Of two frequencies of a group: 4 dB.
constexpr float kMinLead = 2.5F;
// Against talk-off. Speech has harmonics beside what sounds like two tones: how much of all power
// must be theirs. And it does not stand still: how much they may change within 5 ms.
constexpr float kMinShare = 0.9F;
constexpr float kMaxDrift = 0.005F;
constexpr float kMaxStep = 1.6F;  // 2 dB
// Windows of 20 ms, 5 ms apart: a digit of 40 ms fills four.
constexpr unsigned kMinHits = 4;
// Between the 23 ms that are none and the 40 ms that are a digit.
constexpr float kMinBlocks = 6.4F;
// A silence of 20 ms parts digits, one of 10 ms does not.
constexpr unsigned kEndBlocks = 4;
// A packet or two may be lost; of a longer gap nothing is known.
constexpr std::int32_t kLongestGap = 800;

struct Tables {
  // Cosines, then sines, of all tones, sample by sample of a block.
  std::array<std::array<float, 2 * kTones>, kBlockSamples> waves{};
  std::array<Complex, kTurns> turns{};
  // What a tone leaves in the sum for another one, as a part of its own.
  std::array<std::array<Complex, kTones>, kTones> leaks{};
};

Complex leak(float from, float to) {
  std::complex<double> sum;
  for (std::size_t i = 0; i < kBlockSamples; ++i) {
    sum += std::polar(1.0, 2 * std::numbers::pi * static_cast<double>(from - to) *
                               static_cast<double>(i) / kClockRate);
  }
  return Complex(sum / static_cast<double>(kBlockSamples));
}

Tables make_tables() {
  Tables tables;
  for (std::size_t i = 0; i < kBlockSamples; ++i) {
    for (std::size_t tone = 0; tone < kTones; ++tone) {
      const double angle = 2 * std::numbers::pi * static_cast<double>(kHertz[tone]) *
                           static_cast<double>(i) / kClockRate;
      tables.waves[i][tone] = static_cast<float>(std::cos(angle) / 32'768);
      tables.waves[i][kTones + tone] = static_cast<float>(-std::sin(angle) / 32'768);
    }
  }
  for (std::size_t i = 0; i < kTurns; ++i) {
    tables.turns[i] = std::polar(1.0F, -2 * kPi * static_cast<float>(i) / kTurns);
  }
  for (std::size_t to = 0; to < kTones; ++to) {
    for (std::size_t from = 0; from < kTones; ++from) {
      tables.leaks[to][from] = leak(kHertz[from], kHertz[to]);
    }
  }
  return tables;
}

const Tables& tables() {
  static const Tables made = make_tables();
  return made;
}

// The turn by which block number `block` of this frequency must be turned back.
Complex turn(float hertz, std::size_t block) {
  return tables().turns[static_cast<std::size_t>(hertz) * block % kTurns];
}

// The part of a tone's power that is left in the window if it is so many Hz beside.
float response(float offset) {
  const float x = kPi * offset * kWindowSamples / kClockRate;
  if (std::abs(x) < 1e-3F) return 1;
  const float sinc = std::sin(x) / x;
  return sinc * sinc;
}

// How much of a block sounded, from its power.
float share(float power, float whole) { return std::min(1.0F, std::sqrt(power / whole)); }

}  // namespace

void ToneDetector::handle(const Header& header, ByteView payload, Law law) {
  const std::int32_t gap = timestamp_distance(next_timestamp_, header.timestamp);
  if (!started_ || header.ssrc != ssrc_ || gap > kLongestGap || gap < -kLongestGap) {
    restart();
  } else if (gap < 0) {
    return;
  } else if (gap > 0) {
    skip(static_cast<std::uint32_t>(gap));
  }
  started_ = true;
  ssrc_ = header.ssrc;
  next_timestamp_ = header.timestamp + static_cast<std::uint32_t>(payload.size());
  const auto& waves = tables().waves;
  for (const std::uint8_t byte : payload) {
    const float sample = decode_sample(law, byte);
    const auto& wave = waves[samples_];
    for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += sample * wave[i];
    energy_ += sample * sample;
    if (++samples_ == kBlockSamples) finish_block();
  }
}

std::optional<ToneDetector::Digit> ToneDetector::poll_digit() {
  if (output_polled_ == output_count_) {
    output_polled_ = output_count_ = 0;
    return std::nullopt;
  }
  return outputs_[output_polled_++];
}

void ToneDetector::skip(std::uint32_t samples) {
  if (run_) run_->unsure += static_cast<float>(samples_ + samples) / kBlockSamples;
  sums_ = {};
  energy_ = 0;
  samples_ = 0;
  blocks_ = 0;
}

void ToneDetector::restart() {
  end_run();
  skip(0);
}

void ToneDetector::finish_block() {
  newest_ = (newest_ + 1) % kHistory;
  Block& made = history_[newest_];
  for (std::size_t tone = 0; tone < kTones; ++tone) {
    const Complex sum = Complex(sums_[tone], sums_[kTones + tone]) * turn(kHertz[tone], turn_);
    made.tones[tone] = {sum.real(), sum.imag()};
  }
  made.energy = energy_ / (32'768.0F * 32'768.0F);
  turn_ = (turn_ + 1) % kTurns;
  sums_ = {};
  energy_ = 0;
  samples_ = 0;
  blocks_ = std::min(blocks_ + 1, kHistory);

  const auto pair = judge();
  if (pair && run_ && !is_same(*pair, run_->pair)) end_run();
  if (!run_) {
    if (pair) begin_run(*pair);
    return;
  }
  if (pair) count_hit(*pair);
  continue_run(made);
}

bool ToneDetector::is_same(const Pair& a, const Pair& b) {
  return a.row.tone == b.row.tone && a.column.tone == b.column.tone;
}

const ToneDetector::Block& ToneDetector::block(std::size_t back) const {
  return history_[(newest_ + kHistory - back) % kHistory];
}

std::optional<ToneDetector::Pair> ToneDetector::judge() const {
  if (blocks_ < kWindow) return std::nullopt;
  std::array<float, kTones> power{};
  float all = 0;
  for (std::size_t back = 0; back < kWindow; ++back) all += block(back).energy / kWindowSamples;
  if (all < kMinPower) return std::nullopt;
  for (std::size_t tone = 0; tone < kTones; ++tone) {
    Complex sum;
    for (std::size_t back = 0; back < kWindow; ++back) {
      sum += Complex(block(back).tones[tone].re, block(back).tones[tone].im);
    }
    power[tone] = 2 * std::norm(sum) / (kWindowSamples * kWindowSamples);
  }
  const auto columns = power.begin() + kRows;
  const auto row =
      static_cast<std::size_t>(std::max_element(power.begin(), columns) - power.begin());
  const auto column =
      static_cast<std::size_t>(std::max_element(columns, power.end()) - power.begin());
  for (std::size_t tone = 0; tone < kTones; ++tone) {
    const std::size_t best = tone < kRows ? row : column;
    if (tone != best && power[tone] * kMinLead > power[best]) return std::nullopt;
  }
  const Pair pair{measure(row, column), measure(column, row)};
  const float low = pair.row.power;
  const float high = pair.column.power;
  const auto is_near = [](const Line& line) {
    return std::abs(line.offset) <= kMaxOffset * kHertz[line.tone];
  };
  if (!is_near(pair.row) || !is_near(pair.column) || low < kMinPower || high < kMinPower ||
      high > low * kMaxTwist || low > high * kMaxReverseTwist || low + high < kMinShare * all) {
    return std::nullopt;
  }
  return pair;
}

// Without the other tone's share in the sums. The frequency by the turn from block to block.
ToneDetector::Line ToneDetector::measure(std::size_t tone, std::size_t other) const {
  const Complex leak = tables().leaks[tone][other];
  std::array<Complex, kWindow> sums;
  Complex sum;
  for (std::size_t back = 0; back < kWindow; ++back) {
    const Block& of = block(back);
    const std::size_t number = (turn_ + kTurns - 1 - back) % kTurns;
    const Complex disturbance = Complex(of.tones[other].re, of.tones[other].im) * leak *
                                std::conj(turn(kHertz[other], number)) * turn(kHertz[tone], number);
    // The other's sum holds as much of this tone.
    sums[back] =
        (Complex(of.tones[tone].re, of.tones[tone].im) - disturbance) / (1 - std::norm(leak));
    sum += sums[back];
  }
  Complex turned;
  for (std::size_t back = 1; back < kWindow; ++back) {
    turned += sums[back - 1] * std::conj(sums[back]);
  }
  const float offset = std::arg(turned) / (2 * kPi) * kHertzPerTurn;
  const float power = 2 * std::norm(sum) / (kWindowSamples * kWindowSamples);
  return {.tone = tone, .power = power / response(offset), .offset = offset};
}

bool ToneDetector::Line::is_steady_after(const Line& before) const {
  return std::abs(offset - before.offset) < kMaxDrift * kHertz[tone] &&
         power < before.power * kMaxStep && before.power < power * kMaxStep;
}

float ToneDetector::power(const Block& block, std::size_t tone) {
  const Phasor& sum = block.tones[tone];
  return kBlockPower * (sum.re * sum.re + sum.im * sum.im);
}

void ToneDetector::begin_run(const Pair& pair) {
  const auto both = [&](std::size_t back) {
    return power(block(back), pair.row.tone) + power(block(back), pair.column.tone);
  };
  run_ = Run{.pair = pair, .latest = pair, .hits = 1};
  const float whole = pair.row.power + pair.column.power;
  std::size_t first = kWindow - 1;
  while (first > 0 && both(first) < whole / 4) --first;
  if (first + 1 < blocks_) run_->before = both(first + 1);
  run_->first = both(first);
  run_->last = both(0);
  run_->blocks = static_cast<float>(first + 1);
}

void ToneDetector::count_hit(const Pair& pair) {
  Run& run = *run_;
  const bool is_steady =
      pair.row.is_steady_after(run.latest.row) && pair.column.is_steady_after(run.latest.column);
  run.hits = is_steady ? run.hits + 1 : 1;
  if (run.hits == kMinHits) run.is_digit = true;
  run.latest = pair;
  run.pair.row.power = std::max(run.pair.row.power, pair.row.power);
  run.pair.column.power = std::max(run.pair.column.power, pair.column.power);
}

void ToneDetector::continue_run(const Block& block) {
  Run& run = *run_;
  const float row = power(block, run.pair.row.tone);
  const float column = power(block, run.pair.column.tone);
  if (row >= run.pair.row.power / 4 && column >= run.pair.column.power / 4) {
    run.blocks += run.unsure + 1;
    run.unsure = 0;
    run.silent = 0;
    run.last = row + column;
    run.behind = 0;
    return;
  }
  if (run.unsure == 0) run.behind = row + column;
  run.unsure += 1;
  if (++run.silent == kEndBlocks) end_run();
}

void ToneDetector::end_run() {
  if (!run_) return;
  const Run run = *run_;
  run_.reset();
  const float whole = run.pair.row.power + run.pair.column.power;
  const float blocks = run.blocks - 2 + share(run.before, whole) + share(run.first, whole) +
                       share(run.last, whole) + share(run.behind, whole);
  if (!run.is_digit || blocks < kMinBlocks) return;
  OFFHOOK_ASSERT(output_count_ < outputs_.size());
  outputs_[output_count_++] = {
      .digit = kKeys[run.pair.row.tone * kRows + run.pair.column.tone - kRows],
      .duration = from_ticks(static_cast<std::uint32_t>(std::lround(blocks * kBlockSamples)))};
}

}  // namespace offhook::rtp
