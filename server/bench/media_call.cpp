#include "bench/media_call.hpp"

#include <variant>

#include "ice/stun.hpp"
#include "rtp/packet.hpp"

namespace offhook::bench {
namespace {

constexpr std::uint8_t kFirstRtpByte = 128;  // RFC 7983

constexpr std::size_t index_of(Direction direction) { return static_cast<std::size_t>(direction); }

// One thread: it is used again for each socket.
MediaInbox& inbox() {
  static MediaInbox instance;
  return instance;
}

}  // namespace

MediaCall::MediaCall(std::uint32_t number, const std::optional<sim::WebRtcPeer::Identity>& identity,
                     Random& random)
    : number_(number),
      senders_{ProbeSender(number, Direction::FromBrowser),
               ProbeSender(number, Direction::FromFarEnd)} {
  if (identity) {
    peer_.emplace(*identity, browser_socket_.local(), dtls::Role::Client, random);
  }
}

void MediaCall::connect(const sim::GatewaySide& browser_side, const Endpoint& far_side, Time now) {
  browser_socket_.connect(browser_side.candidate);
  far_socket_.connect(far_side);
  peer_->connect(browser_side, now);
  drain_peer();
}

void MediaCall::connect_to_echo(const sim::GatewaySide& browser_side, Time now) {
  is_echoed_ = true;
  browser_socket_.connect(browser_side.candidate);
  peer_->connect(browser_side, now);
  drain_peer();
}

void MediaCall::connect(const Endpoint& browser_side, const Endpoint& far_side) {
  browser_socket_.connect(browser_side);
  far_socket_.connect(far_side);
  connected_ = true;
}

void MediaCall::stop_talking() {
  silent_ = true;
  close_window();
}

void MediaCall::drain_peer() {
  while (const auto output = peer_->poll_output()) {
    if (const auto* transmit = std::get_if<sim::WebRtcPeer::Transmit>(&*output)) {
      const bool is_check = ice::looks_like_stun(transmit->bytes);
      if (is_check || !keeps_dtls_back_) (void)browser_socket_.send(transmit->bytes);
    } else if (const auto* failed = std::get_if<sim::WebRtcPeer::Failed>(&*output)) {
      failure_ = failed->reason;
    } else if (std::holds_alternative<sim::WebRtcPeer::Connected>(*output)) {
      connected_ = true;
    } else if (std::holds_alternative<sim::WebRtcPeer::Closed>(*output)) {
      failure_ = "the target has ended the call";
    }
  }
}

void MediaCall::handle_timeout(Time now) {
  if (!peer_ || !is_due(peer_->next_timeout(), now)) return;
  peer_->handle_timeout(now);
  drain_peer();
}

bool MediaCall::talk(Direction direction) {
  std::array<std::uint8_t, kProbePacketBytes + srtp::kMaxTrailerBytes> buffer;
  senders_[index_of(direction)].write(buffer, wall_time());
  if (direction == Direction::FromFarEnd) {
    return far_socket_.send(ByteView(buffer).first(kProbePacketBytes));
  }
  if (!peer_) return browser_socket_.send(ByteView(buffer).first(kProbePacketBytes));
  const auto packet = peer_->sender()->protect_rtp(buffer, kProbePacketBytes);
  return packet && browser_socket_.send(*packet);
}

void MediaCall::receive(Direction direction, Time now, StreamFigures& figures) {
  const bool at_browser = direction == Direction::FromFarEnd;
  const MediaSocket& socket = at_browser ? browser_socket_ : far_socket_;
  while (true) {
    const auto datagrams = inbox().receive(socket);
    for (const auto& [bytes, arrived] : datagrams) {
      if (at_browser && peer_) {
        take_at_peer(bytes, arrived, now, figures);
      } else {
        take(direction, bytes, arrived, figures);
      }
    }
    if (datagrams.size() < MediaInbox::kSlots) return;
  }
}

void MediaCall::take_at_peer(MutableByteView bytes, WallTime arrived, Time now,
                             StreamFigures& figures) {
  if (bytes.empty()) return;
  if (bytes[0] < kFirstRtpByte) {
    peer_->handle(bytes, now);
    return drain_peer();
  }
  if (peer_->receiver() == nullptr || rtp::classify(bytes) != rtp::PacketKind::Rtp) return;
  const auto packet = peer_->receiver()->unprotect_rtp(bytes);
  const auto direction = is_echoed_ ? Direction::FromBrowser : Direction::FromFarEnd;
  if (packet) take(direction, *packet, arrived, figures);
}

void MediaCall::take(Direction direction, ByteView packet, WallTime arrived,
                     StreamFigures& figures) {
  const auto view = rtp::PacketView::parse(packet);
  if (!view) return;
  const auto probe = read_probe(view->payload());
  if (!probe) return;
  if (probe->call != number_ || probe->direction != direction) {
    ++figures.strangers;
    return;
  }
  receivers_[index_of(direction)].take(*probe, view->header(), arrived, figures);
}

void MediaCall::open_window() {
  for (std::size_t i = 0; i < receivers_.size(); ++i) receivers_[i].open_window(senders_[i].sent());
}

void MediaCall::close_window() {
  for (std::size_t i = 0; i < receivers_.size(); ++i)
    receivers_[i].close_window(senders_[i].sent());
}

void MediaCall::settle(StreamFigures& figures) const {
  for (const ProbeReceiver& receiver : receivers_) receiver.settle(figures);
}

std::uint64_t MediaCall::missing() const {
  return receivers_[0].missing() + receivers_[1].missing();
}

}  // namespace offhook::bench
