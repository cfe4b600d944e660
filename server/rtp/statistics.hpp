#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "rtp/packet.hpp"
#include "rtp/rtcp.hpp"

namespace offhook::rtp {

// What we know of what one far side sends, for reports and statistics (RFC 3550 A.1, A.3, A.8): one
// stream at a time. When its SSRC changes, or the sequence jumps for good, the report starts again
// and the totals go on.
// Sources are validated before (by address or SRTP), so there is no probation.
class ReceivedStream {
 public:
  void handle(const Header& header, std::size_t payload_bytes, Time arrival);
  // The stream's last SR, for LSR and DLSR of our next report block.
  void handle_sender_report(const Report& report, Time arrival);

  // Totals over every SSRC.
  [[nodiscard]] std::uint64_t packets() const { return packets_; }
  [[nodiscard]] std::uint64_t payload_bytes() const { return payload_bytes_; }
  [[nodiscard]] std::uint64_t lost() const;                   // never below 0
  [[nodiscard]] std::uint64_t gaps() const { return gaps_; }  // in the sequence, late packets' too
  [[nodiscard]] Duration jitter() const;                      // RFC 3550 6.4.1's running estimate
  [[nodiscard]] std::optional<std::uint32_t> ssrc() const;    // nullopt before the first packet

  // For the next report: a block for each source that was heard since the last one (RFC 3550 6.4);
  // of sources that took turns the newest two. The fractions lost count from there, too.
  void add_report_blocks(Report& report, Time now);

 private:
  struct Reportable {
    ReportBlock block;
    Time sender_report_at{};
  };

  void start(const Header& header);
  [[nodiscard]] bool is_reported() const { return received_ == received_prior_; }
  [[nodiscard]] Reportable take_reportable();
  void count_sequence(const Header& header);
  void measure_jitter(const Header& header, Time arrival);
  [[nodiscard]] std::uint32_t extended_highest() const { return cycles_ + highest_; }
  [[nodiscard]] std::int64_t lost_now() const;

  std::uint64_t packets_ = 0;
  std::uint64_t payload_bytes_ = 0;
  std::int64_t lost_before_ = 0;  // of the streams before this one
  std::uint64_t gaps_ = 0;

  bool started_ = false;
  std::uint32_t ssrc_ = 0;
  std::uint16_t highest_ = 0;
  std::uint32_t cycles_ = 0;  // 65536 a wrap
  std::uint32_t base_ = 0;
  std::int64_t received_ = 0;
  std::optional<std::uint16_t> after_jump_;  // the sequence that would confirm a jump

  std::uint32_t expected_prior_ = 0;
  std::int64_t received_prior_ = 0;

  std::optional<std::uint32_t> transit_;
  std::uint32_t last_timestamp_ = 0;
  std::uint32_t jitter_ = 0;  // scaled by 16

  std::uint32_t last_sender_report_ = 0;
  Time sender_report_at_{};
  std::optional<Reportable> before_;  // the stream before this one, until it is reported
};

}  // namespace offhook::rtp
