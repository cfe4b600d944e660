#include "media/outgoing_stream.hpp"

#include <algorithm>
#include <array>

#include "rtp/g711.hpp"

namespace offhook::media {
namespace {

// All that we make ourselves: sounds, silence, and digits stand on one timeline. Next to the legs,
// whose numbers start above.
constexpr rtp::StreamRewriter::SourceId kSound = 1;

// 60 ms, the longest packet time.
constexpr std::size_t kMaxSamples = 480;

// PCMU to PCMA and back (ITU-T G.711 leaves both as bytes, so a table does it).
std::array<std::uint8_t, 256> make_translation(rtp::Law from, rtp::Law to) {
  std::array<std::uint8_t, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    table[i] = rtp::encode_sample(to, rtp::decode_sample(from, static_cast<std::uint8_t>(i)));
  }
  return table;
}

void translate(MutableByteView payload, rtp::Law to) {
  static const auto to_mu = make_translation(rtp::Law::A, rtp::Law::Mu);
  static const auto to_a = make_translation(rtp::Law::Mu, rtp::Law::A);
  const auto& table = to == rtp::Law::Mu ? to_mu : to_a;
  for (std::uint8_t& byte : payload) byte = table[byte];
}

// A dynamic payload type that nobody negotiated.
std::uint8_t unused_payload_type(const Format& format) {
  std::uint8_t type = 127;
  while (type == format.payload_type || type == format.telephone_event) --type;
  return type;
}

PacketBuffer write_packet(MutableByteView room, const rtp::Header& header, ByteView payload) {
  rtp::write_header(header, room.first<rtp::kHeaderBytes>());
  std::ranges::copy(payload, room.begin() + rtp::kHeaderBytes);
  return {room, rtp::kHeaderBytes + payload.size()};
}

}  // namespace

OutgoingStream::OutgoingStream(Random& random, bool never_silent)
    : never_silent_(never_silent),
      rewriter_(random.next_u32(), static_cast<std::uint16_t>(random.next_u32()),
                random.next_u32()) {}

void OutgoingStream::set_mode(Mode mode, Time now) {
  if (mode == mode_) return;
  mode_ = mode;
  next_frame_.reset();
  last_ = {};
  player_.interrupt();
  if (mode != Mode::Send) {
    digits_.clear();
    pacer_.clear();
  }
  if (mode == Mode::Send && (never_silent_ || player_.playing())) next_frame_ = now;
  // The first packet opens the NAT on the way.
  if (mode == Mode::KeepAlive) next_frame_ = rewriter_.started() ? now + kKeepAlive : now;
}

void OutgoingStream::play(const Sound& sound, bool instead_of_bridge, Time now) {
  player_.play(sound);
  instead_of_bridge_ = instead_of_bridge;
  bridge_heard_at_ = {};
  if (instead_of_bridge) pacer_.clear();
  if (mode_ != Mode::Send) return;
  Time first = std::max(now, last_.end());
  if (last_.relayed && !instead_of_bridge) first = std::max(first, last_.at + kSilenceAfter);
  next_frame_ = std::min(next_frame_.value_or(first), first);
}

// The sound fades out in one more frame, or in what the bridge brings if that comes first. Where
// the bridge's packets come in step with ours, as far as a network lets them, the next one is
// waited for: else there would be two at about the same time.
void OutgoingStream::stop_playing(Time now) {
  if (!player_.playing()) return;
  player_.stop();
  if (!next_frame_ || mode_ != Mode::Send || digits_.sounds(now)) return player_.interrupt();
  const Duration slack = format_.packet_time / 2;
  const bool in_step =
      now < bridge_heard_at_ + format_.packet_time + slack && bridge_heard_at_ < last_.at + slack;
  if (in_step) next_frame_ = *next_frame_ + slack;
}

void OutgoingStream::set_format(const Format& format) {
  format_ = format;
  digits_.set_tones(!format.telephone_event);
}

bool OutgoingStream::press(char digit, Duration duration, Time now) {
  if (mode_ != Mode::Send || !digits_.press(digit, duration, now)) return false;
  sound_digits(now);
  return true;
}

void OutgoingStream::relay_digit(std::uint64_t source, const rtp::DtmfReceiver::Digit& digit,
                                 std::uint16_t sequence, Time now) {
  if (mode_ != Mode::Send) return;
  digits_.relay(source, digit, sequence, now);
  sound_digits(now);
}

// Frames of our own from now on, unless they go out already.
void OutgoingStream::sound_digits(Time now) {
  if (!digits_.sounds(now)) return;
  if (!next_frame_ || *next_frame_ - now > format_.packet_time) {
    next_frame_ = std::max(now, std::min(last_.end(), now + format_.packet_time));
  }
}

std::optional<PacketBuffer> OutgoingStream::relay(const PacketBuffer& received,
                                                  const rtp::PacketView& view, const Origin& origin,
                                                  Time now) {
  if (player_.playing()) {
    bridge_heard_at_ = now;
    if (!instead_of_bridge_) player_.stop();
  }
  if (mode_ != Mode::Send || player_.playing() || digits_.busy(now)) {
    gave_way_at_ = now;
    rewriter_.absorb(origin.source, view.header());
    return std::nullopt;
  }
  if (!pacer_.admit(now)) {
    const ByteView payload = view.payload();
    pacer_.hold({origin, view.header(), Bytes(payload.begin(), payload.end()), now});
    return std::nullopt;
  }
  const auto header = rewrite(view.header(), view.payload().size(), origin, now);
  if (!header) return std::nullopt;
  const PacketBuffer packet =
      received.narrowed_to(rtp::rewrite_in_place(received.packet(), view, *header));
  finish_relayed(packet.packet().subspan(rtp::kHeaderBytes), origin, now);
  return packet;
}

std::optional<PacketBuffer> OutgoingStream::poll(MutableByteView room, Time now) {
  if (mode_ == Mode::Off) return std::nullopt;
  if (auto packet = poll_digit(room, now)) return packet;
  if (auto packet = poll_frame(room, now)) return packet;
  return poll_waiting(room, now);
}

std::optional<PacketBuffer> OutgoingStream::poll_digit(MutableByteView room, Time now) {
  const auto digit = digits_.poll_event(now);
  if (!digit) return std::nullopt;
  const rtp::Header header{.marker = digit->marker,
                           .payload_type = *format_.telephone_event,
                           .sequence = digit->sequence,
                           .timestamp = digit->timestamp,
                           .ssrc = digit->ssrc};
  return write_packet(room,
                      digit->source ? rewriter_.insert(*digit->source, header, now)
                                    : rewriter_.produce(kSound, header.payload_type, header.marker,
                                                        header.timestamp, now),
                      digit->payload);
}

std::optional<PacketBuffer> OutgoingStream::poll_frame(MutableByteView room, Time now) {
  while (is_due(next_frame_, now)) {
    if (mode_ == Mode::KeepAlive) {
      next_frame_ = now + kKeepAlive;
      return keep_alive(room, now);
    }
    // After a stall of the machine the stream goes on from now, instead of in a burst.
    const bool stalled = now - *next_frame_ > Pacer::kBurst * format_.packet_time;
    const Time due = stalled ? now : *next_frame_;
    next_frame_ = due + format_.packet_time;
    const bool digit = digits_.sounds(due);
    const bool sound = player_.playing() || player_.fading();
    // With this one all has faded.
    if (!never_silent_ && !player_.playing() && !digit) next_frame_.reset();
    if (!digit && !sound && due < gave_way_at_ + kSilenceAfter) {
      // What gave way to a digit goes on any moment.
      if (next_frame_) next_frame_ = gave_way_at_ + kSilenceAfter;
    } else if (digit || !digits_.busy(due)) {
      return frame(room, due, now);
    }
  }
  return std::nullopt;
}

std::optional<PacketBuffer> OutgoingStream::poll_waiting(MutableByteView room, Time now) {
  while (const auto waiting = pacer_.poll(now)) {
    if (digits_.busy(now)) {
      rewriter_.absorb(waiting->origin.source, waiting->header);
      continue;
    }
    const auto header = rewrite(waiting->header, waiting->payload.size(), waiting->origin, now);
    if (!header) continue;
    const PacketBuffer packet = write_packet(room, *header, waiting->payload);
    finish_relayed(packet.packet().subspan(rtp::kHeaderBytes), waiting->origin, now);
    return packet;
  }
  return std::nullopt;
}

PacketBuffer OutgoingStream::keep_alive(MutableByteView room, Time now) {
  return write_packet(room,
                      rewriter_.produce(kSound, unused_payload_type(format_), false,
                                        rtp::local_timestamp(now), now),
                      {});
}

PacketBuffer OutgoingStream::frame(MutableByteView room, Time due, Time now) {
  const std::uint32_t samples =
      std::min<std::uint32_t>(rtp::to_ticks(format_.packet_time), kMaxSamples);
  const MutableByteView payload = room.subspan(rtp::kHeaderBytes, samples);
  fill_frame(payload, due);
  const rtp::Header header = rewriter_.produce(kSound, format_.payload_type, false,
                                               rtp::local_timestamp(due), now, samples);
  rtp::write_header(header, room.first<rtp::kHeaderBytes>());
  last_ = {.at = due, .samples = samples};
  return {room, rtp::kHeaderBytes + samples};
}

void OutgoingStream::fill_frame(MutableByteView payload, Time due) {
  std::array<std::int16_t, kMaxSamples> linear{};
  const auto samples = std::span(linear).first(payload.size());
  if (digits_.sounds(due)) {
    player_.interrupt();
    digits_.fill(samples, due);
    return rtp::encode(format_.law, samples, payload);
  }
  const bool is_followed = last_.is_followed_at(due);
  if (!is_followed) player_.interrupt();
  if (!player_.playing() && !player_.fading()) {
    std::ranges::fill(payload, rtp::silence(format_.law));
    return;
  }
  if (is_followed && last_.relayed) {
    player_.follow(rtp::decode_sample(format_.law, last_.byte));
  }
  player_.fill(samples);
  rtp::encode(format_.law, samples, payload);
}

std::optional<rtp::Header> OutgoingStream::rewrite(const rtp::Header& received,
                                                   std::size_t payload_bytes, const Origin& origin,
                                                   Time now) {
  // A byte a sample.
  auto header =
      rewriter_.relay(origin.source, received, now, static_cast<std::uint32_t>(payload_bytes));
  if (header) header->payload_type = format_.payload_type;
  return header;
}

void OutgoingStream::finish_relayed(MutableByteView payload, const Origin& origin, Time now) {
  if (origin.law != format_.law) translate(payload, format_.law);
  if (player_.fading()) {
    if (payload.empty() || !last_.is_followed_at(now)) player_.interrupt();
    player_.fade_into(format_.law, payload);
  }
  // A sound that plays already goes on behind packets that had waited to leave.
  const bool is_more_to_come = never_silent_ || player_.playing();
  // Who has more to play than time has passed does not miss anything yet.
  next_frame_ =
      is_more_to_come ? std::optional(now + kSilenceAfter + rewriter_.lead()) : std::nullopt;
  last_ = {.at = now, .relayed = true};
  if (payload.empty()) return;
  last_.samples = static_cast<std::uint32_t>(payload.size());
  last_.byte = payload.back();
}

std::optional<Time> OutgoingStream::next_timeout() const {
  if (mode_ == Mode::Off) return std::nullopt;
  if (mode_ == Mode::KeepAlive) return next_frame_;
  return earliest(earliest(digits_.next_timeout(), pacer_.next_timeout()), next_frame_);
}

}  // namespace offhook::media
