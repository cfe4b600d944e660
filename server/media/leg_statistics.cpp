#include <algorithm>

#include "media/engine_statistics.hpp"
#include "media/leg.hpp"
#include "rtp/e_model.hpp"

// What a leg says of itself: counters, and how its two ways sound.
namespace offhook::media {
namespace {

// Fewer say little: a second of sound.
constexpr std::uint64_t kPacketsToJudgeBy = 50;

// 71 minutes at most, which says enough.
std::uint32_t to_microseconds(Duration duration) {
  const auto count = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(count, 0, UINT32_MAX));
}

// What the listener's buffer adds, as is usually reckoned: it holds the packet itself, and twice the
// jitter. Without a round trip the way through the network is left out.
Duration delay_of(std::optional<Duration> round_trip, Duration jitter) {
  return round_trip.value_or(Duration{}) / 2 + rtp::kPacketTime + 2 * jitter;
}

std::uint32_t score(const rtp::SpeechPath& path) {
  return static_cast<std::uint32_t>(rtp::mean_opinion_score(rtp::transmission_rating(path)));
}

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : std::min(static_cast<double>(part) / static_cast<double>(whole), 1.0);
}

std::optional<std::uint32_t> score_of_received(const rtp::ReceivedStream& received,
                                               std::optional<Duration> round_trip) {
  if (received.packets() < kPacketsToJudgeBy) return std::nullopt;
  const double loss = ratio(received.lost(), received.packets() + received.lost());
  const auto lost = static_cast<double>(received.lost());
  return score({.delay = delay_of(round_trip, received.jitter()),
                .loss = loss,
                .burst_ratio = rtp::burst_ratio(lost, static_cast<double>(received.gaps()), loss)});
}

// A far side that does not report leaves the quality there unknown, however well it may be.
std::optional<std::uint32_t> score_of_sent(const rtp::RtcpSession& rtcp) {
  const auto& far = rtcp.far_report();
  if (!far || far->packets_sent < kPacketsToJudgeBy) return std::nullopt;
  return score({.delay = delay_of(rtcp.round_trip(), far->jitter),
                .loss = ratio(far->packets_lost, far->packets_sent)});
}

}  // namespace

control::LegStatistics Leg::statistics() const {
  control::LegStatistics statistics;
  statistics.set_leg_id(id_);
  statistics.set_packets_received(received_.packets());
  statistics.set_bytes_received(received_.payload_bytes());
  statistics.set_packets_sent(packets_sent_);
  statistics.set_bytes_sent(payload_bytes_sent_);
  statistics.set_packets_lost(received_.lost());
  statistics.set_packets_rejected(rejections_.total());
  statistics.set_packets_dropped(stream_.dropped());
  write_rejections(rejections_, *statistics.mutable_rejected());
  statistics.set_jitter_us(to_microseconds(received_.jitter()));
  statistics.set_connected(is_connected());
  if (first_packet_at_) {
    statistics.set_first_packet_after_us(to_microseconds(*first_packet_at_ - allocated_at_));
  }
  if (const auto round_trip = rtcp_.round_trip()) {
    statistics.set_round_trip_us(to_microseconds(*round_trip));
  }
  if (const auto& far = rtcp_.far_report()) {
    statistics.set_far_packets_lost(far->packets_lost);
    statistics.set_far_jitter_us(to_microseconds(far->jitter));
  }
  if (const auto mos = score_of_received(received_, rtcp_.round_trip())) {
    statistics.set_mos_received(*mos);
  }
  if (const auto mos = score_of_sent(rtcp_)) statistics.set_mos_sent(*mos);
  return statistics;
}

control::SideStatistics Leg::totals() const {
  control::SideStatistics totals;
  totals.set_packets_received(received_.packets());
  totals.set_bytes_received(received_.payload_bytes());
  totals.set_packets_sent(packets_sent_);
  totals.set_bytes_sent(payload_bytes_sent_);
  totals.set_packets_lost(received_.lost());
  totals.set_packets_dropped(stream_.dropped());
  write_rejections(rejections_, *totals.mutable_rejected());
  return totals;
}

}  // namespace offhook::media
