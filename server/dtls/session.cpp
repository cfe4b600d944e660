#include "dtls/session.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "dtls/association.hpp"

namespace offhook::dtls {

Session::Session(const Context& context, Role role, std::optional<PeerFingerprint> peer, Time now)
    : role_(role),
      association_(std::make_unique<Association>(context, role == Role::Server, kMtu)) {
  if (peer) expect(std::move(*peer));
  if (role == Role::Client) advance({}, now);
}

Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

void Session::expect(PeerFingerprint peer) {
  if (peer_known_ || released()) return;
  peer_known_ = true;
  association_->require_fingerprint(std::move(peer.algorithm), std::move(peer.value));
  if (state_ == State::FingerprintAwaited) finish_handshake();
}

void Session::handle(ByteView datagram, Time now) {
  forget_polled();
  if (released() || datagram.empty()) return;
  advance(datagram, now);
}

void Session::advance(ByteView datagram, Time now) {
  if (state_ == State::Handshake && !limit_) limit_ = now + kHandshakeLimit;
  const auto progress = association_->advance(datagram);
  collect_datagrams();
  if (!association_->is_waiting()) {
    retransmit_at_.reset();
  } else if (association_->flight() != flight_) {
    flight_ = association_->flight();
    retransmit_after_ = kFirstRetransmission;
    retransmit_at_ = now + retransmit_after_;
  }
  switch (progress) {
    case Association::Progress::Waiting:
      return;
    case Association::Progress::Established:
      return finish_handshake();
    case Association::Progress::Closed:
      return end(Closed{});
    case Association::Progress::Failed:
      return end(Failed{"DTLS failed: " + association_->failure_reason()});
  }
}

void Session::finish_handshake() {
  limit_.reset();
  if (!peer_known_) {
    state_ = State::FingerprintAwaited;
    return;
  }
  const auto keys = association_->export_keys();
  const bool right = association_->peer_is_right();
  if (!right || !keys) {
    association_->close();
    collect_datagrams();
    return end(Failed{right ? "DTLS failed: no SRTP profile in common"
                            : "DTLS failed: the certificate is not the one in the peer's SDP"});
  }
  state_ = State::Connected;
  const bool server = role_ == Role::Server;
  event_ = Connected{.srtp_profile = keys->profile,
                     .local = server ? keys->server : keys->client,
                     .remote = server ? keys->client : keys->server};
}

void Session::end(Output event) {
  release();
  state_ = State::Ended;
  event_ = std::move(event);
}

void Session::handle_timeout(Time now) {
  forget_polled();
  if (is_due(limit_, now)) {
    return end(Failed{"DTLS failed: the handshake did not end in 30 s"});
  }
  if (!is_due(retransmit_at_, now)) return;
  retransmit_after_ *= 2;
  retransmit_at_ = now + retransmit_after_;
  const auto progress = association_->retransmit();
  collect_datagrams();
  if (progress == Association::Progress::Failed) {
    end(Failed{"DTLS failed: " + association_->failure_reason()});
  }
}

std::optional<Output> Session::poll_output() {
  if (polled_ < datagrams_.size()) return Datagram{datagrams_[polled_++]};
  return std::exchange(event_, std::nullopt);
}

std::optional<Time> Session::next_timeout() const { return earliest(limit_, retransmit_at_); }

void Session::close() {
  forget_polled();
  if (released() || state_ == State::Handshake) return;
  association_->close();
  collect_datagrams();
  release();
  state_ = State::Ended;
  event_.reset();
}

void Session::release() {
  association_.reset();
  limit_.reset();
  retransmit_at_.reset();
}

void Session::collect_datagrams() {
  std::ranges::move(association_->take_outgoing(), std::back_inserter(datagrams_));
}

void Session::forget_polled() {
  datagrams_.erase(datagrams_.begin(), datagrams_.begin() + static_cast<std::ptrdiff_t>(polled_));
  polled_ = 0;
}

}  // namespace offhook::dtls
