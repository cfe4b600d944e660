#include "provider/media_stream.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "rtp/g711.hpp"

namespace offhook::provider {
namespace {

constexpr rtp::Tone kTone{.hertz = {440, 0}};
// After a pause of the whole process packets are not made up for: a burst is heard as garble.
constexpr Duration kMaxLate = std::chrono::milliseconds(100);

rtp::Law law_of(sdp::Codec codec) { return codec == sdp::Codec::Pcmu ? rtp::Law::Mu : rtp::Law::A; }

}  // namespace

MediaStream::MediaStream(const sdp::AudioFormat& format, std::optional<Endpoint> remote,
                         Random& random)
    : format_(format),
      remote_(remote),
      stream_(random.next_u32(), static_cast<std::uint16_t>(random.next_u32()), random.next_u32()),
      tone_(kTone) {}

void MediaStream::play(Sound sound, Time now) {
  sound_ = sound;
  if (sound == Sound::Echo) {
    next_packet_at_.reset();
  } else if (!next_packet_at_) {
    next_packet_at_ = now;
    handle_timeout(now);
  }
}

void MediaStream::set_remote(const sdp::AudioFormat& format, std::optional<Endpoint> remote) {
  format_ = format;
  remote_ = remote;
  locked_ = false;
}

void MediaStream::secure(const sdp::Crypto& ours, const Bytes& theirs) {
  const auto profile = static_cast<srtp::Profile>(ours.suite);
  if (our_key_ != ours.key_and_salt)
    sender_ = srtp::Sender::make(profile, ours.key_and_salt).value();
  if (their_key_ != theirs) receiver_ = srtp::Receiver::make(profile, theirs).value();
  our_key_ = ours.key_and_salt;
  their_key_ = theirs;
}

std::optional<MutableByteView> MediaStream::opened(MutableByteView packet) {
  if (!receiver_) return packet;
  const auto plain = receiver_->unprotect_rtp(packet);
  return plain ? std::optional(*plain) : std::nullopt;
}

void MediaStream::handle_packet(const Endpoint& from, ByteView datagram, Time now) {
  Bytes bytes(datagram.begin(), datagram.end());
  const auto packet = opened(bytes);
  if (!packet) return;
  const auto view = rtp::PacketView::parse(*packet);
  if (!view || !accepts(from)) return;
  const std::uint8_t payload_type = view->header().payload_type;
  const bool is_event = payload_type == format_.telephone_event;
  if (payload_type != format_.payload_type && !is_event) return;
  last_received_ = now;
  if (sound_ == Sound::Echo) echo(*view, now);
  if (sound_ == Sound::ReadBack && is_event) {
    read_back_.handle(view->header(), view->payload(), now);
  }
}

void MediaStream::handle_timeout(Time now) {
  read_back_.handle_timeout(now);
  if (next_packet_at_ && now - *next_packet_at_ > kMaxLate) next_packet_at_ = now;
  while (is_due(next_packet_at_, now)) {
    send_paced(now);
    next_packet_at_ = *next_packet_at_ + rtp::kPacketTime;
  }
}

std::optional<Time> MediaStream::next_timeout() const {
  return earliest(next_packet_at_, read_back_.next_timeout());
}

std::optional<MediaStream::Datagram> MediaStream::poll_datagram() {
  if (outputs_.empty()) return std::nullopt;
  Datagram datagram = std::move(outputs_.front());
  outputs_.pop_front();
  return datagram;
}

// As chan_sip with nat=comedia: the first source is the far end, behind whatever NAT.
bool MediaStream::accepts(const Endpoint& from) {
  if (!remote_) return false;
  if (!locked_) {
    remote_ = from;
    locked_ = true;
  }
  return *remote_ == from;
}

void MediaStream::echo(const rtp::PacketView& packet, Time now) {
  const auto samples = static_cast<std::uint32_t>(packet.payload().size());
  const auto header = stream_.relay(kFarEnd, packet.header(), now, samples);
  if (header) send(*header, packet.payload());
}

void MediaStream::send_paced(Time now) {
  std::array<std::int16_t, rtp::kSamplesPerPacket> samples{};
  if (sound_ == Sound::Tone) tone_.fill(samples);
  if (sound_ == Sound::ReadBack) read_back_.fill(samples);
  std::array<std::uint8_t, rtp::kSamplesPerPacket> payload{};
  rtp::encode(law_of(format_.codec), samples, payload);
  // The timeline is that of the deadlines, so that a late wake-up is jitter and no gap.
  send(stream_.produce(kOwn, format_.payload_type, false, rtp::local_timestamp(*next_packet_at_),
                       now, rtp::kSamplesPerPacket),
       payload);
}

void MediaStream::send(const rtp::Header& header, ByteView payload) {
  if (!remote_) return;
  Bytes packet(rtp::kHeaderBytes + payload.size());
  rtp::write_header(header, std::span(packet).first<rtp::kHeaderBytes>());
  std::ranges::copy(payload, packet.begin() + rtp::kHeaderBytes);
  if (sender_) {
    const std::size_t size = packet.size();
    packet.resize(size + srtp::kMaxTrailerBytes);
    const auto sent = sender_->protect_rtp(packet, size);
    if (!sent) return;
    packet.resize(sent->size());
  }
  outputs_.push_back({.remote = *remote_, .packet = std::move(packet)});
}

}  // namespace offhook::provider
