#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/time.hpp"
#include "rtp/dtmf_receiver.hpp"
#include "rtp/dtmf_sender.hpp"
#include "rtp/dtmf_tone.hpp"
#include "rtp/packet.hpp"

namespace offhook::media {

// Sends digits towards a far side, one after the other: those that are pressed by command, and those
// that another leg receives. As events (RFC 4733), or as tones in the audio where the far side has
// no telephone-event.
//
// What another leg receives is not passed on packet by packet but made anew (docs/decisions/0004): with
// all its packets, whichever of them were lost on the way here.
//
//   digit     | as events                                   | as tones
//   ----------|---------------------------------------------|----------------------------------------
//   pressed   | 70 ms after the one before it               | likewise
//   received  | at once, on the timeline of its source      | kToneDelay later, so that its end is
//             |                                             | known in time; pauses as they were
//   received, | when the other is over, 70 ms after it      | likewise
//   and busy  |                                             |
class DigitPlayer {
 public:
  using SourceId = std::uint64_t;

  // A person does not type ahead of this; a machine that does is told.
  static constexpr std::size_t kMaxQueued = 32;
  static constexpr Duration kMinDuration = std::chrono::milliseconds(40);
  static constexpr Duration kMaxDuration = std::chrono::seconds(6);
  static constexpr Duration kDefaultDuration = std::chrono::milliseconds(100);
  // From the end of one digit to the start of the next; ITU-T Q.24 has receivers that need this
  // much, and at least 40 ms for all.
  static constexpr Duration kPause = std::chrono::milliseconds(70);
  static constexpr Duration kMinPause = std::chrono::milliseconds(40);
  // Outlasts four packets lost in a row. A pause that is longer than kLongestGap need not be exact.
  static constexpr Duration kToneDelay = std::chrono::milliseconds(100);
  static constexpr Duration kLongestGap = std::chrono::seconds(1);

  // An event's packet, on the timeline of a leg's stream or on our own (rtp::local_timestamp).
  struct EventPacket {
    bool marker = false;
    std::optional<SourceId> source{};
    std::uint32_t ssrc = 0;  // of the source, and its sequence where it is new to the stream
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::array<std::uint8_t, rtp::kTelephoneEventBytes> payload{};
  };

  // Digits of the other kind that are under way are forgotten.
  void set_tones(bool tones);
  // The duration is brought into its range; zero means the default. False for what is no digit, or
  // when the queue is full.
  [[nodiscard]] bool press(char digit, Duration duration, Time now);
  // What a leg's receiver told of a digit, `sequence` being that of the packet.
  void relay(SourceId source, const rtp::DtmfReceiver::Digit& digit, std::uint16_t sequence,
             Time now);
  void clear();  // nothing more is sent, not even an end packet

  // A digit is being sent, or is about to be: audio of the same time is not to be sent.
  [[nodiscard]] bool busy(Time now) const {
    if (sending_ || !queue_.empty()) return true;
    return tones_ && ended_at_ && now < *ended_at_ + kPause;
  }
  // ... as samples, from fill().
  [[nodiscard]] bool sounds(Time now) const { return tones_ && busy(now); }
  // Until nullopt after every input, and when next_timeout() has come.
  [[nodiscard]] std::optional<EventPacket> poll_event(Time now);
  [[nodiscard]] std::optional<Time> next_timeout() const {
    if (tones_) return std::nullopt;
    if (sending_) return sender_.next_timeout();
    return queue_.empty() ? std::nullopt : std::optional(start_of_next());
  }
  // The samples from `start` on: tones, and silence around them.
  void fill(std::span<std::int16_t> samples, Time start);

 private:
  // Names a digit of another leg.
  struct Key {
    SourceId source;
    std::uint32_t ssrc;
    std::uint32_t timestamp;
    bool operator==(const Key&) const = default;
  };
  struct Item {
    rtp::DtmfDigit digit;
    std::optional<Key> key{};       // of another leg's
    bool as_it_comes = false;       // on the timeline of its source
    std::uint16_t sequence = 0;     // of the source
    std::optional<Duration> gap{};  // from the end of the digit before it
    Time earliest{};
  };
  enum class Place : std::uint8_t { Sending, Queued, Gone };
  // The digit of another leg whose end is not known.
  struct Open {
    Key key;
    Place place;
  };

  void begin(const Key& key, const rtp::DtmfReceiver::Digit& digit, std::uint16_t sequence,
             Time now);
  void extend(std::uint32_t ticks, bool over, Time now);
  [[nodiscard]] bool follows_at_once(const Key& key, Time now) const;
  [[nodiscard]] std::optional<Duration> gap_before(const Key& key) const;
  [[nodiscard]] bool push(const Item& item);
  [[nodiscard]] Time start_of_next() const;
  void take_next();
  void end(Time ended_at);

  bool tones_ = false;
  std::vector<Item> queue_;  // mostly empty, and then without memory
  std::optional<Open> open_;
  // The last digit that came from another leg, for the pause after it.
  std::optional<Key> last_key_;
  std::uint32_t last_ticks_ = 0;

  bool sending_ = false;
  Item current_;
  Time started_at_{};
  std::optional<Time> ended_at_;  // of the digit before
  rtp::DtmfSender sender_;
  rtp::DtmfTone tone_{0, 0};
};

}  // namespace offhook::media
