#include "bench/media_swarm.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <utility>

#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/prctl.h>

#include "bench/process.hpp"
#include "io/event_loop.hpp"
#include "io/system_error.hpp"

namespace offhook::bench {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPacketTime = 20ms;
// A real-time process must leave a twentieth of its CPU to others, or the system takes it for 50 ms
// each second.
constexpr Duration kRestPeriod = 1ms;
constexpr Duration kRest = 60us;
constexpr std::uint64_t kSinkTag = ~0ULL;
constexpr std::size_t kReadyAtOnce = 64;
// Behind by more than that, sends alternate with receiving.
constexpr int kSendsAtOnce = 32;

std::optional<sim::WebRtcPeer::Identity> make_identity(const std::string& suite) {
  if (suite.empty()) return std::nullopt;
  auto identity = sim::WebRtcPeer::Identity::make();
  if (!identity) give_up(identity.error().message);
  if (SSL_CTX_set_tlsext_use_srtp(identity->context.get(), suite.c_str()) != 0) {
    give_up("OpenSSL knows no SRTP profile " + suite);
  }
  return *identity;
}

}  // namespace

Swarm::Swarm(const Config& config)
    : idle_(config.idle),
      tick_(config.tick),
      identity_(make_identity(config.suite)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      calls_(config.slots) {
  if (!epoll_) give_up("cannot make an epoll");
  ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  watch(rtcp_sink_.fd(), kSinkTag);
  started_ = io::now();
}

void Swarm::watch(int fd, std::uint64_t tag) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.u64 = tag;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    give_up("cannot watch a socket: " + io::describe_errno(errno));
  }
}

MediaCall& Swarm::make_call(std::size_t slot) {
  drop_call(slot);
  calls_[slot] = std::make_unique<MediaCall>(next_number_++, identity_, random_);
  MediaCall& made = *calls_[slot];
  // Named by what arrives there: the far end's packets at the browser.
  watch(made.browser_socket().fd(), 2 * slot + static_cast<std::uint64_t>(Direction::FromFarEnd));
  watch(made.far_socket().fd(), 2 * slot + static_cast<std::uint64_t>(Direction::FromBrowser));
  if (measuring_) made.open_window();
  return made;
}

void Swarm::drop_call(std::size_t slot) {
  if (calls_[slot] && measuring_) {
    calls_[slot]->close_window();
    calls_[slot]->settle(figures_.streams);
  }
  calls_[slot].reset();
}

void Swarm::run_until(Time end) {
  while (io::now() < end) step(end);
}

void Swarm::step(Time end) {
  send_due(io::now());
  receive(end);
}

Time Swarm::due() const {
  const std::uint64_t moments = 2 * calls_.size();
  const Duration exact =
      static_cast<std::int64_t>(turn_ / moments) * kPacketTime +
      static_cast<std::int64_t>(turn_ % moments) * kPacketTime / static_cast<std::int64_t>(moments);
  if (tick_ == 0ns) return started_ + exact;
  return started_ + (exact + tick_ - 1ns) / tick_ * tick_;
}

// Browsers and far ends take turns. The far end of a call speaks half a packet time after its
// browser, as if they knew nothing of each other.
void Swarm::send_due(Time now) {
  for (int i = 0; i < kSendsAtOnce; ++i) {
    const Time due_at = due();
    if (due_at > now) return;
    const std::size_t turn = turn_++ % (2 * calls_.size());
    const auto direction = turn % 2 == 0 ? Direction::FromBrowser : Direction::FromFarEnd;
    const std::size_t ahead = direction == Direction::FromBrowser ? 0 : calls_.size() / 2;
    MediaCall* call = calls_[(turn / 2 + ahead) % calls_.size()].get();
    if (call == nullptr) continue;
    if (direction == Direction::FromBrowser) call->handle_timeout(now);
    if (!talking_ || !call->talks(direction)) continue;
    if (measuring_) {
      figures_.lateness.count(io::now() - due_at);
      ++figures_.packets;
    }
    if (!call->talk(direction)) ++figures_.refused;
  }
}

Duration Swarm::wait_before(Time until) {
  const Time now = io::now();
  const Duration left = std::max<Duration>(std::min(due(), until) - now, 0ns);
  if (!talking_ || idle_ == Idle::Sleep) return std::min(left, kPacketTime);
  if (idle_ == Idle::Rest && now >= next_rest_) {
    next_rest_ = now + kRestPeriod;
    const timespec rest{.tv_sec = 0, .tv_nsec = Duration(kRest).count()};
    ::clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, nullptr);  // no packet ends it
  }
  return 0ns;
}

void Swarm::receive(Time until) {
  const timespec limit{.tv_sec = 0, .tv_nsec = wait_before(until).count()};
  std::array<epoll_event, kReadyAtOnce> ready;
  const int count =
      ::epoll_pwait2(epoll_.get(), ready.data(), static_cast<int>(ready.size()), &limit, nullptr);
  const Time now = io::now();
  for (int i = 0; i < count; ++i) {
    const std::uint64_t tag = ready[static_cast<std::size_t>(i)].data.u64;
    if (tag == kSinkTag) {
      static MediaInbox sink;
      while (!sink.receive(rtcp_sink_).empty()) {
      }
    } else if (MediaCall* call = calls_[tag / 2].get()) {
      call->receive(static_cast<Direction>(tag % 2), now, figures_.streams);
    }
  }
}

void Swarm::open_window() {
  figures_ = {};
  measuring_ = true;
  for (const auto& call : calls_) {
    if (call) call->open_window();
  }
}

void Swarm::close_window() {
  measuring_ = false;
  for (const auto& call : calls_) {
    if (call) call->close_window();
  }
}

Swarm::Figures Swarm::take_interval() { return std::exchange(figures_, {}); }

std::uint64_t Swarm::missing() const {
  std::uint64_t missing = 0;
  for (const auto& call : calls_) {
    if (call) missing += call->missing();
  }
  return missing;
}

Swarm::Figures Swarm::take_figures() {
  for (const auto& call : calls_) {
    if (call) call->settle(figures_.streams);
  }
  return figures_;
}

}  // namespace offhook::bench
