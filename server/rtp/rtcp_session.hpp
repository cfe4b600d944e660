#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "rtp/rtcp.hpp"
#include "rtp/statistics.hpp"

namespace offhook::rtp {

// The stream that we send, as it stands now.
struct SentStream {
  std::uint32_t ssrc = 0;
  std::uint32_t timestamp = 0;  // that a packet sampled now would have
  std::uint64_t packets = 0;
  std::uint64_t payload_bytes = 0;
};

// RTCP with one peer: when our reports go and what they say (RFC 3550 6.2 to 6.4), and what the
// peer's say of our stream. With two members the rules about the size of the group (6.3.2 to 6.3.6)
// come down to an interval at random.
class RtcpSession {
 public:
  // RFC 3550 6.2. Five per cent of the bandwidth of G.711 would allow a report each 0.6 s.
  static constexpr Duration kInterval = std::chrono::seconds(5);
  // With the profile of browsers (RTP/SAVPF) there is no minimum (RFC 4585 3.4); they show their
  // users what our reports say, so they are to be fresh.
  static constexpr Duration kFeedbackInterval = std::chrono::seconds(2);

  // What the peer said of our stream last.
  struct FarReport {
    std::uint64_t packets_lost = 0;
    std::uint64_t packets_sent = 0;  // by us, when it said so
    Duration jitter{};
  };

  RtcpSession(std::string cname, Duration interval)
      : cname_(std::move(cname)), interval_(interval) {}

  [[nodiscard]] const std::string& cname() const { return cname_; }

  // Reports begin, the first after half the interval (RFC 3550 6.2); nothing changes where they go
  // already.
  void start(Random& random, Time now);
  void stop() { next_report_.reset(); }
  [[nodiscard]] std::optional<Time> next_timeout() const { return next_report_; }

  // When next_timeout() is due: SR or RR with SDES, a view of the front of `room` (512 bytes do).
  [[nodiscard]] MutableByteView write_report(const SentStream& sent, ReceivedStream& received,
                                             Random& random, Time now, MutableByteView room);
  // The last packet; empty where neither RTP nor RTCP was sent, for who never spoke says no goodbye
  // (RFC 3550 6.3.7). With fewer than 50 members it goes at once.
  [[nodiscard]] MutableByteView write_bye(const SentStream& sent, ReceivedStream& received,
                                          Time now, MutableByteView room);

  // A report of the peer.
  void handle(const Report& report, const SentStream& sent, Time now);
  // nullopt as long as it said nothing of our stream.
  [[nodiscard]] const std::optional<FarReport>& far_report() const { return far_report_; }
  // Smoothed; nullopt before the first that can be told.
  [[nodiscard]] std::optional<Duration> round_trip() const { return round_trip_; }

 private:
  void schedule(Duration interval, Random& random, Time now);
  [[nodiscard]] Report make_report(const SentStream& sent, ReceivedStream& received,
                                   Time now) const;

  std::string cname_;
  Duration interval_;
  std::optional<Time> next_report_;
  bool reported_ = false;
  // packets when the last two reports went, the newer one first.
  std::array<std::uint64_t, 2> packets_reported_{};
  std::optional<FarReport> far_report_;
  std::optional<Duration> round_trip_;
};

}  // namespace offhook::rtp
