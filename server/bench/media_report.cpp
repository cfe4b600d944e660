#include "bench/media_report.hpp"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <optional>

namespace offhook::bench {
namespace {

constexpr double kShareOfCore = 0.7;
constexpr double kPacketsPerCall = 100;  // a second, both ways

struct Spread {
  double least = 0;
  double median = 0;
  double most = 0;
};

std::optional<Spread> spread_of(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  const double median =
      values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  return Spread{values.front(), median, values.back()};
}

using Value = std::function<double(const Round&)>;

std::vector<const Round*> select(const std::vector<Round>& rounds, const std::string& target,
                                 std::size_t calls) {
  std::vector<const Round*> selected;
  for (const Round& round : rounds) {
    if (round.target == target && round.calls == calls) selected.push_back(&round);
  }
  return selected;
}

std::optional<Spread> spread_of(const std::vector<const Round*>& rounds, const Value& value) {
  std::vector<double> values;
  for (const Round* round : rounds) values.push_back(value(*round));
  return spread_of(std::move(values));
}

// Each round's cost by that of the peer's round with the same number.
std::optional<Spread> ratio_of(const std::vector<const Round*>& ours,
                               const std::vector<const Round*>& peers) {
  std::vector<double> values;
  for (std::size_t i = 0; i < std::min(ours.size(), peers.size()); ++i) {
    values.push_back(ours[i]->cpu_us_per_packet / peers[i]->cpu_us_per_packet);
  }
  return spread_of(std::move(values));
}

void print_spread(const std::optional<Spread>& spread, int digits) {
  if (!spread) {
    std::printf("  %17s", "-");
    return;
  }
  char text[64];
  std::snprintf(text, sizeof text, "%.*f/%.*f/%.*f", digits, spread->least, digits, spread->median,
                digits, spread->most);
  std::printf("  %17s", text);
}

void print_row(const std::vector<Round>& rounds, const std::string& target, std::size_t calls) {
  const auto own = select(rounds, target, calls);
  if (own.empty()) return;
  const auto cpu = spread_of(own, [](const Round& r) { return r.cpu_us_per_packet; });
  const auto share = spread_of(own, [](const Round& r) { return r.cpu_share; });
  std::printf("%5zu %-9s", calls, target.c_str());
  print_spread(cpu, 2);
  print_spread(ratio_of(own, select(rounds, "rtpengine", calls)), 2);
  print_spread(ratio_of(own, select(rounds, "forwarder", calls)), 2);
  const auto latency = [](double percent) {
    return
        [percent](const Round& r) { return to_us(r.figures.streams.latency.percentile(percent)); };
  };
  print_spread(spread_of(own, latency(50)), 0);
  print_spread(spread_of(own, latency(99)), 0);
  std::uint64_t lost = 0;
  std::uint64_t errors = 0;
  bool late = false;
  bool disturbed = false;
  for (const Round* round : own) {
    lost += round->figures.streams.lost;
    errors += round->receive_buffer_errors;
    late = late || round->load_was_late();
    disturbed = disturbed || round->was_disturbed();
  }
  std::printf(" %5llu %6llu", static_cast<unsigned long long>(lost),
              static_cast<unsigned long long>(errors));
  print_spread(
      spread_of(own, [](const Round& r) { return to_us(r.figures.lateness.percentile(99)); }), 0);
  print_spread(spread_of(own, [](const Round& r) { return r.kb_per_call; }), 1);
  std::printf("  %5.0f%s%s%s\n", kShareOfCore * 1e6 / (cpu->median * kPacketsPerCall),
              share->median >= kShareOfCore ? " " : "*", late ? "  LATE" : "",
              disturbed ? "  DISTURBED" : "");
}

}  // namespace

void print_round(const Round& round) {
  const StreamFigures& streams = round.figures.streams;
  std::printf(
      "%4zu calls, round %zu, %-9s: %.2f us a packet, %.0f %% of a core, latency p50 %.0f p99 %.0f "
      "max %.0f us, jitter %.0f us, lost %llu of %llu, doubled %llu, out of order %llu, overruns "
      "%llu, load late p99 %.0f max %.0f us, set up in %lld ms, others used %.0f %%%s%s\n",
      round.calls, round.number, round.target.c_str(), round.cpu_us_per_packet,
      100 * round.cpu_share, to_us(streams.latency.percentile(50)),
      to_us(streams.latency.percentile(99)), to_us(streams.latency.max()),
      to_us(streams.jitter.percentile(50)), static_cast<unsigned long long>(streams.lost),
      static_cast<unsigned long long>(streams.sent),
      static_cast<unsigned long long>(streams.duplicates),
      static_cast<unsigned long long>(streams.reordered),
      static_cast<unsigned long long>(round.receive_buffer_errors),
      to_us(round.figures.lateness.percentile(99)), to_us(round.figures.lateness.max()),
      static_cast<long long>(round.setup.count()), 100 * round.others_share,
      round.load_was_late() ? " LATE" : "", round.was_disturbed() ? " DISTURBED" : "");
  std::fflush(stdout);
}

void print_media_report(const std::vector<Round>& rounds, const MediaOptions& options) {
  std::printf("\n%5s %-9s  %17s  %17s  %17s  %17s  %17s %5s %6s  %17s  %17s  %s\n", "calls",
              "target", "CPU us a packet", "of rtpengine", "of forwarder", "latency p50 us",
              "latency p99 us", "lost", "overr.", "load late p99 us", "RssAnon kB a call",
              "calls at 70 %");
  for (const std::size_t calls : options.calls) {
    for (const std::string& target : options.targets) print_row(rounds, target, calls);
  }
  std::puts(
      "Goals at 600 calls: 4.0 us a packet, 0.4 of rtpengine, 1.4 of the forwarder; latency p50 40 "
      "us, p99 the forwarder's + 100 us;\nfrom 300 calls upwards cost within 15 %, never above "
      "that "
      "at 10; 16 kB a call; 1,750 calls at 70 % of a core. * extrapolated from the cost a packet.\n"
      "Each cell: minimum/median/maximum over the rounds. Latency: from the sender's call to the "
      "kernel's receipt at the other end.");
  for (const std::string& target : options.targets) {
    const auto idle = std::ranges::find(rounds, target, &Round::target);
    if (idle != rounds.end()) {
      std::printf("RssAnon of %s before the first call: %zu kB. ", target.c_str(), idle->idle_kb);
    }
  }
  std::puts("Goal: 4,096 kB.");
  std::printf(
      "Suite %s, 160 bytes each 20 ms both ways, %s; target on CPU %d, load on CPU %d, %s.\n",
      options.suite.c_str(),
      options.tick.count() == 0
          ? "each packet at its own moment"
          : ("together every " + std::to_string(options.tick.count()) + " us").c_str(),
      kTargetCpu, kLoadCpu, options.realtime ? "both SCHED_FIFO" : "both at ordinary priority");
  if (!rounds.empty() && !rounds.front().counts_kernel_threads) {
    std::puts(
        "No control group could be made: CPU is from /proc/PID/stat, without kernel threads.");
  }
}

}  // namespace offhook::bench
