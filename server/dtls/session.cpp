#include "dtls/session.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <openssl/rand.h>

#include "base/assert.hpp"
#include "dtls/association.hpp"
#include "dtls/record.hpp"

namespace offhook::dtls {

namespace {

// The parts of one ClientHello come together; it comes again after 50 ms at least.
constexpr Duration kHelloTime = std::chrono::milliseconds(25);

// Between two repetitions of the last flight: less than any peer's timer.
constexpr Duration kRepeatInterval = std::chrono::milliseconds(20);

Bytes to_random(const ClientHelloStart& start) {
  return {start.random.begin(), start.random.end()};
}

}  // namespace

Session::Session(const Context& context, Role role, std::optional<PeerFingerprint> peer, Time now)
    : context_(context), role_(role), peer_(std::move(peer)) {
  if (role == Role::Server) return;
  make_association();
  limit_ = now + kHandshakeLimit;
  advance({}, now);
}

Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

void Session::make_association() {
  association_ = std::make_unique<Association>(context_, role_ == Role::Server, kMtu);
  if (peer_) association_->require_fingerprint(peer_->algorithm, peer_->value);
}

void Session::expect(PeerFingerprint peer) {
  if (peer_ || released_) return;
  peer_ = std::move(peer);
  if (association_) association_->require_fingerprint(peer_->algorithm, peer_->value);
  if (state_ == State::FingerprintAwaited) finish_handshake();
}

bool Session::handle(ByteView datagram, Time now) {
  forget_polled();
  if (released_) return repeat_last_flight(datagram, now);
  if (role_ == Role::Server && state_ == State::Handshake) {
    if (const auto hello = find_client_hello(datagram)) return handle_hello(*hello, datagram, now);
  }
  return association_ && advance(datagram, now);
}

// Nothing is left to tell a forged one by, and the answer is as small: the peer gets no more of them
// than it can ask for itself.
bool Session::repeat_last_flight(ByteView datagram, Time now) {
  if (last_flight_.empty() || now < repeat_at_ || !has_protected_handshake(datagram)) return false;
  repeat_at_ = now + kRepeatInterval;
  datagrams_.insert(datagrams_.end(), last_flight_.begin(), last_flight_.end());
  return true;
}

bool Session::handle_hello(const ClientHello& hello, ByteView datagram, Time now) {
  return association_ ? handle_another_hello(hello, datagram, now) : begin(hello, datagram, now);
}

bool Session::handle_another_hello(const ClientHello& hello, ByteView datagram, Time now) {
  const bool answered = association_->is_waiting();
  if (!hello.start) return !answered && advance(datagram, now);
  const bool is_strange = random_ && !std::ranges::equal(hello.start->random, *random_);
  if (is_strange) context_.guard().alarm(now);
  if (!proven_ && has_cookie(hello)) {
    drop_association();
    return begin(hello, datagram, now);
  }
  if (answered) {
    // The same again: if our answer was lost, the timer sees to it.
    if (is_strange && !proven_) verify(hello);
    return !is_strange;
  }
  if (!is_strange && (!random_ || now < began_ + kHelloTime)) {
    random_ = to_random(*hello.start);
    return advance(datagram, now);
  }
  // Fragments of several hellos, or what is left of one that was lost in part, do not fit together.
  drop_association();
  return begin(hello, datagram, now);
}

bool Session::begin(const ClientHello& hello, ByteView datagram, Time now) {
  const bool has_our_cookie = has_cookie(hello);
  const bool has_other_cookie = !has_our_cookie && hello.start && !hello.start->cookie.empty();
  if (!has_our_cookie &&
      (has_other_cookie || suspicious_ || context_.guard().demands_cookies(now))) {
    if (hello.start) verify(hello);
    return false;
  }
  place_ = context_.guard().enter();
  if (!place_) return false;
  make_association();
  began_ = now;
  proven_ = has_our_cookie;
  if (hello.start) random_ = to_random(*hello.start);
  if (!limit_) limit_ = now + kHandshakeLimit;
  if (!proven_) return advance(datagram, now);
  proceed(association_->advance_after_verification(datagram, *cookie_), now);
  return true;
}

bool Session::has_cookie(const ClientHello& hello) const {
  return cookie_ && hello.start && std::ranges::equal(hello.start->cookie, *cookie_);
}

void Session::verify(const ClientHello& hello) {
  if (!cookie_) {
    cookie_.emplace();
    OFFHOOK_ASSERT(RAND_bytes(cookie_->data(), static_cast<int>(cookie_->size())) == 1);
  }
  datagrams_.push_back(hello_verify_request(hello, *cookie_));
}

bool Session::advance(ByteView datagram, Time now) {
  const Progress progress = association_->advance(datagram);
  const bool took_any = association_->took_any();
  proceed(progress, now);
  return took_any;
}

void Session::proceed(Progress progress, Time now) {
  const auto before = static_cast<std::ptrdiff_t>(datagrams_.size());
  collect_datagrams();
  if (progress == Progress::Established && role_ == Role::Server) {
    last_flight_.assign(datagrams_.begin() + before, datagrams_.end());
  }
  if (!association_->is_waiting()) {
    retransmit_at_.reset();
  } else if (association_->flight() != flight_) {
    flight_ = association_->flight();
    retransmit_after_ = kFirstRetransmission;
    retransmit_at_ = now + retransmit_after_;
  }
  switch (progress) {
    case Progress::Waiting:
      return;
    case Progress::Established:
      return finish_handshake();
    case Progress::Closed:
      return end(Closed{});
    case Progress::Failed:
      if (role_ == Role::Server && state_ == State::Handshake) return begin_again(now);
      return fail(association_->failure_reason());
  }
}

void Session::finish_handshake() {
  limit_.reset();
  place_.reset();
  if (!peer_) {
    state_ = State::FingerprintAwaited;
    return;
  }
  const auto keys = association_->export_keys();
  const bool right = association_->peer_is_right();
  if (!right || !keys) {
    association_->close();
    collect_datagrams();
    return fail(right ? "no SRTP profile in common"
                      : "the certificate is not the one in the peer's SDP");
  }
  state_ = State::Connected;
  const bool server = role_ == Role::Server;
  event_ = Connected{.srtp_profile = keys->profile,
                     .local = server ? keys->server : keys->client,
                     .remote = server ? keys->client : keys->server};
}

// Up to here nothing was proven: the hello may have been somebody else's, the certificate too. So
// this was not the peer, until it cannot be otherwise.
void Session::begin_again(Time now) {
  failure_reason_ = association_->failure_reason();
  if (proven_ && ++proven_failures_ == kProvenFailures) return fail(failure_reason_);
  context_.guard().alarm(now);
  suspicious_ = true;
  limit_ = std::min(*limit_, now + kSecondChance);
  drop_association();
}

void Session::drop_association() {
  association_.reset();
  place_.reset();
  random_.reset();
  retransmit_at_.reset();
  flight_ = 0;
}

void Session::fail(const std::string& reason) { end(Failed{"DTLS failed: " + reason}); }

void Session::end(Output event) {
  release();
  state_ = State::Ended;
  last_flight_.clear();
  event_ = std::move(event);
}

void Session::handle_timeout(Time now) {
  forget_polled();
  if (is_due(limit_, now)) {
    return fail(failure_reason_.empty() ? "the handshake did not end in 30 s" : failure_reason_);
  }
  if (!is_due(retransmit_at_, now)) return;
  retransmit_after_ *= 2;
  retransmit_at_ = now + retransmit_after_;
  const Progress progress = association_->retransmit();
  collect_datagrams();
  if (progress == Progress::Failed) fail(association_->failure_reason());
}

std::optional<Output> Session::poll_output() {
  if (polled_ < datagrams_.size()) return Datagram{datagrams_[polled_++]};
  return std::exchange(event_, std::nullopt);
}

std::optional<Time> Session::next_timeout() const { return earliest(limit_, retransmit_at_); }

void Session::close() {
  forget_polled();
  if (released_ || state_ == State::Handshake) return;
  association_->close();
  collect_datagrams();
  release();
  state_ = State::Ended;
  last_flight_.clear();
  event_.reset();
}

void Session::release() {
  released_ = true;
  limit_.reset();
  drop_association();
  forget_polled();
  datagrams_.shrink_to_fit();
}

void Session::collect_datagrams() {
  std::ranges::move(association_->take_outgoing(), std::back_inserter(datagrams_));
}

void Session::forget_polled() {
  datagrams_.erase(datagrams_.begin(), datagrams_.begin() + static_cast<std::ptrdiff_t>(polled_));
  polled_ = 0;
}

}  // namespace offhook::dtls
