#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "rtp/telephone_event.hpp"

namespace offhook::rtp {

// A digit as far as it is known: of one that another side is still sending, the end is not.
struct DtmfDigit {
  std::uint8_t event = 0;  // 0..15
  std::uint8_t volume = TelephoneEvent{}.volume;
  bool over = true;         // `ticks` is all of it
  std::uint32_t ticks = 0;  // of the 8 kHz clock
};

// Turns a digit into event packets (RFC 4733 2.5.1): one each 20 ms with growing duration, marker
// on the first, the last one three times. It never says that a digit lasted longer than is known.
//
//   state  | input                     | next   | output                               | test
//   Idle   | start                     | Tone   | first packet, with marker            | AStartSendsTheFirstPacketWithItsMarker
//   Tone   | 20 ms, not yet over       | Tone   | packet with a longer duration        | AToneGoesOnEvery20MsWithGrowingDuration
//   Tone   | 20 ms, nothing new known  | Tone   | packet with the same duration        | ADigitOfWhichNothingNewIsKnownKeepsItsDuration
//   Tone   | 20 ms, no news for 200 ms | Ending | end packet                           | ADigitWithoutNewsIsOver
//   Tone   | 20 ms, over               | Ending | end packet                           | AToneThatIsOverSendsItsEndPacket
//   Tone   | 8.19 s                    | Tone   | segment's last three times, the next | ALongDigitGoesOnInSegments
//   Tone   | finish                    | Ending | end packet at once                   | AToneThatMustFinishSendsItsEndPacketsAtOnce
//   Ending | 20 ms, third sent         | Idle   | end packet again                     | TheEndPacketIsSentThreeTimes
//   Ending | finish                    | Idle   | the rest of the end packets at once  | EndPacketsThatAreLeftGoOutAtOnce
class DtmfSender {
 public:
  // As long as a receiver waits (DtmfReceiver).
  static constexpr Duration kGivenUpAfter = std::chrono::milliseconds(200);

  struct Packet {
    bool marker = false;
    std::uint32_t offset = 0;  // ticks from the start of the digit to that of its segment
    std::array<std::uint8_t, kTelephoneEventBytes> payload{};
  };

  // Only while not busy(). `elapsed`: ticks of the digit that have passed already, up to all.
  void start(const DtmfDigit& digit, std::uint32_t elapsed, Time now);
  // More is known of a digit that was not over; less than before is not believed.
  void extend(std::uint32_t ticks, bool over, Time now);
  // The digit is over with what is known of it, and what is left to send goes out at once.
  void finish();
  void clear();  // nothing more is sent, not even an end packet

  [[nodiscard]] bool busy() const { return state_ != State::Idle; }
  [[nodiscard]] std::uint32_t ticks() const { return digit_.ticks; }  // known of it
  // Until nullopt after every input, and when next_timeout() has come.
  [[nodiscard]] std::optional<Packet> poll_packet(Time now);
  [[nodiscard]] std::optional<Time> next_timeout() const { return deadline_; }

 private:
  enum class State : std::uint8_t { Idle, Tone, Ending };

  void advance(Time now);
  [[nodiscard]] Packet make_packet(std::uint32_t duration, bool end);

  State state_ = State::Idle;
  DtmfDigit digit_;
  std::uint32_t elapsed_ = 0;  // ticks, as sent
  std::uint32_t segment_ = 0;  // ticks before the segment
  unsigned repeats_ = 0;       // of an end packet, or of a segment's last, that were sent
  bool marked_ = false;
  bool finishing_ = false;
  bool stepping_ = false;  // more packets belong to the step that has begun
  Time news_at_{};
  std::optional<Time> deadline_;
};

}  // namespace offhook::rtp
