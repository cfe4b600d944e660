#include "media/leg.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/prefetch.hpp"

namespace offhook::media {

Leg::Leg(std::string id, std::uint64_t number, bool never_silent, Duration report_interval,
         Outbox& outbox, Random& random, Time now)
    : id_(std::move(id)),
      number_(number),
      outbox_(&outbox),
      random_(&random),
      allocated_at_(now),
      lease_until_(now + kLease),
      ends_at_(now + kMaxLength),
      stream_(random, never_silent),
      rtcp_(random.hex(8), report_interval) {}

void Leg::describe(control::LegAllocated& allocated) const {
  allocated.set_leg_id(id_);
  allocated.set_ssrc(stream_.ssrc());
  allocated.set_cname(rtcp_.cname());
}

void Leg::renew_lease(Time now) {
  lease_until_ = now + kLease;
  if (!lapsed_ || now >= ends_at_) return;
  lapsed_ = false;
  update_mode(now);
}

void Leg::play(const control::Play& command, const Music* hold_music, Time now) {
  if (stream_.is_playing() && command.sound() == sound_ &&
      command.instead_of_bridge() == stream_.instead_of_bridge()) {
    return;
  }
  sound_ = command.sound();
  stream_.play(make_sound(sound_, hold_music), command.instead_of_bridge(), now);
  send_due(now);
}

void Leg::stop_playing(Time now) {
  stream_.stop_playing(now);
  send_due(now);
}

Result<void> Leg::send_digit(const control::SendDigit& command, std::uint64_t sequence, Time now) {
  if (sequence == digit_sequence_) return {};
  if (!stream_.press(command.digit().front(), std::chrono::milliseconds(command.duration_ms()),
                     now)) {
    return failure(
        "the leg takes no digit now: nothing is sent to its far side, or too many digits wait");
  }
  digit_sequence_ = sequence;
  send_due(now);
  return {};
}

void Leg::join(std::string bridge_id, Leg& peer) {
  OFFHOOK_ASSERT(peer_ == nullptr && &peer != this);
  bridge_id_ = std::move(bridge_id);
  peer_ = &peer;
}

void Leg::leave_bridge() {
  bridge_id_.clear();
  peer_ = nullptr;
  stream_.interrupt();
}

std::optional<MediaKind> Leg::kind_of(const rtp::Header& header) const {
  if (!format_) return std::nullopt;
  if (header.payload_type == format_->payload_type) return MediaKind::Audio;
  if (header.payload_type == format_->telephone_event) return MediaKind::TelephoneEvent;
  return std::nullopt;
}

void Leg::prefetch_peer() const {
  if (peer_ == nullptr) return;
  prefetch_memory(&peer_->stream_, sizeof(peer_->stream_) + sizeof(peer_->packets_sent_));
  peer_->prefetch_to_transmit();
}

void Leg::receive_rtp(const PacketBuffer& received, const rtp::PacketView& view, MediaKind kind,
                      Time now) {
  received_.handle(view.header(), view.payload().size(), now);
  if (!first_packet_at_) first_packet_at_ = now;
  if (kind == MediaKind::TelephoneEvent) return receive_event(view, now);
  if (tones_) look_for_tones(view);
  if (peer_ != nullptr) peer_->relay(received, view, {number_, format_->law}, now);
}

void Leg::receive_unused(const rtp::Header& header, Time now) {
  reject(Rejection::UnknownPayloadType);
  received_.handle(header, 0, now);
  if (peer_ != nullptr) peer_->stream_.absorb(number_, header);
}

// Made anew for the peer, with all packets that it should have (docs/decisions/0004).
void Leg::receive_event(const rtp::PacketView& view, Time now) {
  sends_events_ = true;
  tones_.reset();
  digits_.handle(view.header(), view.payload(), now);
  if (peer_ != nullptr) peer_->stream_.absorb(number_, view.header());
  while (const auto digit = digits_.poll_digit()) {
    if (digit->over) report_digit(digit->digit, digit->duration);
    if (peer_ != nullptr) peer_->stream_.relay_digit(number_, *digit, view.header().sequence, now);
  }
  if (peer_ != nullptr) peer_->send_due(now);
}

// The tones themselves go on to the peer, too, whose user hears them as always; an event beside them
// would be the same digit twice.
void Leg::look_for_tones(const rtp::PacketView& view) {
  tones_->handle(view.header(), view.payload(), format_->law);
  while (const auto digit = tones_->poll_digit()) report_digit(digit->digit, digit->duration);
}

void Leg::relay(const PacketBuffer& received, const rtp::PacketView& view, const Origin& origin,
                Time now) {
  if (const auto packet = stream_.relay(received, view, origin, now)) transmit(*packet);
}

bool Leg::receive_rtcp(ByteView compound, Time now) {
  const auto report = rtp::parse_rtcp(compound);
  if (!report) {
    reject(Rejection::Malformed);
    return false;
  }
  received_.handle_sender_report(*report, now);
  rtcp_.handle(*report, sent_stream(now), now);
  return true;
}

void Leg::set_format(const control::SetRemote& remote) {
  format_ = make_format(remote.format());
  stream_.set_format(*format_);
  if (!remote.detect_tones() || sends_events_) {
    tones_.reset();
  } else if (!tones_) {
    tones_ = std::make_unique<rtp::ToneDetector>();
  }
}

void Leg::update_mode(Time now) {
  stream_.set_mode(may_send(now) ? wanted_mode() : OutgoingStream::Mode::Off, now);
  if (stream_.mode() == OutgoingStream::Mode::Off) {
    rtcp_.stop();
  } else {
    rtcp_.start(*random_, now);
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

rtp::SentStream Leg::sent_stream(Time now) const {
  return {.ssrc = stream_.ssrc(),
          .timestamp = stream_.timestamp_at(now),
          .packets = packets_sent_,
          .payload_bytes = payload_bytes_sent_};
}

void Leg::send_report(Time now) {
  const MutableByteView room = outbox_->room();
  const auto report = rtcp_.write_report(sent_stream(now), received_, *random_, now, room);
  transmit_rtcp({room, report.size()});
}

void Leg::say_goodbye(Time now) {
  if (stream_.mode() == OutgoingStream::Mode::Off) return;
  const MutableByteView room = outbox_->room();
  const auto bye = rtcp_.write_bye(sent_stream(now), received_, now, room);
  if (!bye.empty()) transmit_rtcp({room, bye.size()});
}

void Leg::report_digit(char digit, Duration duration) {
  control::Event event;
  control::DigitReceived& received = *event.mutable_digit_received();
  received.set_leg_id(id_);
  received.set_digit(std::string(1, digit));
  received.set_duration_ms(static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()));
  outbox_->report(std::move(event));
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
  // The peer's stream gives up by itself.
  while (const auto digit = digits_.poll_digit()) report_digit(digit->digit, digit->duration);
  send_due(now);
  if (is_due(rtcp_.next_timeout(), now)) send_report(now);
}

std::optional<Time> Leg::next_timeout() const {
  std::optional<Time> next = earliest(next_side_timeout(), next_packet_timeout());
  if (!lapsed_) next = earliest(next, std::min(lease_until_, ends_at_));
  return earliest(next, rtcp_.next_timeout());
}

std::optional<Time> Leg::next_packet_timeout() const {
  return earliest(stream_.next_timeout(), digits_.next_timeout());
}

}  // namespace offhook::media
