#include <cstdio>
#include <fstream>

#include "bench/json_object.hpp"
#include "bench/media_report.hpp"
#include "bench/process.hpp"

namespace offhook::bench {
namespace {

void add_percentiles(JsonObject& object, const std::string& name, const MediaHistogram& histogram) {
  object.add((name + "_p50_us").c_str(), to_us(histogram.percentile(50)));
  object.add((name + "_p99_us").c_str(), to_us(histogram.percentile(99)));
  object.add((name + "_max_us").c_str(), to_us(histogram.max()));
}

std::string describe(const Round& round) {
  const StreamFigures& streams = round.figures.streams;
  JsonObject object;
  object.add("calls", std::uint64_t{round.calls})
      .add("round", std::uint64_t{round.number})
      .add("target", round.target)
      .add("cpu_us_per_packet", round.cpu_us_per_packet)
      .add("cpu_share", round.cpu_share)
      .add("counts_kernel_threads", round.counts_kernel_threads);
  add_percentiles(object, "latency", streams.latency);
  add_percentiles(object, "jitter", streams.jitter);
  object.add("sent", streams.sent)
      .add("lost", streams.lost)
      .add("duplicates", streams.duplicates)
      .add("reordered", streams.reordered)
      .add("strangers", streams.strangers)
      .add("slips", streams.slips)
      .add("refused_by_load", round.figures.refused)
      .add("udp_receive_buffer_errors", round.receive_buffer_errors);
  add_percentiles(object, "load_lateness", round.figures.lateness);
  object.add("load_was_late", round.load_was_late())
      .add("others_share", round.others_share)
      .add("was_disturbed", round.was_disturbed())
      .add("idle_rss_anon_kb", std::uint64_t{round.idle_kb})
      .add("rss_anon_kb_per_call", round.kb_per_call)
      .add("setup_ms", static_cast<std::uint64_t>(round.setup.count()));
  return object.text();
}

}  // namespace

void write_media_json(const std::string& path, const std::vector<Round>& rounds,
                      const MediaOptions& options) {
  std::ofstream file(path);
  const std::chrono::duration<double> window = options.window;
  const JsonObject goals = JsonObject()
                               .add("calls", std::uint64_t{600})
                               .add("cpu_us_per_packet", 4.0)
                               .add("of_rtpengine", 0.4)
                               .add("of_forwarder", 1.4)
                               .add("latency_p50_us", 40.0)
                               .add("latency_p99_us_over_forwarder", 100.0)
                               .add("rss_anon_kb_per_call", 16.0)
                               .add("calls_at_70_percent", std::uint64_t{1'750});
  file << "{\"suite\": \"" << options.suite << "\", \"window_s\": " << window.count()
       << ", \"tick_us\": " << options.tick.count()
       << ", \"realtime\": " << (options.realtime ? "true" : "false")
       << ",\n \"goals\": " << goals.text() << ",\n \"rounds\": [";
  const char* separator = "\n  ";
  for (const Round& round : rounds) {
    file << separator << describe(round);
    separator = ",\n  ";
  }
  file << "\n]}\n";
  if (!file.flush()) give_up("cannot write " + path);
}

}  // namespace offhook::bench
