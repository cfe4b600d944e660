#include "bench/signal_load.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <utility>

#include <sys/epoll.h>

#include "bench/demo.hpp"
#include "bench/media_sdp.hpp"
#include "bench/process.hpp"
#include "bench/signal_offer.hpp"
#include "io/event_loop.hpp"
#include "io/system_error.hpp"

namespace offhook::bench {
namespace {

using namespace std::chrono_literals;

constexpr const char* kNumber = "2125550142";
const IpAddress kPages = *IpAddress::parse("127.0.0.10");

constexpr Duration kPatience = 40s;    // for what takes the 32 s of a transaction at the most
constexpr Duration kMediaTurn = 10ms;  // timers of ICE and DTLS
constexpr Duration kSamplePeriod = 250ms;
constexpr Duration kIdleTime = 5s;
// The longest timer of a transaction, 64*T1; and the gateway's housekeeping.
constexpr Duration kLongestTimer = 33s;
constexpr Duration kHousekeeping = 11s;
constexpr Duration kSlowestSetup = 500ms;
// More calls than the gateway keeps traces of: before that its memory grows with each.
constexpr double kWarmUpCalls = 300;
constexpr std::chrono::seconds kWarmUpTime{15};

constexpr std::uint64_t kNoCall = ~0ULL;
constexpr std::size_t kReadyAtOnce = 64;

sim::WebRtcPeer::Identity make_identity() {
  auto identity = sim::WebRtcPeer::Identity::make();
  if (!identity) give_up(identity.error().message);
  return *identity;
}

std::uint64_t tag_of(sip::SessionId call) { return static_cast<std::uint64_t>(call); }

SignalCpu operator-(const SignalCpu& a, const SignalCpu& b) {
  return {a.signal - b.signal, a.media - b.media};
}

bool is_back(std::size_t before, std::size_t after) { return after <= before + before / 20; }

}  // namespace

bool SignalFigures::is_clean() const {
  return started > 0 && completed == started && records == static_cast<double>(completed) &&
         transactions_left == 0 && setup.percentile(99) <= kAnswerAfter + kSlowestSetup;
}

bool SignalFigures::is_memory_back() const {
  return is_back(before.signal_kb, after.signal_kb) && is_back(before.media_kb, after.media_kb);
}

double SignalFigures::signal_us_a_call() const {
  return static_cast<double>(cpu.signal.count()) / static_cast<double>(std::max(started, 1UZ));
}

double SignalFigures::media_us_a_call() const {
  return static_cast<double>(cpu.media.count()) / static_cast<double>(std::max(started, 1UZ));
}

SignalLoad::SignalLoad(const std::string& offhook)
    : identity_(make_identity()),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      trunk_(demo().trunk, kAnswerAfter),
      gateway_(offhook) {
  watch(trunk_.fd(), kNoCall);
  const Time patience = io::now() + kPatience;
  while (!trunk_.is_registered()) {
    turn(io::now() + kSamplePeriod);
    if (io::now() > patience) give_up("the gateway does not register");
  }
  run_until(io::now() + 1s);
  gateway_.watch_children();
  WebSocket::Session session(demo().page, kPages);
  phones_ = std::make_unique<Phones>(session, SignalGateway::kUser, Phones::kDevices);
  for (const WebSocket& each : phones_->web_sockets()) watch(each.fd(), kNoCall);
  at_start_ = gateway_.memory();
  const SignalCpu before = gateway_.cpu();
  run_until(io::now() + kIdleTime);
  const SignalCpu idle = gateway_.cpu() - before;
  idle_a_second_ = {idle.signal / (kIdleTime / 1s), idle.media / (kIdleTime / 1s)};
}

void SignalLoad::warm_up(SignalRound round) {
  const std::chrono::seconds least(static_cast<std::int64_t>(kWarmUpCalls / round.rate) + 1);
  round.length = std::max(least, std::min(round.length, kWarmUpTime));
  round.with_dtls = true;
  (void)run(round);
}

void SignalLoad::watch(int fd, std::uint64_t tag) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = tag;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    give_up("cannot watch a socket: " + io::describe_errno(errno));
  }
}

SignalFigures SignalLoad::run(const SignalRound& round) {
  figures_ = {.round = round, .before = gateway_.memory()};
  const Beginning beginning{.metrics = SignalGateway::metrics(),
                            .overruns = overruns_of(demo().sip.port),
                            .cpu = gateway_.cpu(),
                            .at = io::now()};
  begin_calls(beginning.at);
  end_calls();
  settle();
  conclude(beginning);
  return figures_;
}

void SignalLoad::begin_calls(Time start) {
  const SignalRound& round = figures_.round;
  const SignalCpu cpu_before = gateway_.cpu();
  const auto busy_before = busy_time(kTargetCpu);
  const Time end = start + round.length;
  SignalSchedule schedule(round.rate, start, ++rounds_);
  while (io::now() < end) {
    begin_due(schedule, end);
    turn(std::min(end, schedule.next()));
  }
  const SignalCpu ours = gateway_.cpu() - cpu_before;
  const auto others = busy_time(kTargetCpu) - busy_before - ours.signal - ours.media;
  figures_.others_share = std::max(0.0, std::chrono::duration<double>(others) / round.length);
}

void SignalLoad::end_calls() {
  const Time patience = io::now() + figures_.round.hold + kPatience;
  while (!calls_.empty() && io::now() < patience) turn(patience);
  figures_.unfinished = calls_.size();
  for (const auto& [call, state] : calls_) phones_->hang_up(call, io::now());
  calls_.clear();
  hang_ups_.clear();
}

void SignalLoad::conclude(const Beginning& beginning) {
  const SignalCpu took = gateway_.cpu() - beginning.cpu;
  const std::int64_t seconds = (io::now() - beginning.at) / 1s;
  figures_.cpu = {took.signal - seconds * idle_a_second_.signal,
                  took.media - seconds * idle_a_second_.media};
  figures_.after = gateway_.memory();
  figures_.overruns = overruns_of(demo().sip.port) - beginning.overruns;
  const SignalMetrics metrics = SignalGateway::metrics();
  const auto rise = [&](const char* name) {
    return metrics.value(name) - beginning.metrics.value(name);
  };
  figures_.records =
      rise(R"(offhook_calls_total{direction="outbound",outcome="completed",failure="none"})");
  figures_.sound_packets = rise(R"(offhook_media_packets_total{side="trunk",direction="sent"})");
  figures_.retransmissions = rise("offhook_sip_retransmissions_total");
}

void SignalLoad::settle() {
  run_until(io::now() + kLongestTimer);
  const Time patience = io::now() + kPatience;
  while (true) {
    const SignalMetrics metrics = SignalGateway::metrics();
    figures_.transactions_left = metrics.value("offhook_sip_transactions");
    const double sessions = metrics.value("offhook_sip_sessions");
    const double legs = metrics.value("offhook_media_legs");
    const bool is_quiet = figures_.transactions_left + sessions + legs == 0;
    if (is_quiet || io::now() > patience) break;
    run_until(io::now() + 1s);
  }
  run_until(io::now() + kHousekeeping);
}

void SignalLoad::run_until(Time end) {
  while (io::now() < end) turn(end);
}

void SignalLoad::begin_due(SignalSchedule& schedule, Time end) {
  for (Time now = io::now(); schedule.next() <= std::min(now, end); schedule.advance()) {
    figures_.lateness.count(now - schedule.next());
    begin_call(now);
  }
}

void SignalLoad::begin_call(Time now) {
  auto media = std::make_unique<MediaCall>(next_number_++, identity_, random_);
  if (!figures_.round.with_dtls) media->keep_dtls_back();
  const int fd = media->browser_socket().fd();
  const sip::SessionId call = phones_->dial(kNumber, chromium_offer_of(*media), now);
  watch(fd, tag_of(call));
  calls_.emplace(call, Call{now, std::move(media)});
  ++figures_.started;
}

void SignalLoad::hang_up_due(Time now) {
  while (!hang_ups_.empty() && hang_ups_.front().at <= now) {
    const auto call = calls_.find(hang_ups_.front().call);
    hang_ups_.pop_front();
    if (call == calls_.end()) continue;
    phones_->hang_up(call->first, now);
    ++figures_.completed;
    if (call->second.media->connected()) ++figures_.encrypted;
    calls_.erase(call);
  }
}

void SignalLoad::take_event(const Phones::Event& event, Time now) {
  const auto call =
      calls_.find(std::visit([](const auto& of_a_call) { return of_a_call.call; }, event));
  if (call == calls_.end()) return;
  if (const auto* answer = std::get_if<Phones::AnswerReceived>(&event)) {
    call->second.media->connect_to_echo(gateway_side_of(answer->sdp), now);
  } else if (std::holds_alternative<Phones::Connected>(event)) {
    figures_.setup.count(now - call->second.invited);
    hang_ups_.push_back({call->first, now + figures_.round.hold});
  } else if (const auto* over = std::get_if<Phones::Over>(&event)) {
    ++figures_.failed[over->status];
    figures_.reason = over->reason;
    calls_.erase(call);
  }
}

void SignalLoad::turn(Time until) {
  const Time now = io::now();
  if (now >= next_media_turn_) {
    next_media_turn_ = now + kMediaTurn;
    for (const auto& [id, call] : calls_) call.media->handle_timeout(now);
  }
  trunk_.exchange(now);
  if (phones_) {
    hang_up_due(now);
    phones_->exchange(now);
    while (const auto event = phones_->poll_event()) take_event(*event, now);
    sample_memory(now);
  }
  wait(until);
}

void SignalLoad::wait(Time until) {
  std::optional<Time> next = earliest(until, trunk_.next_timeout());
  if (phones_) next = earliest(next, phones_->next_timeout());
  if (!hang_ups_.empty()) next = earliest(next, hang_ups_.front().at);
  if (!calls_.empty()) next = earliest(next, next_media_turn_);
  const Duration left = std::clamp<Duration>(*next - io::now(), 0ns, kSamplePeriod);
  const timespec limit{.tv_sec = 0, .tv_nsec = left.count()};
  std::array<epoll_event, kReadyAtOnce> ready;
  const int count =
      ::epoll_pwait2(epoll_.get(), ready.data(), static_cast<int>(ready.size()), &limit, nullptr);
  const Time now = io::now();
  for (int i = 0; i < count; ++i) {
    const auto call =
        calls_.find(static_cast<sip::SessionId>(ready[static_cast<std::size_t>(i)].data.u64));
    if (call != calls_.end()) call->second.media->receive(Direction::FromFarEnd, now, streams_);
  }
}

void SignalLoad::sample_memory(Time now) {
  if (now < next_sample_) return;
  next_sample_ = now + kSamplePeriod;
  const SignalMemory memory = gateway_.memory();
  figures_.peak.signal_kb = std::max(figures_.peak.signal_kb, memory.signal_kb);
  figures_.peak.media_kb = std::max(figures_.peak.media_kb, memory.media_kb);
}

}  // namespace offhook::bench
