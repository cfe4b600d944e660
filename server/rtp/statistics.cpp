#include "rtp/statistics.hpp"

#include <algorithm>
#include <cstdlib>

namespace offhook::rtp {
namespace {

// RFC 3550 A.1.
constexpr std::uint16_t kMaxDropout = 3'000;
constexpr std::uint16_t kMaxMisorder = 100;
constexpr std::uint32_t kCycle = 1u << 16;

// RFC 3550 6.4.1: DLSR counts in 1/65536 s.
std::uint32_t in_ntp_units(Duration duration) {
  using Units = std::chrono::duration<std::int64_t, std::ratio<1, 65'536>>;
  return static_cast<std::uint32_t>(std::chrono::duration_cast<Units>(duration).count());
}

}  // namespace

void ReceivedStream::handle(const Header& header, std::size_t payload_bytes, Time arrival) {
  ++packets_;
  payload_bytes_ += payload_bytes;
  if (!started_ || ssrc_ != header.ssrc) start(header);
  count_sequence(header);
  measure_jitter(header, arrival);
}

void ReceivedStream::handle_sender_report(const Report& report, Time arrival) {
  if (!report.sender || !started_ || report.sender_ssrc != ssrc_) return;
  last_sender_report_ = static_cast<std::uint32_t>(report.sender->ntp_time >> 16);
  sender_report_at_ = arrival;
}

std::uint64_t ReceivedStream::lost() const {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(lost_before_ + lost_now(), 0));
}

Duration ReceivedStream::jitter() const { return from_ticks(jitter_ >> 4); }

std::optional<std::uint32_t> ReceivedStream::ssrc() const {
  return started_ ? std::optional(ssrc_) : std::nullopt;
}

void ReceivedStream::add_report_blocks(Report& report, Time now) {
  const auto add = [&](Reportable reportable) {
    if (reportable.block.last_sender_report != 0) {
      reportable.block.delay_since_last_sender_report =
          in_ntp_units(now - reportable.sender_report_at);
    }
    report.add(reportable.block);
  };
  if (!is_reported()) add(take_reportable());
  if (before_) add(*before_);
  before_.reset();
}

ReceivedStream::Reportable ReceivedStream::take_reportable() {
  ReportBlock block{.ssrc = ssrc_,
                    .cumulative_lost = static_cast<std::int32_t>(
                        std::clamp<std::int64_t>(lost_now(), -0x800000, 0x7FFFFF)),
                    .highest_sequence = extended_highest(),
                    .jitter = jitter_ >> 4,
                    .last_sender_report = last_sender_report_};
  const std::uint32_t expected = extended_highest() - base_ + 1;
  const std::int64_t expected_since = std::int64_t{expected} - expected_prior_;
  const std::int64_t lost_since = expected_since - (received_ - received_prior_);
  expected_prior_ = expected;
  received_prior_ = received_;
  if (expected_since > 0 && lost_since > 0) {
    block.fraction_lost =
        static_cast<std::uint8_t>(std::min<std::int64_t>((lost_since << 8) / expected_since, 255));
  }
  return {block, sender_report_at_};
}

void ReceivedStream::start(const Header& header) {
  if (started_) lost_before_ += lost_now();
  if (ssrc_ != header.ssrc) {
    if (!is_reported()) before_ = take_reportable();
    last_sender_report_ = 0;
  }
  started_ = true;
  ssrc_ = header.ssrc;
  highest_ = header.sequence;
  base_ = header.sequence;
  cycles_ = 0;
  received_ = 0;
  after_jump_.reset();
  expected_prior_ = 0;
  received_prior_ = 0;
  transit_.reset();
  jitter_ = 0;
}

void ReceivedStream::count_sequence(const Header& header) {
  const auto ahead = static_cast<std::uint16_t>(header.sequence - highest_);
  if (ahead < kMaxDropout) {
    if (ahead > 1) ++gaps_;
    if (header.sequence < highest_) cycles_ += kCycle;
    highest_ = header.sequence;
    after_jump_.reset();
  } else if (ahead <= kCycle - kMaxMisorder) {
    // Two in sequence make it another start of the same source; one alone is a stray.
    if (after_jump_ != header.sequence) {
      after_jump_ = static_cast<std::uint16_t>(header.sequence + 1);
      return;
    }
    start(header);
  }
  ++received_;
}

void ReceivedStream::measure_jitter(const Header& header, Time arrival) {
  // Several packets of one timestamp (DTMF events) are one sample of the network.
  if (transit_ && header.timestamp == last_timestamp_) return;
  last_timestamp_ = header.timestamp;
  const std::uint32_t transit = local_timestamp(arrival) - header.timestamp;
  const auto step = transit_ ? std::abs(std::int64_t{timestamp_distance(*transit_, transit)}) : 0;
  transit_ = transit;
  // More than a second is another timeline, not the network.
  if (step > std::int64_t{kClockRate}) return;
  jitter_ += static_cast<std::uint32_t>(step) - ((jitter_ + 8) >> 4);
}

std::int64_t ReceivedStream::lost_now() const {
  if (!started_) return 0;
  return std::int64_t{extended_highest() - base_} + 1 - received_;
}

}  // namespace offhook::rtp
