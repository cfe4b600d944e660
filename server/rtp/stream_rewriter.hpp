#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "rtp/packet.hpp"

namespace offhook::rtp {

// One continuous outgoing stream (one SSRC) from changing sources: the far end's audio, ringback,
// DTMF events, silence. On a switch the sequence goes on by one and the marker is set; the timestamp
// goes on by the samples of the last packet, so that the new source follows right behind the old
// one, or, where it comes a packet late or later, by the time that has passed. Within a source gaps
// stay gaps, so that the listener sees the losses.
//
// The timestamps run ahead of the time that passes where there is more to hear than time: a source
// was late, something stood in for it, and then it came all the same. The listener has that in its
// buffer, so a switch to other sound then adds no more time than is missing.
//
// No outgoing sequence number is ever given twice: under SRTP that would be one index for two
// packets, which breaks the cipher (RFC 3711 9.1). So duplicates, packets older than the window,
// and stragglers from before a switch are refused. A source that has stepped back looks like those
// until kStepBackProof of its packets in a row were refused: then it is another timeline of it. So is
// a timestamp that leaps ahead of the time that has passed, or far back: jitter buffers would wait
// for the one and drop the other.
class StreamRewriter {
 public:
  // Names a source within this stream, as the engine likes: e.g. the id of the leg, of the tone
  // player.
  using SourceId = std::uint64_t;
  // A longer step within a source than a minute is another timeline of it.
  static constexpr int kMaxStepForward = 3'000;
  static constexpr int kWindow = 64;
  static constexpr unsigned kStepBackProof = 5;
  // A network's jitter stays below.
  static constexpr Duration kMaxLeapAhead = std::chrono::seconds(1);
  // An event keeps the timestamp of its start for up to 8.2 s (RFC 4733 2.3.5), among audio perhaps.
  static constexpr Duration kMaxLeapBack = std::chrono::seconds(10);
  static constexpr Duration kMaxLead = std::chrono::seconds(1);

  // Start values are random (RFC 3550 5.1). SRTP wants a first sequence below 2^15 (RFC
  // 3711 3.3.1): the top bit of `first_sequence` is cleared.
  StreamRewriter(std::uint32_t ssrc, std::uint16_t first_sequence, std::uint32_t first_timestamp);

  // A received packet of `source`, of so many samples; its payload type is copied, the caller maps
  // it. nullopt: drop it. An event, or nothing to hear, is of 0 samples: it lasts until the next
  // packet.
  [[nodiscard]] std::optional<Header> relay(SourceId source, const Header& received, Time now,
                                            std::uint32_t samples);
  // A packet of `source` that is not sent: the next one leaves no gap. Whoever drops packets without
  // this, or whose packets are lost on the way here, shows the listener a loss.
  void absorb(SourceId source, const Header& received);
  // Packets of the source in force are left out on purpose, unseen: where it goes on is a switch.
  void interrupt() { interrupted_ = true; }
  // A packet that we make in the place of packets of `source`, of 0 samples: on its timeline,
  // `received` giving SSRC and timestamp, and between what came from it and what will. Its sequence
  // counts only where the source was not in force.
  [[nodiscard]] Header insert(SourceId source, const Header& received, Time now);
  // The next packet of a sound that we make: timestamps on any timeline that is continuous within
  // the source, e.g. local_timestamp().
  [[nodiscard]] Header produce(SourceId source, std::uint8_t payload_type, bool marker,
                               std::uint32_t timestamp, Time now, std::uint32_t samples = 0);

  [[nodiscard]] std::uint32_t ssrc() const { return ssrc_; }
  [[nodiscard]] bool started() const { return started_; }
  // How far the timestamps are ahead of the time that passed, 0 to kMaxLead; of a source with jitter
  // what it has of that. Listeners play a little faster to be rid of it, so it dwindles.
  [[nodiscard]] Duration lead() const { return lead_; }
  // The stream's timestamp at this time, for SR.
  [[nodiscard]] std::uint32_t timestamp_at(Time now) const;

 private:
  // `first`: the source's packet with which it begins, of so many samples.
  void switch_to(SourceId source, const Header& first, Time now, std::uint32_t samples);
  // From a source's own sequence numbers to ours: `sequence` would be `ours`. What was left open
  // before stays closed.
  void renumber(std::uint16_t sequence, std::uint16_t ours);
  [[nodiscard]] bool is_continued_by(SourceId source, const Header& received) const;
  [[nodiscard]] bool leaps(const Header& received, Time now) const;
  // Counts a refused packet of the source in force.
  [[nodiscard]] bool has_stepped_back(std::uint16_t sequence);
  [[nodiscard]] bool claim(std::uint16_t sequence);
  [[nodiscard]] std::optional<Header> finish(Header header, Time now, std::uint32_t samples);

  std::uint32_t ssrc_;
  bool started_ = false;
  std::uint16_t highest_;  // sent so far; before the first packet one below it
  std::uint64_t sent_mask_ = ~std::uint64_t{0};  // bit n: highest_ - n is used up
  std::uint32_t timestamp_;                      // of the newest packet
  Time timestamp_at_{};                          // when the first packet with it was sent
  std::uint32_t samples_ = 0;                    // of that packet
  Duration lead_{};
  // The source in force.
  SourceId source_ = 0;
  std::uint32_t source_ssrc_ = 0;
  std::uint16_t sequence_offset_ = 0;
  std::uint32_t timestamp_offset_ = 0;
  bool interrupted_ = false;
  unsigned refused_in_order_ = 0;  // since the last packet that went through
  std::uint16_t last_refused_ = 0;
};

}  // namespace offhook::rtp
