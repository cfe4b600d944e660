#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "rtp/telephone_event.hpp"

namespace offhook::rtp {

// Turns digits into event packets (RFC 4733 2.5.1): one each 20 ms with growing duration, marker on
// the first, the last one three times, and a pause before the next digit. Audio should not be sent
// while busy().
//
//   state   | input                | next    | output                         | test
//   Idle    | press                | Tone    | first packet, with marker      | APressSendsTheFirstPacketWithItsMarker
//   Tone    | 20 ms, not yet over  | Tone    | packet with a longer duration  | AToneGoesOnEvery20MsWithGrowingDuration
//   Tone    | 20 ms, over          | Ending  | end packet                     | AToneThatIsOverSendsItsEndPacket
//   Ending  | 20 ms, third sent    | Pause   | end packet again               | TheEndPacketIsSentThreeTimes
//   Pause   | over, digits wait    | Tone    | first packet of the next digit | ADigitThatWaitsFollowsThePause
//   Pause   | over, none waits     | Idle    |                                | AfterThePauseNothingIsSent
class DtmfSender {
 public:
  // A person does not type ahead of this; a machine that does is told.
  static constexpr std::size_t kMaxQueued = 32;
  static constexpr Duration kMinDuration = std::chrono::milliseconds(40);
  static constexpr Duration kMaxDuration = std::chrono::seconds(6);
  static constexpr Duration kDefaultDuration = std::chrono::milliseconds(100);
  // From the end of one tone to the start of the next; ITU-T Q.24 asks receivers to cope with 30 to
  // 70 ms.
  static constexpr Duration kPause = std::chrono::milliseconds(70);

  struct Packet {
    bool marker = false;
    std::uint32_t timestamp =
        0;  // local_timestamp() of the start of the digit, the same in all its packets
    std::array<std::uint8_t, kTelephoneEventBytes> payload{};
  };

  // The duration is brought into its range; zero means the default. False for what is no digit, or
  // when the queue is full.
  [[nodiscard]] bool press(char digit, Duration duration, Time now);
  void clear();  // nothing more is sent, not even an end packet
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Packet> poll_packet();
  [[nodiscard]] std::optional<Time> next_timeout() const { return deadline_; }
  [[nodiscard]] bool busy() const { return state_ != State::Idle; }

 private:
  enum class State : std::uint8_t { Idle, Tone, Ending, Pause };
  struct Press {
    std::uint8_t event = 0;
    std::uint32_t ticks = 0;
  };

  void start_next(Time now);
  void emit(bool marker);

  State state_ = State::Idle;
  std::array<Press, kMaxQueued> queue_{};
  std::size_t first_ = 0;
  std::size_t queued_ = 0;
  Press current_;
  Time started_at_{};
  std::uint32_t timestamp_ = 0;
  std::uint32_t elapsed_ticks_ = 0;
  unsigned end_packets_ = 0;
  std::optional<Time> deadline_;
  std::optional<Packet> output_;
};

}  // namespace offhook::rtp
