#include "sim/webrtc_peer.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "base/overloaded.hpp"
#include "rtp/packet.hpp"

namespace offhook::sim {

namespace {

constexpr Duration kCheckUntilAnswered = std::chrono::milliseconds(50);
constexpr Duration kCheckOfConsent = std::chrono::milliseconds(2'500);
constexpr std::size_t kMaxCheckBytes = 256;
// Of a peer-reflexive candidate, as PRIORITY in a check says (RFC 8445 7.1.1).
constexpr std::uint32_t kPriority = 0x6EFFFFFF;
constexpr std::uint8_t kFirstRtpByte = 128;  // RFC 7983

bool looks_like_dtls(ByteView datagram) { return datagram[0] >= 20 && datagram[0] <= 63; }

}  // namespace

Result<WebRtcPeer::Identity> WebRtcPeer::Identity::make() {
  auto certificate = dtls::Certificate::make();
  if (!certificate) return std::unexpected(certificate.error());
  auto context = dtls::Context::make(*certificate);
  if (!context) return std::unexpected(context.error());
  return Identity{std::move(*certificate), std::move(*context)};
}

WebRtcPeer::WebRtcPeer(Identity identity, const Endpoint& local, dtls::Role role, Random& random)
    : identity_(std::move(identity)),
      local_(local),
      role_(role),
      random_(&random),
      ice_(ice::Credentials::make(random)),
      tie_breaker_(random.next_u64()) {}

dtls::PeerFingerprint WebRtcPeer::fingerprint() const {
  return {.algorithm = "sha-256", .value = identity_.certificate.fingerprint("sha-256")};
}

void WebRtcPeer::connect(GatewaySide gateway, Time now) {
  gateway_ = std::move(gateway);
  if (role_ == dtls::Role::Server) start_dtls(now);
  next_check_ = now;
  handle_timeout(now);
}

void WebRtcPeer::move_to(const Endpoint& local, Time now) {
  local_ = local;
  answered_ = false;
  next_check_ = now;
  handle_timeout(now);
}

void WebRtcPeer::restart_ice(const Endpoint& local) {
  local_ = local;
  ice_ = ice::Credentials::make(*random_);
  next_check_.reset();
}

void WebRtcPeer::finish_restart(ice::Credentials gateway, Time now) {
  gateway_->ice = std::move(gateway);
  writable_ = false;
  answered_ = false;
  next_check_ = now;
  handle_timeout(now);
}

void WebRtcPeer::close() {
  if (dtls_) dtls_->close();
  drain_dtls();
  next_check_.reset();
  sender_.reset();
  receiver_.reset();
}

void WebRtcPeer::send_check(Time now) {
  ice::TransactionId& id = checks_[check_count_++ % checks_.size()];
  random_->fill(id);
  std::array<std::uint8_t, kMaxCheckBytes> buffer;
  ice::StunBuilder builder(buffer, ice::StunClass::Request, ice::kBindingMethod, id);
  builder.add(ice::attribute::kUsername, as_bytes(gateway_->ice.ufrag + ':' + ice_.ufrag))
      .add_u64(ice::attribute::kIceControlling, tie_breaker_)
      .add_u32(ice::attribute::kPriority, kPriority);
  if (writable_) builder.add_flag(ice::attribute::kUseCandidate);
  transmit(builder.finish(as_bytes(gateway_->ice.pwd)));
  next_check_ = now + (answered_ ? kCheckOfConsent : kCheckUntilAnswered);
}

void WebRtcPeer::handle(ByteView datagram, Time now) {
  if (!gateway_ || datagram.empty()) return;
  if (ice::looks_like_stun(datagram)) return handle_stun(datagram, now);
  if (looks_like_dtls(datagram)) {
    if (dtls_) dtls_->handle(datagram, now);
    return drain_dtls();
  }
  if (datagram[0] >= kFirstRtpByte) return handle_media(datagram);
  ++packets_rejected_;
}

void WebRtcPeer::handle_stun(ByteView datagram, Time now) {
  const auto message = ice::StunMessage::parse(datagram);
  if (message && message->message_class() == ice::StunClass::Request &&
      message->has_valid_integrity(as_bytes(ice_.pwd))) {
    return answer_check(*message);
  }
  if (!message || message->message_class() != ice::StunClass::Success ||
      std::ranges::find(checks_, message->transaction_id()) == checks_.end() ||
      message->xor_mapped_address() != local_ ||
      !message->has_valid_integrity(as_bytes(gateway_->ice.pwd))) {
    ++packets_rejected_;
    return;
  }
  if (!writable_) {
    writable_ = true;
    if (!dtls_) start_dtls(now);
    if (next_check_) send_check(now);  // the nomination
    return;
  }
  if (!std::exchange(answered_, true) && next_check_) next_check_ = now + kCheckOfConsent;
}

void WebRtcPeer::answer_check(const ice::StunMessage& check) {
  std::array<std::uint8_t, kMaxCheckBytes> buffer;
  ice::StunBuilder builder(buffer, ice::StunClass::Success, ice::kBindingMethod,
                           check.transaction_id());
  builder.add_xor_mapped_address(gateway_->candidate);
  transmit(builder.finish(as_bytes(ice_.pwd)));
}

void WebRtcPeer::handle_media(ByteView datagram) {
  std::array<std::uint8_t, limits::kMediaDatagramBytes> copy;
  if (!receiver_ || datagram.size() > copy.size()) {
    ++packets_rejected_;
    return;
  }
  std::ranges::copy(datagram, copy.begin());
  const MutableByteView packet = MutableByteView(copy).first(datagram.size());
  const bool is_rtcp = rtp::classify(datagram) == rtp::PacketKind::Rtcp;
  const auto plain = is_rtcp ? receiver_->unprotect_rtcp(packet) : receiver_->unprotect_rtp(packet);
  if (!plain) {
    ++packets_rejected_;
    return;
  }
  Bytes bytes(plain->begin(), plain->end());
  if (is_rtcp) {
    outputs_.emplace_back(RtcpReceived{std::move(bytes)});
  } else {
    outputs_.emplace_back(RtpReceived{std::move(bytes)});
  }
}

void WebRtcPeer::start_dtls(Time now) {
  dtls_.emplace(identity_.context, role_, gateway_->fingerprint, now);
  drain_dtls();
}

void WebRtcPeer::drain_dtls() {
  while (dtls_) {
    const auto output = dtls_->poll_output();
    if (!output) return;
    std::visit(Overloaded{[&](const dtls::Datagram& datagram) { transmit(datagram.bytes); },
                          [&](const dtls::Connected& keys) { keep_keys(keys); },
                          [&](const dtls::Failed& failed) {
                            outputs_.emplace_back(Failed{failed.reason});
                          },
                          [&](const dtls::Closed&) {
                            sender_.reset();
                            receiver_.reset();
                            outputs_.emplace_back(Closed{});
                          }},
               *output);
  }
}

void WebRtcPeer::keep_keys(const dtls::Connected& keys) {
  const auto profile = srtp::profile_from_number(keys.srtp_profile);
  if (!profile) {
    outputs_.emplace_back(Failed{"an unknown SRTP profile"});
    return;
  }
  auto sender = srtp::Sender::make(*profile, keys.local.bytes());
  auto receiver = srtp::Receiver::make(*profile, keys.remote.bytes());
  if (!sender || !receiver) {
    outputs_.emplace_back(Failed{"SRTP keys of the wrong length"});
    return;
  }
  sender_ = std::move(*sender);
  receiver_ = std::move(*receiver);
  outputs_.emplace_back(Connected{*profile});
}

bool WebRtcPeer::send_rtp(ByteView packet) {
  if (!sender_) return false;
  Bytes buffer(packet.size() + srtp::kMaxTrailerBytes);
  std::ranges::copy(packet, buffer.begin());
  const auto sent = sender_->protect_rtp(buffer, packet.size());
  if (sent) transmit(*sent);
  return sent.has_value();
}

bool WebRtcPeer::send_rtcp(ByteView packet) {
  if (!sender_) return false;
  Bytes buffer(packet.size() + srtp::kMaxTrailerBytes);
  std::ranges::copy(packet, buffer.begin());
  const auto sent = sender_->protect_rtcp(buffer, packet.size());
  if (sent) transmit(*sent);
  return sent.has_value();
}

void WebRtcPeer::transmit(ByteView bytes) {
  outputs_.emplace_back(Transmit{
      .local = local_, .remote = gateway_->candidate, .bytes = Bytes(bytes.begin(), bytes.end())});
}

void WebRtcPeer::handle_timeout(Time now) {
  if (is_due(next_check_, now)) send_check(now);
  if (dtls_) {
    dtls_->handle_timeout(now);
    drain_dtls();
  }
}

std::optional<WebRtcPeer::Output> WebRtcPeer::poll_output() {
  if (outputs_.empty()) return std::nullopt;
  Output output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

std::optional<Time> WebRtcPeer::next_timeout() const {
  return dtls_ ? earliest(next_check_, dtls_->next_timeout()) : next_check_;
}

}  // namespace offhook::sim
