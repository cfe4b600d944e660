#pragma once

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <set>

#include <gtest/gtest.h>

#include "base/time.hpp"
#include "rtp/packet.hpp"

namespace offhook::media {

// Who hears one of our streams, and expects of it what a jitter buffer does: one SSRC, no sequence
// number twice, sound that follows sound without covering it, and a timeline that neither leaps
// nor drifts away from the clock.
class StreamListener {
 public:
  void hear(const rtp::Header& header, std::size_t payload_bytes, bool is_audio, Time at) {
    if (!ssrc_) start(header, at);
    ASSERT_EQ(header.ssrc, *ssrc_);
    ASSERT_TRUE(used_.insert(extended(header.sequence)).second) << "a sequence number twice";
    ++packets_;
    if (extended(header.sequence) < newest_) return;
    skipped_ += extended(header.sequence) - newest_ - (packets_ > 1 ? 1 : 0);
    newest_ = extended(header.sequence);
    if (!is_audio) return;

    const std::int32_t step = rtp::timestamp_distance(end_, header.timestamp);
    ASSERT_GE(step, 0) << "covers what was heard";
    ASSERT_LE(rtp::from_ticks(static_cast<std::uint32_t>(step)), at - end_at_ + kTolerance)
        << "leaps ahead of the time";
    end_ = header.timestamp + static_cast<std::uint32_t>(payload_bytes);
    end_at_ = at;
    const Duration heard = rtp::from_ticks(end_ - first_);
    ahead_ = std::max(ahead_, heard - (at - first_at_));
  }

  [[nodiscard]] std::uint64_t packets() const { return packets_; }
  // Sequence numbers left out, which is a loss to whoever listens.
  [[nodiscard]] std::uint64_t skipped() const { return skipped_; }
  // The most by which sound was ahead of the clock: what the buffer must hold.
  [[nodiscard]] Duration ahead() const { return ahead_; }

 private:
  // As much as may be held up, or sent ahead of time, on the way to us.
  static constexpr Duration kTolerance = std::chrono::milliseconds(1'100);

  void start(const rtp::Header& header, Time at) {
    ssrc_ = header.ssrc;
    newest_ = header.sequence;
    end_ = first_ = header.timestamp;
    end_at_ = first_at_ = at;
  }
  [[nodiscard]] std::uint64_t extended(std::uint16_t sequence) const {
    const auto low = static_cast<std::uint16_t>(newest_);
    return newest_ + static_cast<std::uint64_t>(
                         static_cast<std::int64_t>(rtp::sequence_distance(low, sequence)));
  }

  std::optional<std::uint32_t> ssrc_;
  std::set<std::uint64_t> used_;
  std::uint64_t newest_ = 0;
  std::uint64_t packets_ = 0;
  std::uint64_t skipped_ = 0;
  std::uint32_t first_ = 0;
  Time first_at_{};
  std::uint32_t end_ = 0;  // of the sound heard
  Time end_at_{};
  Duration ahead_{};
};

}  // namespace offhook::media
