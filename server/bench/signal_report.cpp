#include "bench/signal_report.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "bench/json_object.hpp"
#include "bench/process.hpp"

namespace offhook::bench {
namespace {

constexpr double kGoal = 300;  // us a call of both processes, without DTLS
// Of the gateway's processor by others: beyond, its own figures are worth little.
constexpr double kDisturbed = 0.05;
constexpr std::chrono::milliseconds kLate{5};  // of the generator, 99 %

double to_ms(std::chrono::nanoseconds value) { return to_us(value) / 1'000; }

double us_a_call(const SignalFigures& figures) {
  return figures.signal_us_a_call() + figures.media_us_a_call();
}

double sound_a_call(const SignalFigures& figures) {
  return figures.sound_packets / static_cast<double>(std::max(figures.started, 1UZ));
}

const char* media_of(const SignalFigures& figures) {
  return figures.round.with_dtls ? "ICE, DTLS" : "ICE";
}

void print_failures(const SignalFigures& figures) {
  for (const auto& [status, count] : figures.failed) {
    std::printf("  %zu calls failed with %u; the last of all that failed: %s\n", count,
                unsigned{status}, figures.reason.c_str());
  }
  if (figures.unfinished > 0) std::printf("  %zu calls never ended\n", figures.unfinished);
  if (figures.records != static_cast<double>(figures.completed)) {
    std::printf("  %.0f records of %zu completed calls\n", figures.records, figures.completed);
  }
  if (figures.transactions_left > 0) {
    std::printf("  %.0f transactions are left\n", figures.transactions_left);
  }
  if (figures.overruns > 0) {
    std::printf("  %zu datagrams found the gateway's SIP socket full\n", figures.overruns);
  }
}

std::string describe(const SignalFigures& figures) {
  std::string failed;
  for (const auto& [status, count] : figures.failed) {
    failed += (failed.empty() ? "" : " ") + std::to_string(status) + ":" + std::to_string(count);
  }
  JsonObject object;
  object.add("rate", figures.round.rate)
      .add("seconds", static_cast<std::uint64_t>(figures.round.length.count()))
      .add("hold_s", std::chrono::duration<double>(figures.round.hold).count())
      .add("dtls", figures.round.with_dtls)
      .add("started", std::uint64_t{figures.started})
      .add("completed", std::uint64_t{figures.completed})
      .add("encrypted", std::uint64_t{figures.encrypted})
      .add("failed", failed)
      .add("unfinished", std::uint64_t{figures.unfinished})
      .add("setup_p50_ms", to_ms(figures.setup.percentile(50)))
      .add("setup_p99_ms", to_ms(figures.setup.percentile(99)))
      .add("setup_max_ms", to_ms(figures.setup.max()))
      .add("late_p99_ms", to_ms(figures.lateness.percentile(99)))
      .add("signal_us_a_call", figures.signal_us_a_call())
      .add("media_us_a_call", figures.media_us_a_call())
      .add("sound_packets_a_call", sound_a_call(figures))
      .add("others_share", figures.others_share)
      .add("signal_kb_before", std::uint64_t{figures.before.signal_kb})
      .add("signal_kb_peak", std::uint64_t{figures.peak.signal_kb})
      .add("signal_kb_after", std::uint64_t{figures.after.signal_kb})
      .add("media_kb_before", std::uint64_t{figures.before.media_kb})
      .add("media_kb_peak", std::uint64_t{figures.peak.media_kb})
      .add("media_kb_after", std::uint64_t{figures.after.media_kb})
      .add("records", figures.records)
      .add("transactions_left", figures.transactions_left)
      .add("retransmissions", figures.retransmissions)
      .add("overruns", std::uint64_t{figures.overruns})
      .add("clean", figures.is_clean())
      .add("memory_back", figures.is_memory_back());
  return object.text();
}

std::string describe(const SignalReference& reference) {
  return JsonObject()
      .add("rate", reference.rate)
      .add("calls", std::uint64_t{reference.calls})
      .add("all_succeeded", reference.all_succeeded)
      .add("us_a_call", reference.us_a_call)
      .text();
}

template <typename Each>
std::string lines_of(const std::vector<Each>& all) {
  std::string text;
  for (const Each& each : all) text += (text.empty() ? "\n  " : ",\n  ") + describe(each);
  return text;
}

}  // namespace

void print_signal_conditions(const SignalLoad& load) {
  std::printf(
      "Pages (SIP over WebSocket, %zu devices of one user) call, the gateway asks its trunk over "
      "UDP, which wants a\ndigest (401), rings, and answers after %.0f ms. As shipped, but for "
      "[dial] calls_at_once and calls_a_minute, which\nare those of one person. Calls begin at "
      "random (Poisson). CPU is that of signal and of media, from the first INVITE\nuntil the last "
      "transaction is gone, less what they take when idle%s.\n",
      Phones::kDevices, to_ms(kAnswerAfter),
      load.gateway().counts_kernel_threads() ? "" : "; from /proc/PID/stat, for want of a cgroup");
  std::printf(
      "RssAnon just started: signal %zu kB, media %zu kB; each rate is warmed up before "
      "it is measured.\n\n",
      load.at_start().signal_kb, load.at_start().media_kb);
}

void print_signal_heading() {
  std::printf("%6s %-9s %6s %6s %6s %6s | %7s %7s | %6s %6s %6s %6s | %23s | %20s | %6s\n", "rate",
              "media", "calls", "done", "failed", "DTLS", "p50 ms", "p99 ms", "signal", "media",
              "us/call", "sound", "signal kB, peak, after", "media kB, peak, after", "late");
  std::fflush(stdout);
}

void print_signal_round(const SignalFigures& f) {
  std::printf(
      "%6.0f %-9s %6zu %6zu %6zu %6zu | %7.1f %7.1f | %6.0f %6.0f %6.0f %6.1f | %7zu %7zu %7zu | "
      "%6zu %6zu %6zu | %6.1f%s%s%s%s\n",
      f.round.rate, media_of(f), f.started, f.completed, f.started - f.completed, f.encrypted,
      to_ms(f.setup.percentile(50)), to_ms(f.setup.percentile(99)), f.signal_us_a_call(),
      f.media_us_a_call(), us_a_call(f), sound_a_call(f), f.before.signal_kb, f.peak.signal_kb,
      f.after.signal_kb, f.before.media_kb, f.peak.media_kb, f.after.media_kb,
      to_ms(f.lateness.percentile(99)), f.is_clean() ? "" : " NOT CLEAN",
      f.is_memory_back() ? "" : " MEMORY NOT BACK", f.others_share > kDisturbed ? " DISTURBED" : "",
      f.lateness.percentile(99) > kLate ? " LATE" : "");
  print_failures(f);
  std::fflush(stdout);
}

void print_signal_reference(const SignalReference& reference) {
  std::printf(
      "%6.0f SIPp through Kamailio (stateful proxy, no media): %zu calls, %.0f us a call%s\n",
      reference.rate, reference.calls, reference.us_a_call,
      reference.all_succeeded ? "" : " NOT CLEAN");
  std::fflush(stdout);
}

void print_signal_summary(const std::vector<SignalFigures>& rounds) {
  std::printf(
      "\np50 and p99: from INVITE to 200. sound: packets a call that media has sent to the trunk, "
      "silence in want of a\nbrowser's; they are in its CPU. late: how late the generator was, 99 "
      "%%, in ms. DISTURBED: others used more than\n%.0f %% of the gateway's processor.\n",
      100 * kDisturbed);
  for (const SignalFigures& without : rounds) {
    if (without.round.with_dtls) continue;
    std::printf("%.0f calls/s: %.0f us a call without DTLS (at most %.0f wanted)",
                without.round.rate, us_a_call(without), kGoal);
    const auto with = std::ranges::find_if(rounds, [&](const SignalFigures& each) {
      return each.round.with_dtls && each.round.rate == without.round.rate;
    });
    if (with != rounds.end())
      std::printf(", DTLS %.0f more", us_a_call(*with) - us_a_call(without));
    std::printf("\n");
  }
}

void write_signal_json(const std::string& path, const std::vector<SignalFigures>& rounds,
                       const std::vector<SignalReference>& references) {
  std::ofstream file(path);
  file << "{\"goal_us_a_call\": " << kGoal << ", \"answer_after_ms\": " << to_ms(kAnswerAfter)
       << ",\n \"rounds\": [" << lines_of(rounds) << "\n],\n \"kamailio\": ["
       << lines_of(references) << "\n]}\n";
  if (!file.flush()) give_up("cannot write " + path);
}

}  // namespace offhook::bench
