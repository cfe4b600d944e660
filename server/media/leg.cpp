#include "media/leg.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "rtp/rtcp.hpp"
#include "rtp/tone.hpp"

namespace offhook::media {
namespace {

// 71 minutes at most, which says enough.
std::uint32_t to_microseconds(Duration duration) {
  const auto count = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(count, 0, UINT32_MAX));
}

// RFC 3550 6.2: five seconds, times 0.5 to 1.5 so that reports do not fall into step.
constexpr std::uint64_t kShortestReportIntervalMs = 2'500;
constexpr std::uint64_t kReportIntervalSpreadMs = 5'000;

}  // namespace

Leg::Leg(std::string id, std::uint64_t number, bool never_silent, Outbox& outbox, Random& random,
         Time now)
    : id_(std::move(id)),
      number_(number),
      cname_(random.hex(8)),
      outbox_(&outbox),
      random_(&random),
      allocated_at_(now),
      lease_until_(now + kLease),
      ends_at_(now + kMaxLength),
      stream_(random, never_silent) {}

void Leg::describe(control::LegAllocated& allocated) const {
  allocated.set_leg_id(id_);
  allocated.set_ssrc(stream_.ssrc());
  allocated.set_cname(cname_);
}

void Leg::renew_lease(Time now) {
  lease_until_ = now + kLease;
  if (!lapsed_ || now >= ends_at_) return;
  lapsed_ = false;
  update_mode(now);
}

void Leg::play_ringback(Time now) {
  stream_.play(rtp::ringback_tone(), now);
  send_due(now);
}

Result<void> Leg::send_digit(const control::SendDigit& command, std::uint64_t sequence, Time now) {
  if (sequence == digit_sequence_) return {};
  if (!stream_.press(command.digit().front(), std::chrono::milliseconds(command.duration_ms()),
                     now)) {
    return failure(
        "the leg takes no digit now: nothing is sent to its far side, the far side has "
        "no telephone-event, or too many digits wait");
  }
  digit_sequence_ = sequence;
  send_due(now);
  return {};
}

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
  control::RejectedPackets& rejected = *statistics.mutable_rejected();
  rejected.set_malformed(rejections_.of(Rejection::Malformed));
  rejected.set_wrong_source(rejections_.of(Rejection::WrongSource));
  rejected.set_not_ready(rejections_.of(Rejection::NotReady));
  rejected.set_not_authentic(rejections_.of(Rejection::NotAuthentic));
  rejected.set_replayed(rejections_.of(Rejection::Replayed));
  rejected.set_unknown_payload_type(rejections_.of(Rejection::UnknownPayloadType));
  statistics.set_jitter_us(to_microseconds(received_.jitter()));
  statistics.set_connected(is_connected());
  if (first_packet_at_) {
    statistics.set_first_packet_after_us(to_microseconds(*first_packet_at_ - allocated_at_));
  }
  return statistics;
}

void Leg::join(std::string bridge_id, Leg& peer) {
  OFFHOOK_ASSERT(peer_ == nullptr && &peer != this);
  bridge_id_ = std::move(bridge_id);
  peer_ = &peer;
}

void Leg::leave_bridge() {
  bridge_id_.clear();
  peer_ = nullptr;
}

std::optional<MediaKind> Leg::kind_of(const rtp::Header& header) const {
  if (!format_) return std::nullopt;
  if (header.payload_type == format_->payload_type) return MediaKind::Audio;
  if (header.payload_type == format_->telephone_event) return MediaKind::TelephoneEvent;
  return std::nullopt;
}

void Leg::receive_rtp(const PacketBuffer& received, const rtp::PacketView& view, MediaKind kind,
                      Time now) {
  received_.handle(view.header(), view.payload().size(), now);
  if (!first_packet_at_) first_packet_at_ = now;
  if (kind == MediaKind::TelephoneEvent) {
    digits_.handle(view.header(), view.payload(), now);
    report_digits();
  }
  if (peer_ != nullptr) peer_->relay(received, view, {number_, kind, format_->law}, now);
}

void Leg::relay(const PacketBuffer& received, const rtp::PacketView& view, const Origin& origin,
                Time now) {
  if (const auto packet = stream_.relay(received, view, origin, now)) transmit(*packet);
}

void Leg::receive_rtcp(ByteView compound, Time now) {
  const auto report = rtp::parse_rtcp(compound);
  if (!report) return reject(Rejection::Malformed);
  received_.handle_sender_report(*report, now);
}

void Leg::set_format(const Format& format) {
  format_ = format;
  stream_.set_format(format);
}

void Leg::update_mode(Time now) {
  stream_.set_mode(may_send(now) ? wanted_mode() : OutgoingStream::Mode::Off, now);
  if (stream_.mode() == OutgoingStream::Mode::Off) {
    next_report_.reset();
  } else if (!next_report_) {
    schedule_report(now);
  }
  send_due(now);
}

void Leg::send_due(Time now) {
  while (const auto packet = stream_.poll(outbox_->room(), now)) transmit(*packet);
}

void Leg::transmit(const PacketBuffer& packet) {
  ++packets_sent_;
  payload_bytes_sent_ += packet.size - rtp::kHeaderBytes;
  transmit_rtp(packet);
}

void Leg::schedule_report(Time now) {
  next_report_ = now + std::chrono::milliseconds(kShortestReportIntervalMs +
                                                 random_->below(kReportIntervalSpreadMs));
}

void Leg::send_report(Time now) {
  schedule_report(now);
  rtp::Report report;
  report.sender_ssrc = stream_.ssrc();
  report.cname = cname_;
  // RFC 3550 6.4: only who has sent since the last report is a sender.
  if (packets_sent_ != packets_reported_) {
    report.sender = {.ntp_time = rtp::ntp_time(now),
                     .rtp_timestamp = stream_.timestamp_at(now),
                     .packets = static_cast<std::uint32_t>(packets_sent_),
                     .octets = static_cast<std::uint32_t>(payload_bytes_sent_)};
    packets_reported_ = packets_sent_;
  }
  if (const auto block = received_.take_report_block(now)) report.add(*block);
  const MutableByteView room = outbox_->room();
  transmit_rtcp({room, rtp::write_rtcp(report, room).size()});
}

void Leg::report_digits() {
  while (const auto digit = digits_.poll_digit()) {
    control::Event event;
    control::DigitReceived& received = *event.mutable_digit_received();
    received.set_leg_id(id_);
    received.set_digit(std::string(1, digit->digit));
    received.set_duration_ms(static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(digit->duration).count()));
    outbox_->report(std::move(event));
  }
}

void Leg::report_connected() {
  control::Event event;
  event.mutable_connected()->set_leg_id(id_);
  outbox_->report(std::move(event));
}

void Leg::report_timed_out() {
  control::Event event;
  event.mutable_timed_out()->set_leg_id(id_);
  outbox_->report(std::move(event));
}

void Leg::handle_timeout(Time now) {
  if (!lapsed_ && !may_send(now)) {
    lapsed_ = true;
    update_mode(now);
    report_timed_out();
  }
  handle_side_timeout(now);
  digits_.handle_timeout(now);
  report_digits();
  stream_.handle_timeout(now);
  send_due(now);
  if (is_due(next_report_, now)) send_report(now);
}

std::optional<Time> Leg::next_timeout() const {
  std::optional<Time> next = earliest(next_side_timeout(), next_packet_timeout());
  if (!lapsed_) next = earliest(next, std::min(lease_until_, ends_at_));
  return earliest(next, next_report_);
}

std::optional<Time> Leg::next_packet_timeout() const {
  return earliest(stream_.next_timeout(), digits_.next_timeout());
}

}  // namespace offhook::media
