#include "sim/webrtc_media.hpp"

#include <span>
#include <utility>
#include <variant>

#include "call/sample_sdp.hpp"
#include "rtp/packet.hpp"
#include "sdp/sdp.hpp"

namespace offhook::sim {
namespace {

constexpr Duration kFrame = std::chrono::milliseconds(20);
constexpr std::uint32_t kFrameBytes = 160;

std::string with_colons(const Bytes& bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    if (!text.empty()) text += ":";
    text += to_hex(ByteView(&byte, 1));
  }
  return text;
}

}  // namespace

WebRtcMedia::WebRtcMedia(const IpAddress& address, Random& random)
    : address_(address), random_(random), identity_(WebRtcPeer::Identity::make().value()) {}

// After every call a new peer connection, as browsers want it.
void WebRtcMedia::open() {
  peer_.emplace(identity_, Endpoint{address_, ++port_}, dtls::Role::Client, random_);
  spoken_earlier_.merge(spoken_);
  spoken_.clear();
  heard_ = 0;
  echoed_ = 0;
  first_heard_at_.reset();
}

std::string WebRtcMedia::describe(bool answer) const {
  call::sample::BrowserSdp sdp;
  sdp.ufrag = peer_->ice().ufrag;
  sdp.pwd = peer_->ice().pwd;
  sdp.fingerprint = with_colons(peer_->fingerprint().value);
  return answer ? call::sample::browser_answer("0 101", sdp) : call::sample::browser(sdp);
}

std::string WebRtcMedia::make_offer() {
  open();
  return describe(false);
}

std::string WebRtcMedia::make_answer(const std::string& offer, Time now) {
  open();
  connect(offer, now);
  return describe(true);
}

void WebRtcMedia::take_answer(const std::string& answer, Time now) { connect(answer, now); }

void WebRtcMedia::connect(const std::string& gateway_sdp, Time now) {
  const auto session = sdp::parse(gateway_sdp);
  if (!session || session->media.empty() || session->media[0].candidates.empty() ||
      session->media[0].fingerprints.empty()) {
    failure_ = "the gateway's SDP has no candidates or no fingerprint";
    return;
  }
  const sdp::Media& audio = session->media[0];
  peer_->connect({.candidate = {IpAddress::parse(audio.candidates[0].address).value(),
                                audio.candidates[0].port},
                  .ice = {.ufrag = audio.ice_ufrag, .pwd = audio.ice_pwd},
                  .fingerprint = {.algorithm = audio.fingerprints[0].algorithm,
                                  .value = audio.fingerprints[0].value}},
                 now);
  drain(now);
}

void WebRtcMedia::close() {
  if (!peer_) return;
  peer_->close();
  drain(Time{});
  peer_.reset();
  speaks_at_.reset();
}

void WebRtcMedia::handle_packet(const MediaPacket& packet, Time now) {
  if (!peer_ || packet.to != peer_->local()) return;
  peer_->handle(packet.bytes, now);
  drain(now);
}

void WebRtcMedia::handle_timeout(Time now) {
  if (!peer_) return;
  if (is_due(peer_->next_timeout(), now)) peer_->handle_timeout(now);
  if (is_due(speaks_at_, now)) speak(now);
  drain(now);
}

std::optional<Time> WebRtcMedia::next_timeout() const {
  return peer_ ? earliest(peer_->next_timeout(), speaks_at_) : std::nullopt;
}

void WebRtcMedia::speak(Time now) {
  speaks_at_ = now + kFrame;
  Bytes frame(kFrameBytes);
  random_.fill(frame);
  Bytes packet(rtp::kHeaderBytes);
  rtp::write_header({.marker = sequence_ == 0,
                     .payload_type = 0,
                     .sequence = sequence_,
                     .timestamp = std::uint32_t{sequence_} * kFrameBytes,
                     .ssrc = 0xB0},
                    std::span<std::uint8_t, rtp::kHeaderBytes>(packet));
  ++sequence_;
  packet.insert(packet.end(), frame.begin(), frame.end());
  if (peer_->send_rtp(packet)) spoken_.insert(std::move(frame));
}

void WebRtcMedia::drain(Time now) {
  while (auto output = peer_->poll_output()) {
    if (auto* transmit = std::get_if<WebRtcPeer::Transmit>(&*output)) {
      packets_.push_back({transmit->local, transmit->remote, std::move(transmit->bytes)});
    } else if (auto* received = std::get_if<WebRtcPeer::RtpReceived>(&*output)) {
      hear(received->packet, now);
    } else if (auto* failed = std::get_if<WebRtcPeer::Failed>(&*output)) {
      failure_ = failed->reason;
    } else if (std::holds_alternative<WebRtcPeer::Connected>(*output)) {
      speaks_at_ = now;
    }
  }
}

void WebRtcMedia::hear(const Bytes& packet, Time now) {
  const auto view = rtp::PacketView::parse(packet);
  if (!view || view->header().payload_type != 0) return;
  if (!first_heard_at_) first_heard_at_ = now;
  ++heard_;
  const Bytes frame(view->payload().begin(), view->payload().end());
  if (spoken_.contains(frame)) ++echoed_;
  if (spoken_earlier_.contains(frame)) ++stale_;
}

std::optional<MediaPacket> WebRtcMedia::poll_packet() {
  if (packets_.empty()) return std::nullopt;
  MediaPacket packet = std::move(packets_.front());
  packets_.pop_front();
  return packet;
}

}  // namespace offhook::sim
