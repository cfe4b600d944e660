#include "bench/media_soak.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

#include "bench/media_placement.hpp"
#include "bench/media_soak_report.hpp"
#include "bench/media_swarm.hpp"
#include "bench/process.hpp"
#include "io/event_loop.hpp"

namespace offhook::bench {
namespace {

using namespace std::chrono_literals;

constexpr Duration kSamplePeriod = 10s;
constexpr Duration kReplacePeriod = 1s;
// What is on the way when a call ends has arrived by then, or is lost.
constexpr Duration kLastPackets = 500ms;
constexpr Duration kSetupPatience = 10s;
// Over the whole run, of what it was: more is a leak.
constexpr double kGrowth = 0.05;
// A shorter run has too few samples to tell growth from settling down.
constexpr std::chrono::seconds kShortestTrend = 10min;

class Soak {
 public:
  explicit Soak(const SoakOptions& options)
      : options_(options),
        swarm_({.slots = options.calls, .suite = options.suite, .idle = Swarm::Idle::Sleep}),
        target_(start_target("offhook", options.target, swarm_)) {}

  int run();

 private:
  void replace_calls(Time now);
  void take_sample(Time now);
  void add(const StreamFigures& figures);
  [[nodiscard]] bool passed() const;

  SoakOptions options_;
  Swarm swarm_;
  std::unique_ptr<Target> target_;
  Time started_{};
  Time next_replacement_{};
  std::size_t next_slot_ = 0;
  // The slot whose call has ended, until its last packets must have come.
  std::optional<std::size_t> ending_;
  Time settles_at_{};
  std::optional<std::size_t> beginning_;
  std::uint64_t calls_ended_ = 0;

  std::vector<SoakSample> samples_;
  std::chrono::microseconds cpu_{};
  StreamFigures totals_;
  std::uint64_t errors_at_start_ = 0;
};

int Soak::run() {
  for (std::size_t slot = 0; slot < swarm_.slots(); ++slot) (void)swarm_.make_call(slot);
  connect_all(swarm_, *target_);
  swarm_.start_talking();
  talk_until(io::now() + 2s, swarm_, *target_);

  errors_at_start_ = receive_buffer_errors();
  swarm_.open_window();
  cpu_ = target_->process().cpu_time();
  started_ = io::now();
  const Duration period = std::min<Duration>(kSamplePeriod, Duration(options_.length) / 10);
  Time next_sample = started_ + period;
  const Time end = started_ + options_.length;
  for (Time now = started_; now < end || next_sample <= end; now = io::now()) {
    swarm_.step(std::min(now + 5ms, next_sample));
    replace_calls(now);
    target_->keep_alive(now);
    if (now < next_sample) continue;
    take_sample(now);
    next_sample += period;
  }
  swarm_.close_window();
  talk_until(io::now() + kLastPackets, swarm_, *target_);
  add(swarm_.take_figures().streams);
  write_soak_csv(options_.directory / "soak.csv", samples_);
  write_soak_plot(options_.directory / "soak.svg", samples_, options_.calls);
  print_soak_trends(samples_);
  std::printf("%llu packets, %llu lost; %llu calls ended, %llu legs at the end\n",
              static_cast<unsigned long long>(totals_.sent),
              static_cast<unsigned long long>(totals_.lost),
              static_cast<unsigned long long>(calls_ended_),
              static_cast<unsigned long long>(target_->leg_count().value_or(0)));
  return passed() ? 0 : 1;
}

// One call at a time ends, and its slot gets a new one.
void Soak::replace_calls(Time now) {
  if (beginning_) {
    const MediaCall& call = *swarm_.call(*beginning_);
    if (!call.failure().empty()) give_up("a call failed: " + call.failure());
    if (call.connected()) beginning_.reset();
    if (beginning_ && now > next_replacement_ + kSetupPatience) give_up("a call is not connected");
    return;
  }
  if (ending_) {
    if (now < settles_at_) return;
    target_->release(*swarm_.call(*ending_));
    swarm_.drop_call(*ending_);
    ++calls_ended_;
    target_->connect(swarm_.make_call(*ending_), swarm_);
    beginning_ = std::exchange(ending_, std::nullopt);
    return;
  }
  if (now < next_replacement_) return;
  next_replacement_ = now + kReplacePeriod;
  ending_ = next_slot_++ % swarm_.slots();
  settles_at_ = now + kLastPackets;
  swarm_.call(*ending_)->stop_talking();
}

void Soak::add(const StreamFigures& figures) {
  totals_.sent += figures.sent;
  totals_.lost += figures.lost;
  totals_.duplicates += figures.duplicates;
  totals_.strangers += figures.strangers;
  totals_.slips += figures.slips;
}

void Soak::take_sample(Time now) {
  const Swarm::Figures figures = swarm_.take_interval();
  const auto cpu = target_->process().cpu_time();
  add(figures.streams);
  const std::chrono::duration<double, std::micro> used = cpu - cpu_;
  cpu_ = cpu;
  SoakSample sample;
  sample.at_s = std::chrono::duration<double>(now - started_).count();
  sample.rss_anon_kb = target_->process().anonymous_kb();
  sample.legs = target_->leg_count().value_or(0);
  sample.packets = figures.packets;
  sample.cpu_us_per_packet = used.count() / static_cast<double>(figures.packets);
  sample.latency_p50_us = to_us(figures.streams.latency.percentile(50));
  sample.latency_p99_us = to_us(figures.streams.latency.percentile(99));
  sample.load_lateness_p99_us = to_us(figures.lateness.percentile(99));
  sample.lost = totals_.lost + swarm_.missing();
  sample.duplicates = totals_.duplicates;
  sample.slips = totals_.slips;
  sample.calls_ended = calls_ended_;
  samples_.push_back(sample);
  std::printf(
      "%7.0f s: %6zu kB, %4zu legs, %5.2f us a packet, latency p50 %4.0f p99 %6.0f us, lost "
      "%llu, slips %llu, %llu calls ended, load late p99 %.0f us\n",
      sample.at_s, sample.rss_anon_kb, sample.legs, sample.cpu_us_per_packet, sample.latency_p50_us,
      sample.latency_p99_us, static_cast<unsigned long long>(sample.lost),
      static_cast<unsigned long long>(sample.slips),
      static_cast<unsigned long long>(sample.calls_ended), sample.load_lateness_p99_us);
  std::fflush(stdout);
}

bool Soak::passed() const {
  bool passed = true;
  const auto expect = [&passed](bool holds, const char* otherwise) {
    if (holds) return;
    std::printf("FAILED: %s\n", otherwise);
    passed = false;
  };
  expect(totals_.lost == 0, "packets were lost");
  expect(totals_.duplicates == 0, "packets came twice");
  expect(totals_.strangers == 0, "packets came to somebody else");
  expect(totals_.slips == 0, "a stream slipped");
  expect(receive_buffer_errors() == errors_at_start_, "a UDP socket overran");
  const auto too_many = [this](const SoakSample& s) { return s.legs > 2 * options_.calls; };
  expect(std::ranges::none_of(samples_, too_many), "legs stayed behind");
  if (options_.length < kShortestTrend) return passed;
  const Trend memory = trend_of(
      settled(samples_), [](const SoakSample& s) { return static_cast<double>(s.rss_anon_kb); });
  const double hours = std::chrono::duration<double, std::ratio<3'600>>(options_.length).count();
  expect(memory.per_hour * hours <= kGrowth * memory.start, "memory grows");
  return passed;
}

}  // namespace

int soak(const SoakOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(options.directory, error);
  return Soak(options).run();
}

}  // namespace offhook::bench
