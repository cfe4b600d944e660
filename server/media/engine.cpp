#include "media/engine.hpp"

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "dtls/record.hpp"
#include "media/engine_impl.hpp"

namespace offhook::media {
namespace {

// Legs served by one handle_timeout(): what a thousand of them have to say at once need not be in
// memory at once. The rest is still due, as next_timeout() tells.
constexpr int kLegsPerTimeout = 64;
// Numbers below are the streams' own sources.
constexpr std::uint64_t kFirstLegNumber = 16;

dtls::Context make_context(const dtls::Certificate& certificate) {
  auto context = dtls::Context::make(certificate);
  OFFHOOK_ASSERT(context.has_value());
  return *context;
}

// RFC 7983 7.
bool looks_like_dtls(ByteView datagram) {
  return !datagram.empty() && datagram[0] >= 20 && datagram[0] <= 63;
}

}  // namespace

Engine::Engine(Config config, const dtls::Certificate& certificate, TrunkPorts& ports,
               Random& random)
    : impl_(std::make_unique<Impl>(std::move(config), certificate, ports, random)) {}
Engine::~Engine() = default;

void Engine::handle_datagram(SocketId socket, const Endpoint& remote, MutableByteView bytes,
                             Time now) {
  impl_->handle_datagram(socket, remote, bytes, now);
}
void Engine::handle_command(const control::Command& command, Time now) {
  impl_->handle_command(command, now);
}
const BrowserLeg* Engine::foresee(SocketId socket, const Endpoint& remote) const {
  return impl_->find_by_path({socket, remote});
}
void Engine::prefetch(std::span<const BrowserLeg* const> next) {
  // The second step reads what the first one has fetched.
  if (next.size() > 1 && next[1] != nullptr) next[1]->prefetch_receiver();
  if (!next.empty() && next[0] != nullptr) next[0]->prefetch_receivers_cipher();
}
void Engine::handle_timeout(Time now) { impl_->handle_timeout(now); }
std::optional<OutgoingDatagram> Engine::poll_datagram() { return impl_->outbox().poll_datagram(); }
std::optional<control::Event> Engine::poll_event() { return impl_->outbox().poll_event(); }
std::optional<Time> Engine::next_timeout() const { return impl_->next_timeout(); }
std::size_t Engine::leg_count() const { return impl_->leg_count(); }
std::size_t Engine::bridge_count() const { return impl_->bridge_count(); }
bool Engine::is_claimed(SocketId socket, const Endpoint& remote) const {
  return impl_->find_by_path({socket, remote}) != nullptr;
}
const Rejections& Engine::rejections() const { return impl_->rejections(); }

Engine::Impl::Impl(Config config, const dtls::Certificate& certificate, TrunkPorts& ports,
                   Random& random)
    : config_(std::move(config)),
      fingerprint_(certificate.fingerprint("sha-256")),
      dtls_(make_context(certificate)),
      ports_(&ports),
      random_(&random),
      next_leg_number_(kFirstLegNumber) {}

Engine::Impl::~Impl() {
  while (!legs_.empty()) release(std::string(legs_.begin()->first));
  close_ports();
}

void Engine::Impl::handle_datagram(SocketId socket, const Endpoint& remote, MutableByteView bytes,
                                   Time now) {
  if (bytes.empty() || bytes.size() > limits::kMediaDatagramBytes) {
    return rejections_.count(Rejection::Malformed);
  }
  const PacketBuffer datagram{{bytes.data(), limits::kMediaDatagramBytes}, bytes.size()};
  if (socket == kBrowserSocket || socket >= kFurtherBrowserSockets) {
    return handle_browser_datagram({socket, remote}, datagram, now);
  }
  TrunkLeg* leg = socket < trunk_legs_.size() ? trunk_legs_[socket] : nullptr;
  if (leg == nullptr) return rejections_.count(Rejection::UnknownSource);
  leg->handle_datagram(socket, remote, datagram, now);
  wake_earlier(*leg);
}

void Engine::Impl::handle_browser_datagram(const ice::Path& path, const PacketBuffer& datagram,
                                           Time now) {
  if (ice::looks_like_stun(datagram.packet())) return handle_stun(path, datagram.packet(), now);
  BrowserLeg* leg = browsers_.find_by_path(path);
  if (leg == nullptr || !leg->accepts_from(path, now)) {
    // Browsers check an address before they speak DTLS there.
    if (dtls::find_client_hello(datagram.packet())) dtls_.guard().alarm(now);
    return rejections_.count(Rejection::UnknownSource);
  }
  switch (rtp::classify(datagram.packet())) {
    case rtp::PacketKind::Rtp:
      leg->handle_srtp(datagram, now);
      return wake_earlier(*leg);
    case rtp::PacketKind::Rtcp:
      leg->handle_srtcp(datagram, now);
      return wake_earlier(*leg);
    case rtp::PacketKind::Other:
      break;
  }
  if (!looks_like_dtls(datagram.packet())) return rejections_.count(Rejection::Malformed);
  leg->handle_dtls(datagram.packet(), now);
  schedule(*leg);
}

void Engine::Impl::handle_stun(const ice::Path& path, ByteView datagram, Time now) {
  const auto message = ice::StunMessage::parse(datagram);
  if (!message) return rejections_.count(Rejection::Malformed);
  const auto ufrag = message->target_ufrag();
  BrowserLeg* leg = ufrag ? browsers_.find_by_ufrag(*ufrag) : nullptr;
  // No answer, not even an error, to who names none of our legs: it could be anybody's forged
  // source.
  if (leg == nullptr) return rejections_.count(Rejection::UnknownSource);
  leg->handle_stun(*message, path, now);
  if (leg->accepts_from(path, now)) browsers_.claim(path, *leg, now);
  schedule(*leg);
}

void Engine::Impl::wake_earlier(Leg& leg) {
  timers_.set_if_earlier(leg.timer(), leg.next_packet_timeout());
  if (Leg* peer = leg.peer()) {
    timers_.set_if_earlier(peer->timer(), peer->next_packet_timeout());
  }
}

void Engine::Impl::handle_timeout(Time now) {
  close_ports();
  for (int served = 0; served < kLegsPerTimeout; ++served) {
    Leg* leg = timers_.take_due(now);
    if (leg == nullptr) return;
    leg->handle_timeout(now);
    schedule(*leg);
  }
}

}  // namespace offhook::media
