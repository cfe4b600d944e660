#include "media/browser_leg.hpp"

#include "base/overloaded.hpp"
#include "base/prefetch.hpp"
#include "control/validate.hpp"
#include "srtp/profile.hpp"

namespace offhook::media {
BrowserLeg::BrowserLeg(std::string id, std::uint64_t number, ice::Credentials local,
                       const dtls::Context& dtls, Outbox& outbox, Random& random, Time now)
    : Leg(std::move(id), number, false, rtp::RtcpSession::kFeedbackInterval, outbox, random, now),
      ice_(std::move(local)),
      dtls_context_(dtls) {}

void BrowserLeg::describe(control::LegAllocated& allocated) const {
  Leg::describe(allocated);
  allocated.set_ice_ufrag(ice_.local().ufrag);
  allocated.set_ice_pwd(ice_.local().pwd);
}

Result<void> BrowserLeg::set_remote(const control::SetRemote& remote, Time now) {
  if (auto valid = control::validate_browser(remote); !valid) return valid;
  set_format(remote);
  if (!ice_.remote() || ice_.remote()->ufrag != remote.ice_ufrag() ||
      ice_.remote()->pwd != remote.ice_pwd()) {
    ice_.set_remote({remote.ice_ufrag(), remote.ice_pwd()}, now);
  }
  const dtls::Role role =
      remote.dtls_role() == control::SetRemote::ACTIVE ? dtls::Role::Client : dtls::Role::Server;
  const dtls::PeerFingerprint peer{remote.fingerprint_algorithm(), to_bytes(remote.fingerprint())};
  const bool same_peer = peer_fingerprint_ && peer_fingerprint_->algorithm == peer.algorithm &&
                         peer_fingerprint_->value == peer.value;
  // RFC 8842 5: as long as the fingerprint is the same, so are the association, its keys and its
  // roles, whatever role a re-offer names.
  if (same_peer) return {};
  const bool early_hello = dtls_ && !peer_fingerprint_ && dtls_->role() == role;
  role_ = role;
  peer_fingerprint_ = peer;
  if (early_hello) {
    dtls_->expect(peer);
  } else {
    dtls_.reset();
    // As a client we speak first, which needs an address.
    if (role == dtls::Role::Server || ice_.selected()) start_dtls(role, peer, now);
  }
  drain_dtls(now);
  return {};
}

void BrowserLeg::start_dtls(dtls::Role role, std::optional<dtls::PeerFingerprint> peer, Time now) {
  dtls_.emplace(dtls_context_, role, std::move(peer), now);
}

void BrowserLeg::restart_ice(ice::Credentials local, std::uint32_t generation, Time now) {
  ice_generation_ = generation;
  ice_.restart(std::move(local), now);
}

void BrowserLeg::handle_stun(const ice::StunMessage& message, const ice::Path& path, Time now) {
  if (over_) return;
  const MutableByteView room = outbox().room();
  const ByteView response = ice_.handle(message, path, now, room);
  if (!response.empty()) {
    outbox().send(path.socket, path.remote, room.first(response.size()));
  }
  drain_ice(now);
}

void BrowserLeg::handle_dtls(ByteView datagram, Time now) {
  if (over_) return;
  // The browser's answer may still be on its way through signalling; its certificate is looked at
  // when it is here.
  if (!dtls_ && !role_) start_dtls(dtls::Role::Server, std::nullopt, now);
  if (!dtls_) return reject(Rejection::NotReady);
  if (!dtls_->handle(datagram, now)) reject(Rejection::NotAuthentic);
  drain_dtls(now);
}

void BrowserLeg::handle_srtp(const PacketBuffer& datagram, Time now) {
  if (!receiver_ || over_) return reject(Rejection::NotReady);
  prefetch_peer();
  const auto plain = receiver_->unprotect_rtp(datagram.packet());
  if (!plain) return reject(rejection_of(plain.error()));
  const auto view = rtp::PacketView::parse(*plain);
  if (!view) return reject(Rejection::Malformed);
  const auto kind = kind_of(view->header());
  if (!kind) return receive_unused(view->header(), now);
  receive_rtp(datagram.narrowed_to(*plain), *view, *kind, now);
}

void BrowserLeg::handle_srtcp(const PacketBuffer& datagram, Time now) {
  if (!receiver_ || over_) return reject(Rejection::NotReady);
  const auto plain = receiver_->unprotect_rtcp(datagram.packet());
  if (!plain) return reject(rejection_of(plain.error()));
  receive_rtcp(*plain, now);
}

void BrowserLeg::prefetch_receiver() const {
  prefetch_memory(&ice_.selected(), sizeof(ice_.selected()));
  prefetch_memory(&receiver_, srtp::kPrefetchedBytes);
}

void BrowserLeg::prefetch_receivers_cipher() const {
  if (receiver_) receiver_->prefetch_cipher();
}

void BrowserLeg::prefetch_to_transmit() const {
  if (sender_) sender_->prefetch_cipher();
}

void BrowserLeg::drain_ice(Time now) {
  while (const auto output = ice_.poll_output()) {
    std::visit(Overloaded{[&](const ice::PairSelected&) {
                            if (!dtls_ && role_ == dtls::Role::Client) {
                              start_dtls(*role_, peer_fingerprint_, now);
                              drain_dtls(now);
                            }
                          },
                          [&](const ice::Disconnected&) {
                            disconnected_ = true;
                            if (sender_) report_disconnected();
                          },
                          [&](const ice::Reconnected&) {
                            disconnected_ = false;
                            if (sender_) report_connected();
                          },
                          [&](const ice::TimedOut&) {
                            over_ = true;
                            update_mode(now);
                            report_timed_out();
                          }},
               *output);
  }
}

void BrowserLeg::drain_dtls(Time now) {
  while (dtls_ && !over_) {
    const auto output = dtls_->poll_output();
    if (!output) return;
    std::visit(Overloaded{[&](const dtls::Datagram& datagram) {
                            if (!ice_.selected()) return;
                            outbox().send_copy(ice_.selected()->socket, ice_.selected()->remote,
                                               datagram.bytes);
                          },
                          [&](const dtls::Connected& connected) { connect(connected, now); },
                          [&](const dtls::Failed& failed) { fail(failed.reason, now); },
                          [&](const dtls::Closed&) { close(now); }},
               *output);
  }
}

void BrowserLeg::connect(const dtls::Connected& connected, Time now) {
  const auto profile = srtp::profile_from_number(connected.srtp_profile);
  if (!profile) return fail("DTLS agreed on an SRTP profile that is not ours", now);
  auto sender = srtp::Sender::make(*profile, connected.local.bytes());
  auto receiver = srtp::Receiver::make(*profile, connected.remote.bytes());
  if (!sender) return fail(sender.error().message, now);
  if (!receiver) return fail(receiver.error().message, now);
  sender_ = std::move(*sender);
  receiver_ = std::move(*receiver);
  // 40 kB for each call that began lately would leave holes in the heap for good.
  dtls_->release();
  report_connected();
  update_mode(now);
}

void BrowserLeg::fail(const std::string& reason, Time now) {
  over_ = true;
  update_mode(now);
  control::Event event;
  event.mutable_leg_failed()->set_leg_id(id());
  event.mutable_leg_failed()->set_reason(reason);
  outbox().report(std::move(event));
}

// The page hung up, which signal hears of as well, or was closed or reloaded, and the call may go
// on in a new one: that is no failure. ICE tells when the browser has been away for too long.
void BrowserLeg::close(Time now) {
  sender_.reset();
  receiver_.reset();
  update_mode(now);
  if (!disconnected_) report_disconnected();
  disconnected_ = true;
}

void BrowserLeg::report_disconnected() {
  control::Event event;
  event.mutable_disconnected()->set_leg_id(id());
  outbox().report(std::move(event));
}

OutgoingStream::Mode BrowserLeg::wanted_mode() const {
  return sender_ && !over_ ? OutgoingStream::Mode::Send : OutgoingStream::Mode::Off;
}

void BrowserLeg::transmit_rtp(const PacketBuffer& packet) {
  const auto protected_packet = sender_->protect_rtp(packet.buffer, packet.size);
  if (protected_packet) send(*protected_packet);
}

void BrowserLeg::transmit_rtcp(const PacketBuffer& packet) {
  const auto protected_packet = sender_->protect_rtcp(packet.buffer, packet.size);
  if (protected_packet) send(*protected_packet);
}

void BrowserLeg::send(MutableByteView packet) {
  outbox().send(ice_.selected()->socket, ice_.selected()->remote, packet);
}

void BrowserLeg::handle_side_timeout(Time now) {
  ice_.handle_timeout(now);
  drain_ice(now);
  if (dtls_ && !over_) {
    dtls_->handle_timeout(now);
    drain_dtls(now);
  }
}

std::optional<Time> BrowserLeg::next_side_timeout() const {
  if (over_) return std::nullopt;
  std::optional<Time> next = ice_.next_timeout();
  if (dtls_) next = earliest(next, dtls_->next_timeout());
  return next;
}

}  // namespace offhook::media
