#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/time.hpp"

// RTCP compound packets (RFC 3550 6) as far as one audio stream each way needs them: SR, RR, SDES
// CNAME, BYE. Nothing here allocates.
namespace offhook::rtp {

struct ReportBlock {
  std::uint32_t ssrc = 0;                // of the stream reported on
  std::uint8_t fraction_lost = 0;        // of 256, since the last report
  std::int32_t cumulative_lost = 0;      // -2^23..2^23-1; duplicates make it negative
  std::uint32_t highest_sequence = 0;    // extended by the cycles
  std::uint32_t jitter = 0;              // in ticks
  std::uint32_t last_sender_report = 0;  // middle 32 bits of its NTP time; 0: none received
  std::uint32_t delay_since_last_sender_report = 0;  // in 1/65536 s
  bool operator==(const ReportBlock&) const = default;
};

struct SenderInformation {
  std::uint64_t ntp_time = 0;  // 32.32 s
  std::uint32_t rtp_timestamp = 0;
  std::uint32_t packets = 0;
  std::uint32_t octets = 0;  // of payload
  bool operator==(const SenderInformation&) const = default;
};

// What one compound packet says.
struct Report {
  // Browsers report on one or two streams; more blocks than this are counted by the wire and
  // dropped by us.
  static constexpr std::size_t kMaxBlocks = 4;

  std::uint32_t sender_ssrc = 0;
  std::optional<SenderInformation> sender{};  // present: SR, absent: RR
  std::array<ReportBlock, kMaxBlocks> blocks{};
  std::size_t block_count = 0;
  std::string_view cname{};  // into the bytes parsed; "" where absent
  bool bye = false;

  [[nodiscard]] const ReportBlock* block_for(
      std::uint32_t ssrc) const;       // nullptr where there is none
  void add(const ReportBlock& block);  // at most kMaxBlocks, asserted
};

// nullopt unless every packet of the compound has version 2 and a length inside the datagram, and
// padding is in the last one only (RFC 3550 A.2). Reduced size (RFC 5506: no SR or RR first) is
// accepted; unknown types are skipped.
[[nodiscard]] std::optional<Report> parse_rtcp(ByteView datagram);

// Writes SR or RR, SDES CNAME (cut at 255 bytes; not written where empty), BYE where `bye`. Returns
// the bytes written, a view of the front of `out`; empty where they do not fit (512 bytes always
// do).
[[nodiscard]] MutableByteView write_rtcp(const Report& report, MutableByteView out);

// The NTP time of our reports: RFC 3550 6.4.1 allows a clock of one's own where only differences
// matter.
[[nodiscard]] std::uint64_t ntp_time(Time now);
// RFC 3550 6.4.1: from a block about our stream; nullopt where the far end had no SR of ours, or
// for nonsense.
[[nodiscard]] std::optional<Duration> round_trip(const ReportBlock& block, Time now);

}  // namespace offhook::rtp
