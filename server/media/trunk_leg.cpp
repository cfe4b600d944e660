#include "media/trunk_leg.hpp"

#include "base/prefetch.hpp"
#include "control/validate.hpp"

namespace offhook::media {
namespace {

// Validated before.
Endpoint endpoint_of(const control::Address& address) {
  return {IpAddress::parse(address.ip()).value_or(IpAddress()),
          static_cast<std::uint16_t>(address.port())};
}

bool is_nowhere(const Endpoint& endpoint) {
  return endpoint.address.is_unspecified() || endpoint.port == 0;
}

}  // namespace

TrunkLeg::TrunkLeg(std::string id, std::uint64_t number, TrunkPorts& sockets,
                   const TrunkPorts::Pair& ports, Outbox& outbox, Random& random, Time now)
    : Leg(std::move(id), number, true, rtp::RtcpSession::kInterval, outbox, random, now),
      sockets_(&sockets),
      ports_(ports) {}

Result<void> TrunkLeg::set_remote(const control::SetRemote& remote, Time now) {
  if (auto valid = control::validate_trunk(remote); !valid) return valid;
  if (auto keyed = srtp_.set(remote); !keyed) return keyed;
  const Endpoint rtp = endpoint_of(remote.rtp());
  source_.expect(rtp);
  update_peer();
  // RFC 3550 11: the next port, unless the SDP says otherwise (RFC 3605).
  const Endpoint rtcp = remote.has_rtcp()
                            ? endpoint_of(remote.rtcp())
                            : Endpoint{rtp.address, static_cast<std::uint16_t>(rtp.port + 1)};
  // A hold in the manner of RFC 2543 names nobody (0.0.0.0): keep-alives go where media went
  // before.
  if (!is_nowhere(rtcp)) rtcp_ = rtcp;
  send_ = remote.send();
  heard_at_ = now;
  set_format(remote);
  update_mode(now);
  return {};
}

void TrunkLeg::describe(control::LegAllocated& allocated) const {
  Leg::describe(allocated);
  allocated.mutable_rtp()->set_ip(ports_.rtp.address.to_string());
  allocated.mutable_rtp()->set_port(ports_.rtp.port);
  allocated.mutable_rtcp()->set_ip(ports_.rtcp.address.to_string());
  allocated.mutable_rtcp()->set_port(ports_.rtcp.port);
}

OutgoingStream::Mode TrunkLeg::wanted_mode() const {
  if (!source_.is_known()) return OutgoingStream::Mode::Off;
  return send_ ? OutgoingStream::Mode::Send : OutgoingStream::Mode::KeepAlive;
}

void TrunkLeg::handle_datagram(SocketId socket, const Endpoint& remote,
                               const PacketBuffer& datagram, Time now) {
  switch (rtp::classify(datagram.packet())) {
    case rtp::PacketKind::Rtp:
      if (socket == ports_.rtp_socket) return handle_rtp(remote, datagram, now);
      break;
    case rtp::PacketKind::Rtcp:
      return handle_rtcp(remote, datagram, now);
    case rtp::PacketKind::Other:
      break;
  }
  reject(Rejection::Malformed);
}

void TrunkLeg::handle_rtp(const Endpoint& remote, const PacketBuffer& datagram, Time now) {
  prefetch_peer();
  PacketBuffer packet = datagram;
  if (srtp_.is_on()) {
    // Before the cost of finding out that the packet is nobody's.
    if (!source_.is_related(remote.address)) return reject(Rejection::WrongSource);
    const auto plain = srtp_.unprotect_rtp(datagram);
    if (!plain) return reject(plain.error());
    packet = *plain;
  }
  const auto view = rtp::PacketView::parse(packet.packet());
  if (!view) return reject(Rejection::Malformed);
  if (!source_.is_known()) {
    source_.hear_early(remote);
    return reject(Rejection::NotReady);
  }
  // Whatever its payload: comfort noise, which we have no use for, is a sign of life.
  const bool is_target = remote == source_.target();
  if (is_target) heard_at_ = now;
  const auto kind = kind_of(view->header());
  if (!kind) {
    return is_target ? receive_unused(view->header(), now) : reject(Rejection::UnknownPayloadType);
  }
  if (!source_.accept(remote, view->header())) return reject(Rejection::WrongSource);
  if (!connected_) {
    connected_ = true;
    heard_at_ = now;
    report_connected();
  }
  update_peer();
  receive_rtp(packet, *view, *kind, now);
}

void TrunkLeg::update_peer() {
  if (settled_ == source_.is_settled()) return;
  settled_ = !settled_;
  sockets_->set_peer(ports_, settled_ ? std::optional(source_.target()) : std::nullopt);
}

void TrunkLeg::handle_rtcp(const Endpoint& remote, const PacketBuffer& datagram, Time now) {
  if (!source_.is_related(remote.address)) return reject(Rejection::WrongSource);
  MutableByteView report = datagram.packet();
  if (srtp_.is_on()) {
    const auto plain = srtp_.unprotect_rtcp(datagram);
    if (!plain) return reject(plain.error());
    report = *plain;
  }
  if (receive_rtcp(report, now)) heard_at_ = now;
}

void TrunkLeg::handle_side_timeout(Time now) {
  if (!is_due(next_side_timeout(), now)) return;
  heard_at_ = now;
  report_timed_out();
}

// Where it counts the stream goes out each 20 ms, and wakes the leg: a packet need not.
std::optional<Time> TrunkLeg::next_side_timeout() const {
  if (!connected_ || !send_) return std::nullopt;
  return heard_at_ + kSilence;
}

void TrunkLeg::prefetch_to_transmit() const {
  prefetch_memory(&ports_, sizeof(ports_));
  prefetch_memory(&source_, sizeof(source_));
  if (srtp_.is_on()) srtp_.prefetch_sender();
}

void TrunkLeg::transmit_rtp(const PacketBuffer& packet) {
  const MutableByteView bytes = srtp_.is_on() ? srtp_.protect_rtp(packet) : packet.packet();
  if (!bytes.empty()) outbox().send(ports_.rtp_socket, source_.target(), bytes);
}

void TrunkLeg::transmit_rtcp(const PacketBuffer& packet) {
  if (is_nowhere(rtcp_)) return;
  const MutableByteView bytes = srtp_.is_on() ? srtp_.protect_rtcp(packet) : packet.packet();
  if (!bytes.empty()) outbox().send(ports_.rtcp_socket, rtcp_, bytes);
}

}  // namespace offhook::media
