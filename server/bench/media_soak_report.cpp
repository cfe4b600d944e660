#include "bench/media_soak_report.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "bench/process.hpp"

namespace offhook::bench {
namespace {

constexpr double kSecondsPerHour = 3'600;

struct Curve {
  const char* title;
  SoakValue value;
};

// One below the other, in this order.
const std::vector<Curve>& curves() {
  static const std::vector<Curve> all{
      {"RssAnon, kB", [](const SoakSample& s) { return static_cast<double>(s.rss_anon_kb); }},
      {"CPU, us a packet", [](const SoakSample& s) { return s.cpu_us_per_packet; }},
      {"latency p50, us", [](const SoakSample& s) { return s.latency_p50_us; }},
      {"latency p99, us", [](const SoakSample& s) { return s.latency_p99_us; }},
  };
  return all;
}

std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

// Four digits that count.
std::string brief(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

// Sizes in the units of the drawing.
constexpr double kWidth = 800;
constexpr double kPanelHeight = 130;
constexpr double kLeft = 90;
constexpr double kRight = 20;
constexpr double kTop = 30;
constexpr double kPanelGap = 40;

// A curve and its trend, on an axis from zero, so that a slope looks like what it is.
class Panel {
 public:
  Panel(std::span<const SoakSample> samples, const Curve& curve, double top)
      : samples_(samples), curve_(&curve), top_(top) {
    for (const SoakSample& sample : samples) most_ = std::max(most_, curve.value(sample));
    most_ *= 1.1;
    last_s_ = samples.back().at_s;
  }

  void draw(std::ostream& out) const {
    const double bottom = top_ + kPanelHeight;
    out << "<path class=\"axis\" d=\"M" << kLeft << ',' << top_ << 'V' << bottom << 'H'
        << kWidth - kRight << "\"/>\n";
    label(out, kLeft - 8, bottom, "end", "0");
    label(out, kLeft - 8, top_ + 10, "end", brief(most_));
    const auto settled_samples = settled(samples_);
    const Trend trend = trend_of(settled_samples, curve_->value);
    label(out, kLeft, top_ - 8, "start",
          std::string(curve_->title) + ": " + brief(trend.start) +
              (trend.per_hour < 0 ? ", " : ", +") + brief(trend.per_hour) + " an hour");
    out << "<polyline class=\"curve\" points=\"";
    for (const SoakSample& sample : samples_) {
      out << fixed(x(sample.at_s), 1) << ',' << fixed(y(curve_->value(sample)), 1) << ' ';
    }
    out << "\"/>\n";
    const double from = settled_samples.front().at_s;
    const double rise = trend.per_hour * (last_s_ - from) / kSecondsPerHour;
    out << "<path class=\"trend\" d=\"M" << fixed(x(from), 1) << ',' << fixed(y(trend.start), 1)
        << 'L' << fixed(x(last_s_), 1) << ',' << fixed(y(trend.start + rise), 1) << "\"/>\n";
  }

  static void label(std::ostream& out, double x, double y, const char* anchor,
                    const std::string& text) {
    out << "<text x=\"" << x << "\" y=\"" << y << "\" text-anchor=\"" << anchor << "\">" << text
        << "</text>\n";
  }

 private:
  [[nodiscard]] double x(double at_s) const {
    return kLeft + at_s / last_s_ * (kWidth - kLeft - kRight);
  }
  [[nodiscard]] double y(double value) const {
    return top_ + kPanelHeight * (1 - (most_ > 0 ? value / most_ : 0));
  }

  std::span<const SoakSample> samples_;
  const Curve* curve_;
  double top_;
  double most_ = 0;
  double last_s_ = 0;
};

constexpr const char* kStyle = R"(<style>
text { font: 13px sans-serif; fill: #333 }
.axis { stroke: #888; fill: none }
.curve { stroke: #2a6fb0; fill: none; stroke-width: 1.5 }
.trend { stroke: #c0392b; fill: none; stroke-dasharray: 6 4 }
@media (prefers-color-scheme: dark) { text { fill: #ccc } .curve { stroke: #7db7e8 } .trend { stroke: #ff8a7a } }
</style>
)";

}  // namespace

Trend trend_of(std::span<const SoakSample> samples, const SoakValue& value) {
  if (samples.empty()) return {};
  const auto count = static_cast<double>(samples.size());
  double mean_x = 0;
  double mean_y = 0;
  for (const SoakSample& sample : samples) {
    mean_x += sample.at_s / count;
    mean_y += value(sample) / count;
  }
  double covariance = 0;
  double variance = 0;
  for (const SoakSample& sample : samples) {
    covariance += (sample.at_s - mean_x) * (value(sample) - mean_y);
    variance += (sample.at_s - mean_x) * (sample.at_s - mean_x);
  }
  const double per_second = variance > 0 ? covariance / variance : 0;
  return {.start = mean_y + per_second * (samples.front().at_s - mean_x),
          .per_hour = per_second * kSecondsPerHour};
}

std::span<const SoakSample> settled(std::span<const SoakSample> samples) {
  return samples.subspan(samples.size() / 10);
}

void write_soak_csv(const std::filesystem::path& path, std::span<const SoakSample> samples) {
  std::ofstream file(path);
  file << "seconds,rss_anon_kb,legs,packets,cpu_us_per_packet,latency_p50_us,latency_p99_us,"
          "lost,duplicates,slips,calls_ended,load_lateness_p99_us\n";
  for (const SoakSample& s : samples) {
    file << fixed(s.at_s, 0) << ',' << s.rss_anon_kb << ',' << s.legs << ',' << s.packets << ','
         << fixed(s.cpu_us_per_packet, 3) << ',' << fixed(s.latency_p50_us, 1) << ','
         << fixed(s.latency_p99_us, 1) << ',' << s.lost << ',' << s.duplicates << ',' << s.slips
         << ',' << s.calls_ended << ',' << fixed(s.load_lateness_p99_us, 1) << '\n';
  }
  if (!file.flush()) give_up("cannot write " + path.string());
}

void write_soak_plot(const std::filesystem::path& path, std::span<const SoakSample> samples,
                     std::size_t calls) {
  if (samples.empty()) return;
  const double panels = static_cast<double>(curves().size());
  const double height = kTop + panels * (kPanelHeight + kPanelGap) + kPanelGap;
  std::ofstream file(path);
  file << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " << kWidth << ' ' << height
       << "\" role=\"img\">\n"
       << kStyle;
  Panel::label(file, kLeft, 20, "start",
               "offhook-media with " + std::to_string(calls) +
                   " calls, one replaced each second, for " + fixed(samples.back().at_s / 60, 0) +
                   " minutes");
  double top = kTop + kPanelGap - 10;
  for (const Curve& curve : curves()) {
    Panel(samples, curve, top).draw(file);
    top += kPanelHeight + kPanelGap;
  }
  file << "</svg>\n";
  if (!file.flush()) give_up("cannot write " + path.string());
}

void print_soak_trends(std::span<const SoakSample> samples) {
  for (const Curve& curve : curves()) {
    const Trend trend = trend_of(settled(samples), curve.value);
    std::printf("%-18s %10.3f at first, %+10.3f an hour\n", curve.title, trend.start,
                trend.per_hour);
  }
}

}  // namespace offhook::bench
