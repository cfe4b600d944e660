#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "rtp/g711.hpp"
#include "rtp/packet.hpp"

namespace offhook::rtp {

// Finds DTMF digits in the audio of one stream (ITU-T Q.24): tones of 40 ms and longer, of -25 to
// -3 dBm0 each, up to 1.5 % beside their frequency, the high one up to 4 dB above and 8 dB below the
// low one. Not what is shorter than 23 ms, 3.5 % and more beside, or accompanied by other sound, as
// speech is.
//
// Every 5 ms the strengths and phases of the eight frequencies are taken (what Goertzel's algorithm
// gives; as plain sums they fit a processor's vectors), and the last four judged together. Where a
// packet is lost, the tone goes on if it does behind the gap.
class ToneDetector {
 public:
  struct Digit {
    char digit = 0;
    Duration duration{};  // to about 2 ms
  };

  // A packet of audio of this law. One that comes late is ignored.
  void handle(const Header& header, ByteView payload, Law law);
  // Digits that are over, which is known 20 ms later: drain after every packet.
  [[nodiscard]] std::optional<Digit> poll_digit();

 private:
  static constexpr std::size_t kTones = 8;   // four rows, then four columns
  static constexpr std::size_t kWindow = 4;  // blocks
  static constexpr std::size_t kHistory = kWindow + 1;
  // More cannot end within one datagram.
  static constexpr std::size_t kMaxOutputs = 16;

  struct Phasor {
    float re = 0;
    float im = 0;
  };
  struct Block {
    std::array<Phasor, kTones> tones{};
    float energy = 0;
  };
  // A tone that sounds in the window.
  struct Line {
    std::size_t tone = 0;
    float power = 0;
    float offset = 0;  // Hz beside
    [[nodiscard]] bool is_steady_after(const Line& before) const;
  };
  struct Pair {
    Line row;
    Line column;
  };
  struct Run {
    Pair pair;  // as first seen, but for the powers: the highest
    Pair latest;
    unsigned hits = 0;  // windows with it, one like the other
    bool is_digit = false;
    float blocks = 0;     // that sounded, with gaps that were too short to count
    float unsure = 0;     // blocks since then: lost, or silent
    unsigned silent = 0;  // of them
    float before = 0;     // powers of the block before the first, of the first and last that
    float first = 0;      // sounded, and of the one behind: the edges lie in them
    float last = 0;
    float behind = 0;
  };

  void skip(std::uint32_t samples);
  void restart();
  void finish_block();
  [[nodiscard]] static bool is_same(const Pair& a, const Pair& b);
  [[nodiscard]] static float power(const Block& block, std::size_t tone);
  [[nodiscard]] const Block& block(std::size_t back) const;
  [[nodiscard]] std::optional<Pair> judge() const;
  [[nodiscard]] Line measure(std::size_t tone, std::size_t other) const;
  void begin_run(const Pair& pair);
  void count_hit(const Pair& pair);
  void continue_run(const Block& block);
  void end_run();

  bool started_ = false;
  std::uint32_t ssrc_ = 0;
  std::uint32_t next_timestamp_ = 0;

  std::array<float, 2 * kTones> sums_{};  // of the block that is not full yet
  float energy_ = 0;
  std::size_t samples_ = 0;
  std::size_t turn_ = 0;  // the block's number, modulo the period of all frequencies

  std::array<Block, kHistory> history_{};
  std::size_t newest_ = 0;
  std::size_t blocks_ = 0;  // in the history that follow each other
  std::optional<Run> run_;

  std::array<Digit, kMaxOutputs> outputs_{};
  std::size_t output_count_ = 0;
  std::size_t output_polled_ = 0;
};

}  // namespace offhook::rtp
