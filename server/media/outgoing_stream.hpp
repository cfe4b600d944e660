#pragma once

#include <cstdint>
#include <optional>

#include "base/random.hpp"
#include "base/time.hpp"
#include "media/digit_player.hpp"
#include "media/format.hpp"
#include "media/pacer.hpp"
#include "media/packet_buffer.hpp"
#include "media/sound_player.hpp"
#include "rtp/stream_rewriter.hpp"

namespace offhook::media {

// The one RTP stream that a leg sends: what is relayed from the bridge, digits, a sound, silence, as
// one SSRC with one run of sequence numbers and timestamps. What we make ourselves follows what was
// sent before by exactly the length of it, and all take turns without a click.
//
//   mode      | what goes out
//   ----------|------------------------------------------------------------------------------------
//   Off       | nothing
//   KeepAlive | the far side wants no media: an empty packet of an unused payload type each 15 s
//             | (RFC 6263 4.6)
//   Send      | a digit that is being sent, else a sound that is instead of the bridge, else what the
//             | bridge brings, else the sound, else (if never_silent) silence
class OutgoingStream {
 public:
  enum class Mode : std::uint8_t { Off, KeepAlive, Send };

  static constexpr Duration kKeepAlive = std::chrono::seconds(15);
  // Longer than a network's jitter: silence put into a stream that is only late delays it. For as
  // much as it is delayed (the rewriter's lead) it may be late again before there is more.
  static constexpr Duration kSilenceAfter = std::chrono::milliseconds(100);

  OutgoingStream(Random& random, bool never_silent);

  void set_format(const Format& format);
  void set_mode(Mode mode, Time now);
  [[nodiscard]] Mode mode() const { return mode_; }
  [[nodiscard]] std::uint32_t ssrc() const { return rewriter_.ssrc(); }
  [[nodiscard]] std::uint32_t timestamp_at(Time now) const { return rewriter_.timestamp_at(now); }
  [[nodiscard]] std::uint64_t dropped() const { return pacer_.dropped(); }

  // Until stop_playing(), another sound, or, unless it is instead of what the bridge brings, until
  // that comes. Where the bridge has just brought something, such a sound gives it kSilenceAfter to
  // bring more.
  void play(const Sound& sound, bool instead_of_bridge, Time now);
  void stop_playing(Time now);
  [[nodiscard]] bool is_playing() const { return player_.playing(); }
  [[nodiscard]] bool instead_of_bridge() const { return instead_of_bridge_; }
  // False: the mode is not Send, or too many digits wait.
  [[nodiscard]] bool press(char digit, Duration duration, Time now);
  // What the bridge's other leg knows of a digit that it receives, by the packet with this sequence.
  void relay_digit(std::uint64_t source, const rtp::DtmfReceiver::Digit& digit,
                   std::uint16_t sequence, Time now);
  // Each of the digit's packets, which are not relayed as such.
  void absorb(std::uint64_t source, const rtp::Header& header) { rewriter_.absorb(source, header); }

  // A packet of audio from the bridge, `view` being of received.packet(). What is to be sent now is made in
  // place; nullopt where it waits (and comes out of poll() later) or is not to be sent.
  [[nodiscard]] std::optional<PacketBuffer> relay(const PacketBuffer& received,
                                                  const rtp::PacketView& view, const Origin& origin,
                                                  Time now);

  // The bridge is gone: what its source sends until there is one again is no loss.
  void interrupt() { rewriter_.interrupt(); }

  // What is due, written into `room` (limits::kMediaDatagramBytes); to be called until nullopt
  // after every input but relay().
  [[nodiscard]] std::optional<PacketBuffer> poll(MutableByteView room, Time now);
  [[nodiscard]] std::optional<Time> next_timeout() const;

 private:
  [[nodiscard]] std::optional<PacketBuffer> poll_digit(MutableByteView room, Time now);
  [[nodiscard]] std::optional<PacketBuffer> poll_frame(MutableByteView room, Time now);
  [[nodiscard]] std::optional<PacketBuffer> poll_waiting(MutableByteView room, Time now);
  [[nodiscard]] PacketBuffer keep_alive(MutableByteView room, Time now);
  [[nodiscard]] PacketBuffer frame(MutableByteView room, Time due, Time now);
  void fill_frame(MutableByteView payload, Time due);
  void sound_digits(Time now);
  // The header that a relayed packet leaves with.
  [[nodiscard]] std::optional<rtp::Header> rewrite(const rtp::Header& received,
                                                   std::size_t payload_bytes, const Origin& origin,
                                                   Time now);
  // What else changes in it, and is remembered of it.
  void finish_relayed(MutableByteView payload, const Origin& origin, Time now);

  bool never_silent_;
  Mode mode_ = Mode::Off;
  Format format_;
  rtp::StreamRewriter rewriter_;
  DigitPlayer digits_;
  Pacer pacer_;
  SoundPlayer player_;
  bool instead_of_bridge_ = false;
  Time bridge_heard_at_{};                     // while it is not sent
  Time gave_way_at_ = Time{} - kSilenceAfter;  // audio of the bridge, to a digit or a sound
  std::optional<Time> next_frame_;             // of a sound, silence or keep-alive

  // The audio that was sent last.
  struct Last {
    Time at{};
    std::uint32_t samples = 0;
    bool relayed = false;
    std::uint8_t byte = 0;  // the last of it, where relayed
    [[nodiscard]] Time end() const { return at + rtp::from_ticks(samples); }
    // Whether what is sent at `time` follows without anything missing in between.
    [[nodiscard]] bool is_followed_at(Time time) const {
      return time < end() + rtp::from_ticks(samples);
    }
  };
  Last last_;
};

}  // namespace offhook::media
