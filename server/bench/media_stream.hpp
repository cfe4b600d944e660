#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "bench/media_histogram.hpp"
#include "rtp/packet.hpp"

namespace offhook::bench {

// The wall clock that the kernel stamps datagrams with.
using WallTime = std::chrono::nanoseconds;
[[nodiscard]] WallTime wall_time();

enum class Direction : std::uint8_t { FromBrowser, FromFarEnd };

// What a payload says of itself, wherever it arrives and whatever became of its RTP header.
struct Probe {
  std::uint32_t call = 0;
  Direction direction{};
  std::uint32_t counter = 0;  // of this call and direction, from 0
  WallTime sent_at{};
};

inline constexpr std::size_t kProbePayloadBytes = 160;
inline constexpr std::size_t kProbePacketBytes = 12 + kProbePayloadBytes;

// One direction of a call as its sender keeps it.
class ProbeSender {
 public:
  ProbeSender(std::uint32_t call, Direction direction);
  // Writes the next RTP packet: kProbePacketBytes.
  void write(MutableByteView packet, WallTime now);
  [[nodiscard]] std::uint32_t sent() const { return next_; }

 private:
  std::uint32_t call_;
  Direction direction_;
  std::uint32_t next_ = 0;
};

// nullopt for a payload that is no probe, such as silence; a damaged one is none either.
[[nodiscard]] std::optional<Probe> read_probe(ByteView payload);

// What was measured over many streams in one window.
struct StreamFigures {
  std::uint64_t sent = 0;      // by streams that have been settled
  std::uint64_t lost = 0;      // of those
  std::uint64_t received = 0;  // each once
  std::uint64_t duplicates = 0;
  std::uint64_t reordered = 0;
  std::uint64_t strangers = 0;  // in the wrong call or direction
  // Packets whose sequence number or timestamp no longer goes with what it carries as before: the
  // stream that is heard has slipped against the one that was spoken. Not counted where the sender
  // itself has paused for so long that something else may have been sent in its stead.
  std::uint64_t slips = 0;
  MediaHistogram latency;
  MediaHistogram jitter;  // RFC 3550 6.4.1, one value a stream
};

// The other end of a ProbeSender. Counts those probes that were sent between open_window() and
// close_window(), also if they come later.
class ProbeReceiver {
 public:
  void open_window(std::uint32_t first_counter);
  void close_window(std::uint32_t end_counter) {
    if (!end_) end_ = end_counter;
  }
  // Adds to `figures`; `header` is that of the packet as it came, `arrived` the kernel's time.
  void take(const Probe& probe, const rtp::Header& header, WallTime arrived,
            StreamFigures& figures);
  // Of a closed window, when the last one must be there.
  void settle(StreamFigures& figures) const;
  // Of those before the last that came: how many have not.
  [[nodiscard]] std::uint64_t missing() const;

 private:
  // How a stream's numbers relate to those of its probes.
  struct Offset {
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    bool operator==(const Offset&) const = default;
  };

  static constexpr std::uint32_t kRemembered = 64;  // for duplicates: more than a second

  std::uint32_t first_ = 0;
  std::optional<std::uint32_t> end_ = 0;  // nullopt: still open
  std::uint32_t highest_ = 0;
  std::uint64_t seen_ = 0;  // bit i: highest_ - i was there
  std::uint64_t received_ = 0;
  std::optional<Offset> offset_;
  std::optional<WallTime> last_sent_at_;
  std::optional<WallTime> transit_;
  double jitter_ns_ = 0;
};

}  // namespace offhook::bench
