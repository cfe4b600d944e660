#pragma once

#include <filesystem>
#include <functional>
#include <span>

#include "bench/media_soak.hpp"

namespace offhook::bench {

using SoakValue = std::function<double(const SoakSample&)>;

// A straight line through the samples by least squares.
struct Trend {
  double start = 0;     // its value at the first sample
  double per_hour = 0;  // and how it rises
};
// Of no samples and of one: level.
[[nodiscard]] Trend trend_of(std::span<const SoakSample> samples, const SoakValue& value);

// The samples that count for a trend: the first tenth is for buffers and pools to find their size.
[[nodiscard]] std::span<const SoakSample> settled(std::span<const SoakSample> samples);

void write_soak_csv(const std::filesystem::path& file, std::span<const SoakSample> samples);
// Memory, cost of a packet and latency over time, each with its trend.
void write_soak_plot(const std::filesystem::path& file, std::span<const SoakSample> samples,
                     std::size_t calls);
void print_soak_trends(std::span<const SoakSample> samples);

}  // namespace offhook::bench
