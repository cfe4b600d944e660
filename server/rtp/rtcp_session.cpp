#include "rtp/rtcp_session.hpp"

#include <algorithm>

namespace offhook::rtp {
namespace {

// The weight of the newest round trip, as TCP's (RFC 6298 2).
constexpr int kRoundTripWeight = 8;

}  // namespace

void RtcpSession::start(Random& random, Time now) {
  if (!next_report_) schedule(interval_ / 2, random, now);
}

// RFC 3550 6.3.1: times 0.5 to 1.5, so that reports do not fall into step. (Its division by e - 3/2
// makes up for reconsideration, which groups need that grow.)
void RtcpSession::schedule(Duration interval, Random& random, Time now) {
  const auto spread = static_cast<std::uint64_t>(interval.count());
  next_report_ = now + interval / 2 + Duration(static_cast<std::int64_t>(random.below(spread)));
}

MutableByteView RtcpSession::write_report(const SentStream& sent, ReceivedStream& received,
                                          Random& random, Time now, MutableByteView room) {
  schedule(interval_, random, now);
  const Report report = make_report(sent, received, now);
  packets_reported_ = {sent.packets, packets_reported_[0]};
  reported_ = true;
  return write_rtcp(report, room);
}

MutableByteView RtcpSession::write_bye(const SentStream& sent, ReceivedStream& received, Time now,
                                       MutableByteView room) {
  stop();
  if (!reported_ && sent.packets == 0) return {};
  Report report = make_report(sent, received, now);
  report.bye = true;
  return write_rtcp(report, room);
}

Report RtcpSession::make_report(const SentStream& sent, ReceivedStream& received, Time now) const {
  Report report;
  report.sender_ssrc = sent.ssrc;
  report.cname = cname_;
  // RFC 3550 6.4: a sender is who sent since the last report but one.
  if (sent.packets != packets_reported_[1]) {
    report.sender = {.ntp_time = ntp_time(now),
                     .rtp_timestamp = sent.timestamp,
                     .packets = static_cast<std::uint32_t>(sent.packets),
                     .octets = static_cast<std::uint32_t>(sent.payload_bytes)};
  }
  received.add_report_blocks(report, now);
  return report;
}

void RtcpSession::handle(const Report& report, const SentStream& sent, Time now) {
  const ReportBlock* block = report.block_for(sent.ssrc);
  if (block == nullptr) return;
  far_report_ = {.packets_lost = static_cast<std::uint64_t>(std::max(block->cumulative_lost, 0)),
                 .packets_sent = sent.packets,
                 .jitter = from_ticks(block->jitter)};
  const auto sample = rtp::round_trip(*block, now);
  if (!sample) return;
  round_trip_ = round_trip_ ? *round_trip_ + (*sample - *round_trip_) / kRoundTripWeight : *sample;
}

}  // namespace offhook::rtp
